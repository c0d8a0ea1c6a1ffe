// What time it is in the film, and how to change that: the media element where it can play, else a clock of our own
// over the stills, so that every part of the page works without the film file.

import { film, clockText } from "./film.js";

const NUDGE = 0.001; // seconds past a frame's start, so that rounding never lands on the frame before it

export class Clock extends EventTarget {
  #video;
  #own = 0;
  #since = 0;
  #running = false;
  #wanted = null;

  /** `rate` is signed: below zero the film is shuttled backwards. */
  rate = 1;
  ready = false;

  constructor(video) {
    super();
    this.#video = video;
    video.addEventListener("loadedmetadata", () => this.#opened());
    video.addEventListener("error", () => this.#lost());
    video.addEventListener("seeked", () => this.#landed());
    video.addEventListener("play", () => this.#changed());
    video.addEventListener("pause", () => this.#changed());
    video.addEventListener("ended", () => this.pause());
    if (video.error) this.#lost();
    else if (video.readyState >= 1) queueMicrotask(() => this.#opened());
  }

  get time() {
    if (this.#wanted !== null) return this.#wanted;
    if (this.ready && this.rate > 0) return Math.min(this.#video.currentTime, film.duration);
    const since = this.#running ? ((performance.now() - this.#since) / 1000) * this.rate : 0;
    return Math.min(film.duration, Math.max(0, this.#own + since));
  }

  get playing() {
    return this.#running;
  }

  seek(to) {
    const t = Math.min(Math.max(to, 0), film.duration);
    this.#own = t;
    this.#since = performance.now();
    if (this.ready) {
      const moving = this.#wanted !== null;
      this.#wanted = t;
      if (!moving) this.#video.currentTime = Math.min(t + NUDGE, film.duration);
    }
    this.#tell("tick");
  }

  play(rate = 1) {
    if (this.time >= film.duration - 0.05 && rate > 0) this.seek(0);
    this.#own = this.time;
    this.#since = performance.now();
    this.rate = rate;
    this.#running = true;
    if (this.ready && rate > 0) {
      this.#video.playbackRate = rate;
      this.#video.play().catch(() => this.pause());
    } else if (this.ready) this.#video.pause();
    this.#tell("state");
    this.#turn();
  }

  pause() {
    this.#own = this.time;
    this.#running = false;
    this.rate = 1;
    if (this.ready) this.#video.pause();
    this.#tell("state");
    this.#tell("tick");
  }

  toggle() {
    if (this.#running) this.pause();
    else this.play();
  }

  /** Faster in one direction, or the other way round: 1, 2, 4, 8 times. */
  shuttle(direction) {
    const same = this.#running && Math.sign(this.rate) === direction;
    this.play(same ? direction * Math.min(8, Math.abs(this.rate) * 2) : direction);
  }

  open(address) {
    const t = this.time;
    this.pause();
    this.ready = false;
    this.#wanted = null;
    this.#own = t;
    this.#video.src = address;
    this.#video.load();
  }

  #opened() {
    this.ready = true;
    const t = this.#own;
    this.#tell("opened");
    if (t > 0) this.seek(t);
    if (this.#running) this.play(this.rate);
  }

  #lost() {
    this.#own = this.time;
    this.#wanted = null;
    this.ready = false;
    this.#tell("lost");
  }

  #landed() {
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted !== null && Math.abs(this.#video.currentTime - wanted) > 0.02) this.seek(wanted);
    else this.#tell("tick");
  }

  #changed() {
    if (this.rate > 0 && this.#running !== !this.#video.paused && this.ready) {
      this.#running = !this.#video.paused;
      this.#tell("state");
      if (this.#running) this.#turn();
    }
  }

  #turn() {
    const turn = () => {
      if (!this.#running) return;
      const t = this.time;
      if (this.ready && this.rate < 0 && this.#wanted === null && !this.#video.seeking) this.#video.currentTime = t;
      if ((t >= film.duration && this.rate > 0) || (t <= 0 && this.rate < 0)) this.pause();
      this.#tell("tick");
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }
}

/** Why the film does not play here, in words that help. */
export function whyNot(video) {
  const length = video.duration;
  if (video.error || !video.hasAttribute("src")) {
    const why = video.getAttribute("src")
      ? "The film could not be opened from here: the file is elsewhere, or this browser cannot play its format."
      : "The film file is not linked to this page.";
    return film.aspect ? `${why} The page works with stills.` : why;
  }
  if (Number.isFinite(length) && Math.abs(length - film.duration) > Math.max(1, film.duration * 0.01)) {
    return `This file is ${clockText(length)} long, the film that was analysed ${clockText(film.duration)}: it may be another one.`;
  }
  if (video.readyState < HTMLMediaElement.HAVE_METADATA) return ""; // still opening: nothing is known yet
  return film.aspect && !video.videoWidth ? "This browser plays the sound but not the picture of this format." : "";
}
