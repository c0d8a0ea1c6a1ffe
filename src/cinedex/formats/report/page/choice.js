// What the reader has filtered for: words and tags. Shots, cues and all other rows either fit or do not.

import { film, fold, plainLabel, within } from "./film.js";

class Choice extends EventTarget {
  #text = "";
  #tags = new Set();
  #hay = null;
  #tagged = [];
  shots = null;
  cues = null;

  get active() {
    return this.#text !== "" || this.#tags.size > 0;
  }

  get text() {
    return this.#text;
  }

  get tags() {
    return this.#tags;
  }

  setText(text) {
    this.#text = text.trim();
    this.#decide();
  }

  toggleTag(label) {
    if (!this.#tags.delete(label)) this.#tags.add(label);
    this.#decide();
  }

  clear() {
    this.#text = "";
    this.#tags.clear();
    this.#decide();
  }

  /** The words looked for, folded. */
  get terms() {
    return fold(this.#text).split(/\s+/).filter(Boolean);
  }

  /** Whether a shot, or a cue, fits; everything does where nothing is filtered. */
  hasShot = (number) => this.shots === null || this.shots[number] === 1;
  hasCue = (number) => this.cues === null || this.cues[number] === 1;

  /** Whether a row with this text fits: by its words, and by the tags of the shots that it lies in. */
  hasRow(row, text) {
    if (!this.active) return true;
    row.hay ??= fold(text);
    if (!this.terms.every((term) => row.hay.includes(term))) return false;
    return !this.#tags.size || within(film.shots, row.start, row.end).some((s) => s.start < row.end && s.end > row.start && this.#tagged[s.number]);
  }

  /** Whether a scene fits: one of its shots does. */
  hasScene(scene) {
    return this.shots === null || this.shots.subarray(scene.first, scene.last).includes(1);
  }

  #decide() {
    this.shots = this.cues = null;
    if (this.active) {
      this.#hay ??= haystacks();
      const { shots, cues } = this.#hay;
      const terms = this.terms;
      const wanted = [...this.#tags];
      const tagged = shots.map(({ labels }) => wanted.every((tag) => labels.has(tag)));
      this.#tagged = tagged;
      this.shots = Uint8Array.from(shots, ({ text }, i) => Number(tagged[i] && terms.every((term) => text.includes(term))));
      this.cues = Uint8Array.from(cues, ({ text, shots: over }) =>
        Number(terms.every((term) => text.includes(term)) && (!wanted.length || over.some((i) => tagged[i]))),
      );
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** For every shot and cue the folded text to look in; made when first needed. */
function haystacks() {
  const cues = film.cues.map((cue) => ({ text: fold(cue.text), shots: [] }));
  const seen = seenIn();
  const shots = film.shots.map((shot) => {
    const said = within(film.cues, shot.start, shot.end).filter((c) => c.start < shot.end && c.end > shot.start);
    for (const cue of said) cues[cue.number].shots.push(shot.number);
    const labels = new Set(shot.tags);
    const names = shot.tags.map((label) => film.labels[label].label);
    return { labels, text: fold([...names, ...seen[shot.number], ...said.map((cue) => cue.text)].join("\n")) };
  });
  return { shots, cues };
}

/** For every shot the words for what is seen in it besides its tags. */
function seenIn() {
  const found = film.shots.map((shot) => new Set((film.framing[shot.number] ?? []).map(plainLabel)));
  const spread = (rows, text) => {
    for (const row of rows) {
      for (const shot of within(film.shots, row.start, row.end)) {
        if (shot.start < row.end && shot.end > row.start) found[shot.number].add(text(row));
      }
    }
  };
  spread(film.appear, (row) => film.people[row.person].name);
  spread(film.places, (row) => plainLabel(row.label));
  spread(film.events, (row) => row.label);
  spread(film.concerns, (row) => row.label);
  spread(film.texts, (row) => row.text);
  spread(film.objects, (row) => row.label);
  return found;
}

export const choice = new Choice();
