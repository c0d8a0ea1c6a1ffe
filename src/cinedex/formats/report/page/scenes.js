// The scenes as a strip of cards: the still that stands for each, where it is, who is in it, and why it begins there.

import { film, clockText, lengthText, plainLabel, portraitOf, sceneAt, stillOf } from "./film.js";
import { $, faceOf, make, nothing, rgb, roving, seen, whenNear } from "./dom.js";
import { choice } from "./choice.js";

const CARDS = 1500; // most scenes shown as cards
const FACES = 5; // most faces on a card

/** A scene's place in words: "bar, interior, night". */
export const placeText = (scene) => scene.place.map(plainLabel).reverse().join(", ");

export class Scenes {
  #clock;
  #cards = [];
  #current = -1;
  #busy = false;

  constructor(clock) {
    this.#clock = clock;
    const strip = $("scenes");
    $("scenes-count").textContent = film.scenes.length ? film.scenes.length.toLocaleString("en") : "";
    if (!film.scenes.length) {
      const why = { missing: "Scenes were not computed.", failed: "Finding the scenes failed.", done: "No scenes were found." };
      strip.replaceWith(nothing(why[film.states.scene]));
      return;
    }
    strip.style.setProperty("--ratio", String(film.aspect ?? 16 / 9));
    strip.classList.toggle("placeless", !film.places.length);
    strip.classList.toggle("peopleless", !film.people.length);
    const near = whenNear((card) => this.#fill(card), strip, "0px 800px");
    window.addEventListener("beforeprint", () => this.#cards.forEach((card) => this.#fill(card)));
    for (const scene of film.scenes.slice(0, CARDS)) {
      const card = this.#card(scene);
      this.#cards.push(card);
      near.observe(card);
      strip.append(card);
    }
    this.#cards[0].querySelector("button").tabIndex = 0;
    roving(strip, ".scene");
    strip.addEventListener("click", (event) => {
      const card = event.target.closest("li");
      if (card) clock.seek(film.scenes[card.dataset.number].start);
    });
    for (const [sign, is] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) strip.addEventListener(sign, () => (this.#busy = is));
    for (const [id, by] of [["scenes-back", -0.8], ["scenes-on", 0.8]]) {
      $(id).addEventListener("click", () => strip.scrollBy({ left: strip.clientWidth * by, behavior: "smooth" }));
      seen($(id), true);
    }
    choice.addEventListener("change", () => this.#filter());
  }

  #card(scene) {
    const place = placeText(scene);
    const names = scene.people.map((n) => film.people[n].name);
    const said = [`Scene ${scene.number + 1}, at ${clockText(scene.start)}, ${lengthText(scene.end - scene.start)}`, place, names.join(", ")];
    const button = make("button", { className: "scene", tabIndex: -1, aria: { label: said.filter(Boolean).join(": ") } });
    const frame = make("span", { className: "frame" }, make("b", { textContent: scene.number + 1 }));
    button.append(frame, this.#colours(scene));
    button.append(
      make("span", { className: "line" }, make("span", { textContent: `${clockText(scene.start)} – ${clockText(scene.end)}` }), make("span", { className: "length", textContent: lengthText(scene.end - scene.start) })),
      make("span", { className: "where", textContent: place || (film.states.place === "done" ? "place not recognised" : "") }),
      make("span", { className: "cast" }),
      this.#why(scene),
    );
    return make("li", { data: { number: scene.number } }, button);
  }

  /** The palette as a hairline below the still. */
  #colours(scene) {
    const bar = make("span", { className: "hairline" });
    for (const [red, green, blue, share] of scene.palette) {
      const part = make("i");
      part.style.background = rgb([red, green, blue]);
      part.style.flexGrow = String(share);
      bar.append(part);
    }
    return bar;
  }

  /** Why it begins here, and how sure that is. */
  #why(scene) {
    if (!scene.number) return make("span", { className: "why", textContent: "the film begins" });
    const meter = make("i", { className: "sure", title: `how sure the beginning is: ${scene.score.toFixed(2)}` });
    meter.style.setProperty("--share", String(scene.score));
    return make("span", { className: "why" }, meter, make("b", { textContent: scene.score.toFixed(2) }), ` ${scene.reasons.map(plainLabel).join(", ")}`);
  }

  /** Pictures come when the card is near the view. */
  #fill(card) {
    if (card.querySelector(".cast").childElementCount || card.querySelector("img")) return;
    const scene = film.scenes[card.dataset.number];
    const source = stillOf(film.shots[scene.still] ?? film.shots[scene.first]);
    if (source) card.querySelector(".frame").prepend(make("img", { src: source, alt: "", decoding: "async" }));
    const people = scene.people.map((n) => film.people[n]);
    const faces = people.slice(0, FACES).map((person) => Object.assign(faceOf(person.name, portraitOf(person)), { title: person.name }));
    const more = people.length > FACES ? [make("small", { textContent: `+${people.length - FACES}` })] : [];
    const alone = people.length === 1 ? [make("small", { textContent: people[0].name })] : [];
    card.querySelector(".cast").append(...faces, ...more, ...alone);
  }

  #filter() {
    let n = 0;
    for (const card of this.#cards) {
      const is = choice.hasScene(film.scenes[card.dataset.number]);
      seen(card, is);
      n += is;
    }
    const all = film.scenes.length.toLocaleString("en");
    $("scenes-count").textContent = choice.active ? `${n.toLocaleString("en")} of ${all}` : all;
    const first = this.#cards.find((card) => !card.hidden);
    if (first && !this.#cards.some((card) => !card.hidden && card.firstChild.tabIndex === 0)) first.firstChild.tabIndex = 0;
  }

  tick() {
    if (!this.#cards.length) return;
    const t = this.#clock.time;
    const scene = sceneAt(t);
    if (!scene) return;
    const card = this.#cards[scene.number];
    if (scene.number !== this.#current) {
      const before = this.#cards[this.#current];
      before?.classList.remove("now");
      before?.removeAttribute("aria-current");
      this.#current = scene.number;
      card?.classList.add("now");
      card?.setAttribute("aria-current", "true");
      if (card && !this.#busy) this.#reveal(card);
    }
    card?.style.setProperty("--played", String((t - scene.start) / Math.max(scene.end - scene.start, 0.001)));
  }

  /** Bring a card into the strip without moving the page. */
  #reveal(card) {
    const strip = card.parentElement;
    const left = card.offsetLeft - strip.offsetLeft;
    if (left < strip.scrollLeft || left + card.offsetWidth > strip.scrollLeft + strip.clientWidth) strip.scrollTo({ left: left - 40, behavior: "instant" });
  }
}
