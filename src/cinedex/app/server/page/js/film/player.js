// The player. A frame is asked for by the middle of its time, so that rounding never lands on its neighbour.

import { fill, h, iconButton, setIcon } from "../dom.js";
import { filmPath, mediaUrl, stillUrl } from "../api.js";
import { clock, whisper } from "../say.js";
import { scrubber } from "./scrub.js";
import { streamed } from "./stream.js";

const RATES = [0.25, 0.5, 1, 1.5, 2, 4];

export class Player {
  #told = new Set();
  #back = 0; // speed of playing backwards, 0 for none
  #mediaTime = null; // of the frame on the screen, where the browser says it

  constructor(facts, board, { start = 0, signal }) {
    const { film } = facts;
    this.facts = facts;
    this.rate = facts.rate;
    this.duration = facts.duration;
    const still = facts.count("picture") ? stillUrl(film.id, start, 720) : null;
    const source = film.playable ? `${mediaUrl(film.id)}#t=${start}` : null;
    this.video = h("video", { preload: "auto", playsinline: true, poster: still, src: source, "aria-label": `Film: ${film.name}`, tabindex: "-1" });
    this.wanted = start;
    const video = this.video;
    this.play = iconButton("play", "Play (Space)", () => this.toggle());
    this.clock = h("span.clock.num", { "aria-live": "off" });
    this.captions = facts.count("cue") ? iconButton("captions", "Captions (C)", () => this.caption(), { "aria-pressed": "false" }) : null;
    this.mute = iconButton("sound", "Mute (M)", () => this.silence());
    this.speed = h("select.speed", { "aria-label": "Speed", onchange: () => (video.playbackRate = Number(this.speed.value)) }, RATES.map((rate) => h("option", { value: rate, selected: rate === 1 }, `${rate}×`)));
    this.note = h("p.player-note", { hidden: true });
    this.bar = scrubber(this, board);
    const frames = this.rate ? [iconButton("back", "One frame back (,)", () => this.step(-1)), iconButton("on", "One frame on (.)", () => this.step(1))] : [];
    const wide = film.picture ? iconButton("full", "Full screen (F)", () => this.full()) : null;
    this.tools = h("div.player-tools", {}, this.speed, this.captions, film.sound.length ? this.mute : null, wide);
    this.node = h("div.player", {}, [
      h("div.screen", { style: { "--ratio": film.picture ? film.picture.width / film.picture.height : 16 / 3 }, onclick: () => this.toggle() }, video),
      this.note,
      this.bar.node,
      h("div.transport", {}, this.play, frames, this.clock, h("span.spread"), this.tools),
    ]);
    video.addEventListener("loadedmetadata", () => Math.abs(video.currentTime - this.wanted) > 0.001 && (video.currentTime = this.wanted), { once: true });
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) video.addEventListener(name, () => this.#tell());
    video.addEventListener("seeking", () => (this.#mediaTime = null));
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.#state());
    video.addEventListener("error", () => this.#unplayable());
    addEventListener("back", () => this.#loadAgain(), { signal });
    video.addEventListener("unplayable", () => this.#unplayable(true));
    if (!film.playable) {
      streamed(video, film, this.duration, signal).then(
        (plays) => plays || this.#unplayable(true),
        (error) => error.name === "AbortError" || this.#unplayable(true),
      );
    }
    const frame = (_, { mediaTime }) => {
      this.#mediaTime = mediaTime;
      this.#tell();
      if (!signal.aborted) video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback?.(frame);
    signal.addEventListener("abort", () => {
      this.#back = 0;
      video.removeAttribute("src");
      video.load();
    });
    this.#tell();
  }

  /** After the server was away: what was cut is loaded again, and goes on where it stood. */
  #loadAgain() {
    if (!this.video.error || !this.facts.film.playable) return;
    const at = this.time;
    this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = at), { once: true });
    this.video.load();
  }

  /** Call `act(time)` whenever the time changes. */
  onTime(act) {
    this.#told.add(act);
    act(this.time);
  }

  get time() {
    return this.video.readyState ? this.video.currentTime : this.wanted;
  }

  /** The number of the frame that is on the screen, counted from 0. */
  get frame() {
    const time = !this.playing && this.#mediaTime !== null ? this.#mediaTime + 0.5 / this.rate : this.time;
    return Math.min(Math.floor(time * this.rate + 1e-4), Math.round(this.duration * this.rate) - 1);
  }

  get playing() {
    return !this.video.paused && !this.video.ended;
  }

  seek(time) {
    this.wanted = Math.min(Math.max(time, 0), this.duration);
    if (this.video.readyState) this.video.currentTime = this.wanted;
    else if (this.video.error && this.facts.count("picture")) this.video.poster = stillUrl(this.facts.film.id, this.wanted, 720);
    this.#tell();
  }

  /** Go to a frame by the middle of its time. */
  toFrame(number) {
    const last = Math.round(this.duration * this.rate) - 1;
    this.seek((Math.min(Math.max(number, 0), last) + 0.5) / this.rate);
  }

  step(by) {
    this.halt();
    this.toFrame(this.frame + by);
  }

  toggle() {
    if (this.playing || this.#back) this.halt();
    else this.#go();
  }

  halt() {
    this.#back = 0;
    this.video.pause();
  }

  #go(rate = Number(this.speed.value)) {
    this.#back = 0;
    this.video.playbackRate = rate;
    this.video.play().catch(() => this.#unplayable());
  }

  /** One of the speeds slower or faster. */
  pace(way) {
    const now = this.speed.selectedIndex + way;
    if (now < 0 || now >= RATES.length) return;
    this.speed.selectedIndex = now;
    this.video.playbackRate = RATES[now];
    whisper(`${RATES[now]} times`);
  }

  /** As on an edit desk: each L plays faster forwards, each J faster backwards. */
  shuttle(way) {
    if (way > 0) this.#go(this.playing ? Math.min(this.video.playbackRate * 2, 8) : 1);
    else {
      this.video.pause();
      const running = this.#back > 0;
      this.#back = running ? Math.min(this.#back * 2, 8) : 1;
      if (!running) this.#backwards(performance.now());
    }
  }

  /** Browsers play forwards only: backwards is seeking, as fast as pictures come. */
  #backwards(before) {
    requestAnimationFrame((now) => {
      if (!this.#back) return;
      if (!this.video.seeking) {
        this.seek(this.time - (this.#back * (now - before)) / 1000);
        before = now;
      }
      if (this.time > 0) this.#backwards(before);
      else this.#back = 0;
    });
  }

  caption() {
    if (!this.captions) return;
    const on = this.captions.getAttribute("aria-pressed") !== "true";
    this.captions.setAttribute("aria-pressed", String(on));
    if (!this.video.textTracks.length) {
      this.video.append(h("track", { kind: "captions", label: "Captions", src: `/v1/${filmPath(this.facts.film.id)}/tracks/cue?format=vtt`, default: true }));
    }
    for (const track of this.video.textTracks) track.mode = on ? "showing" : "hidden";
  }

  silence() {
    this.video.muted = !this.video.muted;
    setIcon(this.mute, this.video.muted ? "muted" : "sound");
    this.mute.setAttribute("aria-label", this.video.muted ? "Sound on (M)" : "Mute (M)");
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.node.requestFullscreen?.();
  }

  #state() {
    setIcon(this.play, this.playing ? "pause" : "play");
    this.play.setAttribute("aria-label", this.playing ? "Pause (Space)" : "Play (Space)");
  }

  #tell() {
    const time = this.time;
    fill(this.clock, h("b", {}, clock(time, 2)), h("span", {}, ` / ${clock(this.duration)}`), this.rate ? h("span.frame-number", {}, `frame ${this.frame}`) : null);
    this.bar.tick(time);
    for (const act of this.#told) act(time);
  }

  async #unplayable(surely = false) {
    if (!surely && this.video.error?.code !== 4 && this.video.error?.code !== 3) return;
    const told = await fetch(mediaUrl(this.facts.film.id), { headers: { Range: "bytes=0-0" } }).catch(() => null);
    if (!told) return; // nobody answers, which is said elsewhere
    this.note.hidden = false;
    this.note.textContent = told.ok ? "This browser cannot play the film's format. Everything else on this page works; stills show where you are." : "The film's file is not where it was. What is known of it is still here; add the same file again to play it.";
  }
}
