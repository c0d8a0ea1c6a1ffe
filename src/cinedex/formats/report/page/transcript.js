// The transcript: it follows the film, and a click on a cue or a word goes there. Words become elements when near.

import { film, clockText, fold, lastAt, within } from "./film.js";
import { $, make, roving, seen, whenNear } from "./dom.js";
import { choice } from "./choice.js";
import { speakerInk } from "./speakers.js";

const UNSURE = 0.5; // words below this score are marked

export class Transcript {
  #clock;
  #cues = [];
  #current = null;
  #word = null;
  #following = true;
  #near;
  #spelt = new Set();

  constructor(clock) {
    this.#clock = clock;
    const panel = $("transcript");
    if (!film.cues.length) {
      const why = { missing: "Speech was not computed.", failed: "Recognising the speech failed.", done: "Nobody speaks in this film, as far as was heard." };
      panel.append(make("p", { className: "nothing", textContent: why[film.states.cue] }));
      return;
    }
    const list = make("ol", { className: "cues" });
    this.#near = whenNear((item) => this.#spell(item), panel);
    const both = new Set(film.cues.map((cue) => cue.source)).size > 1;
    for (const cue of film.cues) {
      const time = make("button", { className: "time", tabIndex: -1, textContent: clockText(cue.start), aria: { label: `${clockText(cue.start)}: ${cue.text}` } });
      const item = make("li", { data: { number: cue.number } }, time, make("p", { textContent: cue.text, dir: "auto" }));
      const voice = film.speakers[cue.speaker];
      if (voice) item.append(make("b", { className: "voice", textContent: voice.name, dir: "auto", style: `color: ${speakerInk(voice.index)}` }));
      if (both) item.append(make("small", { textContent: cue.source }));
      this.#cues.push(item);
      this.#near.observe(item);
      list.append(item);
    }
    if (film.words.some((word) => word.score < UNSURE)) {
      panel.append(make("p", { className: "legend" }, "Dotted words were heard with less certainty."));
    }
    panel.append(list);
    this.#cues[0].firstChild.tabIndex = 0;
    roving(list, ".time");
    list.addEventListener("click", (event) => this.#clicked(event));
    for (const sign of ["wheel", "touchmove"]) panel.addEventListener(sign, () => this.follow(false), { passive: true });
    $("follow").addEventListener("click", () => this.follow(true));
    choice.addEventListener("change", () => this.filter());
  }

  #clicked(event) {
    const item = event.target.closest("li");
    if (!item || String(getSelection())) return;
    const at = event.target.dataset.at ?? film.cues[item.dataset.number].start;
    this.follow(true);
    this.#clock.seek(Number(at));
  }

  /** Make the words of a cue elements of their own, or mark what is looked for. */
  #spell(item) {
    this.#spelt.add(item);
    const cue = film.cues[item.dataset.number];
    const text = item.querySelector("p");
    const terms = choice.terms;
    text.replaceChildren(...(terms.length && choice.hasCue(cue.number) ? marked(cue.text, terms) : spelled(cue)));
  }

  filter() {
    for (const item of this.#cues) seen(item, choice.hasCue(Number(item.dataset.number)));
    for (const item of this.#spelt) this.#near.observe(item);
    this.#spelt.clear();
    this.#word = null;
  }

  follow(is) {
    this.#following = is;
    seen($("follow"), !is && this.#clock.playing && !$("transcript").hidden);
    if (is && this.#current) this.#reveal();
  }

  tick() {
    const t = this.#clock.time;
    const item = this.#cues[lastAt(film.cues, t)] ?? null;
    if (item !== this.#current) {
      this.#current?.classList.remove("now");
      item?.classList.add("now");
      this.#current = item;
      if (item && this.#following) this.#reveal();
    }
    item?.classList.toggle("past", t >= film.cues[item.dataset.number].end);
    const word = item ? [...item.querySelectorAll("[data-at]")].findLast((w) => Number(w.dataset.at) <= t + 0.001) : null;
    if (word === this.#word) return;
    this.#word?.classList.remove("said");
    word?.classList.add("said");
    this.#word = word ?? null;
  }

  #reveal() {
    const panel = $("transcript");
    if (panel.hidden || this.#current.hidden) return;
    const { top, height } = this.#current.getBoundingClientRect();
    const box = panel.getBoundingClientRect();
    if (top < box.top + 40 || top + height > box.bottom - 60) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || Math.abs(top - box.top) > box.height * 3;
      panel.scrollBy({ top: top - box.top - box.height * 0.32, behavior: calm ? "instant" : "smooth" });
    }
  }
}

/** A cue's text with every word that was timed as an element, and all between them as it was written. */
function spelled(cue) {
  const parts = [];
  let done = 0;
  for (const word of within(film.words, cue.start, cue.end)) {
    const text = word.text.trim();
    const at = word.start >= cue.start && word.start < cue.end && text ? cue.text.indexOf(text, done) : -1;
    if (at < 0) continue;
    const unsure = word.score < UNSURE;
    const title = unsure ? `heard with score ${word.score.toFixed(2)}` : "";
    parts.push(cue.text.slice(done, at), make("span", { textContent: text, title, className: unsure ? "unsure" : "", data: { at: word.start } }));
    done = at + text.length;
  }
  return [...parts, cue.text.slice(done)];
}

/** A text with what is looked for marked. Where folding changes the length of the text, nothing is marked. */
function marked(text, terms) {
  const folded = fold(text);
  if (folded.length !== text.length) return [text];
  const parts = [];
  let done = 0;
  while (done < text.length) {
    const hits = terms.map((term) => [folded.indexOf(term, done), term.length]).filter(([at]) => at >= 0);
    if (!hits.length) break;
    const [at, size] = hits.sort((a, b) => a[0] - b[0] || b[1] - a[1])[0];
    parts.push(text.slice(done, at), make("mark", { textContent: text.slice(at, at + size) }));
    done = at + size;
  }
  return [...parts, text.slice(done)];
}
