// Puts the page together: the player's buttons, the keyboard, the filter, the theme.

import { film, clockText, cueAt, lastAt, shotAt, stillOf } from "./film.js";
import { $, make, readInk, seen, setIcon } from "./dom.js";
import { Clock, whyNot } from "./clock.js";
import { choice } from "./choice.js";
import { Barcode } from "./barcode.js";
import { Lanes } from "./lanes.js";
import { Sheet, foundText } from "./sheet.js";
import { Transcript } from "./transcript.js";
import { makeFlags, makeTabs, makeTags } from "./lists.js";
import { makeEvents, makeSigns, makeTexts } from "./rows.js";
import { Rhythm } from "./rhythm.js";
import { Scenes } from "./scenes.js";
import { People } from "./people.js";
import { Look } from "./look.js";
import { Boxes } from "./boxes.js";

const SPEEDS = [1, 1.25, 1.5, 2, 0.5];

const video = $("video");
const clock = new Clock(video);

function start() {
  readInk();
  const barcode = new Barcode(clock);
  const lanes = new Lanes(clock, (from, to) => barcode.window(from, to));
  const sheet = new Sheet(clock);
  const transcript = new Transcript(clock);
  const rhythm = new Rhythm(clock);
  const scenes = new Scenes(clock);
  const people = new People(clock);
  const look = new Look(clock);
  const boxes = new Boxes(clock);
  makeEvents(clock);
  makeTexts(clock);
  makeTags();
  makeFlags(clock);
  makeSigns(clock);
  makeTabs();
  const draw = () => [barcode, lanes, rhythm, people, look].forEach((part) => part.draw());
  const tick = () => {
    for (const part of [barcode, lanes, sheet, transcript, scenes, people, boxes]) part.tick();
    showPicture();
  };
  clock.addEventListener("tick", tick);
  clock.addEventListener("state", showState);
  for (const change of ["opened", "lost"]) clock.addEventListener(change, showMedia);
  setUpPlayer(transcript);
  setUpFilter(lanes, sheet);
  setUpTheme(draw);
  setUpKeys(lanes);
  showMedia();
  showState();
  tick();
  const asked = Number(/[#&]t=([\d.]+)/.exec(location.hash)?.[1]);
  if (asked) clock.seek(asked);
  document.documentElement.dataset.ready = "";
}

/** Time, caption, and the still where the film itself does not show. */
function showPicture() {
  const t = clock.time;
  $("now").textContent = clockText(t, 2);
  const still = $("still");
  const source = !clock.ready || (film.aspect && !video.videoWidth) ? stillOf(shotAt(t)) : "";
  seen(still, source !== "");
  if (source && still.src !== source) still.src = source;
  const caption = $("caption");
  const cue = $("captions").getAttribute("aria-pressed") === "true" ? cueAt(t) : undefined;
  seen(caption, Boolean(cue));
  if (cue) caption.textContent = cue.text;
}

function showState() {
  const { playing, rate } = clock;
  setIcon($("play"), playing ? "pause" : "play");
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  $("screen").classList.toggle("playing", playing);
  $("speed").textContent = playing && rate !== 1 ? `${rate}×`.replace("-", "−") : `${speed}×`;
}

function showMedia() {
  const says = whyNot(video);
  seen($("note"), says !== "");
  $("note-says").textContent = says;
  showPicture();
}

let speed = 1;

function setUpPlayer(transcript) {
  const screen = $("screen");
  $("hold").style.setProperty("--ratio", String(film.aspect ?? 16 / 9));
  document.querySelector(".stage").classList.toggle("sound", !film.aspect);
  $("whole").textContent = clockText(Math.round(film.duration));
  const toggle = () => (clock.playing ? clock.pause() : clock.play(speed));
  for (const part of [$("play"), $("big-play"), video, $("still")]) part.addEventListener("click", toggle);
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  $("speed").addEventListener("click", () => {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    if (clock.playing) clock.play(speed);
    showState();
  });
  $("captions").addEventListener("click", () => {
    const button = $("captions");
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    showPicture();
  });
  $("mute").addEventListener("click", () => {
    video.muted = !video.muted;
    setIcon($("mute"), video.muted ? "mute" : "sound");
    $("mute").setAttribute("aria-pressed", String(video.muted));
  });
  $("full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : screen.requestFullscreen?.()));
  $("file").addEventListener("change", (event) => event.target.files[0] && clock.open(URL.createObjectURL(event.target.files[0])));
  seen($("captions"), film.cues.length > 0);
  clock.addEventListener("state", () => transcript.follow(true));
  // Below the fold the picture stays in a corner, so that a click on a shot is seen to do something.
  new IntersectionObserver(([entry]) => screen.classList.toggle("floating", !entry.isIntersecting && entry.boundingClientRect.bottom < 60), {
    rootMargin: "-60px 0px 0px 0px",
  }).observe($("hold"));
}

/** Go to the start of the shot (or scene) before or after; shortly after a start, before means the one before that. */
function step(direction, rows = film.shots) {
  const t = clock.time;
  const here = lastAt(rows, direction < 0 ? t - 0.6 : t);
  const row = rows[direction < 0 ? Math.max(here, 0) : here + 1];
  if (row) clock.seek(row.start);
}

function setUpFilter(lanes, sheet) {
  const field = $("find");
  let waiting = 0;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => choice.setText(field.value), 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      choice.setText(field.value);
      sheet.first();
    }
    if (event.key === "Escape") {
      choice.clear();
      field.blur();
    }
  });
  $("choice-clear").addEventListener("click", () => choice.clear());
  choice.addEventListener("change", () => {
    if (field.value.trim() !== choice.text) field.value = choice.text;
    seen($("choice"), choice.active);
    const count = (marks, all) => (marks ? marks.reduce((sum, is) => sum + is, 0) : all);
    $("choice-says").textContent = foundText(count(choice.shots, film.shots.length), count(choice.cues, film.cues.length));
    $("choice-tags").replaceChildren(
      ...[...choice.tags].map((number) => {
        const chip = make("button", { className: "chip", textContent: film.labels[number].label, title: "Take this tag out of the filter" });
        chip.addEventListener("click", () => choice.toggleTag(number));
        return chip;
      }),
    );
    lanes.draw();
  });
}

