// Keyboard shortcuts: views say which they have, one listener obeys them, and a dialog lists them.

import { h } from "./dom.js";
import { sheet } from "./sheet.js";

const KEPT = "cinedex.keys";
const everywhere = [];
let here = [];

/** Whether single letters are shortcuts: they disturb some who speak to their computer (WCAG 2.1.4). */
export const enabled = () => localStorage.getItem(KEPT) !== "off";
export const enable = (on) => localStorage.setItem(KEPT, on ? "on" : "off");

/** Shortcuts of every view. Each is { keys: [...], says, act(event) }. */
export const always = (...given) => everywhere.push(...given);

/** The shortcuts of the view that is open now. */
export const during = (given = []) => (here = given);

const SPELLED = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };

function typing(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable || (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type));
}

const CONTROLS = "button, a, summary, [role=tab]";
let clicked = null; // the control that has the focus because it was clicked
addEventListener("pointerdown", (event) => (clicked = event.target.closest?.(CONTROLS) ?? null), true);
addEventListener("focusin", (event) => event.target !== clicked && (clicked = null));

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key.length === 1 && !enabled()) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = [...here, ...everywhere].find((one) => one.keys.includes(pressed));
  // Space and Enter are those of a control that was reached by keys; one that was clicked lets the film play.
  const control = event.target.closest(CONTROLS);
  if (!found || (control && control !== clicked && [" ", "Enter"].includes(event.key))) return;
  event.preventDefault();
  found.act(event);
});

/** Show what can be pressed. */
export function help() {
  const list = (given) => h("dl.keys", {}, given.map((one) => [h("dt", {}, one.keys.map((key) => h("kbd", {}, SPELLED[key] ?? key.toUpperCase()))), h("dd", {}, one.says)]));
  const off = enabled() ? null : h("p.quiet", {}, "Single keys are switched off in the settings.");
  sheet("Keyboard", [off, here.length ? [h("h3", {}, "On this page"), list(here)] : null, h("h3", {}, "Everywhere"), list(everywhere)], { leave: "Close" });
}
