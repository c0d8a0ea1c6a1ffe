// The contact sheet: every shot with its still. Stills are set when they come near the view.

import { film, clockText, colourOf, countText, lengthText, shotAt, stillOf } from "./film.js";
import { $, make, rgb, roving, seen, whenNear } from "./dom.js";
import { choice } from "./choice.js";

export class Sheet {
  #clock;
  #cells = [];
  #current = null;

  constructor(clock) {
    this.#clock = clock;
    const list = $("sheet");
    if (!film.shots.length) {
      const why = { missing: "Shots were not computed.", failed: "Finding the shots failed.", done: "No shots were found." };
      list.replaceWith(make("p", { className: "nothing", textContent: why[film.states.shot] }));
      return;
    }
    const near = whenNear((cell) => this.#fill(cell));
    const cells = document.createDocumentFragment();
    for (const shot of film.shots) {
      const cell = this.#cell(shot);
      this.#cells.push(cell);
      near.observe(cell);
      cells.append(cell);
    }
    list.append(cells);
    list.style.setProperty("--ratio", String(film.aspect ?? 16 / 9));
    list.classList.toggle("untagged", !film.tags.length);
    // Rows of a known height, so that cells that were never drawn stand where they will stand when they are.
    const setRow = () => {
      const wide = parseFloat(getComputedStyle(list).gridTemplateColumns);
      list.style.setProperty("--row", `${wide / (film.aspect ?? 16 / 9) + (film.tags.length ? 42 : 24)}px`);
    };
    new ResizeObserver(setRow).observe(list);
    this.#cells[0].firstChild.tabIndex = 0;
    roving(list, ".shot", () => getComputedStyle(list).gridTemplateColumns.split(" ").length);
    list.addEventListener("click", (event) => {
      const cell = event.target.closest("li");
      if (cell) clock.seek(film.shots[cell.dataset.number].start);
    });
    $("size").addEventListener("input", (event) => {
      list.style.setProperty("--cell", `${event.target.value}px`);
      setRow();
    });
    $("which").addEventListener("click", () => this.reveal());
    window.addEventListener("beforeprint", () => this.#cells.forEach((c) => this.#fill(c)));
    choice.addEventListener("change", () => this.filter());
    this.filter();
  }

  #cell(shot) {
    const names = shot.tags.slice(0, 3).map((n) => film.labels[n].label);
    const length = lengthText(shot.end - shot.start);
    const said = `Shot ${shot.number + 1}, at ${clockText(shot.start)}, ${length}${names.length ? `: ${names.join(", ")}` : ""}`;
    const button = make(
      "button",
      { className: "shot", tabIndex: -1, aria: { label: said } },
      make("span", { className: "frame" }),
      make("span", { className: "line" }, make("b", { textContent: shot.number + 1 }), make("span", { textContent: clockText(shot.start) }), make("span", { className: "length", textContent: length })),
      make("span", { className: "names", textContent: names.join(", ") }),
    );
    if (shot.opening === "gradual") button.classList.add("gradual");
    const cell = make("li", { data: { number: shot.number } }, button);
    return cell;
  }

  #fill(cell) {
    const shot = film.shots[cell.dataset.number];
    const frame = cell.querySelector(".frame");
    if (frame.firstChild) return;
    const colour = colourOf(shot.start, shot.end);
    if (colour) frame.style.background = rgb(colour);
    const source = stillOf(shot);
    frame.append(source ? make("img", { src: source, alt: "", decoding: "async" }) : make("i"));
  }

  filter() {
    let n = 0;
    for (const cell of this.#cells) {
      const fits = choice.hasShot(Number(cell.dataset.number));
      seen(cell, fits);
      n += fits;
    }
    $("sheet-count").textContent = choice.active ? `${n.toLocaleString("en")} of ${film.shots.length.toLocaleString("en")}` : film.shots.length.toLocaleString("en");
  }

  tick() {
    const t = this.#clock.time;
    const shot = shotAt(t);
    const cell = shot ? this.#cells[shot.number] : null;
    if (cell !== this.#current) {
      this.#current?.classList.remove("now");
      this.#current?.removeAttribute("aria-current");
      cell?.classList.add("now");
      cell?.setAttribute("aria-current", "true");
      this.#current = cell;
      $("which").textContent = shot ? `Shot ${(shot.number + 1).toLocaleString("en")} of ${film.shots.length.toLocaleString("en")}` : "";
    }
    if (cell) cell.style.setProperty("--played", String((t - shot.start) / Math.max(shot.end - shot.start, 0.001)));
  }

  reveal() {
    this.#current?.scrollIntoView({ block: "center", behavior: "instant" });
  }

  /** Put the first shot that fits the filter on. */
  first() {
    const shot = film.shots.find((s) => choice.hasShot(s.number));
    if (shot) this.#clock.seek(shot.start);
  }
}

export const foundText = (shots, cues) => `${countText(shots, "shot")}, ${countText(cues, "cue")}`;
