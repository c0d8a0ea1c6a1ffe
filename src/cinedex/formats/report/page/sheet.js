// The contact sheet: every shot with its still. Only the rows near the view are in the document: all rows are of one
// height, so it is known where every shot stands.

import { film, clockText, colourOf, countText, lengthText, shotAt, stillOf } from "./film.js";
import { $, make, oncePerFrame, rgb, roving } from "./dom.js";
import { choice } from "./choice.js";

const ROW_GAP = 18;
const BELOW = film.tags.length ? 42 : 24; // what stands below a still
const AROUND = 700; // pixels above and below the view that are drawn too

export class Sheet {
  #clock;
  #list = $("sheet");
  #fitting = film.shots;
  #cells = new Map();
  #current = -1;
  #all = false;

  constructor(clock) {
    this.#clock = clock;
    const list = this.#list;
    if (!film.shots.length) {
      const why = { missing: "Shots were not computed.", failed: "Finding the shots failed.", done: "No shots were found." };
      list.replaceWith(make("p", { className: "nothing", textContent: why[film.states.shot] }));
      return;
    }
    list.style.setProperty("--ratio", String(film.aspect ?? 16 / 9));
    list.classList.toggle("untagged", !film.tags.length);
    list.addEventListener("click", (event) => {
      const cell = event.target.closest("li");
      if (cell) clock.seek(film.shots[cell.dataset.number].start);
    });
    roving(list, ".shot", () => this.#columns());
    this.draw = oncePerFrame(() => this.#draw());
    for (const moved of ["scroll", "resize"]) window.addEventListener(moved, this.draw, { passive: true });
    new ResizeObserver(this.draw).observe(list);
    new ResizeObserver(this.draw).observe(document.body);
    $("size").addEventListener("input", (event) => {
      list.style.setProperty("--cell", `${event.target.value}px`);
      this.draw();
    });
    $("which").addEventListener("click", () => this.reveal());
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
    choice.addEventListener("change", () => this.#filter());
    this.#filter();
  }

  draw = () => {};

  #columns() {
    return getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
  }

  /** Columns and the height of a row with the gap below it. */
  #grid() {
    const columns = this.#columns();
    const wide = parseFloat(getComputedStyle(this.#list).gridTemplateColumns);
    return { columns, step: wide / (film.aspect ?? 16 / 9) + BELOW + ROW_GAP };
  }

  #draw() {
    const list = this.#list;
    const { columns, step } = this.#grid();
    const rows = Math.ceil(this.#fitting.length / columns);
    const top = list.getBoundingClientRect().top;
    const first = this.#all ? 0 : Math.min(rows, Math.max(0, Math.floor((-top - AROUND) / step)));
    const last = this.#all ? rows : Math.min(rows, Math.max(first, Math.ceil((window.innerHeight - top + AROUND) / step)));
    const shown = this.#fitting.slice(first * columns, last * columns);
    list.style.paddingTop = `${first * step}px`;
    list.style.paddingBottom = `${(rows - last) * step}px`;
    list.style.setProperty("--row", this.#all ? "auto" : `${step - ROW_GAP}px`);
    const keep = new Set(shown.map((shot) => shot.number));
    for (const [number, cell] of this.#cells) {
      if (keep.has(number)) continue;
      cell.remove();
      this.#cells.delete(number);
    }
    let after = null;
    for (const shot of shown) {
      let cell = this.#cells.get(shot.number);
      if (!cell) {
        cell = this.#cell(shot);
        this.#cells.set(shot.number, cell);
        if (after) after.after(cell);
        else list.prepend(cell);
      }
      after = cell;
    }
    if (!list.querySelector('[tabindex="0"]') && list.firstChild) list.firstChild.firstChild.tabIndex = 0;
  }

  #cell(shot) {
    const names = shot.tags.slice(0, 3).map((n) => film.labels[n].label);
    const length = lengthText(shot.end - shot.start);
    const said = `Shot ${shot.number + 1}, at ${clockText(shot.start)}, ${length}${names.length ? `: ${names.join(", ")}` : ""}`;
    const source = stillOf(shot);
    const frame = make("span", { className: "frame" }, ...(source ? [make("img", { src: source, alt: "", decoding: "async" })] : []));
    const colour = colourOf(shot.start, shot.end);
    if (colour) frame.style.background = rgb(colour);
    const button = make(
      "button",
      { className: shot.opening === "gradual" ? "shot gradual" : "shot", tabIndex: -1, aria: { label: said } },
      frame,
      make("span", { className: "line" }, make("b", { textContent: shot.number + 1 }), make("span", { textContent: clockText(shot.start) }), make("span", { className: "length", textContent: length })),
      make("span", { className: "names", textContent: names.join(", ") }),
    );
    const cell = make("li", { data: { number: shot.number } }, button);
    if (shot.number === this.#current) this.#mark(cell, true);
    return cell;
  }

  #mark(cell, is) {
    cell?.classList.toggle("now", is);
    if (is) cell?.setAttribute("aria-current", "true");
    else cell?.removeAttribute("aria-current");
  }

  #filter() {
    this.#fitting = film.shots.filter((shot) => choice.hasShot(shot.number));
    const all = film.shots.length.toLocaleString("en");
    $("sheet-count").textContent = choice.active ? `${this.#fitting.length.toLocaleString("en")} of ${all}` : all;
    this.#draw();
  }

  #print(is) {
    this.#all = is;
    this.#draw();
  }

  tick() {
    const t = this.#clock.time;
    const shot = shotAt(t);
    if (!shot) return;
    if (shot.number !== this.#current) {
      this.#mark(this.#cells.get(this.#current), false);
      this.#current = shot.number;
      this.#mark(this.#cells.get(this.#current), true);
      $("which").textContent = `Shot ${(shot.number + 1).toLocaleString("en")} of ${film.shots.length.toLocaleString("en")}`;
    }
    this.#cells.get(shot.number)?.style.setProperty("--played", String((t - shot.start) / Math.max(shot.end - shot.start, 0.001)));
  }

  /** Bring the current shot, or where it would stand, into view. */
  reveal() {
    const { columns, step } = this.#grid();
    const before = this.#fitting.findIndex((shot) => shot.number >= this.#current);
    const row = Math.floor((before < 0 ? this.#fitting.length - 1 : before) / columns);
    const top = this.#list.getBoundingClientRect().top + window.scrollY + row * step;
    window.scrollTo({ top: top - (window.innerHeight - step) / 2, behavior: "instant" });
  }

  /** Put the first shot that fits the filter on. */
  first() {
    if (this.#fitting.length) this.#clock.seek(this.#fitting[0].start);
  }
}

export const foundText = (shots, cues) => `${countText(shots, "shot")}, ${countText(cues, "cue")}`;
