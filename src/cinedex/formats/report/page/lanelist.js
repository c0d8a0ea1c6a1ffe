// Which lanes the timeline has, in order, and what each says where there is nothing to draw.

import { film, meanOf } from "./film.js";
import { ink } from "./dom.js";
import { choice } from "./choice.js";
import { colourAt, drawClips, drawCurve, drawFlags, drawShots, drawSpans, drawTags, sayCurve, sayOf, sayShot } from "./draw.js";
import { loudnessLanes } from "./loudnesslanes.js";
import { sceneLane, sightLanes, thingLanes } from "./sightlanes.js";
import { speakerLanes } from "./speakers.js";

/** Flashes a second that every standard allows. */
const FLASHES = 3;

const flashColour = (from, to) => (meanOf(film.flashing, from, to) > FLASHES ? ink.alert : ink.block);

/** The lanes for a view that lends its gutter and its stills; `empty` says why there is nothing to draw. */
export function lanesOf(view, open) {
  const why = (kind, rows, none) => {
    if (rows.length) return "";
    return { missing: "not computed", failed: "failed", done: none }[film.states[kind]];
  };
  const found = [
    sceneLane(why),
    { name: "Shots", height: 58, empty: why("shot", film.shots, "none found"), draw: (...a) => drawShots(view, ...a), says: sayShot },
    ...sightLanes(why, open),
    ...loudnessLanes(why),
    { name: "Speech", height: 10, empty: why("voice", film.voice, "none found"), draw: drawSpans(film.voice, () => ink.speech) },
    ...soundLanes(why),
    ...speakerLanes(open),
    ...(film.sounds.length ? [{ name: "Sounds", height: 20, draw: drawClips(film.sounds, (s) => s.label), says: sayOf(film.sounds, (s) => s.label) }] : []),
    ...speakerLanes(open),
    ...eventLanes(why),
    { name: "Words", height: 24, empty: why("cue", film.cues, "none found"), draw: drawClips(film.cues, (c) => c.text, (c) => choice.hasCue(c.number)), says: sayOf(film.cues, (c) => c.text) },
    { name: "Tags", height: 24, empty: why("tag", film.tags, "none found"), draw: drawTags },
    ...thingLanes(why, open),
    { name: "Flags", height: 20, empty: why("flag", film.flags, "none found"), draw: drawFlags, says: sayOf(film.flags, (f) => `${f.label}: ${f.note}`) },
    ...(film.flashing ? [{ name: "Flashes/s", height: 26, draw: drawCurve("flashing", flashColour), says: sayCurve("flashing") }] : []),
    { name: "Luma", height: 46, empty: film.luma ? "" : why("quality", [], "not measured"), draw: drawCurve("luma", colourAt), says: sayCurve("luma") },
    ...(film.change ? [{ name: "Change", height: 26, draw: drawCurve("change", () => ink.block), says: sayCurve("change") }] : []),
  ];
  const heard = new Set(["Wave", "Loudness", "Speech", "Sounds", "Words", "Flags"]);
  return film.aspect ? found : found.filter((lane) => !lane.empty || heard.has(lane.name));
}

/** What is heard besides speech: music, and under it all else in two rows, so that sounds at one time stand beside each other. */
function eventLanes(why) {
  const label = (sound) => sound.label;
  const music = film.sounds.filter((s) => s.label === "music" || s.label === "song");
  const others = film.sounds.filter((s) => !["music", "song", "speech", "silence"].includes(s.label));
  const rows = [[], []];
  for (const sound of others) rows[rows[0].length && rows[0].at(-1).end > sound.start ? 1 : 0].push(sound);
  const draw = (context, y, height, view) => {
    drawClips(rows[0], label)(context, y, height / 2 - 1, view);
    drawClips(rows[1], label)(context, y + height / 2 + 1, height / 2 - 1, view);
  };
  const lanes = [{ name: "Sounds", height: rows[1].length ? 42 : 20, empty: why("sound", others, "none found"), draw: rows[1].length ? draw : drawClips(others, label), says: sayOf(others, label) }];
  return music.length ? [{ name: "Music", height: 20, draw: drawClips(music, label), says: sayOf(music, label) }, ...lanes] : lanes;
}
