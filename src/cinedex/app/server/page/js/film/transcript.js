// The transcript: it follows the film, seeks to what is clicked, and shows a translation beside what was said.

import { fill, h } from "../dom.js";
import { clock, count, language } from "../say.js";
import { Stretches } from "./facts.js";

const PATIENCE = 5_000; // after it was scrolled by hand it does not follow for so long

/** The panel, made when the rows are here. `names` gives the film's people. */
export async function transcript(facts, player, names, signal) {
  const [cues, translations, turns, speaking] = await Promise.all(["cue", "translation", "speaker", "speaking"].map((kind) => facts.rows(kind)));
  if (!cues.length) return nothing(facts);
  const who = await voices(cues, turns, speaking, names);
  const translated = new Map(translations.map((row) => [row.start.toFixed(3), row]));
  const spoken = [...new Set(cues.map((cue) => cue.language).filter(Boolean))];
  let last = null;
  const lines = cues.map((cue, i) => {
    const english = translated.get(cue.start.toFixed(3));
    const said = who[i] && who[i] !== last ? h("b.voice", {}, who[i]) : null;
    last = who[i] ?? last;
    return h("li.cue", { "data-at": cue.start }, [
      said,
      h("button", { type: "button", onclick: () => player.seek(cue.start + 0.001) }, [
        h("span.at.num", {}, clock(cue.start)),
        h("span.words", {}, h("span", { lang: cue.language || null }, cue.text), english ? h("span.translated", { lang: english.language }, english.text) : null),
      ]),
    ]);
  });
  const list = h("ol.cues", { tabindex: "0", "aria-label": "Transcript" }, lines);
  const find = h("input.field.small", { type: "search", "aria-label": "Find in the transcript", placeholder: "Find in the words", autocomplete: "off" });
  const found = h("span.quiet.num", { role: "status" });
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLocaleLowerCase();
    let number = 0;
    lines.forEach((line, i) => {
      const english = translated.get(cues[i].start.toFixed(3))?.text ?? "";
      const is = !wanted || `${cues[i].text} ${english}`.toLocaleLowerCase().includes(wanted);
      line.hidden = !is;
      number += is;
    });
    fill(found, wanted ? count(number, "line") : "");
  });
  const both = translations.length ? h("button.button", { type: "button", "aria-pressed": "true", onclick: () => both.setAttribute("aria-pressed", String(list.classList.toggle("alone") === false)) }, "Translation") : null;
  follow(list, lines, cues, player, signal);
  const from = spoken.map(language).join(", ");
  return h("div.transcript", {}, h("div.row.tight", {}, find, both, found, h("span.spread"), h("span.quiet", {}, from)), list);
}

function nothing(facts) {
  const says = facts.count("cue") === undefined ? "Nobody has listened to this film yet. An analysis writes down what is said." : "Nothing is said in this film.";
  return h("p.quiet.pad", {}, says);
}

/** Who says each line: the voice that speaks through most of it, by name where it is known whose it is. */
async function voices(cues, turns, speaking, names) {
  const all = new Stretches(turns);
  const numbers = new Set(turns.map((turn) => turn.number));
  if (numbers.size < 2 && !speaking.length) return cues.map(() => null);
  const persons = new Map(speaking.map((row) => [row.speaker, row.person]));
  const gallery = speaking.length ? await names() : { characters: [] };
  const titles = new Map(gallery.characters.map((one) => [Number(one.label), one.title]));
  return cues.map((cue) => {
    const lasting = new Map();
    for (const turn of all.between(cue.start, cue.end)) {
      const shared = Math.min(turn.end, cue.end) - Math.max(turn.start, cue.start);
      lasting.set(turn.number, (lasting.get(turn.number) ?? 0) + shared);
    }
    const [most] = [...lasting].sort((a, b) => b[1] - a[1]);
    return most ? (titles.get(persons.get(most[0])) ?? `Voice ${most[0]}`) : null;
  });
}

/** Keep the line that is said in view, unless somebody scrolls there. */
function follow(list, lines, cues, player, signal) {
  const starts = Float64Array.from(cues, (cue) => cue.start);
  let touched = -Infinity;
  let now = -1;
  for (const name of ["wheel", "touchmove", "pointerdown"]) list.addEventListener(name, () => (touched = performance.now()), { passive: true, signal });
  player.onTime((time) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= time + 0.02) low = middle + 1;
      else high = middle;
    }
    const here = low - 1;
    if (here === now) return;
    lines[now]?.removeAttribute("aria-current");
    now = here;
    if (here < 0) return;
    lines[here].setAttribute("aria-current", "true");
    if (performance.now() - touched < PATIENCE || !list.clientHeight) return;
    const top = lines[here].offsetTop - list.clientHeight * 0.35;
    list.scrollTo({ top, behavior: Math.abs(top - list.scrollTop) < 600 && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant" });
  });
}
