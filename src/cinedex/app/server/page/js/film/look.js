// How the film is made: rhythm, colours, how close and how moving the pictures are.

import { fitCanvas, h, inks, s } from "../dom.js";
import { count, length, percent, words } from "../say.js";

export async function look(facts, player, signal) {
  if (!facts.count("shot")) return h("p.quiet", {}, "The film has not been cut into shots yet.");
  const [shots, palettes, framings] = await Promise.all(["shot", "palette", "framing"].map((kind) => facts.rows(kind)));
  return h("div.look", {}, [
    figures(shots, facts.duration),
    h("section", {}, h("h2", {}, "Rhythm"), h("p.quiet", {}, "Each bar is a shot, as high as it is long. Where bars are low, it is cut fast."), rhythm(shots, player, facts.duration, signal)),
    palettes.length ? h("section", {}, h("h2", {}, "Colours"), h("p.quiet", {}, "Every shot's palette, as wide as the shot."), barcode(palettes, player, facts.duration, signal)) : null,
    h("div.halves", {}, shares("How close", framings, "scale"), shares("How the camera moves", framings, "camera")),
  ].filter(Boolean));
}

const long = (row) => row.end - row.start;

function figures(shots, duration) {
  const all = shots.map(long).sort((a, b) => a - b);
  const told = [
    [shots.length.toLocaleString("en"), "shots"],
    [`${(duration / shots.length).toFixed(1)} s`, "on average"],
    [`${all[Math.floor(all.length / 2)].toFixed(1)} s`, "median"],
    [`${((60 * (shots.length - 1)) / Math.max(duration, 1)).toFixed(0)}`, "cuts a minute"],
    [`${all.at(-1).toFixed(1)} s`, "longest"],
  ];
  return h("dl.figures", {}, told.map(([value, name]) => h("div", {}, h("dt", {}, name), h("dd.num", {}, value))));
}

/** A canvas over the film's time that is drawn anew when it or the colours change, and seeks where it is clicked. */
function drawn(says, high, draw, player, duration, signal) {
  const canvas = h("canvas.chart", { role: "img", "aria-label": says, style: { height: `${high}px` } });
  const again = () => canvas.clientWidth && draw(...fitCanvas(canvas));
  const watch = new ResizeObserver(again);
  watch.observe(canvas);
  signal.addEventListener("abort", () => watch.disconnect());
  addEventListener("theme", again, { signal });
  canvas.addEventListener("click", (event) => player.seek((event.offsetX / canvas.clientWidth) * duration));
  return canvas;
}

function rhythm(shots, player, duration, signal) {
  const most = Math.min(Math.max(...shots.map(long)), 30);
  const says = `Shot lengths over the film: ${count(shots.length, "shot")}, the longest ${length(Math.max(...shots.map(long)))}.`;
  return drawn(says, 130, (context, width, high) => {
    context.fillStyle = inks().edge;
    for (const shot of shots) {
      const x = (shot.start / duration) * width;
      const wide = Math.max((long(shot) / duration) * width - 1, 0.6);
      const tall = Math.max(2, Math.sqrt(Math.min(long(shot), most) / most) * (high - 4));
      context.fillRect(x, high - tall, wide, tall);
    }
  }, player, duration, signal);
}

function barcode(palettes, player, duration, signal) {
  return drawn("The film's colours, shot by shot.", 110, (context, width, high) => {
    for (const row of palettes) {
      const x = Math.floor((row.start / duration) * width);
      const wide = Math.max(Math.ceil((row.end / duration) * width) - x, 1);
      let y = 0;
      row.shares.forEach((share, i) => {
        const tall = share * high;
        context.fillStyle = `rgb(${row.colours.slice(3 * i, 3 * i + 3).join(" ")})`;
        context.fillRect(x, y, wide, tall + 1);
        y += tall;
      });
    }
  }, player, duration, signal);
}

/** How much of the film each label of an aspect has, as bars. */
function shares(name, framings, aspect) {
  const lasting = new Map();
  for (const row of framings) if (row.aspect === aspect) lasting.set(row.label, (lasting.get(row.label) ?? 0) + long(row));
  if (!lasting.size) return null;
  const all = [...lasting.values()].reduce((sum, value) => sum + value, 0);
  const rows = [...lasting].sort((a, b) => b[1] - a[1]);
  return h("section", {}, h("h2", {}, name), h("ul.bars", {}, rows.map(([label, value]) => h("li", {}, h("span", {}, words(label)), bar(value / all), h("span.num.quiet", {}, percent(value / all))))));
}

const bar = (share) => s("svg", { class: "share", "aria-hidden": "true", viewBox: "0 0 100 4", preserveAspectRatio: "none" }, s("rect", { width: (100 * share).toFixed(1), height: 4 }));

