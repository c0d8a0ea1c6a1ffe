// A plain player for deciding: a film or a stretch of it, whatever the browser can play.

import { h } from "../dom.js";
import { api, filmPath, mediaUrl, stillUrl } from "../api.js";
import { streamed } from "../film/stream.js";

const films = new Map();

/** What is known of a film, asked for once. */
function about(film) {
  if (!films.has(film)) films.set(film, api(filmPath(film)).catch((error) => (films.delete(film), Promise.reject(error))));
  return films.get(film);
}

export class Screen {
  #film = null;
  #stop = null;
  #until = null;

  constructor(says, signal) {
    this.signal = signal;
    this.video = h("video", { playsinline: true, preload: "auto", controls: true, "aria-label": says });
    this.node = h("div.desk-screen", {}, this.video);
    this.video.addEventListener("timeupdate", () => {
      if (this.#until === null || this.video.paused || this.video.currentTime < this.#until) return;
      this.video.pause();
      this.#until = null;
    });
    signal.addEventListener("abort", () => this.#stop?.abort());
  }

  get time() {
    return this.video.currentTime;
  }

  /** Show a film at a time. */
  async show(film, at) {
    this.#until = null;
    this.video.poster = stillUrl(film, at + 0.1, 480);
    if (film === this.#film) return void (this.video.currentTime = at);
    this.#film = film;
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    const known = await about(film).catch(() => ({ playable: true, seconds: 0 }));
    if (stop.signal.aborted) return;
    if (known.playable) this.video.src = `${mediaUrl(film)}#t=${at.toFixed(3)}`;
    else if (!(await streamed(this.video, known, known.seconds, stop.signal).catch(() => false))) return; // what cannot be played stays a still
    else this.video.currentTime = at;
  }

  /** Play a stretch, or stop. */
  play({ start, end }) {
    if (!this.video.paused) return this.video.pause();
    if (this.time < start - 0.1 || this.time >= end - 0.05) this.video.currentTime = start;
    this.#until = Math.max(end, start + 0.8);
    this.video.play().catch(() => {});
  }

  /** Play on, or stop. */
  toggle() {
    this.#until = null;
    if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  step(by) {
    this.#until = null;
    this.video.currentTime = Math.max(0, this.time + by);
  }
}
