// The contact sheet: every shot with its still, under the scene that it is in. Only the lines near the view are in the
// document: a line is a row of shots or the heading of a scene, each of a known height, so it is known where all stand.

import { film, clockText, colourOf, countText, lengthText, shotAt, stillOf } from "./film.js";
import { $, make, oncePerFrame, rgb, roving, seen } from "./dom.js";
import { choice } from "./choice.js";
import { placeText } from "./scenes.js";

const ROW_GAP = 18;
const HEADING = 34; // the line that names a scene
const BELOW = film.tags.length ? 42 : 24; // what stands below a still
const AROUND = 700; // pixels above and below the view that are drawn too

export class Sheet {
  #clock;
  #list = $("sheet");
  #fitting = film.shots;
  #cells = new Map();
  #lines = [];
  #grouped = film.scenes.length > 1;
  #made = "";
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
      const cell = event.target.closest("li[data-number]");
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
    const group = $("by-scene");
    seen(group.parentElement, this.#grouped);
    group.addEventListener("change", () => {
      this.#grouped = group.checked;
      this.draw();
    });
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

  /** All lines from top to bottom: where each begins, and its shots or its scene. */
  #lay(columns, step) {
    const key = `${columns} ${step} ${this.#grouped}`;
    if (key === this.#made) return;
    this.#made = key;
    this.#lines = [];
    let top = 0;
    const rows = (shots) => {
      for (let i = 0; i < shots.length; i += columns, top += step) this.#lines.push({ top, shots: shots.slice(i, i + columns) });
    };
    if (!this.#grouped) rows(this.#fitting);
    let next = 0;
    for (const scene of this.#grouped ? film.scenes : []) {
      const first = next;
      const last = scene.number === film.scenes.length - 1 ? Infinity : scene.last;
      while (next < this.#fitting.length && this.#fitting[next].number < last) next++;
      if (next === first) continue;
      this.#lines.push({ top, scene, shots: [] });
      top += HEADING + ROW_GAP;
      rows(this.#fitting.slice(first, next));
    }
    this.#lines.push({ top, shots: [] });
  }

  #draw() {
    const list = this.#list;
    const { columns, step } = this.#grid();
    this.#lay(columns, step);
    const top = list.getBoundingClientRect().top;
    const end = this.#lines.at(-1).top;
    const first = this.#all ? 0 : Math.max(0, this.#lineAt(-top - AROUND));
    const last = this.#all ? this.#lines.length : this.#lineAt(window.innerHeight - top + AROUND) + 1;
    const shown = this.#lines.slice(first, last);
    list.style.paddingTop = `${this.#lines[Math.min(first, this.#lines.length - 1)].top}px`;
    list.style.paddingBottom = `${end - (this.#lines[last]?.top ?? end)}px`;
    list.style.setProperty("--row", this.#all ? "auto" : `${step - ROW_GAP}px`);
    const wanted = shown.flatMap((line) => [...(line.scene ? [`scene ${line.scene.number}`] : []), ...line.shots.map((shot) => shot.number)]);
    const keep = new Set(wanted);
    for (const [name, cell] of this.#cells) {
      if (keep.has(name)) continue;
      cell.remove();
      this.#cells.delete(name);
    }
    let after = null;
    for (const name of wanted) {
      let cell = this.#cells.get(name);
      if (!cell) {
        cell = typeof name === "number" ? this.#cell(film.shots[name]) : this.#heading(film.scenes[name.slice(6)]);
        this.#cells.set(name, cell);
        if (after) after.after(cell);
        else list.prepend(cell);
      }
      after = cell;
    }
    if (!list.querySelector('[tabindex="0"]')) list.querySelector(".shot")?.setAttribute("tabindex", "0");
  }

  /** The number of the last line that begins at or above `y`. */
  #lineAt(y) {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#lines[middle].top <= y) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #heading(scene) {
    const names = scene.people.slice(0, 4).map((n) => film.people[n].name).join(", ");
    const parts = [placeText(scene), names].filter(Boolean).join(" · ");
    const times = `${clockText(scene.start)}  ${countText(scene.last - scene.first, "shot")}`;
    return make("li", { className: "scene-heading" }, make("b", { textContent: `Scene ${scene.number + 1}` }), make("span", { textContent: parts }), make("small", { textContent: times }));
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
    this.#made = "";
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
    this.#lay(columns, step);
    const line = this.#lines.findLast((one) => one.shots.length && one.shots[0].number <= this.#current) ?? this.#lines[0];
    const top = this.#list.getBoundingClientRect().top + window.scrollY + line.top;
    window.scrollTo({ top: top - (window.innerHeight - step) / 2, behavior: "instant" });
  }

  /** Put the first shot that fits the filter on. */
  first() {
    if (this.#fitting.length) this.#clock.seek(this.#fitting[0].start);
  }
}

export const foundText = (shots, cues) => `${countText(shots, "shot")}, ${countText(cues, "cue")}`;
