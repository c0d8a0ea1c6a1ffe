// Correcting a finding: where it begins and ends, what it is, how strong it is.

import { h } from "../dom.js";
import { words } from "../say.js";

const SEVERITIES = ["mild", "moderate", "strong", "very-strong"];

/** A form that calls `send` with what was changed; `now` says where the film stands. */
export function correcting(flag, now, send) {
  const time = (value) => h("input.field", { type: "number", step: "0.001", min: 0, value: value.toFixed(3), required: true });
  const [start, end] = [time(flag.start), time(flag.end)];
  const category = h("input.field", { value: flag.category, maxlength: 60, required: true });
  const severity = h("select.field", {}, ["", ...SEVERITIES].map((name) => h("option", { value: name, selected: name === (flag.severity ?? "") }, name ? words(name) : "not known")));
  const field = (says, input, at = false) => h("div", {}, h("label.pick", {}, says, input), at ? h("button.link", { type: "button", onclick: () => (input.value = now().toFixed(3)) }, "Where the film is") : null);
  const submit = (event) => {
    event.preventDefault();
    const given = { start: Number(start.value), end: Number(end.value), category: category.value.trim(), severity: severity.value };
    const before = { start: Number(flag.start.toFixed(3)), end: Number(flag.end.toFixed(3)), category: flag.category, severity: flag.severity ?? "" };
    const changed = Object.entries(given).filter(([name, value]) => value !== before[name] && value !== "");
    if (changed.some(([name]) => name === "start" || name === "end")) changed.push(["start", given.start], ["end", given.end]);
    send(Object.fromEntries(changed));
  };
  return h("form.correcting", { onsubmit: submit }, field("Begins (s)", start, true), field("Ends (s)", end, true), field("Category", category), field("Severity", severity), h("button.button.main", {}, "Save the correction"));
}
