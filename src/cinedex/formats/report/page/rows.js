// Lists of events and of text in the picture: they follow the filter, and a click goes there.

import { film, clockText, countText, eventText, lengthText, plainLabel, shotAt } from "./film.js";
import { $, make, nothing, roving, seen } from "./dom.js";
import { choice } from "./choice.js";

const LISTED = 400; // rows in the document at once; the filter finds the others

const ROLES = ["title", "credit", "sign", "subtitle", "caption"];

const ROLE_NAMES = { title: "titles", credit: "credits", sign: "signs", subtitle: "subtitles", caption: "captions" };

/** Rows that fit the filter, as many as are listed, made anew when the filter changes. */
function rowList(panel, pick, rows, text, item) {
  const list = make("ol", { className: "rows" });
  const more = make("p", { className: "legend" });
  const show = () => {
    const fitting = rows().filter((row) => choice.hasRow(row, text(row)));
    list.replaceChildren(...fitting.slice(0, LISTED).map(item));
    const first = list.querySelector(pick);
    if (first) first.tabIndex = 0;
    const hidden = fitting.length - LISTED;
    more.textContent = hidden > 0 ? `${countText(hidden, "more row")}; filter to find them.` : fitting.length ? "" : "Nothing here fits the filter.";
  };
  panel.append(list, more);
  roving(list, pick);
  choice.addEventListener("change", show);
  show();
  return show;
}

const where = (row) => {
  const shot = shotAt(row.start);
  return `${clockText(row.start)} – ${clockText(row.end)}${shot ? `, shot ${shot.number + 1}` : ""}`;
};

export function makeEvents(clock) {
  const panel = $("events");
  if (!film.events.length) {
    const why = { missing: "Events were not computed.", failed: "Finding events failed.", done: "No rule found an event." };
    panel.append(nothing(why[film.states.event]));
    return;
  }
  rowList(panel, ".row", () => film.events, eventText, (event) => eventItem(clock, event));
}

/** Signs of what raters and viewers weigh, under the flags: they are for a person to look at, and none is no proof. */
export function makeSigns(clock) {
  const panel = $("flags");
  panel.append(make("h3", { textContent: "Signs of content" }));
  if (!film.concerns.length) {
    const why = { missing: "Signs of content were not computed.", failed: "Looking for signs of content failed.", done: "No rule found a sign; that proves nothing." };
    panel.append(nothing(why[film.states.concern]));
    return;
  }
  rowList(panel, ".row", () => film.concerns, eventText, (sign) => eventItem(clock, sign, `${sign.strength} `));
}

/** An event with its score and rule; a click goes there and opens the rows that it was concluded from. */
function eventItem(clock, event, before = "") {
  const meter = make("i");
  meter.style.setProperty("--share", String(event.score));
  const button = make(
    "button",
    { className: "row event", tabIndex: -1, aria: { expanded: "false" } },
    make("b", { textContent: event.label }),
    make("small", { textContent: `${before}${event.score.toFixed(2)}`, title: "score" }),
    make("span", { textContent: `${where(event)}, ${lengthText(event.end - event.start)}` }),
    meter,
  );
  const chips = event.evidence.map(([kind, at, says]) => {
    const chip = make("button", { className: "chip plain", title: `Go to ${clockText(at)}` }, make("small", { textContent: plainLabel(kind) }), says ? ` ${says.length > 60 ? `${says.slice(0, 58)}…` : plainLabel(says)}` : "", make("em", { textContent: clockText(at) }));
    chip.addEventListener("click", () => clock.seek(at));
    return chip;
  });
  const about = chips.length ? "rests on" : "names no rows";
  const evidence = make("div", { className: "evidence", hidden: true }, make("p", { textContent: `Rule ${event.rule}, ${about}` }), ...chips);
  button.addEventListener("click", () => {
    clock.seek(event.start);
    button.setAttribute("aria-expanded", String(evidence.hidden));
    seen(evidence, evidence.hidden);
  });
  return make("li", {}, button, evidence);
}

export function makeTexts(clock) {
  const panel = $("texts");
  if (!film.texts.length) {
    const why = { missing: "Text in the picture was not computed.", failed: "Reading the text in the picture failed.", done: "No text was read in the picture." };
    panel.append(nothing(why[film.states.text]));
    return;
  }
  const roles = ROLES.filter((role) => film.texts.some((row) => row.role === role));
  let chosen = "";
  const bar = make("p", { className: "roles" });
  const languages = new Set(film.texts.map((row) => row.language));
  panel.append(bar);
  const show = rowList(panel, ".row", () => (chosen ? film.texts.filter((row) => row.role === chosen) : film.texts), (row) => row.text, (row) => textItem(clock, row, languages.size > 1));
  for (const role of roles.length > 1 ? ["", ...roles] : []) {
    const n = role ? film.texts.filter((row) => row.role === role).length : film.texts.length;
    const button = make("button", { className: "chip plain", data: { role }, aria: { pressed: String(!role) } }, role ? ROLE_NAMES[role] : "all", make("em", { textContent: n.toLocaleString("en") }));
    button.addEventListener("click", () => {
      chosen = role;
      for (const other of bar.children) other.setAttribute("aria-pressed", String(other === button));
      show();
    });
    bar.append(button);
  }
}

function textItem(clock, row, tongue) {
  const button = make(
    "button",
    { className: `row text ${row.role}`, tabIndex: -1 },
    make("b", { textContent: row.text, dir: "auto" }),
    make("small", { textContent: row.role }),
    make("span", { textContent: [where(row), tongue ? row.language : ""].filter(Boolean).join(", ") }),
  );
  button.addEventListener("click", () => clock.seek(row.start));
  return make("li", {}, button);
}
