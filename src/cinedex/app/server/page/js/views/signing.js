// Signing off the clauses of a film as a whole, one after another, by keyboard, with the film beside.

import { fill, h } from "../dom.js";
import { api, filmLink, filmPath } from "../api.js";
import { clock, count, failed, tell, title } from "../say.js";
import { Marker } from "./marking.js";
import { Screen } from "./screen.js";

const TONES = { fail: "bad", "needs a human": "human", pass: "good" };
const SAYS = { pass: "Passes", fail: "Fails", "needs a human": "Needs a human", "not measured": "Not measured", "not applicable": "Not applicable" };
const DECISIONS = [["pass", "Pass", "P"], ["fail", "Fail", "F"], ["not applicable", "Not applicable", "X"], ["waive", "Waive", "W"]];

export async function signing(film, may, signal) {
  const [told, facts] = await Promise.all([api(`${filmPath(film)}/review/clauses`, { signal }), api(filmPath(film), { signal })]);
  return new Signing(facts, told.clauses, may, signal).view;
}

/** Whether anybody has to look at it. */
const waits = (clause) => !clause.signed && clause.verdict !== "pass";

/** What can be said of it: a measured fail is no pass by anybody's word. */
function allowed(clause, decision) {
  if (decision === "waive") return clause.measured === "fail";
  if (clause.measured === "fail") return decision === "fail";
  return !(clause.measured === "pass" && decision === "pass");
}

class Signing {
  #here = 0;
  #busy = false;

