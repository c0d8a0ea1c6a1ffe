// Who is on screen when: the gallery of faces, and the presence of each person along the film.

import { film, fold, lastAt, lengthText, portraitOf } from "./film.js";
import { $, faceOf, fitCanvas, ink, make, nothing, oncePerFrame, roving, seen } from "./dom.js";
import { hideCard, showCard } from "./barcode.js";
import { choice } from "./choice.js";
import { drawCover } from "./draw.js";

const GALLERY = 60; // most faces in the strip; the chart has everybody
const FIRST = 10; // rows of the chart before it is opened
const ROW = 34;

let ranges = null;

/** Where each person is on screen: rows in order of time, by the person's index. */
export function appearances() {
  if (ranges) return ranges;
  ranges = film.people.map(() => []);
  for (const row of film.appear) ranges[row.person].push(row);
  return ranges;
}

export class People {
  #clock;
  #open = false;
  #shown = [];
  #canvas = $("presence");

  constructor(clock) {
    this.#clock = clock;
    this.draw = () => {};
    $("people-count").textContent = film.people.length ? film.people.length.toLocaleString("en") : "";
    if (!film.people.length) {
      const why = { missing: "People were not computed. cinedex analyze does it.", failed: "Finding the people failed.", done: "No face was seen in this film, or nobody is to be shown." };
      $("gallery").replaceWith(nothing(why[film.states.person]));
      seen($("presence-all"), false);
      seen($("presence-box"), false);
      return;
    }
    this.#gallery();
    this.draw = oncePerFrame(() => this.#draw());
    new ResizeObserver(this.draw).observe(this.#canvas.parentElement);
    this.#listen();
    roving($("presence-names"), ".who");
    $("presence-all").addEventListener("click", () => {
      this.#open = !this.#open;
      this.#rows();
    });
    choice.addEventListener("change", () => this.#rows());
    this.#rows();
  }

  #gallery() {
    const list = $("gallery");
    for (const person of film.people.slice(0, GALLERY)) {
      const about = `${lengthText(person.seconds)} on screen, ${person.times} ${person.times === 1 ? "time" : "times"}`;
      const button = make(
        "button",
        { className: "person", tabIndex: person.index ? -1 : 0, title: `${about}. Again for the next time.`, data: { person: person.index }, aria: { label: `${person.name}, ${about}` } },
        faceOf(person.name, portraitOf(person)),
        make("b", { textContent: person.name, dir: "auto" }),
        make("small", { textContent: lengthText(person.seconds) }),
      );
      button.addEventListener("click", () => this.#next(person.index));
      list.append(make("li", {}, button));
    }
    roving(list, ".person");
  }

  /** Go to the person's next appearance, after the last one to the first. */
  #next(index) {
    const rows = appearances()[index];
    const after = rows.find((row) => row.start > this.#clock.time + 0.05);
    if (rows.length) this.#clock.seek((after ?? rows[0]).start);
  }

  #rows() {
    const names = $("presence-names");
    const fitting = film.people.filter((person) => choice.terms.every((term) => fold(person.name).includes(term)));
    const all = fitting.length ? fitting : film.people; // words that are nobody's name look for something else
    this.#shown = this.#open ? all : all.slice(0, FIRST);
    names.replaceChildren(
      ...this.#shown.map((person) => {
        const button = make("button", { className: "who", tabIndex: -1, title: `To the next time that ${person.name} is on screen` }, faceOf(person.name, portraitOf(person)), make("span", { textContent: person.name, dir: "auto" }), make("small", { textContent: lengthText(person.seconds) }));
        button.addEventListener("click", () => this.#next(person.index));
        return make("li", {}, button);
      }),
    );
    if (names.firstChild) names.firstChild.firstChild.tabIndex = 0;
    const more = $("presence-all");
    seen(more, all.length > FIRST);
    more.textContent = this.#open ? "Fewer" : `All ${all.length.toLocaleString("en")} people`;
    this.#canvas.style.height = `${this.#shown.length * ROW}px`;
    this.draw();
  }

  #listen() {
    const canvas = this.#canvas;
    const at = (event) => Math.min(1, Math.max(0, event.offsetX / canvas.clientWidth)) * film.duration;
    canvas.addEventListener("click", (event) => this.#clock.seek(at(event)));
    canvas.addEventListener("pointermove", (event) => {
      const person = this.#shown[Math.floor(event.offsetY / ROW)];
      if (!person) return;
      const row = appearances()[person.index].find((r) => r.start <= at(event) && r.end > at(event));
      showCard(event, at(event), row ? person.name : `${person.name} is not on screen`);
    });
    canvas.addEventListener("pointerleave", hideCard);
  }

  #draw() {
    const [context, width] = fitCanvas(this.#canvas);
    const x = (t) => (t / film.duration) * width;
    context.fillStyle = ink.line;
    if (film.scenes.length < width / 5) for (const scene of film.scenes.slice(1)) context.fillRect(Math.round(x(scene.start)), 0, 1, this.#shown.length * ROW);
    this.#shown.forEach((person, i) => {
      const y = i * ROW + 9;
      const rows = appearances()[person.index];
      context.fillStyle = ink.faint;
      context.fillRect(0, y + 7, width, 2);
      if (rows.length > width / 4) {
        drawCover(context, rows, y, 16, { from: 0, to: film.duration, x, scale: width / film.duration }, ink.speech);
        return;
      }
      context.fillStyle = ink.speech;
      for (const row of rows) {
        const wide = Math.max(1.5, x(row.end) - x(row.start));
        context.beginPath();
        context.roundRect(x(row.start), y, wide, 16, Math.min(3, wide / 2));
        context.fill();
      }
    });
  }

  tick() {
    const t = this.#clock.time;
    $("presence-head").style.left = `${(t / film.duration) * 100}%`;
    if (!film.people.length) return;
    const here = new Set();
    for (const [index, rows] of appearances().entries()) {
      const row = rows[lastAt(rows, t)];
      if (row && row.end > t) here.add(index);
    }
    for (const button of $("gallery").querySelectorAll(".person")) button.classList.toggle("here", here.has(Number(button.dataset.person)));
    $("people-now").textContent = here.size ? `now: ${[...here].slice(0, 6).map((n) => film.people[n].name).join(", ")}` : "";
  }
}
