// Splitting a character: its appearances as faces, and those that are somebody else chosen among them.

import { fill, h } from "../dom.js";
import { rows } from "../api.js";
import { clock, count } from "../say.js";
import { sheet } from "../sheet.js";
import { decide } from "./deciding.js";

/** Ask which appearances of a film's character are somebody else, and split them off. */
export async function splitting(one, film) {
  const times = new Map((await rows(film, "tracklet")).map((row) => [row.number, row.start]));
  const all = one.looks.flatMap((look) => look.tracklets);
  const boxes = new Map(all.map((number) => [number, h("input", { type: "checkbox", value: String(number) })]));
  const chosen = () => all.filter((number) => boxes.get(number).checked);
  const says = h("p.quiet", { role: "status" });
  const name = h("input.field", { maxlength: 200, autocomplete: "off", spellcheck: "false", id: "split-name" });
  const off = h("button.button.main", { disabled: true, form: "split" }, "Split off");
  const tally = () => {
    const number = chosen().length;
    off.disabled = !number || number === all.length;
    fill(says, number === all.length ? "One appearance at least has to stay." : `${number} of ${count(all.length, "appearance")} chosen.`);
  };
  const look = (shown, i) => {
    const mark = (on) => (shown.tracklets.forEach((number) => (boxes.get(number).checked = on)), tally());
    const whole = one.looks.length > 1 ? h("button.link", { type: "button", "aria-label": `Choose all of look ${i + 1}`, onclick: () => mark(!shown.tracklets.every((number) => boxes.get(number).checked)) }, "All of these") : null;
    const legend = one.looks.length > 1 ? `Look ${i + 1}, ${count(shown.tracklets.length, "appearance")}` : "Appearances";
    return h("fieldset", {}, h("legend", { class: one.looks.length > 1 ? "" : "hidden" }, legend), whole, h("div.appearances", { onchange: tally }, shown.tracklets.map((number) => appearance(one, number, boxes.get(number), times.get(number)))));
  };
  const form = h("form", { id: "split", onsubmit: send }, one.looks.map(look), h("label.pick", {}, "Who they are, if that is known", name));
  const dialog = sheet(`Who of these is not ${one.title}?`, [h("p.quiet", {}, "Choose the faces that are somebody else. Undo takes it back."), form, says], { act: off });
  tally();

  function send(event) {
    event.preventDefault();
    const tracklets = chosen();
    dialog.close();
    decide("split", { who: `${film}#${one.label}`, tracklets, name: name.value.trim() });
  }
}

function appearance(one, number, box, start) {
  const image = h("img", { src: `${one.portrait}?tracklet=${number}`, alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.remove());
  const at = start == null ? "" : clock(start);
  return h("label.appearance", {}, h("span.appearance-face", {}, image), h("span.num", {}, box, h("span.hidden", {}, "Appearance at "), at));
}
