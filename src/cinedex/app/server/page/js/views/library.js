// The library: every film as a poster, and the ways in for new ones.

import { fill, h, icon } from "../dom.js";
import { api, filmLink, filmPath, query } from "../api.js";
import { analyse, follow, latest, open } from "../job.js";
import { clock, count, failed, title } from "../say.js";
import { adder } from "./adding.js";

const PAGE = 60;

export async function view({ signal, again }) {
  const [first, jobs, about] = await Promise.all([api(`films?limit=${PAGE}`, { signal }), latest(signal), api("about", { signal })]);
  const may = about.scopes.includes("analyse");
  const grid = h("ul.grid", { "aria-label": "Films" });
  const add = adder({ signal, about, added: again });
  if (!first.total) return { title: "Library", page: newcomer(add, may) };
  const heading = h("header.heading", {}, h("h1", {}, "Library"), h("p.quiet", {}, `${count(first.total, "film")}, ${clock(sum(first.films))}${first.next ? " and more" : ""}`));
  const filter = h("input.field.small", { type: "search", "aria-label": "Filter films by name", placeholder: "Filter by name", maxlength: 200, autocomplete: "off" });
  const more = h("button.button", { type: "button", hidden: true }, "More films");
  let next = null;
  const show = (page, anew) => {
    const cards = page.films.map((film) => card(film, jobs.get(film.id), { signal, may, again }));
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
  const tools = h("div.tools", {}, first.total > 6 ? filter : null, may ? add.button : null);
  return { title: "Library", page: [h("div.top", {}, heading, tools), add.panel, grid, h("p.centre", {}, more)], keys: may ? [{ keys: ["a"], says: "Add films", act: add.toggle }] : [] };
}

const sum = (films) => films.reduce((all, film) => all + film.seconds, 0);

function newcomer(add, may) {
  add.panel.hidden = false;
  const steps = [
    ["Add", "Drop a film here, or name one on the server. An upload goes on by itself after a cut."],
    ["Analyse", "Shots, scenes, faces, speech, sounds, text on screen. You see what it takes before it begins."],
    ["Find", "Ask for a line, a face or a moment, and play it from there."],
  ];
  return h("section.newcomer", {}, [
    h("h1", {}, "Every moment of your films, within reach"),
    h("p.lead", {}, may ? "Begin with one film. Nothing leaves this machine." : "There is no film yet, and this key may not add one."),
    may ? add.panel : null,
    h("ol.steps", {}, steps.map(([name, says]) => h("li", {}, h("h2", {}, name), h("p", {}, says)))),
  ]);
}

function card(film, job, { signal, may, again }) {
  const facts = [film.picture ? `${film.picture.width} × ${film.picture.height}` : "sound only", film.sound.length ? null : "silent"].filter(Boolean).join(" · ");
  const state = h("div.state");
  const made = h("li.card", {}, [
    h("a.open", { href: filmLink(film.id) }, [
      poster(film, (known) => idle(known)),
      h("span.length", {}, clock(film.seconds)),
      h("span.name", {}, title(film.name)),
    ]),
    h("p.facts", {}, facts),
    state,
  ]);
  const begin = async (event) => {
    event.currentTarget.disabled = true;
    try {
      const begun = await analyse(film);
      if (begun) working(begun);
      else fill(state);
    } catch (error) {
      failed(error);
      idle(false);
    }
  };
  const working = (begun) => fill(state, follow(begun, { signal, ended: () => replace() }));
  const replace = () => made.replaceWith(card(film, null, { signal, may, again }));
  const idle = (known) => {
    if (open(job) && !known) return;
    const failedWhy = job?.state === "failed" ? h("p.why.alert", {}, job.why.slice(0, 160)) : null;
    fill(state, failedWhy, known || !may ? null : h("button.button", { type: "button", onclick: begin, "aria-label": `Analyse ${film.name}` }, "Analyse"));
  };
  if (open(job)) working(job);
  return made;
}

/** The film's poster; `told(known)` hears whether there is one, since only an analysed film has it. */
function poster(film, told) {
  const box = h("span.poster", {}, icon("film"));
  if (!film.picture) return queueMicrotask(() => told(false)), box;
  const image = h("img", { src: `/v1/${filmPath(film.id)}/poster?height=480`, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("load", () => told(true));
  image.addEventListener("error", () => (image.remove(), told(false)));
  box.append(image);
  return box;
}
