// How the film looks: its palette and that of every scene, how shots are taken, and curves along the film.

import { film, clockText, meanOf, plainLabel } from "./film.js";
import { $, fitCanvas, ink, make, nothing, oncePerFrame, rgb, seen } from "./dom.js";
import { hideCard, showCard } from "./barcode.js";
import { choice } from "./choice.js";

const hex = (colour) => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

export class Look {
  constructor(clock) {
    this.draws = [];
    this.draw = () => this.draws.forEach((draw) => draw());
    makePalette();
    makeShares("scale", "Shot scale");
    makeShares("camera", "Camera");
    this.#strip(clock);
    this.#curve(clock, "cuts", { says: (v) => `${v.toFixed(1)} cuts a minute`, colour: () => ink.block, line: () => ink.text });
    this.#curve(clock, "motion", { says: (v) => `moves by ${v.toFixed(2)} picture widths a second`, colour: () => ink.block, line: () => ink.text });
    this.#warmth(clock);
    makeArea();
  }

  #on(clock, canvas, says) {
    const at = (event) => Math.min(1, Math.max(0, event.offsetX / canvas.clientWidth)) * film.duration;
    canvas.addEventListener("click", (event) => clock.seek(at(event)));
    canvas.addEventListener("pointermove", (event) => showCard(event, at(event), says(at(event))));
    canvas.addEventListener("pointerleave", hideCard);
  }

  #add(canvas, draw) {
    const once = oncePerFrame(() => draw(...fitCanvas(canvas)));
    this.draws.push(once);
    new ResizeObserver(once).observe(canvas);
  }

  /** The palette of each scene where it stands in the film. */
  #strip(clock) {
    const canvas = $("palettes");
    const scenes = film.scenes.filter((scene) => scene.palette.length);
    if (!scenes.length) {
      seen(canvas.parentElement, false);
      return;
    }
    this.#on(clock, canvas, (t) => {
      const scene = scenes.find((s) => s.start <= t && s.end > t);
      return scene ? `scene ${scene.number + 1}: ${scene.palette.map((c) => hex(c.slice(0, 3))).join(" ")}` : "";
    });
    this.#add(canvas, (context, width, height) => {
      for (const scene of scenes) {
        const left = (scene.start / film.duration) * width;
        const wide = ((scene.end - scene.start) / film.duration) * width;
        let y = 0;
        const sum = scene.palette.reduce((all, colour) => all + colour[3], 0);
        for (const colour of scene.palette) {
          const tall = (colour[3] / sum) * height;
          context.fillStyle = rgb(colour);
          context.fillRect(left, y, Math.max(0.5, wide - (wide > 6 ? 1.5 : 0)), tall + 0.5);
          y += tall;
        }
      }
    });
  }

  #curve(clock, name, { says, colour, line }) {
    const canvas = $(`curve-${name}`);
    const curve = film[name];
    if (!curve) {
      canvas.replaceWith(nothing(whyNone(name)));
      return;
    }
    const step = film.duration / curve.bytes.length;
    this.#on(clock, canvas, (t) => {
      const value = meanOf(curve, t, t + step / 2);
      return value === null ? "" : says(value);
    });
    const most = canvas.parentElement.querySelector("small");
    most.textContent = name === "cuts" ? `up to ${curve.top.toFixed(0)}` : "";
    this.#add(canvas, (context, width, height) => {
      const points = smooth(curve, width);
      context.beginPath();
      context.moveTo(0, height);
      points.forEach((v, x) => context.lineTo(x, height - Math.min(1, v) * (height - 3)));
      context.lineTo(width, height);
      context.fillStyle = colour();
      context.globalAlpha = 0.55;
      context.fill();
      context.globalAlpha = 1;
      context.beginPath();
      points.forEach((v, x) => context.lineTo(x, height - Math.min(1, v) * (height - 3)));
      context.strokeStyle = line();
      context.lineWidth = 1.25;
      context.stroke();
    });
  }

  /** Warm above the middle, cold below it. */
  #warmth(clock) {
    const canvas = $("curve-warmth");
    if (!film.warmth) {
      canvas.replaceWith(nothing(whyNone("warmth")));
      return;
    }
    const step = film.duration / film.warmth.bytes.length;
    this.#on(clock, canvas, (t) => {
      const value = meanOf(film.warmth, t, t + step / 2);
      if (value === null) return "";
      return `${Math.abs(value - 1) < 0.08 ? "neutral" : value > 1 ? "warm" : "cold"} ${(value - 1).toFixed(2).replace("-", "−")}`;
    });
    this.#add(canvas, (context, width, height) => {
      const middle = height / 2;
      const points = smooth(film.warmth, width).map((v) => v * 2 - 1);
      const most = Math.max(0.25, ...points.filter(Number.isFinite).map(Math.abs));
      points.forEach((v, x) => {
        if (!Number.isFinite(v)) return;
        const tall = (v / most) * (middle - 1);
        context.fillStyle = v > 0 ? "rgb(216 132 62)" : "rgb(84 132 190)";
        context.globalAlpha = 0.35 + 0.65 * Math.min(1, Math.abs(v) / most);
        context.fillRect(x, Math.min(middle, middle - tall), 1.2, Math.max(0.75, Math.abs(tall)));
      });
      context.globalAlpha = 1;
      context.fillStyle = ink.line;
      context.fillRect(0, middle, width, 1);
    });
  }
}

