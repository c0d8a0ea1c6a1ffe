// In and out marks: a stretch of the film that is played by itself, and passed on as a link.

import { fill, h, iconButton } from "../dom.js";
import { filmLink } from "../api.js";
import { clock, failed, tell } from "../say.js";

const EXACT = 3; // digits of a second in a link

export class Marks {
  #stop = false; // whether it is to halt at the end of the stretch
  #heard = new Set();
  start = null;
  end = null;

  constructor(player, id) {
    this.player = player;
    this.id = id;
    this.node = h("div.marks", { hidden: true });
    this.copier = iconButton("link", "Copy a link to here (S)", () => this.copy());
    player.onTime((time) => {
      if (this.#stop && this.end !== null && time >= this.end) player.halt();
    });
    player.video.addEventListener("pause", () => (this.#stop = false));
  }

  /** Call `act()` whenever the marks change. */
  onChange(act) {
    this.#heard.add(act);
  }

  /** As an address gives them. */
  read(params) {
    const time = (name) => (params.has(name) && Number.isFinite(Number(params.get(name))) ? Math.min(Math.max(Number(params.get(name)), 0), this.player.duration) : null);
    this.#put(time("in"), time("out"));
  }

  in() {
    const time = this.player.time;
    this.#put(time, this.end !== null && this.end > time ? this.end : null);
  }

  out() {
    const time = this.player.time;
    this.#put(this.start !== null && this.start < time ? this.start : null, time);
  }

  clear() {
    this.#put(null, null);
  }

  /** Play from mark to mark. */
  play() {
    if (!this.set) return this.player.toggle();
    this.player.halt();
    this.player.seek(this.start ?? 0);
    this.#stop = true;
    this.player.toggle();
  }

  get set() {
    return this.start !== null || this.end !== null;
  }

  /** The address of a time of this film with its marks. */
  link(time) {
    const named = [["in", this.start], ["out", this.end]].filter(([, value]) => value !== null);
    return filmLink(this.id, time) + named.map(([name, value]) => `&${name}=${Number(value.toFixed(EXACT))}`).join("");
  }

  async copy() {
    const to = new URL(this.link(this.start ?? this.player.time), location.href).href;
    try {
      await copied(to);
      tell(this.set ? "A link to the marked stretch is copied." : `A link to ${clock(this.player.time, 2)} is copied.`);
    } catch (error) {
      failed(error);
    }
  }

  #put(start, end) {
    [this.start, this.end] = end !== null && start !== null && end <= start ? [start, null] : [start, end];
    this.node.hidden = !this.set;
    const at = (name, value) => [h("span.quiet", {}, name), h("b.num", {}, value === null ? "–" : clock(value, 2))];
    const act = (says, key, run) => h("button.link", { type: "button", onclick: run, title: `${says} (${key})` }, says);
    fill(this.node, this.set ? [
      at("In", this.start), at("Out", this.end),
      this.start !== null && this.end !== null ? h("span.quiet.num", {}, `${(this.end - this.start).toFixed(2)} s`) : null,
      h("span.spread"), act("Play it", "P", () => this.play()), act("Copy link", "S", () => this.copy()), act("Clear", "X", () => this.clear()),
    ] : []);
    for (const heard of this.#heard) heard();
  }
}

/** Put text on the clipboard; where the page is not from a safe place, as browsers did it before. */
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.body.appendChild(h("textarea.hidden", { value: text, "aria-hidden": "true" }));
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error(`This browser does not copy; the link is ${text}`);
}
