// What is known of one film: kinds of rows, fetched when something wants to draw them, and stretches found by time.

import { api, filmPath, rows } from "../api.js";

export class Facts {
  #loaded = new Map();

  constructor(film, signal) {
    this.film = film;
    this.signal = signal;
    this.duration = film.seconds;
    const [up, down = 1] = (film.picture?.rate ?? "0").split("/").map(Number);
    this.rate = up / down || 0;
    this.kinds = new Map();
    for (const one of film.tracks) this.kinds.set(one.kind, (this.kinds.get(one.kind) ?? 0) + one.rows);
  }

  static async of(id, signal) {
    return new Facts(await api(filmPath(id), { signal }), signal);
  }

  /** How many rows there are of a kind; undefined where it was never looked for. */
  count = (kind) => this.kinds.get(kind);

  /** The rows of a kind, none where there are none. */
  rows(kind, more) {
    const key = JSON.stringify([kind, more]);
    if (!this.#loaded.has(key)) this.#loaded.set(key, this.kinds.get(kind) ? rows(this.film.id, kind, this.signal, more) : Promise.resolve([]));
    return this.#loaded.get(key);
  }

  /** Any other answer about this film, fetched once. */
  about(path) {
    if (!this.#loaded.has(path)) this.#loaded.set(path, api(`${filmPath(this.film.id)}/${path}`, { signal: this.signal }));
    return this.#loaded.get(path);
  }

  forget(path) {
    this.#loaded.delete(path);
  }
}

/** Rows in order of time that are found by time without going through all of them. */
export class Stretches {
  constructor(rows) {
    this.rows = rows.toSorted((a, b) => a.start - b.start);
    this.reach = new Float64Array(this.rows.length); // how far any row up to this one lasts
    let far = 0;
    this.rows.forEach((row, i) => (this.reach[i] = far = Math.max(far, row.end)));
  }

  get length() {
    return this.rows.length;
  }

  /** The first row that may last beyond a time. */
  first(time) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.reach[middle] > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  *between(from, to) {
    for (let i = this.first(from); i < this.rows.length && this.rows[i].start < to; i++) if (this.rows[i].end > from) yield this.rows[i];
  }

  /** The row at a time that begins last. */
  at(time) {
    let found = null;
    for (const row of this.between(time, time + 1e-6)) found = row;
    return found;
  }
}

/** Stretches of equal label joined where one follows on another within `gap` seconds. */
export function joined(rows, gap = 0.05) {
  const last = new Map();
  const made = [];
  for (const row of rows.toSorted((a, b) => a.start - b.start)) {
    const before = last.get(row.label);
    if (before && row.start - before.end <= gap) {
      before.end = Math.max(before.end, row.end);
      before.score = Math.max(before.score, row.score);
    } else {
      const copy = { ...row };
      last.set(row.label, copy);
      made.push(copy);
    }
  }
  return made;
}
