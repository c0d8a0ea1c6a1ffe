// The timeline: every kind of fact as a lane along time, on one canvas. It can be zoomed down to single frames.

import { film, clockText, shotAt, stillOf, within } from "./film.js";
import { $, fitCanvas, ink, make, oncePerFrame, seen } from "./dom.js";
import { hideCard, showCard } from "./barcode.js";
import { label, labelInside } from "./draw.js";
import { lanesOf } from "./lanelist.js";
import { folds } from "./sightlanes.js";

const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const TOP = 26; // the ruler
const STILLS = 400; // decoded stills that are kept

export class Lanes {
  #clock;
  #from = 0;
  #to = film.duration;
  #lanes;
  #open = new Set();
  #wide = $("lanes").clientWidth; // kept, since asking the page for it thousands of times a drawing is slow
  #images = new Map();
  #pointers = new Map();
  #dragged = false;
  #scrolled = 0;

  constructor(clock, onWindow) {
    this.#clock = clock;
    this.onWindow = onWindow;
    this.#lanes = lanesOf(this, this.#open);
    this.draw = oncePerFrame(() => this.#draw());
    const canvas = $("lanes");
    new ResizeObserver(() => this.#fit()).observe(canvas.parentElement);
    this.#fold();
    this.#listen(canvas);
    $("zoom-in").addEventListener("click", () => this.zoom(0.5));
    $("zoom-out").addEventListener("click", () => this.zoom(2));
    $("zoom-fit").addEventListener("click", () => this.fit());
  }

  /** Buttons that fold lanes in and out. */
  #fold() {
    for (const [name, says] of folds()) {
      const button = make("button", { className: "fold", textContent: says, data: { fold: name }, aria: { pressed: "false" } });
      button.addEventListener("click", () => {
        if (!this.#open.delete(name)) this.#open.add(name);
        button.setAttribute("aria-pressed", String(this.#open.has(name)));
        this.#lanes = lanesOf(this, this.#open);
        this.#fit();
      });
      $("folds").append(button);
    }
  }

  #fit() {
    this.#wide = $("lanes").clientWidth;
    $("lanes").style.height = `${this.#lanes.reduce((sum, lane) => sum + lane.height + this.#gap(lane), TOP + 4)}px`;
    this.tick();
    this.draw();
  }

  get gutter() {
    return this.#wide < 700 ? 0 : 86;
  }

  /** Between lanes; without a gutter the lanes' names stand there. */
  get gap() {
    return this.gutter ? 8 : 22;
  }

  #gap(lane) {
    return lane.joined || (lane.tight && this.gutter) ? 3 : this.gap;
  }

  get scale() {
    return (this.#wide - this.gutter) / (this.#to - this.#from);
  }

  x = (t) => this.gutter + (t - this.#from) * this.scale;
  at = (x) => Math.min(Math.max(this.#from + (x - this.gutter) / this.scale, 0), film.duration);

  /** Zoom by a factor around a time (the playhead where it is in view). */
  zoom(factor, around = null) {
    const t = this.#clock.time;
    const fixed = around ?? (t >= this.#from && t <= this.#to ? t : (this.#from + this.#to) / 2);
    const least = Math.min(film.duration, film.rate ? 24 / film.rate : 1);
    const width = Math.min(film.duration, Math.max(least, (this.#to - this.#from) * factor));
    const share = (fixed - this.#from) / (this.#to - this.#from);
    this.#show(fixed - share * width, width);
  }

  fit() {
    this.#show(0, film.duration);
  }

  #show(from, width) {
    this.#from = Math.min(Math.max(from, 0), film.duration - width);
    this.#to = this.#from + width;
    this.onWindow(this.#from, this.#to);
    this.tick();
    this.draw();
  }

  tick() {
    const t = this.#clock.time;
    const width = this.#to - this.#from;
    if (this.#clock.playing && !this.#pointers.size && (t > this.#to || t < this.#from)) this.#show(t - width * 0.05, width);
    const head = $("lanes-head");
    seen(head, t >= this.#from && t <= this.#to);
    head.style.transform = `translateX(${this.x(t)}px)`;
  }

  #listen(canvas) {
    window.addEventListener("scroll", () => (this.#scrolled = performance.now()), { passive: true });
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, event.offsetX);
      this.#dragged = this.#pointers.size > 1;
      if (event.offsetY < TOP) this.#clock.seek(this.at(event.offsetX));
    });
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => {
      if (this.#pointers.delete(event.pointerId) && !this.#dragged) this.#clock.seek(this.at(event.offsetX));
    });
    canvas.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", hideCard);
    canvas.addEventListener("dblclick", (event) => {
      const shot = shotAt(this.at(event.offsetX));
      if (shot) this.#show(shot.start - (shot.end - shot.start), (shot.end - shot.start) * 3);
    });
  }

  /** A wheel zooms, sideways it moves. A page that is being scrolled across the timeline goes on scrolling. */
  #wheel(event) {
    const whole = this.#to - this.#from >= film.duration * 0.999;
    const pinch = event.ctrlKey || event.metaKey;
    if (!pinch && performance.now() - this.#scrolled < 250) return;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      if (whole) return;
      event.preventDefault();
      this.#show(this.#from + (event.deltaX || event.deltaY) / this.scale, this.#to - this.#from);
      return;
    }
    if (!pinch && whole && event.deltaY > 0) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY * lines)) * (pinch ? 0.012 : 0.004)), this.at(event.offsetX));
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      if (event.offsetX >= this.gutter) showCard(event, this.at(event.offsetX), this.#under(event));
      return;
    }
    hideCard();
    if (event.offsetY < TOP && this.#pointers.size === 1 && !this.#dragged) {
      this.#clock.seek(this.at(event.offsetX));
      return;
    }
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
    const width = this.#to - this.#from;
    if (others.length) {
      const factor = Math.max(10, Math.abs(before - others[0])) / Math.max(10, Math.abs(event.offsetX - others[0]));
      this.zoom(factor, this.at((event.offsetX + others[0]) / 2));
    } else if (Math.abs(event.offsetX - before) > 3 || this.#dragged) {
      this.#dragged = true;
      this.#show(this.#from - (event.offsetX - before) / this.scale, width);
    } else return;
    this.#pointers.set(event.pointerId, event.offsetX);
  }

  /** What a lane says of the thing under the pointer. */
  #under(event) {
    let y = TOP + (this.gutter ? 0 : 14);
    for (const lane of this.#lanes) {
      if (event.offsetY >= y && event.offsetY < y + lane.height + this.#gap(lane)) return lane.says?.(this.at(event.offsetX), 4 / this.scale) ?? "";
      y += lane.height + this.#gap(lane);
    }
    return "";
  }

  /** The decoded still of a shot, or null until it is there. */
  image(shot) {
    const known = this.#images.get(shot.number);
    if (known) return known.complete && known.naturalWidth ? known : null;
    const source = stillOf(shot);
    if (!source) return null;
    if (this.#images.size >= STILLS) this.#images.delete(this.#images.keys().next().value);
    const image = new Image();
    image.onload = this.draw;
    image.src = source;
    this.#images.set(shot.number, image);
    return null;
  }

  #draw() {
    const [context, width] = fitCanvas($("lanes"));
    this.#ruler(context, width);
    let y = TOP + (this.gutter ? 0 : 14);
    for (const lane of this.#lanes) {
      context.save();
      context.beginPath();
      context.rect(this.gutter, y, width - this.gutter, lane.height + 1);
      context.clip();
      if (!lane.empty) lane.draw(context, y, lane.height, { from: this.#from, to: this.#to, x: this.x, scale: this.scale, width });
      context.restore();
      if (lane.empty) label(context, lane.empty, this.gutter + 8, y + lane.height / 2 + 0.5, ink.quiet);
      if (this.gutter) labelInside(context, lane.name, 0, y + lane.height / 2 + 0.5, this.gutter - 8, ink.quiet);
      else label(context, lane.name, 0, y - 7, ink.quiet, 10.5);
      y += lane.height + this.#gap(lane);
    }
    $("lanes-span").textContent = this.#to - this.#from < film.duration * 0.999 ? `${clockText(this.#from)} – ${clockText(this.#to)}` : "";
  }

  #ruler(context, width) {
    const step = STEPS.find((s) => s * this.scale >= 76) ?? 14400;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    context.fillStyle = ink.line;
    for (let i = Math.ceil(this.#from / step); i * step <= this.#to; i++) {
      const x = Math.round(this.x(i * step));
      context.fillRect(x, 0, 1, 18);
      if (x < width - 30) label(context, clockText(i * step, digits), x + 5, 8, ink.quiet, 11);
      context.fillStyle = ink.line;
    }
    for (const chapter of within(film.chapters, this.#from, this.#to)) {
      context.fillStyle = ink.accent;
      context.fillRect(this.x(chapter.start), 0, 2, 18);
    }
  }
}
