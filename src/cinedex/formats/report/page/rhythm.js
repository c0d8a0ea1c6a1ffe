// The cutting rhythm: the length of every shot on a logarithmic scale, in the shot's own colour, and its running mean.

import { film, colourOf, lengthText, shotAt } from "./film.js";
import { $, fitCanvas, ink, oncePerFrame, rgb, seen } from "./dom.js";
import { hideCard, showCard } from "./barcode.js";

const NEIGHBOURS = 7; // shots on each side in the running mean

export class Rhythm {
  constructor(clock) {
    this.draw = () => {};
    if (film.shots.length < 3) {
      seen($("rhythm-section"), false);
      return;
    }
    const canvas = $("rhythm");
    const at = (event) => (event.offsetX / canvas.clientWidth) * film.duration;
    this.draw = oncePerFrame(() => drawRhythm(canvas));
    new ResizeObserver(this.draw).observe(canvas);
    canvas.addEventListener("click", (event) => clock.seek(shotAt(at(event))?.start ?? 0));
    canvas.addEventListener("pointermove", (event) => {
      const shot = shotAt(at(event));
      if (shot) showCard(event, at(event), lengthText(shot.end - shot.start));
    });
    canvas.addEventListener("pointerleave", hideCard);
  }
}

function drawRhythm(canvas) {
  const [context, width, height] = fitCanvas(canvas);
  const lengths = film.shots.map((shot) => Math.max(shot.end - shot.start, 0.04));
  const least = Math.min(0.5, ...lengths);
  const most = Math.max(...lengths) * 1.15;
  const rise = (s) => (Math.log(s / least) / Math.log(most / least)) * (height - 14);
  const x = (t) => (t / film.duration) * width;
  context.font = `11px ${ink.font}`;
  context.textBaseline = "bottom";
  for (const mark of [1, 2, 5, 10, 30, 60, 300].filter((s) => s > least * 1.3 && s < most)) {
    context.fillStyle = ink.line;
    context.fillRect(0, height - rise(mark), width, 1);
    context.fillStyle = ink.quiet;
    context.fillText(mark < 60 ? `${mark} s` : `${mark / 60} min`, 2, height - rise(mark) - 2);
  }
  const gap = film.shots.length < width / 4 ? 1.5 : 0;
  film.shots.forEach((shot, i) => {
    const left = x(shot.start);
    const wide = Math.max(0.6, x(shot.end) - left - gap);
    context.fillStyle = rgb(colourOf(shot.start, shot.end), ink.block);
    context.fillRect(left, height - rise(lengths[i]), wide, rise(lengths[i]));
    // A dark shot on a dark page, or a light one on a light page, still has an edge.
    context.fillStyle = ink.quiet;
    context.fillRect(left, height - rise(lengths[i]), wide, 1);
  });
  if (lengths.length < 2 * NEIGHBOURS + 1) return;
  context.beginPath();
  let sum = lengths.slice(0, NEIGHBOURS).reduce((a, b) => a + b, 0);
  film.shots.forEach((shot, i) => {
    sum += (lengths[i + NEIGHBOURS] ?? 0) - (lengths[i - NEIGHBOURS - 1] ?? 0);
    const n = Math.min(i + NEIGHBOURS, lengths.length - 1) - Math.max(i - NEIGHBOURS, 0) + 1;
    context.lineTo(x((shot.start + shot.end) / 2), height - rise(sum / n));
  });
  context.strokeStyle = ink.accent;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.stroke();
}
