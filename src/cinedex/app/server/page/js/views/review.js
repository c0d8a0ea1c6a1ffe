// Review: what was found and a human decides about, one after another, by keyboard.

import { fill, h } from "../dom.js";
import { api, filmLink, filmPath, query, stillUrl } from "../api.js";
import { clock, count, failed, tell, title, words } from "../say.js";
import { correcting } from "./correcting.js";
import { Marker } from "./marking.js";
import { Screen } from "./screen.js";
import { signing } from "./signing.js";

const PAGE = 200;
const SAYS = { open: "", accepted: "Accepted", rejected: "Rejected", corrected: "Corrected", added: "Added", withdrawn: "Withdrawn" };

export async function view({ params, signal }) {
  const film = params.get("film") ?? "";
  if (film && params.get("what") === "clauses") return signing(film, (await api("about", { signal })).scopes.includes("review"), signal);
  const [told, about] = await Promise.all([api(film ? `${filmPath(film)}/review` : query("review/queue", { limit: PAGE }), { signal }).catch(absent), api("about", { signal })]);
  if (!told) return { title: "Review", page: h("section.empty", {}, h("h1", {}, "Review"), h("p", {}, "This server keeps no decisions about what was found. The compliance tab of each film shows the findings.")) };
  if (!told.flags.length && film) return signing(film, about.scopes.includes("review"), signal);
  if (!told.flags.length) return { title: "Review", page: h("section.empty", {}, h("h1", {}, "Nothing to review"), h("p", {}, "What a rule rests on and a person should look at comes here: violence, nudity, strong language, flashing, technical faults."), h("a.button.main", { href: "#/" }, "To the library")) };
  return new Desk(told.flags, told.total ?? told.flags.length, about.scopes.includes("review"), signal).view;
}

/** Whether that can be decided about a finding: what somebody added is withdrawn or corrected, and no more. */
function may({ state }, decision) {
  if (state === "added") return decision === "withdraw" || decision === "correct";
  return state !== "withdrawn" && decision !== "withdraw" && (decision !== "reopen" || state !== "open");
}

/** A server without these routes says 404; anything else is an error. */
function absent(error) {
  if (error.status !== 404) throw error;
  return null;
}

class Desk {
  #here = 0;
  #busy = false;

