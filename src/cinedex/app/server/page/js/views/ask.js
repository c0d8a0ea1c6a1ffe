// Ask: claims as they come, each with the numbers of what it rests on, which play beside the answer.

import { fill, h } from "../dom.js";
import { api, events, filmLink, mediaUrl, query, stillUrl } from "../api.js";
import { hints } from "../hints.js";
import { clock, failed, title, words } from "../say.js";

const name = () => `page-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** Turns stay while the page is open, so that one can look at a film and come back. */
const kept = { session: name(), turns: [], film: "" };

export async function view({ params, signal }) {
  const film = params.get("film") ?? "";
  if (film !== kept.film) Object.assign(kept, { session: name(), turns: [], film });
  const about = film ? await api(`films/${encodeURIComponent(film)}`, { signal }) : null;
  const talk = h("div.talk", {}, kept.turns);
  const beside = new Beside();
  const field = h("textarea.field", { id: "question", rows: 1, maxlength: 2000, required: true, "data-first": true, "aria-label": "Question", placeholder: kept.turns.length ? "And who is with her?" : "Who says goodbye?" });
  const button = h("button.button.main", {}, "Ask");
  const form = h("form.asking", { onsubmit: submit }, field, button);
  field.addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && (event.preventDefault(), form.requestSubmit()));
  field.addEventListener("input", () => ((field.style.height = "auto"), (field.style.height = `${field.scrollHeight + 2}px`)));
  const anew = h("button.link", { type: "button", hidden: !kept.turns.length, onclick: () => (Object.assign(kept, { session: name(), turns: [] }), fill(talk), beside.close(), (anew.hidden = true), field.focus()) }, "Begin anew");

  const some = h("div.chips");

  /** Questions that this library can answer, to begin with. */
  async function examples() {
    const found = await hints(signal);
    fill(some, found.map(({ ask }) => h("button.chip", { type: "button", onclick: () => ((field.value = ask), submit()) }, ask)));
  }

  function submit(event) {
    event?.preventDefault();
    const asked = field.value.trim();
    if (!asked || button.disabled) return;
    field.value = "";
    field.style.height = "auto";
    button.disabled = true;
    some.remove();
    anew.hidden = false;
    const turn = answering(asked, beside, () => (button.disabled = false), signal);
    kept.turns.push(turn);
    talk.append(turn);
    turn.scrollIntoView({ block: "nearest" });
  }

  const page = h("section.ask", {}, h("div.ask-main", {}, [
    h("header.heading", {}, h("h1", {}, "Ask"), h("p.quiet", {}, about ? `Of ${title(about.name)} alone. ` : "Of every film in the library. ", "Every sentence of an answer says what it rests on. Where the library does not know, it says so.", about ? h("a.spaced", { href: "#/ask" }, "Ask of all films") : null)),
    talk,
    form,
    some,
    anew,
  ]), beside.node);
  if (!kept.turns.length && !film) examples().catch(() => {}); // it goes without
  const first = params.get("q");
  if (first && !kept.turns.length) queueMicrotask(() => ((field.value = first), submit()));
  return { title: "Ask", page };
}

/** A question and its answer, drawn as it comes. */
function answering(asked, beside, ended, signal) {
  const claims = h("p.answer", { "aria-live": "polite" });
  const list = h("ol.evidence");
  const says = h("p.coverage.quiet", {}, "Looking through the library…");
  const turn = h("article.turn", {}, h("h2", {}, asked), claims, says, list);
  const pieces = new Map();
  const cite = (number) => h("button.cite", { type: "button", "aria-label": `Play ${number}: ${pieces.get(number)?.text.slice(0, 80) ?? ""}`, onclick: () => beside.show(pieces.get(number)) }, String(number));
  const stream = events(query("ask/events", { q: asked, film: kept.film, session: kept.session }), {
    evidence: (piece) => pieces.set(piece.number, piece),
    claim: (claim) => claims.append(h("span", {}, claim.text, " ", claim.cites.map(cite)), " "),
    answer(answer, source) {
      source.close();
      ended();
      fill(says, `${answer.coverage.says}.`, answer.notes.map((note) => ` ${note.charAt(0).toUpperCase()}${note.slice(1)}.`));
      if (!answer.claims.length) {
        fill(claims, h("span.unknown", {}, "The library does not say."));
        if (answer.near.length) fill(list, h("li.quiet", {}, "Near, but no answer:"), answer.near.map((piece) => evidence(piece, beside)));
      }
      if (answer.claims.length) fill(list, answer.evidence.map((piece) => evidence(piece, beside)));
      if (answer.claims.length) beside.show(pieces.get(answer.claims[0].cites[0]), { quietly: true });
    },
    problem(problem, source) {
      source.close();
      ended();
      fill(says, h("span.alert", {}, [problem.detail, problem.remedy].filter(Boolean).join(". ")));
    },
    error(source) {
      if (source.readyState === EventSource.CONNECTING) source.close(); // a question is not asked twice
      ended();
      fill(says, h("span.alert", {}, "The connection was cut before the answer came. Ask again."));
    },
  }, signal);
  signal.addEventListener("abort", () => stream.close());
  return turn;
}

function evidence(piece, beside) {
  const [start] = piece.seconds;
  return h("li", {}, h("button.piece", { type: "button", onclick: () => beside.show(piece) }, [
    h("span.number", {}, String(piece.number)),
    h("img", { src: stillUrl(piece.movie, start + 0.3, 120), alt: "", loading: "lazy" }),
    h("span.piece-words", {}, h("b", {}, `${title(piece.name)}, `, h("span.num", {}, clock(start))), h("span", {}, piece.text), h("span.quiet", {}, words(piece.kind))),
  ]));
}

/** The player beside the answer. */
class Beside {
  constructor() {
    this.video = h("video", { controls: true, playsinline: true, preload: "metadata", "aria-label": "The cited moment" });
    this.words = h("p");
    this.link = h("a.button", {}, "Open the film here");
    this.node = h("aside.beside", { hidden: true, "aria-label": "What is cited" }, this.video, h("div.beside-words", {}, this.words, this.link));
    this.video.addEventListener("timeupdate", () => {
      if (this.end && this.video.currentTime >= this.end) this.video.pause(), (this.end = 0);
    });
  }

  show(piece, { quietly = false } = {}) {
    if (!piece) return;
    const [start, end] = piece.seconds;
    this.node.hidden = false;
    this.end = Math.max(end, start + 1);
    this.video.src = `${mediaUrl(piece.movie)}#t=${start.toFixed(3)}`;
    this.video.poster = stillUrl(piece.movie, start + 0.3, 360);
    fill(this.words, h("b", {}, `${piece.number}. ${title(piece.name)}`), h("span.quiet.num", {}, ` ${clock(start)}–${clock(end)}`), h("br"), piece.text);
    this.link.href = filmLink(piece.movie, start);
    if (!quietly) this.video.play().catch((error) => error.name !== "AbortError" && error.name !== "NotSupportedError" && failed(error));
  }

  close() {
    this.video.removeAttribute("src");
    this.video.load();
    this.node.hidden = true;
  }
}
