// The timeline: what is known of the film as lanes along time on one canvas, from the whole film down to single frames.

import { fill, fitCanvas, h, iconButton, inks, oncePerFrame } from "../dom.js";
import { clock } from "../say.js";
import { Card } from "./board.js";
import { label } from "./draw.js";
import { lanesOf } from "./lanes.js";

const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const RULER = 26;

export class Timeline {
  #from = 0;
  #to;
  #wide = 0;
  #pointers = new Map();
  #dragged = false;
  #ink = null;
  #said = -1;
  #rate = 0;
  #marks = null;

  constructor(player, facts, board, names) {
    this.player = player;
    this.board = board;
    this.duration = this.#to = Math.max(facts.duration, 0.04);
    this.#rate = facts.rate;
    this.draw = oncePerFrame(() => this.#draw());
    this.lanes = lanesOf(facts, board, names, () => ((this.#said = -1), this.#fit(), this.draw()));
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.head = h("i.head");
    this.stretch = h("i.stretch", { hidden: true });
    this.card = new Card(board);
    this.span = h("span.quiet.num");
    this.box = h("div.lanes", { role: "slider", tabindex: "0", "aria-label": "Timeline of the film", "aria-valuemin": 0, "aria-valuemax": Math.round(this.duration), "aria-describedby": "lanes-help" }, this.canvas, this.stretch, this.head, this.card.node);
    const zooms = [iconButton("minus", "Zoom out (-)", () => this.zoom(2)), iconButton("plus", "Zoom in (+)", () => this.zoom(0.5)), iconButton("fit", "The whole film (0)", () => this.fit())];
    this.node = h("section.timeline", { "aria-label": "Timeline" }, [
      h("header", {}, h("h2", {}, "Timeline"), this.span, h("span.spread"), h("span.hidden", { id: "lanes-help" }, "Arrows move a second, plus and minus zoom, 0 shows the whole film."), zooms),
      this.box,
    ]);
    this.#listen();
    player.onTime(() => this.#tick());
  }

  /** Begin to draw, once it is on the page. */
  begin(signal) {
    const watch = new ResizeObserver(() => (this.#fit(), this.draw()));
    watch.observe(this.box);
    signal.addEventListener("abort", () => watch.disconnect());
    addEventListener("theme", () => ((this.#ink = null), this.draw()), { signal });
  }

  get gutter() {
    return this.#wide < 700 ? 0 : 96;
  }

  get scale() {
    return (this.#wide - this.gutter) / (this.#to - this.#from);
  }

  x = (time) => this.gutter + (time - this.#from) * this.scale;
  at = (x) => Math.min(Math.max(this.#from + (x - this.gutter) / this.scale, 0), this.duration);

  /** Zoom by a factor around a time: the playhead where it is in view. */
  zoom(factor, around = null) {
    const now = this.player.time;
    const fixed = around ?? (now >= this.#from && now <= this.#to ? now : (this.#from + this.#to) / 2);
    const least = Math.min(this.duration, this.#rate ? 24 / this.#rate : 1);
    const width = Math.min(this.duration, Math.max(least, (this.#to - this.#from) * factor));
    this.show(fixed - ((fixed - this.#from) / (this.#to - this.#from)) * width, width);
  }

  fit() {
    this.show(0, this.duration);
  }

  show(from, width) {
    this.#from = Math.min(Math.max(from, 0), this.duration - width);
    this.#to = this.#from + width;
    fill(this.span, width < this.duration * 0.999 ? `${clock(this.#from, 1)} – ${clock(this.#to, 1)}` : "");
    this.#tick();
    this.draw();
  }

  /** Show the stretch between the marks. */
  mark(marks) {
    this.#marks = marks;
    this.#tick();
  }

  #fit() {
    this.#wide = this.box.clientWidth;
    const high = this.lanes.reduce((all, lane) => all + lane.height + this.#gap(lane), RULER + (this.gutter ? 0 : 14));
    this.canvas.style.height = `${high}px`;
    this.#tick();
  }

  #gap = (lane) => (lane.joined && this.gutter ? 3 : this.gutter ? 9 : 22);

  #tick() {
    const time = this.player.time;
    const width = this.#to - this.#from;
    if (this.player.playing && !this.#pointers.size && (time > this.#to || time < this.#from)) this.show(time - width * 0.05, width);
    this.head.hidden = time < this.#from || time > this.#to;
    this.head.style.transform = `translateX(${this.x(time)}px)`;
    this.#between();
    if (Math.floor(time) === this.#said) return;
    this.#said = Math.floor(time);
    this.box.setAttribute("aria-valuenow", this.#said);
    const there = this.lanes.map((lane) => lane.says?.(time, 0)).filter(Boolean);
    this.box.setAttribute("aria-valuetext", [clock(time), ...there.slice(0, 3)].join(", "));
  }

  #between() {
    if (!this.#marks) return;
    const from = Math.max(this.x(this.#marks.start ?? 0), this.gutter);
    const to = Math.min(this.x(this.#marks.end ?? this.duration), this.#wide);
    this.stretch.hidden = !this.#marks.set || to <= from;
    this.stretch.style.left = `${from}px`;
    this.stretch.style.width = `${to - from}px`;
  }

  #listen() {
    const box = this.box;
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      box.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, this.#place(event));
      this.#dragged = this.#pointers.size > 1;
      if (this.#high(event) < RULER) this.player.seek(this.at(this.#place(event)));
    });
    box.addEventListener("pointermove", (event) => this.#move(event));
    box.addEventListener("pointerup", (event) => {
      if (this.#pointers.delete(event.pointerId) && !this.#dragged) this.player.seek(this.at(this.#place(event)));
    });
    box.addEventListener("pointercancel", (event) => this.#pointers.delete(event.pointerId));
    box.addEventListener("pointerleave", () => this.card.hide());
    box.addEventListener("dblclick", (event) => {
      const tile = this.board.at(this.at(this.#place(event)));
      if (tile) this.show(tile.start - (tile.end - tile.start), (tile.end - tile.start) * 3);
    });
    box.addEventListener("keydown", (event) => {
      const act = { ArrowLeft: () => this.player.seek(this.player.time - 1), ArrowRight: () => this.player.seek(this.player.time + 1), "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.fit(), Home: () => this.player.seek(0), End: () => this.player.seek(this.duration) }[event.key];
      if (!act || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      act();
    });
  }

  #place = (event) => event.clientX - this.box.getBoundingClientRect().left;
  #high = (event) => event.clientY - this.box.getBoundingClientRect().top;

  /** With a modifier a wheel zooms; sideways it moves; otherwise the page scrolls as everywhere. */
  #wheel(event) {
    const whole = this.#to - this.#from >= this.duration * 0.999;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      event.preventDefault();
      this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.012), this.at(this.#place(event)));
    } else if ((Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) && !whole) {
      event.preventDefault();
      this.show(this.#from + (event.deltaX || event.deltaY) / this.scale, this.#to - this.#from);
    }
  }

  #move(event) {
    const x = this.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) {
      if (x < this.gutter) return this.card.hide();
      const time = this.at(x);
      return this.card.show(event.clientX, this.box.getBoundingClientRect().top - 8, time, this.#under(this.#high(event), time));
    }
    this.card.hide();
    if (this.#high(event) < RULER && !this.#dragged) return this.player.seek(this.at(x));
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (others.length) {
      this.zoom(Math.max(10, Math.abs(before - others[0])) / Math.max(10, Math.abs(x - others[0])), this.at((x + others[0]) / 2));
    } else if (Math.abs(x - before) > 3 || this.#dragged) {
      this.#dragged = true;
      this.show(this.#from - (x - before) / this.scale, this.#to - this.#from);
    } else return;
    this.#pointers.set(event.pointerId, x);
  }

  /** What the lane under the pointer says of a time. */
  #under(high, time) {
    let y = RULER + (this.gutter ? 0 : 14);
    for (const lane of this.lanes) {
      const deep = lane.height + this.#gap(lane);
      if (high >= y && high < y + deep) return lane.says?.(time, 3 / this.scale) ?? "";
      y += deep;
    }
    return "";
  }

  #draw() {
    if (!this.#wide) return;
    this.#ink ??= inks();
    const [context, width] = fitCanvas(this.canvas);
    const [ink, gutter] = [this.#ink, this.gutter];
    const view = { from: this.#from, to: this.#to, x: this.x, scale: this.scale, width, gutter, ink, again: this.draw };
    this.#ruler(context, view);
    let y = RULER + (gutter ? 0 : 14);
    for (const lane of this.lanes) {
      context.save();
      context.beginPath();
      context.rect(gutter, y, width - gutter, lane.height);
      context.clip();
      lane.draw(context, y, lane.height, view);
      context.restore();
      if (gutter) label(context, ink, lane.name, 0, y + lane.height / 2, { most: gutter - 12, color: ink.quiet });
      else label(context, ink, lane.name, 0, y - 8, { size: 10.5, color: ink.quiet });
      y += lane.height + this.#gap(lane);
    }
  }

  #ruler(context, { x, scale, width, ink }) {
    const step = STEPS.find((one) => one * scale >= 84) ?? 14_400;
    for (let i = Math.ceil(this.#from / step); i * step <= this.#to; i++) {
      const place = Math.round(x(i * step));
      context.fillStyle = ink.line;
      context.fillRect(place, 4, 1, 16);
      if (place < width - 34) label(context, ink, clock(i * step, step < 0.1 ? 2 : step < 1 ? 1 : 0), place + 5, 10, { size: 11, color: ink.quiet });
    }
  }
}
