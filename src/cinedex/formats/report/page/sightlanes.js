// Lanes of what can be seen: scenes, people, places, events, text, how shots are taken, movement, objects.

import { film, eventText, lengthText, plainLabel, within } from "./film.js";
import { ink } from "./dom.js";
import { VOICES } from "./speakers.js";
import { choice } from "./choice.js";
import { crowded, drawClips, drawCover, drawCurve, drawSpans, labelInside, sayCurve, sayOf } from "./draw.js";
import { appearances } from "./people.js";
import { placeText } from "./scenes.js";

const MAIN = 5; // people with a lane of their own until all are asked for
const MOST = 40; // and after that
const THINGS = 12; // kinds of object with a lane of their own, when they are asked for

const NEAR = ["extreme long", "long", "full", "medium long", "medium", "medium close up", "close up", "extreme close up"];

/** What can be folded in and out, as [name, label when folded]; only what has more to show. */
export function folds() {
  return [
    ...(film.people.length > MAIN ? [["people", film.people.length > MOST ? `${MOST} people` : `All ${film.people.length} people`]] : []),
    ...(film.speakers.length > VOICES ? [["speakers", "More voices"]] : []),
    ...(film.objects.length ? [["objects", "Objects"]] : []),
  ];
}

export function sceneLane(why) {
  return { name: "Scenes", height: 24, empty: why("scene", film.scenes, "none found"), draw: drawScenes, says: sayOf(film.scenes, sayScene) };
}

/** The lanes between the shots and what is heard; `open` says what is folded out. */
export function sightLanes(why, open) {
  const turns = film.shots.map((shot) => ({ ...shot, scale: film.framing[shot.number]?.[0] ?? "", camera: film.framing[shot.number]?.[1] ?? "" }));
  const scaled = turns.filter((shot) => shot.scale);
  const moving = turns.filter((shot) => shot.camera && shot.camera !== "static");
  return [
    ...people(why, open),
    { name: "Places", height: 22, empty: why("place", film.places, "none recognised"), draw: drawClips(placeRows(), (r) => plainLabel(r.label)), says: sayPlace },
    ...sideBySide("Events", film.events, why("event", [], "none found"), (r) => r.label, (r) => `${r.label} ${r.score.toFixed(2)}, ${lengthText(r.end - r.start)}`, eventText),
    ...sideBySide("Signs", film.concerns, why("concern", [], "none found"), (r) => r.label, (r) => `${r.label}, ${r.strength} ${r.score.toFixed(2)}, ${lengthText(r.end - r.start)}`, eventText),
    ...sideBySide("Text", film.texts, why("text", [], "none found"), (r) => r.text.replace(/\s+/g, " "), (r) => `${r.role}: ${r.text}`, (r) => r.text),
    { name: "Scale", height: 30, empty: scaled.length ? "" : why("framing", [], "none recognised"), draw: drawScale(scaled), says: sayOf(scaled, (r) => plainLabel(r.scale)) },
    { name: "Camera", height: 20, empty: film.framing.length ? (moving.length ? "" : "still throughout") : why("framing", [], "none recognised"), draw: drawClips(moving, (r) => plainLabel(r.camera)), says: sayOf(moving, (r) => plainLabel(r.camera)) },
    { name: "Motion", height: 26, empty: film.motion ? "" : why("motion", [], "not measured"), draw: film.motion ? drawCurve("motion", () => ink.block) : null, says: sayCurve("motion") },
  ];
}

function sayScene(scene) {
  const why = scene.number ? ` · begins (${scene.score.toFixed(2)}): ${scene.reasons.map(plainLabel).join(", ")}` : "";
  return `scene ${scene.number + 1}${placeText(scene) ? `: ${placeText(scene)}` : ""}${why}`;
}

/** Scenes as clips; a beginning that is less sure is drawn fainter. */
function drawScenes(context, y, height, view) {
  const { from, to, x } = view;
  for (const scene of within(film.scenes, from, to)) {
    const left = x(scene.start);
    const wide = Math.max(0.75, x(scene.end) - left - 1.5);
    context.globalAlpha = choice.hasScene(scene) ? 1 : 0.3;
    context.fillStyle = scene.number % 2 ? ink.faint : ink.block;
    context.beginPath();
    context.roundRect(left, y, wide, height, Math.min(3, wide / 2));
    context.fill();
    context.fillStyle = ink.accent;
    context.globalAlpha *= scene.number ? 0.25 + 0.75 * scene.score : 1;
    context.fillRect(left, y, Math.min(2, wide), height);
    context.globalAlpha = choice.hasScene(scene) ? 1 : 0.3;
    const inside = Math.max(left, x(from));
    const text = [scene.number + 1, placeText(scene).split(", ")[0]].filter(Boolean).join("  ");
    labelInside(context, text, inside + 8, y + height / 2 + 0.5, left + wide - inside - 13, ink.text);
    context.globalAlpha = 1;
  }
}

