// The side panel's tabs, and its lists of tags and flags.

import { film, clockText, lengthText, shotAt } from "./film.js";
import { $, make, roving, seen } from "./dom.js";
import { choice } from "./choice.js";

const TAGS = 300; // most tags listed

export function makeTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const counts = { transcript: film.cues.length, tags: tagSums().length, flags: film.flags.length };
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

export function makeTags() {
  const panel = $("tags");
  if (!film.tags.length) {
    const why = { missing: "Tags were not computed.", failed: "Tagging the pictures failed.", done: "No tag was sure enough." };
    panel.append(make("p", { className: "nothing", textContent: why[film.states.tag] }));
    return;
  }
  const vocabularies = [...new Set(tagSums().map((sum) => sum.vocabulary))];
  for (const vocabulary of vocabularies) {
    const own = tagSums().filter((sum) => sum.vocabulary === vocabulary);
    const most = Math.max(...own.map((sum) => sum.seconds), 0.001);
    const list = make("ul", { className: "tags" });
    for (const { number, label, n, seconds } of own.slice(0, TAGS)) {
      const meter = make("i");
      meter.style.setProperty("--share", String(seconds / most));
      const button = make(
        "button",
        { className: "tag", tabIndex: -1, title: `${n} stretches, ${lengthText(seconds)} together`, data: { number }, aria: { pressed: "false" } },
        make("span", { textContent: label }),
        make("small", { textContent: lengthText(seconds) }),
        meter,
      );
      button.addEventListener("click", () => choice.toggleTag(number));
      list.append(make("li", {}, button));
    }
    if (vocabularies.length > 1) panel.append(make("h3", { textContent: vocabulary }));
    panel.append(list);
    if (own.length > TAGS) panel.append(make("p", { className: "legend", textContent: `${own.length - TAGS} rarer ones are not listed.` }));
    list.querySelector(".tag").tabIndex = 0;
    roving(list, ".tag");
  }
  if (vocabularies.length === 1) panel.append(make("p", { className: "legend", textContent: `Vocabulary: ${vocabularies[0]}` }));
  choice.addEventListener("change", () => {
    for (const button of panel.querySelectorAll(".tag")) button.setAttribute("aria-pressed", String(choice.tags.has(Number(button.dataset.number))));
  });
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
}