  constructor(flags, total, may, signal) {
    Object.assign(this, { flags, total, may });
    this.screen = new Screen("The span to decide about", signal);
    this.marker = new Marker(this.screen, () => this.flag.film, may, (flag) => this.#added(flag));
    this.facts = h("div.review-facts", { "aria-live": "polite" });
    this.note = h("textarea.field", { rows: 2, maxlength: 4000, "aria-label": "Note", placeholder: "A note, if one is needed" });
    this.editor = h("div");
    this.left = h("p.quiet", { role: "status" });
    this.list = h("ol.queue-list", { "aria-label": "Queue" });
    this.items = flags.map(() => this.#item());
    fill(this.list, this.items.map((item) => h("li", {}, item)));
    this.clauses = h("a.button", {}, "Clauses", h("kbd", { "aria-hidden": "true" }, "S"));
    this.items.forEach((_, i) => this.#paint(i));
    this.#remaining();
  }

  get flag() {
    return this.flags[this.#here];
  }

  get view() {
    const buttons = [["Accept", "A", () => this.decide("accept")], ["Reject", "R", () => this.decide("reject")], ["Correct", "C", () => this.correct()], ["Withdraw", "W", () => this.decide("withdraw")]];
    this.decides = buttons.map(([name, key, act]) => h("button.button", { type: "button", onclick: act, disabled: !this.may, "data-decide": name.toLowerCase() }, name, h("kbd", { "aria-hidden": "true" }, key)));
    const keys = [
      ["a", "Accept the finding", () => this.decide("accept")], ["r", "Reject it", () => this.decide("reject")], ["c", "Correct it", () => this.correct()],
      ["u", "Take a decision back", () => this.decide("reopen")], ["w", "Withdraw a place that somebody added", () => this.decide("withdraw")], ["j", "Next", () => this.go(this.#here + 1)], ["k", "The one before", () => this.go(this.#here - 1)],
      [" ", "Play the span", () => this.play()], ["n", "Write a note", () => this.note.focus()],
      ["ArrowLeft", "A second back", () => this.screen.step(-1)], ["ArrowRight", "A second on", () => this.screen.step(1)], ["s", "Sign off the clauses of this film", () => this.clauses.click()],
    ];
    return {
      title: "Review",
      page: [
        h("div.top", {}, h("header.heading", {}, h("h1", {}, "Review"), this.left), h("div.tools", {}, this.clauses)),
        h("div.desk", {}, [
          h("div.desk-main", {}, this.screen.node, this.marker.node, this.facts, this.note, h("div.row.decide", {}, this.decides), this.editor),
          this.list,
        ]),
      ],
      ready: () => this.go(Math.max(this.flags.findIndex((flag) => flag.state === "open"), 0)),
      keys: [...keys.map(([key, says, act]) => ({ keys: [key], says, act })), ...this.marker.keys],
    };
  }

  /** Show a finding. */
  go(to) {
    this.#here = Math.min(Math.max(to, 0), this.flags.length - 1);
    const flag = this.flag;
    this.items.forEach((item, i) => item.toggleAttribute("aria-current", i === this.#here));
    this.items[this.#here].scrollIntoView({ block: "nearest" });
    this.screen.show(flag.film, flag.start);
    this.clauses.href = `#/review?film=${encodeURIComponent(flag.film)}&what=clauses`;
    for (const button of this.decides) button.hidden = !may(flag, button.dataset.decide);
    this.note.value = flag.note ?? "";
    fill(this.editor);
    fill(this.facts, this.#told(flag));
  }

  play() {
    this.screen.play(this.flag);
  }

  #item() {
    const item = h("button.queue-item", { type: "button", onclick: () => this.go(this.items.indexOf(item)) });
    return item;
  }

  /** What was added comes right after what was looked at when it was. */
  #added(flag) {
    const at = this.#here + 1;
    this.flags.splice(at, 0, flag);
    this.items.splice(at, 0, this.#item());
    fill(this.list, this.items.map((item) => h("li", {}, item)));
    this.items.forEach((_, i) => this.#paint(i));
  }

  async decide(decision, more = {}) {
    if (!this.may) return tell("This key may look, and not decide.", { alert: true });
    if (this.#busy || !may(this.flag, decision)) return;
    this.#busy = true;
    const [at, flag] = [this.#here, this.flag];
    try {
      const now = await api(`${filmPath(flag.film)}/review`, { method: "POST", body: { flag: flag.id, decision, note: decision === "reopen" ? "" : this.note.value.trim(), ...more } });
      this.flags[at] = now;
      this.#paint(at);
      this.#remaining();
      const next = decision === "reopen" ? -1 : this.flags.findIndex((other, i) => i > at && other.state === "open");
      this.go(next >= 0 ? next : at);
    } catch (error) {
      failed(error);
    } finally {
      this.#busy = false;
    }
  }

  correct() {
    if (!this.may || !may(this.flag, "correct")) return;
    fill(this.editor, correcting(this.flag, () => this.screen.time, (changed) => this.decide("correct", changed)));
    this.editor.querySelector("input").focus();
  }

  #remaining() {
    const open = this.flags.filter((flag) => flag.state === "open").length;
    fill(this.left, open ? `${count(open, "finding")} to decide${this.total > this.flags.length ? `, the first of ${this.total}` : ""}` : "Everything here is decided");
  }

  #paint(i) {
    const flag = this.flags[i];
    fill(this.items[i], [
      h("img", { src: stillUrl(flag.film, flag.start + 0.1, 90), alt: "", loading: "lazy" }),
      h("span.queue-words", {}, h("b", {}, words(flag.category)), h("span", {}, words(flag.title)), h("span.quiet", {}, `${title(flag.film_name)}, `, h("span.num", {}, clock(flag.start)))),
      h(`span.decided.${flag.state}`, {}, SAYS[flag.state]),
    ]);
  }

  #told(flag) {
    const facts = [
      ["When", h("a", { href: filmLink(flag.film, flag.start) }, `${title(flag.film_name)}, ${clock(flag.start, 1)}–${clock(flag.end, 1)}`)],
      ["Rests on", flag.rests_on.slice(0, 4).map((ref) => ref.split("@")[0]).filter((kind, i, all) => all.indexOf(kind) === i).map(words).join(", ") + (flag.rests_on.length > 1 ? ` (${flag.rests_on.length} rows)` : "")],
      ["Clauses", flag.clauses.join(", ")],
      ["Decided", flag.by ? `${SAYS[flag.state]} by ${flag.by}, ${new Date(flag.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}` : ""],
    ].filter(([, value]) => value);
    return [
      h("h2", {}, words(flag.category), ": ", words(flag.title)),
      h("p", {}, flag.severity ? h("span.severity", {}, words(flag.severity)) : null, flag.state === "added" || flag.state === "withdrawn" ? null : h("span.quiet.num", {}, `the machine is ${Math.round(flag.score * 100)} % sure`)),
      h("dl.facts", {}, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    ];
  }
}
