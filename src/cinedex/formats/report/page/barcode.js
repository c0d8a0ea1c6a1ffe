// The film's colours as a strip under the picture: every column is the mean colour of its moment. It is the scrubber.

import { film, clockText, colourOf, cueAt, shotAt, stillOf } from "./film.js";
import { $, fitCanvas, ink, oncePerFrame, rgb, seen } from "./dom.js";

export class Barcode {
  #clock;

  constructor(clock) {
    this.#clock = clock;
    const box = $("scrub");
    const at = (event) => {
      const { left, width } = box.getBoundingClientRect();
      return (Math.min(Math.max(event.clientX - left, 0), width) / width) * film.duration;
    };
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      clock.seek(at(event));
    });
    box.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) clock.seek(at(event));
      showCard(event, at(event));
    });
    box.addEventListener("pointerleave", hideCard);
    box.setAttribute("aria-valuemax", film.duration.toFixed(1));
    this.draw = oncePerFrame(() => this.#draw());
    new ResizeObserver(this.draw).observe(box);
  }

  #draw() {
    const [context, width, height] = fitCanvas($("barcode"));
    const column = Math.max(1 / (window.devicePixelRatio || 1), 0.5);
    for (let x = 0; x < width; x += column) {
      const colour = colourOf((x / width) * film.duration, ((x + column) / width) * film.duration);
      context.fillStyle = rgb(colour, ink.block);
      context.fillRect(x, 0, column + 0.5, height);
    }
    if (film.colour || film.luma) return;
    context.fillStyle = ink.speech;
    for (const sound of film.voice) {
      const x = (sound.start / film.duration) * width;
      context.fillRect(x, height * 0.3, Math.max(1, ((sound.end - sound.start) / film.duration) * width), height * 0.4);
    }
  }

  tick() {
    const t = this.#clock.time;
    $("scrub-head").style.left = `${(t / film.duration) * 100}%`;
    const box = $("scrub");
    box.setAttribute("aria-valuenow", t.toFixed(1));
    box.setAttribute("aria-valuetext", `${clockText(t)} of ${clockText(film.duration)}`);
  }

  /** Show which stretch the timeline below is zoomed to. */
  window(from, to) {
    const mark = $("window");
    seen(mark, to - from < film.duration * 0.999);
    mark.style.left = `${(from / film.duration) * 100}%`;
    mark.style.width = `${((to - from) / film.duration) * 100}%`;
  }
}

/** A small card by the pointer: the still, time and words of a moment. */
export function showCard(event, t, extra = "") {
  const card = $("card");
  const shot = shotAt(t);
  const image = card.querySelector("img");
  const source = stillOf(shot);
  seen(image, source !== "");
  if (source && image.src !== source) image.src = source;
  const cue = cueAt(t);
  const said = cue ? (cue.text.length > 90 ? `${cue.text.slice(0, 88)}…` : cue.text) : "";
  const lines = [`${clockText(t, film.duration < 600 ? 1 : 0)}${shot ? `  ·  shot ${shot.number + 1}` : ""}`, extra || said];
  card.querySelector("p").textContent = lines.filter(Boolean).join("\n");
  seen(card, event.pointerType !== "touch");
  const { width, height } = card.getBoundingClientRect();
  card.style.left = `${Math.min(Math.max(event.clientX - width / 2, 8), document.documentElement.clientWidth - width - 8)}px`;
  const above = event.currentTarget.getBoundingClientRect().top - height - 10;
  card.style.top = `${above > 8 ? above : event.clientY + 24}px`;
}

export const hideCard = () => seen($("card"), false);
