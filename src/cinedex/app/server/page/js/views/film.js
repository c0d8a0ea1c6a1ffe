// One film: player and transcript side by side, the timeline under them, and everything else in tabs.

import { fill, h, tabbed } from "../dom.js";
import { api } from "../api.js";
import { Board } from "../film/board.js";
import { cast, peopleOf } from "../film/cast.js";
import { Facts } from "../film/facts.js";
import { look } from "../film/look.js";
import { Marks } from "../film/marks.js";
import { Player } from "../film/player.js";
import { rules } from "../film/rules.js";
import { scenes, summary } from "../film/scenes.js";
import { takeout } from "../film/takeout.js";
import { Timeline } from "../film/timeline.js";
import { transcript } from "../film/transcript.js";
import { analyse, follow, latest, open } from "../job.js";
import { quietly } from "../router.js";
import { clock, count, failed, language, title } from "../say.js";

export async function view({ id, params, signal, again }) {
  const [facts, about, jobs] = await Promise.all([Facts.of(id, signal), api("about", { signal }), latest(signal)]);
  const film = facts.film;
  const board = facts.count("picture") ? await Board.of(id, signal) : new Board([]);
  const player = new Player(facts, board, { start: Number(params.get("t") ?? params.get("in")) || 0, signal });
  const marks = new Marks(player, id);
  let people = null;
  const names = () => (people ??= peopleOf(film.id, signal));
  const timeline = new Timeline(player, facts, board, names);
  const may = { review: about.scopes.includes("review"), analyse: about.scopes.includes("analyse"), admin: about.scopes.includes("admin") };
  const side = tabbed("Words and scenes", [
    ["words", "Transcript", () => later(() => transcript(facts, player, names, signal))],
    ["scenes", "Scenes", () => later(() => scenes(facts, player))],
  ]);
  const rest = tabbed("About this film", [
    ["overview", "Overview", () => later(() => summary(facts, player))],
    ["people", "People", () => later(() => cast(facts, player, may))],
    ["look", "Cinematography", () => later(() => look(facts, player, signal))],
    ["rules", "Compliance", () => later(() => rules(facts, player, signal))],
    ["takeout", "Downloads", () => later(() => takeout(facts, about))],
  ]);
  marks.onChange(() => (timeline.mark(marks), player.bar.mark(marks)));
  marks.read(params);
  player.node.append(marks.node);
  player.tools.prepend(marks.copier);
  keepAddress(player, marks, signal);
  return {
    title: title(film.name),
    page: [
      h("div.top.film-top", {}, h("header.heading", {}, h("h1", {}, title(film.name)), h("p.quiet", {}, aboutFilm(facts))), h("div.tools", {}, analysis(facts, jobs.get(film.id), may, signal, again), h("a.button", { href: `#/ask?film=${encodeURIComponent(id)}` }, "Ask about it"))),
      h("div.stage", {}, player.node, h("aside.side", { "aria-label": "Words and scenes" }, side.list, side.panel)),
      timeline.node,
      h("section.rest", { "aria-label": "About this film" }, rest.list, rest.panel),
    ],
    ready: () => timeline.begin(signal),
    update: (to) => (marks.read(to), to.has("t") && player.seek(Number(to.get("t")) || 0)),
    keys: shortcuts(player, timeline, marks),
  };
}

/** A place for what comes later: it says that it comes, and what went wrong if it does not. */
function later(make) {
  const box = h("div.later", { "aria-busy": "true" }, h("p.quiet.pad", {}, "…"));
  make()
    .then((made) => fill(box, made))
    .catch((error) => error.name !== "AbortError" && fill(box, h("p.alert.pad", {}, error.message)))
    .finally(() => box.removeAttribute("aria-busy"));
  return box;
}

function aboutFilm(facts) {
  const { film, rate } = facts;
  const tongues = [...new Set(film.sound.map((one) => one.language).filter(Boolean))].map(language);
  return [
    clock(film.seconds),
    film.picture ? `${film.picture.width} × ${film.picture.height}` : "sound only",
    rate ? `${Number(rate.toFixed(3))} frames a second` : null,
    film.sound.length ? [count(film.sound.length, "sound track"), ...tongues].join(", ") : "silent",
  ].filter(Boolean).join("  ·  ");
}

/** The way to know more: an analysis, or the one that is under way. */
function analysis(facts, job, may, signal, again) {
  const box = h("div.analysis");
  const working = (begun) => fill(box, follow(begun, { signal, ended: again }));
  if (open(job)) working(job);
  else if (may.analyse && !facts.count("shot")) {
    const begin = async (event) => {
      event.currentTarget.disabled = true;
      const begun = await analyse(facts.film).catch(failed);
      if (begun) working(begun);
      else button.disabled = false;
    };
    const button = h("button.button.main", { type: "button", onclick: begin }, "Analyse");
    fill(box, button);
  }
  return box;
}

/** The address says where the film stands when it rests, so that it can be passed on. */
function keepAddress(player, marks, signal) {
  const keep = () => !player.playing && !signal.aborted && location.hash.startsWith("#/film/") && quietly(marks.link(player.time));
  for (const name of ["pause", "seeked"]) player.video.addEventListener(name, keep);
  marks.onChange(keep);
}

// In pairs, as the list of keys shows them.
const shortcuts = (player, timeline, marks) => [
  { keys: [" "], says: "Play or pause", act: () => player.toggle() },
  { keys: ["k"], says: "Stop", act: () => player.halt() },
  { keys: ["j"], says: "Backwards, again for faster", act: () => player.shuttle(-1) },
  { keys: ["l"], says: "Forwards, again for faster", act: () => player.shuttle(1) },
  { keys: [","], says: "One frame back", act: () => player.rate && player.step(-1) },
  { keys: ["."], says: "One frame on", act: () => player.rate && player.step(1) },
  { keys: ["ArrowLeft"], says: "5 seconds back", act: () => player.seek(player.time - 5) },
  { keys: ["ArrowRight"], says: "5 seconds on", act: () => player.seek(player.time + 5) },
  { keys: ["["], says: "Shot before", act: () => player.seek(cut(timeline.board, player.time, -1)) },
  { keys: ["]"], says: "Next shot", act: () => player.seek(cut(timeline.board, player.time, 1)) },
  { keys: ["i"], says: "Mark in", act: () => marks.in() },
  { keys: ["o"], says: "Mark out", act: () => marks.out() },
  { keys: ["p"], says: "Play from in to out", act: () => marks.play() },
  { keys: ["x"], says: "Take the marks away", act: () => marks.clear() },
  { keys: ["<"], says: "Slower", act: () => player.pace(-1) },
  { keys: [">"], says: "Faster", act: () => player.pace(1) },
  { keys: ["-"], says: "Zoom the timeline out", act: () => timeline.zoom(2) },
  { keys: ["+", "="], says: "Zoom it in", act: () => timeline.zoom(0.5) },
  { keys: ["0"], says: "The whole film", act: () => timeline.fit() },
  { keys: ["s"], says: "Copy a link to here, with the marks", act: () => marks.copy() },
  { keys: ["c"], says: "Captions", act: () => player.caption() },
  { keys: ["m"], says: "Mute", act: () => player.silence() },
  { keys: ["f"], says: "Full screen", act: () => player.full() },
];

/** Where the shot before or after begins. */
function cut(board, time, way) {
  const starts = [...board.starts];
  const to = way > 0 ? starts.find((start) => start > time + 0.01) : starts.findLast((start) => start < time - 0.3);
  return (to ?? (way > 0 ? time : 0)) + 0.002;
}
