// Who is in this film: faces with names, that can be given, merged, split, hidden, taken back and erased.

import { fill, h } from "../dom.js";
import { api } from "../api.js";
import { clock, count, failed, length, percent } from "../say.js";
import { decide } from "./deciding.js";
import { erasing } from "./erasing.js";
import { splitting } from "./splitting.js";

/** A person's face, or the beginning of their name. */
export function face(one) {
  const letters = [...(one.name || one.title || "?").replace(/^Person /, "")].slice(0, 2).join("");
  const box = h("span.face", {}, h("span", { "aria-hidden": "true" }, letters));
  if (one.portrait) {
    const image = h("img", { src: one.portrait, alt: "", loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.remove());
    box.append(image);
  }
  return box;
}

export async function cast(facts, player, may) {
  const box = h("div.cast");
  const again = async () => {
    facts.forget("people");
    fill(box, ...gallery(facts, await facts.about("people"), player, may));
  };
  addEventListener("people", () => again().catch(failed), { signal: facts.signal });
  await again();
  return box;
}

function gallery(facts, told, player, may) {
  if (!told.characters.length) return [h("p.quiet", {}, `${told.says[0].toUpperCase()}${told.says.slice(1)}.`)];
  const film = facts.film.id;
  return [
    h("p.quiet", {}, `${told.says}. ${may.review ? "A name given here is known everywhere at once." : ""}`),
    h("ul.people", {}, told.characters.map((one) => person(one, told.characters, { film, player, may }))),
  ];
}

/** One character with what can be decided about them. */
export function person(one, others, { film, player, may, where = null }) {
  const who = one.person || `${film}#${one.label}`;
  const name = h("input.name", { value: one.name, placeholder: one.title, "aria-label": `Name of ${one.title}`, maxlength: 200, autocomplete: "off", spellcheck: "false", readonly: !may.review });
  const save = (event) => {
    event?.preventDefault();
    const given = name.value.trim();
    if (given && given !== one.name) decide("name", { who, name: given });
    else name.value = one.name;
  };
  name.addEventListener("change", save);
  const times = player ? one.seen.slice(0, 6).map(([start]) => h("button.when.num", { type: "button", onclick: () => player.seek(start + 0.02) }, clock(start))) : [];
  return h("li.person", {}, [
    face(one),
    h("form.who", { onsubmit: (event) => (event.preventDefault(), name.blur()) }, name, h("p.quiet", {}, `${length(one.seconds)} on screen, ${count(one.appearances, "time")}`, one.standing === "recognised" ? `, recognised ${percent(one.score)}` : "")),
    where,
    times.length ? h("div.times", {}, times, one.seen.length > 6 ? h("span.quiet", {}, `and ${one.seen.length - 6} more`) : null) : null,
    one.suggestions.map((may_be) => suggestion(one, may_be, film, may)),
    may.review ? actions(one, others, who, film, may) : null,
  ].flat().filter(Boolean));
}

function suggestion(one, found, film, may) {
  const body = { who: `${film}#${one.label}`, person: found.person };
  return h("div.suggested", {}, [
    h("span", {}, `${found.name}? `, h("span.quiet", {}, percent(found.score))),
    may.review ? h("button.button", { type: "button", onclick: () => decide("confirm", body) }, "Yes") : null,
    may.review ? h("button.button", { type: "button", onclick: () => decide("refuse", body) }, "No") : null,
  ].filter(Boolean));
}

function actions(one, others, who, film, may) {
  const rest = others.filter((other) => other !== one);
  const merge = rest.length ? h("select.field", { "aria-label": `${one.title} is the same as`, onchange: () => merge.value && decide("merge", { who, other: merge.value }) }, h("option", { value: "" }, "Is the same as…"), rest.map((other) => h("option", { value: other.person || `${film}#${other.label}` }, other.title))) : null;
  const parts = one.looks.reduce((all, look) => all + look.tracklets.length, 0);
  const split = parts > 1 ? h("button.link", { type: "button", onclick: () => splitting(one, film).catch(failed) }, "Split…") : null;
  const erase = may.admin ? h("button.link", { type: "button", onclick: () => erasing({ who, name: one.title, portrait: face(one), films: null }) }, "Erase…") : null;
  return h("details.more", {}, h("summary", {}, "Change"), h("div.row", {}, merge, split, h("button.link", { type: "button", onclick: () => decide(one.hidden ? "show" : "hide", { who }) }, one.hidden ? "Show again" : "Hide"), erase));
}

/** The people of a film, for those who want their names alone. */
export const peopleOf = (id, signal) => api(`films/${encodeURIComponent(id)}/people?limit=500`, { signal });
