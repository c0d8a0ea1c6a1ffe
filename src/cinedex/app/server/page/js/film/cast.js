// Who is in this film: faces with names, that can be given, merged, split, hidden and taken back.

import { fill, h } from "../dom.js";
import { api, post } from "../api.js";
import { clock, count, failed, length, percent, tell } from "../say.js";

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

/** Decide something about people; it can be taken back from the message that says so. Views hear of it as `people`. */
export async function decide(what, body) {
  const heard = () => dispatchEvent(new Event("people"));
  try {
    const done = await post(`people/${what}`, body);
    const undo = () => post("people/undo", { entry: done.entry }).then(heard, failed);
    tell(`${done.acts.join("; ") || "Done"}.`, { action: ["Undo", undo] });
  } catch (error) {
    failed(error);
  }
  heard();
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
    h("p.quiet", {}, `${told.says}. ${may ? "A name given here is known everywhere at once." : ""}`),
    h("ul.people", {}, told.characters.map((one) => person(one, told.characters, { film, player, may }))),
  ];
}

/** One character with what can be decided about them. */
export function person(one, others, { film, player, may, where = null }) {
  const who = one.person || `${film}#${one.label}`;
  const name = h("input.name", { value: one.name, placeholder: one.title, "aria-label": `Name of ${one.title}`, maxlength: 200, autocomplete: "off", spellcheck: "false", readonly: !may });
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
    may ? actions(one, others, who, film) : null,
  ].flat().filter(Boolean));
}

function suggestion(one, found, film, may) {
  const body = { who: `${film}#${one.label}`, person: found.person };
  return h("div.suggested", {}, [
    h("span", {}, `${found.name}? `, h("span.quiet", {}, percent(found.score))),
    may ? h("button.button", { type: "button", onclick: () => decide("confirm", body) }, "Yes") : null,
    may ? h("button.button", { type: "button", onclick: () => decide("refuse", body) }, "No") : null,
  ].filter(Boolean));
}

function actions(one, others, who, film) {
  const rest = others.filter((other) => other !== one);
  const merge = rest.length ? h("select.field", { "aria-label": `${one.title} is the same as`, onchange: () => merge.value && decide("merge", { who, other: merge.value }) }, h("option", { value: "" }, "Is the same as…"), rest.map((other) => h("option", { value: other.person || `${film}#${other.label}` }, other.title))) : null;
  const looks = one.looks.length > 1 ? h("button.link", { type: "button", onclick: () => splitting(one, film) }, `Split ${count(one.looks.length, "look")}`) : null;
  return h("details.more", {}, h("summary", {}, "Change"), h("div.row", {}, merge, looks, h("button.link", { type: "button", onclick: () => decide(one.hidden ? "show" : "hide", { who }) }, one.hidden ? "Show again" : "Hide")));
}

/** Choose the look that is somebody else. */
function splitting(one, film) {
  const choose = (look) => {
    dialog.close();
    decide("split", { who: `${film}#${one.label}`, look });
  };
  const dialog = h("dialog.sheet", { "aria-label": `Split ${one.title}`, onclose: () => dialog.remove() }, [
    h("h2", {}, "Which of these is somebody else?"),
    h("div.looks", {}, one.looks.map((look) => h("button.look", { type: "button", onclick: () => choose(look.number), "aria-label": `Look ${look.number}` }, h("img", { src: `${one.portrait}?look=${look.number}`, alt: "" }), h("span.quiet", {}, count(look.tracklets.length, "appearance"))))),
    h("form", { method: "dialog" }, h("button.button", {}, "Cancel")),
  ]);
  document.body.append(dialog);
  dialog.showModal();
}

/** The people of a film, for those who want their names alone. */
export const peopleOf = (id, signal) => api(`films/${encodeURIComponent(id)}/people?limit=500`, { signal });
