// Marking a stretch of a film by where it begins and ends, and adding it as something that the machine has missed.

import { fill, h } from "../dom.js";
import { filmPath, post } from "../api.js";
import { clock, failed, tell, words } from "../say.js";

const SEVERITIES = ["mild", "moderate", "strong", "very-strong"];
const CATEGORIES = ["violence", "weapons", "threat", "blood", "nudity", "sex", "language", "discrimination", "drugs", "alcohol", "tobacco", "tobacco-warning", "dangerous-acts", "flashing", "technical"];
const FAULTS = ["black", "freeze", "silence", "bars", "clipping"];

export class Marker {
  #start = null;
  #end = null;

  /** `film()` says which film is on the screen, `added(flag)` is told of what was added. */
  constructor(screen, film, may, added) {
    Object.assign(this, { screen, film, may, added });
    this.said = h("span.num", { role: "status" });
    this.form = h("div");
    const button = (name, key, act) => h("button.button", { type: "button", onclick: act, "data-mark": name.toLowerCase() }, name, h("kbd", { "aria-hidden": "true" }, key));
    this.node = h("div.marker", {}, h("div.row", {}, button("In", "I", () => this.in()), button("Out", "O", () => this.out()), may ? button("Add missed", "M", () => this.open()) : null, this.said), this.form);
    this.#tell();
  }

  get keys() {
    return [
      { keys: ["i"], says: "Mark where it begins", act: () => this.in() },
      { keys: ["o"], says: "Mark where it ends", act: () => this.out() },
      { keys: ["m"], says: "Add the marked stretch: the machine has missed it", act: () => this.open() },
    ];
  }

  /** The marked stretch, or null. */
  get stretch() {
    return this.#start !== null && this.#end !== null && this.#start < this.#end ? { start: this.#start, end: this.#end } : null;
  }

  in() {
    this.#start = Number(this.screen.time.toFixed(3));
    if (this.#end !== null && this.#end <= this.#start) this.#end = null;
    this.#tell();
  }

  out() {
    this.#end = Number(this.screen.time.toFixed(3));
    this.#tell();
  }

  clear() {
    this.#start = this.#end = null;
    fill(this.form);
    this.#tell();
  }

  #tell() {
    const [start, end] = [this.#start, this.#end].map((time) => (time === null ? "–" : clock(time, 3)));
    const none = this.#start === null && this.#end === null;
    fill(this.said, none ? "No stretch is marked" : `${start} to ${end}`, !none && this.#end !== null && !this.stretch ? ": the end lies before the beginning" : null, none ? null : h("button.link", { type: "button", onclick: () => this.clear() }, "Clear"));
  }

  /** The form for what was missed. */
  open() {
    if (!this.may) return tell("This key may look, and not decide.", { alert: true });
    if (!this.stretch) return tell("Mark where it begins (I) and ends (O) first.");
    const option = (value, says = words(value)) => h("option", { value }, says);
    const category = h("select.field", { required: true }, CATEGORIES.map((name) => option(name)));
    const severity = h("select.field", {}, option("", "not known"), SEVERITIES.map((name) => option(name)));
    severity.value = "moderate";
    const label = h("input.field", { maxlength: 100, list: "faults" });
    const note = h("input.field", { maxlength: 4000 });
    const what = h("span", {}, "Sign");
    const save = h("button.button.main", {}, "Add it");
    category.addEventListener("change", () => {
      what.textContent = { language: "Word", technical: "Fault" }[category.value] ?? "Sign";
      label.required = ["language", "technical"].includes(category.value);
    });
    const field = (says, input) => h("label.pick", {}, says, input);
    const submit = async (event) => {
      event.preventDefault();
      const technical = category.value === "technical";
      save.disabled = true;
      try {
        const flag = await post(`${filmPath(this.film())}/review/places`, { ...this.stretch, category: category.value, severity: technical ? "" : severity.value, label: label.value.trim(), note: note.value.trim() });
        this.clear();
        tell(`Added: ${words(flag.category)} at ${clock(flag.start)}`);
        this.added(flag);
      } catch (error) {
        failed(error);
        save.disabled = false;
      }
    };
    fill(this.form, h("form.correcting", { onsubmit: submit }, field("Category", category), field("Severity", severity), field(what, label), field("Note", note), h("datalist", { id: "faults" }, FAULTS.map((name) => option(name))), save));
    category.focus();
  }
}
