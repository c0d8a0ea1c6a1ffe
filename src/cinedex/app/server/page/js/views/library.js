// The library: every film as a poster, and the ways in for new ones.

import { fill, h, icon } from "../dom.js";
import { api, filmLink, filmPath, mediaUrl, query } from "../api.js";
import { analyse, follow, latest, open } from "../job.js";
import { clock, count, failed, length, title } from "../say.js";
import { adder } from "./adding.js";

const PAGE = 60;

export async function view({ signal, again }) {
  const [first, jobs, about] = await Promise.all([api(`films?limit=${PAGE}`, { signal }), latest(signal), api("about", { signal })]);
  const may = about.scopes.includes("analyse");
  const grid = h("ul.grid", { "aria-label": "Films" });
  const add = adder({ signal, about });
  addEventListener("films", again, { signal });
  if (!first.total) return { title: "Library", page: newcomer(add, may) };
  const heading = h("header.heading", {}, h("h1", {}, "Library"), h("p.quiet", {}, `${count(first.total, "film")}, ${length(sum(first.films))}${first.next ? " and more" : ""}`));
  const filter = h("input.field.small", { type: "search", "aria-label": "Filter films by name", placeholder: "Filter by name", maxlength: 200, autocomplete: "off" });
  const more = h("button.button", { type: "button", hidden: true }, "More films");
  let next = null;
  const every = together();
  const show = (page, anew) => {
    if (anew) every.clear();
    const cards = page.films.map((film) => card(film, jobs.get(film.id), { signal, may, every }));
    if (anew) fill(grid, cards);
    else grid.append(...cards);
    next = page.next;
    more.hidden = !next;
    if (anew && !page.films.length) fill(grid, h("li.quiet", {}, "No film has this in its name."));
  };
  const load = (after) => api(query("films", { limit: PAGE, after, text: filter.value.trim() }), { signal });
  more.addEventListener("click", () => load(next).then((page) => show(page, false), failed));
  let timer = 0;
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load("").then((page) => show(page, true), failed), 200);
  });
  show(first, true);
  const tools = h("div.tools", {}, first.total > 6 ? filter : null, may ? [every.button, add.button] : null);
  return { title: "Library", page: [h("div.top", {}, heading, tools), add.panel, add.list, grid, h("p.centre", {}, more)], keys: may ? [{ keys: ["a"], says: "Add films", act: add.toggle }] : [] };
}

const sum = (films) => films.reduce((all, film) => all + film.seconds, 0);

/** One button for all films that wait to be analysed, where there are several. */
function together() {
  const begins = new Map();
  const button = h("button.button", { type: "button", hidden: true, onclick: all });
  const tally = () => {
    button.hidden = begins.size < 2;
    fill(button, `Analyse ${count(begins.size, "film")}`);
  };
  async function all() {
    button.disabled = true;
    for (const begin of [...begins.values()]) await begin();
    button.disabled = false;
  }
  return {
    button,
    waits: (id, begin) => (begins.set(id, begin), tally()),
    gone: (id) => (begins.delete(id), tally()),
    clear: () => (begins.clear(), tally()),
  };
}

function newcomer(add, may) {
  add.panel.hidden = false;
  const steps = [
    ["Add", "Drop a film here, or name one on the server. An upload goes on by itself after a cut."],
    ["Analyse", "Shots, scenes, faces, speech, sounds, text on screen. You see how far it is, and can stop it."],
    ["Find", "Ask for a line, a face or a moment, and play it from there."],
  ];
  return h("section.newcomer", {}, [
    h("h1", {}, "Every moment of your films, within reach"),
    h("p.lead", {}, may ? "Begin with one film. Nothing leaves this machine." : "There is no film yet, and this key may not add one."),
    may ? [add.panel, add.list] : null,
    h("ol.steps", {}, steps.map(([name, says]) => h("li", {}, h("h2", {}, name), h("p", {}, says)))),
  ]);
}

function card(film, job, { signal, may, every }) {
  const facts = [film.picture ? `${film.picture.width} × ${film.picture.height}` : "sound only", film.sound.length ? null : "silent"].filter(Boolean).join(" · ");
  const state = h("div.state");
  const made = h("li.card", {}, [
    h("a.open", { href: filmLink(film.id) }, [
      poster(film, (known) => idle(known), signal),
      h("span.length", {}, clock(film.seconds)),
      h("span.name", {}, title(film.name)),
    ]),
    h("p.facts", {}, facts),
    state,
  ]);
  const begin = async () => {
    every.gone(film.id);
    for (const button of state.querySelectorAll("button")) button.disabled = true;
    try {
      const begun = await analyse(film);
      if (begun) working(begun);
      else fill(state);
    } catch (error) {
      failed(error);
      idle(false);
    }
  };
  const working = (begun) => fill(state, follow(begun, { signal, ended: (now) => made.replaceWith(card(film, now, { signal, may, every })) }));
  const idle = (known) => {
    if (open(job)) return;
    const why = !known && job?.state === "failed" ? h("p.why.alert", {}, job.why.slice(0, 160)) : null;
    fill(state, why, known || !may ? null : h("button.button", { type: "button", onclick: begin, "aria-label": `Analyse ${film.name}` }, why ? "Try again" : "Analyse"));
    if (!known && may && !why && !signal.aborted) every.waits(film.id, begin);
  };
  if (open(job)) working(job);
  return made;
}

/** The film's poster; `told(known)` hears whether there is one, since only an analysed film has it. Others show a frame. */
function poster(film, told, signal) {
  const box = h("span.poster", {}, icon("film"));
  if (!film.picture) return queueMicrotask(() => told(false)), box;
  const image = h("img", { src: `/v1/${filmPath(film.id)}/poster?height=480`, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("load", () => told(true));
  image.addEventListener("error", () => (image.remove(), told(false), film.playable && frame(film, box, signal)));
  box.append(image);
  return box;
}

/** A frame out of the film itself, once it comes into view. */
function frame(film, box, signal) {
  const seen = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    seen.disconnect();
    box.append(h("video", { muted: true, playsinline: true, preload: "metadata", tabindex: "-1", "aria-hidden": "true", src: `${mediaUrl(film.id)}#t=${(film.seconds * 0.2).toFixed(2)}` }));
  });
  seen.observe(box);
  signal.addEventListener("abort", () => (seen.disconnect(), box.querySelector("video")?.removeAttribute("src")));
}
