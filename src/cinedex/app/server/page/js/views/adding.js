// The ways in: drop or choose files, name a path on the server, or an address.

import { h } from "../dom.js";
import { post } from "../api.js";
import { bytes, failed, tell } from "../say.js";
import { list, take, unfinished } from "../uploading.js";

/** A button, and the panel it opens; `films` is heard at the window when some have come in. */
export function adder({ signal, about }) {
  const chosen = h("input.hidden", { type: "file", id: "files", multiple: true, accept: "video/*,audio/*,.mkv,.mxf,.ts,.mts,.ogv", "aria-label": "Choose films", onchange: () => (take([...chosen.files]), (chosen.value = "")) });
  const well = h("div.well", {}, [
    h("p.big", {}, "Drop films here"),
    h("p.quiet", {}, `or `, h("label.button.main", { for: "files" }, "Choose files"), ` up to ${bytes(about.upload_bytes)} each`),
    chosen,
  ]);
  const place = h("input.field", { id: "place", required: true, maxlength: 4096, autocomplete: "off", spellcheck: "false", placeholder: "/films/night train.mkv or https://…" });
  const form = h("form.row", { onsubmit: fetchIt }, h("label", { for: "place" }, "On the server, or at an address"), place, h("button.button", {}, "Add"));
  const panel = h("section.adding", { "aria-label": "Add films", hidden: true }, well, form);
  const button = h("button.button.main", { type: "button", id: "add", "aria-expanded": "false", onclick: () => toggle() }, "Add films");
  const show = (on) => {
    panel.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };

  function toggle() {
    show(panel.hidden);
    if (!panel.hidden) place.focus();
  }

  async function fetchIt(event) {
    event.preventDefault();
    const named = place.value.trim();
    const add = form.querySelector("button");
    add.disabled = true;
    try {
      const film = await post("films", /^[a-z]+:\/\//i.test(named) ? { url: named } : { path: named });
      tell(`${film.name} is in the library.`);
      dispatchEvent(new Event("films"));
    } catch (error) {
      failed(error);
    }
    add.disabled = false;
  }

  if (about.scopes.includes("analyse")) {
    // The shell takes what is dropped; here it is said where it would go.
    const over = (on) => (on && show(true), well.classList.toggle("over", on));
    addEventListener("dragenter", (event) => event.dataTransfer.types.includes("Files") && over(true), { signal });
    addEventListener("dragleave", (event) => event.relatedTarget === null && over(false), { signal });
    addEventListener("drop", () => over(false), { signal });
    unfinished().catch(failed);
  }
  return { button, panel, toggle, list };
}
