// Lanes of how the film sounds: its wave, and its loudness with the level at which programmes are delivered.

import { film, meanOf, mostOf } from "./film.js";
import { ink } from "./dom.js";
import { label } from "./draw.js";

const [LOWEST, HIGHEST, TARGET] = film.lufs;

export function loudnessLanes(why) {
  const empty = film.loudness ? "" : why("loudness", [], "no sound");
  return [
    { name: "Wave", height: 40, empty, draw: drawWave, says: sayPeak },
    { name: "Loudness", height: 52, empty, draw: drawLoudness, says: sayLoudness },
  ];
}

function columns({ from, x, scale, width }, each) {
  const start = Math.max(x(0), x(from));
  const end = Math.min(width, x(film.duration));
  for (let px = start; px < end; px++) {
    const t = from + (px - x(from)) / scale;
    each(px, t, t + 1 / scale);
  }
  return [start, end];
}

/** The highest peak of every column, above and below a line. */
function drawWave(context, y, height, view) {
  const middle = y + height / 2;
  context.fillStyle = ink.speech;
  columns(view, (px, from, to) => {
    const most = mostOf(film.wave, from, to);
    if (most === null) return;
    const tall = Math.max(0.5, (Math.min(most, 1) * height) / 2);
    context.fillRect(px, middle - tall, 1.25, tall * 2);
  });
}

/** Short-term loudness as columns, momentary as dots above or inside them, the target as a line. */
function drawLoudness(context, y, height, view) {
  const { x, from, to } = view;
  context.fillStyle = ink.faint;
  context.fillRect(x(Math.max(from, 0)), y, x(to) - x(Math.max(from, 0)), height);
  const [start, end] = columns(view, (px, a, b) => {
    const short = meanOf(film.loudness, a, b);
    const most = mostOf(film.momentary, a, b);
    context.fillStyle = ink.block;
    if (short !== null) context.fillRect(px, y + height - short * height, 1.25, short * height);
    context.fillStyle = ink.quiet;
    if (most) context.fillRect(px, y + height - most * height, 1.25, 1.25);
  });
  const line = Math.round(y + height - height * ((TARGET - LOWEST) / (HIGHEST - LOWEST))) + 0.5;
  context.strokeStyle = ink.accent;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(start, line);
  context.lineTo(end, line);
  context.stroke();
  context.setLineDash([]);
  label(context, `${TARGET} LUFS`, start + 5, line - 7, ink.accent, 10.5);
}

const lufs = (height) => (height <= 0 ? `below ${LOWEST}` : (LOWEST + height * (HIGHEST - LOWEST)).toFixed(1));

function sayLoudness(t, slack) {
  const short = meanOf(film.loudness, t, t + slack / 4);
  return short === null ? "" : `short-term ${lufs(short)}, momentary ${lufs(mostOf(film.momentary, t, t + slack / 4) ?? 0)} LUFS`;
}

function sayPeak(t, slack) {
  const most = mostOf(film.wave, t, t + slack / 4);
  if (most === null) return "";
  return most > 0 ? `peak ${most >= 1 ? "at or above 0" : (20 * Math.log10(most)).toFixed(0)} dBTP` : "no peak above -48 dBTP";
}
