// The timeline: every kind of fact as a lane along time, on one canvas. It can be zoomed down to single frames.

import { film, clockText, colourOf, lengthText, lumaOf, shotAt, stillOf, within } from "./film.js";
import { $, fitCanvas, ink, oncePerFrame, rgb, seen } from "./dom.js";
import { hideCard, showCard } from "./barcode.js";
import { choice } from "./choice.js";

const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const STILLS = 400; // decoded stills that are kept

export class Lanes {
  #clock;
  #from = 0;
  #to = film.duration;
  #lanes;
  #images = new Map();
  #pointers = new Map();
  #dragged = false;
  #scrolled = 0;

  constructor(clock, onWindow) {
    this.#clock = clock;
    this.onWindow = onWindow;
    this.#lanes = lanes(this);
    this.draw = oncePerFrame(() => this.#draw());
    const canvas = $("lanes");
    canvas.style.height = `${this.#lanes.reduce((sum, lane) => sum + lane.height + 8, 30)}px`;
    new ResizeObserver(this.draw).observe(canvas);
    this.#listen(canvas);
    $("zoom-in").addEventListener("click", () => this.zoom(0.5));
    $("zoom-out").addEventListener("click", () => this.zoom(2));
    $("zoom-fit").addEventListener("click", () => this.fit());
  }

  get gutter() {
    return $("lanes").clientWidth < 700 ? 0 : 76;
  }

  get scale() {
    return ($("lanes").clientWidth - this.gutter) / (this.#to - this.#from);
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
      if (event.offsetY < 26) this.#clock.seek(this.at(event.offsetX));
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
    if (event.offsetY < 26 && this.#pointers.size === 1 && !this.#dragged) {
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
    let y = 26;
    for (const lane of this.#lanes) {
      if (event.offsetY >= y && event.offsetY < y + lane.height + 8) return lane.says?.(this.at(event.offsetX), 4 / this.scale) ?? "";
      y += lane.height + 8;
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
    let y = 26;
    for (const lane of this.#lanes) {
      context.save();
      context.beginPath();
      context.rect(this.gutter, y, width - this.gutter, lane.height + 1);
      context.clip();
      if (lane.empty) label(context, lane.empty, this.gutter + 8, y + lane.height / 2, ink.quiet);
      else lane.draw(context, y, lane.height, { from: this.#from, to: this.#to, x: this.x, scale: this.scale, width });
      context.restore();
      if (this.gutter) label(context, lane.name, 0, y + lane.height / 2, ink.quiet);
      y += lane.height + 8;
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

function label(context, text, x, y, colour, size = 12) {
  context.font = `${size}px ${ink.font}`;
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Text inside a clip of `room` pixels; the room is found by bisection so that nothing is ever half a letter. */
function labelInside(context, text, x, y, room, colour) {
  if (room < 14) return;
  context.font = `11.5px ${ink.font}`;
  let shown = text.slice(0, Math.ceil(room / 3));
  if (context.measureText(shown).width > room || shown.length < text.length) {
    let low = 0;
    let high = shown.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${shown.slice(0, middle)}…`).width <= room) low = middle;
      else high = middle - 1;
    }
    shown = low > 1 ? `${shown.slice(0, low).trimEnd()}…` : "";
  }
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(shown, x, y);
}

/** The lanes in order; `empty` says why there is nothing to draw. */
function lanes(view) {
  const why = (kind, rows, none) => {
    if (rows.length) return "";
    return { missing: "not computed", failed: "failed", done: none }[film.states[kind]];
  };
  const speech = film.sounds.filter((s) => s.label === "speech");
  const others = film.sounds.filter((s) => s.label !== "speech");
  const found = [
    { name: "Shots", height: 58, empty: why("shot", film.shots, "none found"), draw: (...a) => drawShots(view, ...a), says: sayShot },
    { name: "Speech", height: 10, empty: why("sound", film.sounds, "none found"), draw: drawSpans(speech, () => ink.speech) },
    ...(others.length ? [{ name: "Sounds", height: 20, draw: drawClips(others, (s) => s.label), says: sayOf(others, (s) => s.label) }] : []),
    { name: "Words", height: 24, empty: why("cue", film.cues, "none found"), draw: drawClips(film.cues, (c) => c.text, (c) => choice.hasCue(c.number)), says: sayOf(film.cues, (c) => c.text) },
    { name: "Tags", height: 24, empty: why("tag", film.tags, "none found"), draw: drawTags },
    { name: "Flags", height: 20, empty: why("flag", film.flags, "none found"), draw: drawFlags, says: sayOf(film.flags, (f) => `${f.label}: ${f.note}`) },
    { name: "Luma", height: 46, empty: film.luma ? "" : why("quality", [], "not measured"), draw: drawLuma, says: sayLuma },
  ];
  return film.aspect ? found : found.filter((lane) => !lane.empty || !["Shots", "Tags", "Luma"].includes(lane.name));
}

const sayOf = (rows, text) => (t, slack) => {
  const row = within(rows, t - slack, t + slack).find((r) => r.start - slack <= t && r.end + slack >= t);
  return row ? text(row) : "";
};

function sayShot(t) {
  const shot = shotAt(t);
  const tags = shot ? shot.tags.slice(0, 3).map((n) => film.labels[n].label) : [];
  return shot ? [lengthText(shot.end - shot.start), ...tags].join(", ") : "";
}

function sayLuma(t, slack) {
  const value = lumaOf(t, t + slack);
  return value === null ? "" : `luma ${value.toFixed(2)}`;
}

/** Shots: the film's colours when far, the stills as a strip when near. */
function drawShots(view, context, y, height, { from, to, x, scale, width }) {
  for (let px = Math.max(x(0), view.gutter); px < Math.min(width, x(film.duration)); px++) {
    context.fillStyle = rgb(colourOf(from + (px - view.gutter) / scale, from + (px + 1 - view.gutter) / scale), ink.block);
    context.fillRect(px, y, 1.5, height);
  }
  const shots = within(film.shots, from, to);
  const roomy = shots.length < width / 7;
  for (const shot of shots) {
    const left = x(shot.start);
    const right = x(shot.end);
    if (right - left > 34) drawStrip(view, context, shot, left, right, y, height);
    if (!choice.hasShot(shot.number)) {
      context.globalAlpha = 0.82;
      context.fillStyle = ink.paper;
      context.fillRect(left, y, Math.max(right - left, 0.5), height);
      context.globalAlpha = 1;
    }
    if (roomy && shot.number > 0) {
      context.fillStyle = ink.paper;
      context.fillRect(left - 0.75, y, 1.5, height);
    }
    if (right - left > 30) tagNumber(context, shot.number + 1, Math.max(left, view.gutter), y + height);
  }
  if (!roomy) return;
  for (const { start, end } of within(film.gradual, from, to)) {
    context.fillStyle = ink.paper;
    context.beginPath();
    context.moveTo(x(start), y + height);
    context.lineTo(Math.max(x(end), x(start) + 6), y + height);
    context.lineTo(x(start), y);
    context.fill();
  }
}

function drawStrip(view, context, shot, left, right, y, height) {
  const image = view.image(shot);
  if (!image) return;
  const wide = height * (film.aspect ?? 16 / 9);
  context.save();
  context.beginPath();
  context.rect(left, y, right - left, height);
  context.clip();
  // One still a shot, repeated as on a strip of film, so that a long shot is seen to be long.
  const first = left + Math.max(0, Math.floor((view.gutter - left) / wide)) * wide;
  for (let at = first; at < Math.min(right, context.canvas.clientWidth); at += wide) {
    context.globalAlpha = at === left ? 1 : 0.55;
    context.drawImage(image, at, y, wide, height);
  }
  context.restore();
}

function tagNumber(context, number, left, bottom) {
  const text = String(number);
  context.font = "10px ui-sans-serif, system-ui, sans-serif";
  const wide = context.measureText(text).width + 8;
  context.fillStyle = "rgb(0 0 0 / .55)";
  context.fillRect(left + 1, bottom - 15, wide, 15);
  context.fillStyle = "rgb(255 255 255 / .92)";
  context.textBaseline = "middle";
  context.fillText(text, left + 5, bottom - 7);
}

const drawSpans = (rows, colour) => (context, y, height, { from, to, x }) => {
  context.fillStyle = ink.faint;
  context.fillRect(x(from), y + height / 2, x(to) - x(from), 1);
  for (const row of within(rows, from, to)) {
    context.fillStyle = colour(row);
    context.beginPath();
    context.roundRect(x(row.start), y, Math.max(1.5, x(row.end) - x(row.start)), height, 3);
    context.fill();
  }
};

const drawClips = (rows, text, fits = () => true) => (context, y, height, { from, to, x }) => {
  for (const row of within(rows, from, to)) {
    const left = x(row.start);
    const wide = Math.max(1, x(row.end) - left - 1);
    context.globalAlpha = fits(row) ? 1 : 0.25;
    context.fillStyle = ink.block;
    context.beginPath();
    context.roundRect(left, y, wide, height, Math.min(3, wide / 2));
    context.fill();
    const inside = Math.max(left, x(from));
    labelInside(context, text(row), inside + 7, y + height / 2 + 0.5, left + wide - inside - 12, ink.text);
    context.globalAlpha = 1;
  }
};

/** Tags: the best tag of every shot, neighbours with the same one joined. */
function drawTags(context, y, height, { from, to, x }) {
  const shots = within(film.shots, from, to);
  const clips = [];
  for (const shot of shots) {
    const chosen = shot.tags.find((n) => choice.tags.has(n));
    const tag = chosen ?? shot.tags[0];
    const last = clips.at(-1);
    if (last && last.tag === tag && last.end >= shot.start - 0.001) last.end = shot.end;
    else if (tag !== undefined) clips.push({ start: shot.start, end: shot.end, tag, chosen: chosen !== undefined });
  }
  for (const clip of film.shots.length ? clips : within(film.tags, from, to).map((t) => ({ ...t, tag: t.label }))) {
    const left = x(clip.start);
    const wide = Math.max(0.75, x(clip.end) - left - 1);
    context.fillStyle = clip.chosen ? ink.accent : ink.block;
    context.globalAlpha = clip.chosen || wide > 3 ? 1 : 0.6;
    context.beginPath();
    context.roundRect(left, y, wide, height, Math.min(3, wide / 2));
    context.fill();
    context.globalAlpha = 1;
    const inside = Math.max(left, x(from));
    labelInside(context, film.labels[clip.tag].label, inside + 7, y + height / 2 + 0.5, left + wide - inside - 12, clip.chosen ? ink.paper : ink.text);
  }
}

function drawFlags(context, y, height, { from, to, x }) {
  for (const flag of within(film.flags, from, to)) {
    const left = x(flag.start);
    const wide = Math.max(3, x(flag.end) - left);
    context.fillStyle = ink.alert;
    context.globalAlpha = 0.22;
    context.fillRect(left, y, wide, height);
    context.globalAlpha = 1;
    context.fillRect(left, y, 2, height);
    labelInside(context, flag.label, Math.max(left, x(from)) + 7, y + height / 2 + 0.5, Math.max(wide - 10, 60), ink.text);
  }
}

/** Luma: how light the picture is, each column in the colour of its moment. */
function drawLuma(context, y, height, { from, x, scale, width }) {
  const start = Math.max(0, Math.round(x(0)));
  context.fillStyle = ink.faint;
  context.fillRect(start, y, width, height);
  for (let px = Math.max(start, x(from)); px < Math.min(width, x(film.duration)); px++) {
    const t = from + (px - x(from)) / scale;
    const luma = lumaOf(t, t + 1 / scale);
    if (luma === null) continue;
    const tall = Math.max(1.5, luma * height);
    context.globalAlpha = 0.75;
    context.fillStyle = rgb(colourOf(t, t + 1 / scale), ink.quiet);
    context.fillRect(px, y + height - tall, 1.25, tall);
    context.globalAlpha = 1;
    context.fillStyle = ink.text;
    context.fillRect(px, y + height - tall, 1.25, 1);
  }
}
