// What each lane draws: the film's colours and stills, spans, clips with their text, curves.

import { film, colourOf, lengthText, meanOf, shotAt, within } from "./film.js";
import { ink, rgb } from "./dom.js";
import { choice } from "./choice.js";

export function label(context, text, x, y, colour, size = 12) {
  context.font = `${size}px ${ink.font}`;
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Text inside a clip of `room` pixels; the room is found by bisection so that nothing is ever half a letter. */
export function labelInside(context, text, x, y, room, colour) {
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

export const sayOf = (rows, text) => (t, slack) => {
  const row = within(rows, t - slack, t + slack).find((r) => r.start - slack <= t && r.end + slack >= t);
  return row ? text(row) : "";
};

export function sayShot(t) {
  const shot = shotAt(t);
  const tags = shot ? shot.tags.slice(0, 3).map((n) => film.labels[n].label) : [];
  return shot ? [lengthText(shot.end - shot.start), ...tags].join(", ") : "";
}

export const sayCurve = (name) => (t, slack) => {
  const value = meanOf(film[name], t, t + slack / 4);
  return value === null ? "" : `${name} ${value.toFixed(name === "luma" ? 2 : 3)}`;
};

/** Shots: the film's colours when far, the stills as a strip when near. */
export function drawShots(view, context, y, height, { from, to, x, scale, width }) {
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
    context.moveTo(x(start), y);
    context.lineTo(Math.max(x(end), x(start) + 9), y);
    context.lineTo(x(start), y + 9);
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

/** Where there are more rows than columns: how much of each column they cover, as its strength. */
export function drawCover(context, rows, y, height, { from, to, x, scale }, colour) {
  const left = x(from);
  const cover = new Float32Array(Math.ceil((to - from) * scale) + 2);
  for (const row of rows) {
    const [a, b] = [Math.max(0, (row.start - from) * scale), Math.max(0, (row.end - from) * scale)];
    for (let px = Math.floor(a); px <= b && px < cover.length; px++) cover[px] += Math.min(b, px + 1) - Math.max(a, px);
  }
  context.fillStyle = colour;
  cover.forEach((share, px) => {
    context.globalAlpha = Math.min(1, share);
    if (share > 0.01) context.fillRect(left + px, y, 1, height);
  });
  context.globalAlpha = 1;
}

export const crowded = (rows, { from, to, scale }) => rows.length > ((to - from) * scale) / 4;

export const drawSpans = (all, colour) => (context, y, height, view) => {
  const { from, to, x } = view;
  const rows = within(all, from, to);
  context.fillStyle = ink.faint;
  context.fillRect(x(from), y, x(to) - x(from), height);
  if (crowded(rows, view)) {
    drawCover(context, rows, y, height, view, colour());
    return;
  }
  context.fillStyle = colour();
  for (const row of rows) {
    context.beginPath();
    context.roundRect(x(row.start), y, Math.max(1, x(row.end) - x(row.start)), height, 2);
    context.fill();
  }
};

export const drawClips = (all, text, fits = () => true) => (context, y, height, view) => {
  const { from, to, x } = view;
  const rows = within(all, from, to);
  if (crowded(rows, view)) {
    drawCover(context, rows.filter(fits), y, height, view, ink.block);
    return;
  }
  for (const row of rows) {
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
export function drawTags(context, y, height, { from, to, x }) {
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

/** Flags: a mark at the start, the stretch behind it, and the label where the next flag leaves room for it. */
export function drawFlags(context, y, height, { from, to, x, width }) {
  const flags = within(film.flags, from, to);
  flags.forEach((flag, i) => {
    const left = x(flag.start);
    context.fillStyle = ink.alert;
    context.globalAlpha = 0.22;
    context.fillRect(left, y, Math.max(3, x(flag.end) - left), height);
    context.globalAlpha = 1;
    context.fillRect(left, y, 2, height);
    const inside = Math.max(left, x(from)) + 7;
    const room = (i + 1 < flags.length ? x(flags[i + 1].start) : width) - inside - 6;
    if (room > 30) labelInside(context, flag.label, inside, y + height / 2 + 0.5, room, ink.text);
  });
}

export const colourAt = (from, to) => rgb(colourOf(from, to), ink.quiet);

/** A curve as columns: luma in the film's own colours, so that one sees what is light and what is dark. */
export const drawCurve = (name, colour) => (context, y, height, { from, x, scale, width }) => {
  const start = Math.max(x(0), x(from));
  const end = Math.min(width, x(film.duration));
  context.fillStyle = ink.faint;
  context.fillRect(start, y, end - start, height);
  for (let px = start; px < end; px++) {
    const t = from + (px - x(from)) / scale;
    const value = meanOf(film[name], t, t + 1 / scale);
    if (value === null) continue;
    const tall = Math.min(1, Math.max(1.5 / height, value / film[name].top)) * height;
    context.fillStyle = colour(t, t + 1 / scale);
    context.fillRect(px, y + height - tall, 1.25, tall);
  }
};