/** A thin lane for everybody who matters, one for all others together. */
function people(why, open) {
  if (!film.people.length) return [{ name: "People", height: 20, empty: why("person", [], "no face seen") }];
  const shown = film.people.slice(0, open.has("people") ? MOST : MAIN);
  const rest = film.people.slice(shown.length).flatMap((person) => appearances()[person.index]);
  rest.sort((a, b) => a.start - b.start || a.end - b.end);
  const lanes = shown.map((person) => ({
    ...{ name: person.name, height: 11, tight: true },
    draw: drawSpans(appearances()[person.index], () => ink.speech),
    says: sayOf(appearances()[person.index], (row) => `${person.name} (${row.score.toFixed(2)})`),
  }));
  if (rest.length) {
    const says = sayOf(rest, (row) => film.people[row.person].name);
    lanes.push({ name: `${film.people.length - shown.length} ${film.people.length - shown.length > 1 ? "others" : "other"}`, height: 11, tight: true, draw: drawSpans(rest, () => ink.speech), says });
  }
  delete lanes.at(-1).tight;
  return lanes;
}

/** The narrowest that is known of every place: its name, else whether it is inside or outside. */
function placeRows() {
  const named = film.places.filter((row) => row.aspect === "place");
  return named.length ? named : film.places.filter((row) => row.aspect === "setting");
}

const sayPlace = (t, slack) => {
  const here = within(film.places, t - slack, t + slack).filter((r) => r.start - slack <= t && r.end + slack >= t);
  return [...new Set(here.map((row) => plainLabel(row.label)))].reverse().join(", ");
};

/** Rows that may overlap, side by side in as many lanes as it takes, at most three. */
function sideBySide(name, rows, none, text, says, hay = text) {
  if (!rows.length) return [{ name, height: 20, empty: none }];
  const lanes = [];
  for (const row of rows) {
    const free = lanes.find((lane) => lane.at(-1).end <= row.start) ?? (lanes.length < 3 ? lanes[lanes.push([]) - 1] : lanes[2]);
    free.push(row);
  }
  return lanes.map((lane, i) => ({
    ...{ name: i ? "" : name, height: 20, joined: i < lanes.length - 1 },
    draw: drawClips(lane, text, (r) => choice.hasRow(r, hay(r))),
    says: sayOf(lane, says),
  }));
}

/** Shot scale as steps: the closer, the taller. */
const drawScale = (rows) => (context, y, height, view) => {
  const { from, to, x } = view;
  const here = within(rows, from, to);
  context.fillStyle = ink.faint;
  context.fillRect(x(from), y, x(to) - x(from), height);
  const gap = crowded(here, view) ? 0 : 1;
  for (const row of here) {
    const rank = NEAR.indexOf(plainLabel(row.scale).replace(/ shot$/, ""));
    const tall = rank < 0 ? 2 : ((rank + 1.5) / (NEAR.length + 0.5)) * height;
    context.globalAlpha = choice.hasShot(row.number) ? 1 : 0.3;
    context.fillStyle = ink.block;
    context.fillRect(x(row.start), y + height - tall, Math.max(0.75, x(row.end) - x(row.start) - gap), tall);
    context.globalAlpha = 1;
  }
};

/** The things that are seen longest, a thin lane each. */
export function thingLanes(why, open) {
  if (!open.has("objects")) {
    const says = sayOf(film.objects, (row) => row.label);
    const draw = (context, y, height, view) => drawCover(context, within(film.objects, view.from, view.to), y, height, view, ink.block);
    return [{ name: "Objects", height: 10, empty: why("object", film.objects, "none found"), draw, says }];
  }
  const seconds = new Map();
  for (const row of film.objects) seconds.set(row.label, (seconds.get(row.label) ?? 0) + row.end - row.start);
  const labels = [...seconds].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, THINGS).map(([name]) => name);
  return labels.map((name, i) => {
    const rows = film.objects.filter((row) => row.label === name);
    return { name, height: 10, tight: i < labels.length - 1, draw: drawSpans(rows, () => ink.block), says: sayOf(rows, (row) => `${name} (${row.score.toFixed(2)})`) };
  });
}