function setUpTheme(draw) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    readInk();
    draw();
  };
  $("theme").addEventListener("click", () => {
    const { dataset } = document.documentElement;
    dataset.theme = (dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
    show();
  });
  dark.addEventListener("change", show);
}

function setUpKeys(lanes) {
  const frame = film.rate ? 1 / film.rate : 0.04;
  const press = (id) => () => $(id).click();
  const keys = {
    " ": () => (clock.playing ? clock.pause() : clock.play(speed)),
    k: () => (clock.playing ? clock.pause() : clock.play(speed)),
    j: () => clock.shuttle(-1),
    l: () => clock.shuttle(1),
    ArrowLeft: (event) => clock.seek(clock.time - (event.shiftKey ? 1 : 5)),
    ArrowRight: (event) => clock.seek(clock.time + (event.shiftKey ? 1 : 5)),
    ",": () => nudge(-frame),
    ".": () => nudge(frame),
    "[": () => step(-1),
    "]": () => step(1),
    "{": () => step(-1, film.scenes),
    "}": () => step(1, film.scenes),
    Home: () => clock.seek(0),
    End: () => clock.seek(film.duration),
    "+": () => lanes.zoom(0.5),
    "=": () => lanes.zoom(0.5),
    "-": () => lanes.zoom(2),
    0: () => lanes.fit(),
    "/": () => $("find").select(),
    "?": () => $("help").showModal(),
    c: press("captions"),
    b: () => film.boxes.length + film.texts.length && $("boxes-on").click(),
    m: press("mute"),
    f: press("full"),
    Escape: () => choice.active && choice.clear(),
  };
  $("help-open").addEventListener("click", keys["?"]);
  document.addEventListener("keydown", (event) => {
    // With AltGr some keyboards write the brackets.
    const held = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
    if (held || $("help").open || event.target.closest("input, dialog")) return;
    if (event.key === " " && event.target.closest("button, a")) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

function nudge(by) {
  clock.pause();
  clock.seek(clock.time + by);
}

start();