  constructor(film, clauses, may, signal) {
    Object.assign(this, { film, clauses, may });
    this.screen = new Screen(`Film: ${film.name}`, signal);
    this.marker = new Marker(this.screen, () => film.id, may, () => this.#again());
    this.facts = h("div.review-facts", { "aria-live": "polite" });
    this.note = h("textarea.field", { rows: 2, maxlength: 4000, required: true, "aria-label": "Note", placeholder: "What was looked at, and why it is so" });
    this.left = h("p.quiet", { role: "status" });
    this.buttons = DECISIONS.map(([decision, name, key]) => h("button.button", { type: "button", onclick: () => this.sign(decision), "data-decide": decision.replace(" ", "-") }, name, h("kbd", { "aria-hidden": "true" }, key)));
    this.undo = h("button.link", { type: "button", onclick: () => this.sign("reopen") }, "Reopen");
    this.items = clauses.map((_, i) => h("button.queue-item.clause-item", { type: "button", onclick: () => this.go(i) }));
    this.items.forEach((_, i) => this.#paint(i));
    this.#remaining();
  }

  get clause() {
    return this.clauses[this.#here];
  }

  get view() {
    const { film } = this;
    const keys = [
      ...DECISIONS.map(([decision, name, key]) => [key.toLowerCase(), `Sign it off: ${name.toLowerCase()}`, () => this.sign(decision)]),
      ["u", "Reopen it", () => this.sign("reopen")], ["j", "Next", () => this.go(this.#here + 1)], ["k", "The one before", () => this.go(this.#here - 1)],
      [" ", "Play or stop", () => this.screen.toggle()], ["ArrowLeft", "A second back", () => this.screen.step(-1)], ["ArrowRight", "A second on", () => this.screen.step(1)], ["n", "Write a note", () => this.note.focus()],
    ].map(([key, says, act]) => ({ keys: [key], says, act }));
    const there = [h("a.button", { href: `#/review?film=${encodeURIComponent(film.id)}` }, "Findings"), h("a.button", { href: `/v1/${filmPath(film.id)}/compliance?format=html`, target: "_blank", rel: "noopener" }, "Report")];
    return {
      title: `Clauses of ${title(film.name)}`,
      page: [
        h("div.top", {}, h("header.heading", {}, h("h1", {}, "Sign off ", h("a", { href: filmLink(film.id) }, title(film.name))), this.left), h("div.tools", {}, there)),
        h("div.desk", {}, [
          h("div.desk-main", {}, this.screen.node, this.marker.node, this.facts, this.note, h("div.row.decide", {}, this.buttons, this.undo)),
          h("ol.queue-list", { "aria-label": "Clauses" }, this.items.map((item) => h("li", {}, item))),
        ]),
      ],
      ready: () => (this.screen.show(film.id, this.clause?.places[0]?.start ?? 0), this.go(0)),
      keys: [...keys, ...this.marker.keys],
    };
  }

  /** Show a clause. */
  go(to) {
    this.#here = Math.min(Math.max(to, 0), this.clauses.length - 1);
    const clause = this.clause;
    this.items.forEach((item, i) => item.toggleAttribute("aria-current", i === this.#here));
    this.items[this.#here].scrollIntoView({ block: "nearest" });
    this.note.value = clause.signed?.note ?? "";
    fill(this.facts, this.#told(clause));
    this.buttons.forEach((button, i) => (button.disabled = !this.may || !allowed(clause, DECISIONS[i][0])));
    this.undo.hidden = !this.may || !(clause.signed || clause.signed_before);
  }

  async sign(decision) {
    if (!this.may) return tell("This key may look, and not decide.", { alert: true });
    const [at, clause, note] = [this.#here, this.clause, this.note.value.trim()];
    if (this.#busy || (decision === "reopen" ? this.undo.hidden : !allowed(clause, decision))) return;
    if (decision !== "reopen" && !note) {
      tell("A sign-off needs a note: what was looked at, and why it is so.");
      return this.note.focus();
    }
    this.#busy = true;
    try {
      const times = decision !== "reopen" && this.marker.stretch ? [this.marker.stretch] : [];
      const now = await api(`${filmPath(this.film.id)}/review/clauses`, { method: "POST", body: { clause: clause.id, decision, note: decision === "reopen" ? "" : note, times } });
      this.clauses[at] = now;
      if (times.length) this.marker.clear();
      this.#paint(at);
      this.#remaining();
      const next = decision === "reopen" ? -1 : this.clauses.findIndex((other, i) => i > at && waits(other));
      this.go(next >= 0 ? next : at);
    } catch (error) {
      failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Something was added: what clauses come to has changed. */
  async #again() {
    const told = await api(`${filmPath(this.film.id)}/review/clauses`).catch(failed);
    if (!told) return;
    const now = new Map(told.clauses.map((clause) => [clause.id, clause]));
    this.clauses.forEach((clause, i) => {
      this.clauses[i] = now.get(clause.id) ?? clause;
      this.#paint(i);
    });
    this.#remaining();
    this.go(this.#here);
  }

  #remaining() {
    const open = this.clauses.filter(waits).length;
    fill(this.left, open ? `${count(open, "clause")} to sign off, of ${this.clauses.length}` : "Every clause passes or is signed off");
  }

  #paint(i) {
    const clause = this.clauses[i];
    fill(this.items[i], [
      h("span.queue-words", {}, h("span.quiet", {}, clause.id), h("span", {}, clause.text)),
      h(`span.verdict.${TONES[clause.verdict] ?? "open"}`, {}, SAYS[clause.verdict] ?? clause.verdict, clause.signed ? h("span.hidden", {}, ", signed off") : null, clause.signed ? h("span", { "aria-hidden": "true" }, clause.signed.decision === "waive" ? " (waived)" : " ✓") : null),
    ]);
  }

  #told(clause) {
    const places = clause.places.slice(0, 12).map((one) => h("button.when.num", { type: "button", title: one.note, onclick: () => this.screen.show(this.film.id, one.start) }, clock(one.start)));
    const times = (clause.signed?.times ?? []).map((one) => h("button.when.num", { type: "button", onclick: () => this.screen.show(this.film.id, one.start) }, `${clock(one.start, 1)}–${clock(one.end, 1)}`));
    const facts = [
      ["Verdict", h("span", {}, SAYS[clause.verdict] ?? clause.verdict, clause.signed?.decision === "waive" ? ", waived" : null)],
      ["Measured", [clause.found, clause.allowed ? ` (allowed: ${clause.allowed})` : ""].join("")],
      ["Signed off", clause.signed ? [h("bdi", {}, clause.signed.says), h("div.times", {}, times)] : null],
      ["Earlier", clause.signed_before ? [`Signed off ${clause.lapsed}: `, h("bdi", {}, clause.signed_before.says)] : null],
      ["Where", places.length ? h("div.times", {}, places, clause.places.length > places.length ? h("span.quiet", {}, `and ${count(clause.places.length - places.length, "other")}`) : null) : null],
      ["Rule", `${clause.pack_title}, version ${clause.version}; ${clause.source} (${clause.known})`],
    ].filter(([, value]) => value);
    const why = clause.measured === "fail" && !clause.signed ? h("p.quiet", {}, "It was measured to fail: reject the findings that are wrong, or waive it. A waived fail stays one in reports.") : null;
    return [h("h2", {}, clause.text), h("dl.facts", {}, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])), why];
  }
}
