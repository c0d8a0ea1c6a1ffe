// The side panel's tabs, and its lists of tags, objects, places and flags.

import { film, clockText, fold, lengthText, plainLabel, shotAt } from "./film.js";
import { $, make, nothing, roving, seen } from "./dom.js";
import { choice } from "./choice.js";

const TAGS = 300; // most tags listed

export function makeTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const counts = { transcript: film.cues.length, events: film.events.length, texts: film.texts.length, tags: tagSums().length + new Set(film.objects.map((o) => o.label)).size, flags: film.flags.length + film.concerns.length };
  const show = (tab) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
      seen($(other.getAttribute("aria-controls")), other === tab);
    }
  };
  for (const tab of tabs) {
    const n = counts[tab.getAttribute("aria-controls")];
    tab.querySelector("small").textContent = n ? n.toLocaleString("en") : "";
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("focus", () => show(tab));
  }
  roving(tabs[0].parentElement, "[role=tab]");
  show(tabs.find((tab) => counts[tab.getAttribute("aria-controls")]) ?? tabs[0]);
}

let sums = null;

/** Every label with its time in the film and its stretches, heaviest (score x time) first. */
function tagSums() {
  if (sums) return sums;
  sums = film.labels.map(({ label, vocabulary }, number) => ({ number, label, vocabulary, n: 0, seconds: 0, weight: 0 }));
  for (const tag of film.tags) {
    const sum = sums[tag.label];
    sum.n += 1;
    sum.seconds += tag.end - tag.start;
    sum.weight += tag.score * Math.max(tag.end - tag.start, 0.001);
  }
  sums.sort((a, b) => b.weight - a.weight || a.number - b.number);
  return sums;
}

/** Everything that is seen: tags of shots, objects, places. */
export function makeTags() {
  const panel = $("tags");
  panel.append(make("h3", { textContent: "Tags" }));
  if (film.tags.length) tagLists(panel);
  else panel.append(nothing({ missing: "Tags were not computed.", failed: "Tagging the pictures failed.", done: "No tag was sure enough." }[film.states.tag]));
  panel.append(make("h3", { textContent: "Objects" }));
  if (film.objects.length) panel.append(wordList(film.objects));
  else panel.append(nothing({ missing: "Objects were not computed.", failed: "Finding objects failed.", done: "No object was found." }[film.states.object]));
  panel.append(make("h3", { textContent: "Places" }));
  if (film.places.length) panel.append(wordList(film.places));
  else panel.append(nothing({ missing: "Places were not computed.", failed: "Recognising the places failed.", done: "No place was recognised." }[film.states.place]));
  choice.addEventListener("change", () => {
    for (const button of panel.querySelectorAll(".tag[data-number]")) button.setAttribute("aria-pressed", String(choice.tags.has(Number(button.dataset.number))));
    for (const button of panel.querySelectorAll(".tag[data-word]")) {
      button.setAttribute("aria-pressed", String(choice.text === button.dataset.word));
      seen(button.parentElement, !choice.text || choice.terms.every((term) => fold(button.dataset.word).includes(term)) || !named(choice.terms));
    }
  });
}

let all = null;

/** Whether any object or place is called so: words that are nobody's name leave the lists as they are. */
function named(terms) {
  all ??= [...new Set([...film.objects, ...film.places].map((row) => fold(plainLabel(row.label))))];
  return all.some((word) => terms.every((term) => word.includes(term)));
}

/** Labels by their time in the film; a click filters for the word. */
function wordList(rows) {
  const seconds = new Map();
  for (const row of rows) seconds.set(row.label, (seconds.get(row.label) ?? 0) + row.end - row.start);
  const most = Math.max(...seconds.values(), 0.001);
  const list = make("ul", { className: "tags" });
  for (const [label, time] of [...seconds].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, TAGS)) {
    const word = plainLabel(label);
    const button = tagButton(word, time, time / most, { word });
    button.addEventListener("click", () => choice.setText(choice.text === word ? "" : word));
    list.append(make("li", {}, button));
  }
  list.querySelector(".tag").tabIndex = 0;
  roving(list, ".tag");
  return list;
}

function tagButton(text, seconds, share, data) {
  const meter = make("i");
  meter.style.setProperty("--share", String(share));
  return make(
    "button",
    { className: "tag", tabIndex: -1, data, aria: { pressed: "false" } },
    make("span", { textContent: text }),
    make("small", { textContent: lengthText(seconds) }),
    meter,
  );
}

function tagLists(panel) {
  const vocabularies = [...new Set(tagSums().map((sum) => sum.vocabulary))];
  for (const vocabulary of vocabularies) {
    const own = tagSums().filter((sum) => sum.vocabulary === vocabulary);
    const most = Math.max(...own.map((sum) => sum.seconds), 0.001);
    const list = make("ul", { className: "tags" });
    for (const { number, label, n, seconds } of own.slice(0, TAGS)) {
      const button = tagButton(label, seconds, seconds / most, { number });
      button.title = `${n} stretches, ${lengthText(seconds)} together`;
      button.addEventListener("click", () => choice.toggleTag(number));
      list.append(make("li", {}, button));
    }
    if (vocabularies.length > 1) panel.append(make("h4", { textContent: vocabulary }));
    panel.append(list);
    if (own.length > TAGS) panel.append(make("p", { className: "legend", textContent: `${own.length - TAGS} rarer ones are not listed.` }));
    list.querySelector(".tag").tabIndex = 0;
    roving(list, ".tag");
  }
  if (vocabularies.length === 1) panel.append(make("p", { className: "legend", textContent: `Vocabulary: ${vocabularies[0]}` }));
}

export function makeFlags(clock) {
  const panel = $("flags");
  if (!film.flags.length) {
    const why = { missing: "Nothing looked for faults.", failed: "Looking for faults failed.", done: "Nothing to look at: no fault was found." };
    panel.append(make("p", { className: "nothing", textContent: why[film.states.flag] }));
    return;
  }
  const list = make("ol", { className: "flags" });
  film.flags.forEach((flag, number) => {
    const shot = shotAt(flag.start);
    const where = `${clockText(flag.start)} – ${clockText(flag.end)}${shot ? `, shot ${shot.number + 1}` : ""}`;
    const button = make(
      "button",
      { className: "flag", tabIndex: number ? -1 : 0 },
      make("b", { textContent: flag.label }),
      make("span", { textContent: where }),
      make("span", { className: "why", textContent: flag.note }),
    );
    button.addEventListener("click", () => clock.seek(flag.start));
    list.append(make("li", {}, button));
  });
  panel.append(list);
  roving(list, ".flag");
  choice.addEventListener("change", () => film.flags.forEach((flag, number) => seen(list.children[number], choice.hasRow(flag, `${flag.label} ${flag.note}`))));
}