/** A curve as one value (0..1, NaN where unknown) for every column, each the mean of what lies around it. */
function smooth(curve, width) {
  const reach = Math.max(film.duration / width, film.duration / 240);
  return Array.from({ length: Math.ceil(width) }, (_, x) => {
    const t = (x / width) * film.duration;
    const value = meanOf(curve, Math.max(0, t - reach), Math.min(film.duration, t + reach));
    return value === null ? NaN : value / curve.top;
  }).map((v, x, all) => (Number.isFinite(v) ? v : (all.slice(0, x).findLast(Number.isFinite) ?? (curve === film.warmth ? NaN : 0))));
}

const KIND_OF = { cuts: "shot", motion: "motion", warmth: "palette", scale: "framing", camera: "framing", palette: "palette" };

function whyNone(name) {
  return { missing: "not computed", failed: "failed", done: "computed, nothing found" }[film.states[KIND_OF[name]]];
}

function makePalette() {
  const list = $("palette");
  if (!film.palette.length) {
    list.replaceWith(nothing(whyNone("palette")));
    return;
  }
  for (const [red, green, blue, share] of film.palette) {
    const code = hex([red, green, blue]);
    const swatch = make("li", { title: `${code}, ${Math.round(share * 100)} %` }, make("i"), make("b", { textContent: code }), make("small", { textContent: `${Math.max(1, Math.round(share * 100))} %` }));
    swatch.firstChild.style.background = code;
    swatch.style.flexGrow = String(Math.max(share, 0.07));
    list.append(swatch);
  }
}

/** How often each scale, or movement, occurs; a click filters the shots for it. */
function makeShares(aspect) {
  const list = $(`shares-${aspect}`);
  const shares = film.shares[aspect];
  if (!shares.length) {
    list.replaceWith(nothing(whyNone(aspect)));
    return;
  }
  const most = Math.max(...shares.map(([, share]) => share));
  for (const [label, share, shots] of shares.slice(0, 16)) {
    const meter = make("i");
    meter.style.setProperty("--share", String(share / most));
    const button = make(
      "button",
      { className: "share", title: `${shots} shots; click to filter for them` },
      make("span", { textContent: plainLabel(label) }),
      make("span", { className: "meter" }, meter),
      make("small", { textContent: `${(share * 100).toFixed(share < 0.095 ? 1 : 0)} %` }),
    );
    button.addEventListener("click", () => choice.setText(choice.text === plainLabel(label) ? "" : plainLabel(label)));
    list.append(make("li", {}, button));
  }
}

/** The shape of the picture inside its bars, where there are bars. */
function makeArea() {
  const longest = [...film.areas].sort((a, b) => b.end - b.start - (a.end - a.start))[0];
  const [, , wide, tall] = longest?.box ?? [0, 0, 1, 1];
  const bars = longest && film.aspect && tall > 0 && (wide < 0.985 || tall < 0.985);
  seen($("area"), Boolean(bars));
  if (bars) $("area").textContent = `${((film.aspect * wide) / tall).toFixed(2)} : 1 picture inside ${film.aspect.toFixed(2)} : 1, from ${clockText(longest.start)} to ${clockText(longest.end)}`;
}
