// Boxes over the picture: faces with their names and text that was read, as they were seen at the moment shown.

import { film, within } from "./film.js";
import { $, make, seen } from "./dom.js";

const MOST_BOXES = 40; // boxes at once

export class Boxes {
  #clock;
  #drawn = "";

  constructor(clock) {
    this.#clock = clock;
    const button = $("boxes-on");
    seen(button, film.boxes.length + film.texts.length > 0);
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!this.on));
      seen($("boxes"), this.on);
      this.tick();
    });
    new ResizeObserver(() => this.#fit()).observe($("screen"));
  }

  get on() {
    return $("boxes-on").getAttribute("aria-pressed") === "true";
  }

  /** The layer lies where the picture lies inside the screen. */
  #fit() {
    const { clientWidth: width, clientHeight: height } = $("screen");
    const ratio = film.aspect ?? 16 / 9;
    const wide = Math.min(width, height * ratio);
    Object.assign($("boxes").style, { width: `${wide}px`, height: `${wide / ratio}px`, left: `${(width - wide) / 2}px`, top: `${(height - wide / ratio) / 2}px` });
  }

  tick() {
    if (!this.on) return;
    const t = this.#clock.time;
    const here = (rows) => within(rows, t, t).filter((r) => r.start <= t && r.end > t);
    const faces = here(film.boxes).map((r) => ({ box: r.box, name: film.people[r.person]?.name ?? "face", sort: "face-box" }));
    const texts = here(film.texts).map((r) => ({ box: r.box, name: r.role, sort: "text-box" }));
    const all = [...faces, ...texts].slice(0, MOST_BOXES);
    const key = JSON.stringify(all);
    if (key === this.#drawn) return;
    this.#drawn = key;
    $("boxes").replaceChildren(
      ...all.map(({ box: [x, y, width, height], name, sort }) => {
        const mark = make("span", { className: `box ${sort}` }, make("b", { textContent: name }));
        Object.assign(mark.style, { left: `${x * 100}%`, top: `${y * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` });
        return mark;
      }),
    );
  }
}
