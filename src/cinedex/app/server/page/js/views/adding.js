// The ways in: drop or choose files, name a path on the server, or an address.

import { fill, h, iconButton } from "../dom.js";
import { post } from "../api.js";
import { bytes, failed, percent, tell } from "../say.js";
import { upload } from "../tus.js";

let running = 0;

/** A button, and the panel it opens; `added(film)` is called for each film that has come in. */
export function adder({ signal, about, added }) {
  const list = h("ul.uploads", { "aria-label": "Uploads" });
  const chosen = h("input.hidden", { type: "file", id: "files", multiple: true, accept: "video/*,audio/*,.mkv,.mxf,.ts,.mts,.ogv", "aria-label": "Choose films", onchange: () => take(chosen.files) });
  const well = h("div.well", {}, [
    h("p.big", {}, "Drop films here"),
    h("p.quiet", {}, `or `, h("label.button.main", { for: "files" }, "Choose files"), ` up to ${bytes(about.upload_bytes)} each`),
    chosen,
  ]);
  const place = h("input.field", { id: "place", required: true, maxlength: 4096, autocomplete: "off", spellcheck: "false", placeholder: "/films/night train.mkv or https://…" });
  const form = h("form.row", { onsubmit: fetchIt }, h("label", { for: "place" }, "On the server, or at an address"), place, h("button.button", {}, "Add"));
  const panel = h("section.adding", { "aria-label": "Add films", hidden: true }, well, form, list);
  const button = h("button.button.main", { type: "button", id: "add", "aria-expanded": "false", onclick: () => toggle() }, "Add films");

  function toggle() {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
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
      added(film);
    } catch (error) {
      failed(error);
    }
    add.disabled = false;
  }

  async function take(files) {
    panel.hidden = false;
    const all = [...files].map((file) => one(file));
    await Promise.all(all);
    if (!running) added();
  }

  async function one(file) {
    const stop = new AbortController();
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    const says = h("span.num", {});
    const row = h("li", {}, h("span.name", {}, file.name), bar, says, iconButton("cross", `Stop the upload of ${file.name}`, () => stop.abort()));
    list.append(row);
    running += 1;
    try {
      const film = await upload(file, (share, note) => ((bar.value = share), fill(says, note || `${percent(share)} of ${bytes(file.size)}`)), stop.signal);
      tell(`${film.name} is in the library.`);
      row.remove();
    } catch (error) {
      if (stop.signal.aborted) row.remove();
      else fill(row, h("span.name", {}, file.name), h("span.alert", {}, error.message));
    } finally {
      running -= 1;
    }
  }

  if (about.scopes.includes("analyse")) {
    const over = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      panel.hidden = false;
      well.classList.toggle("over", event.type !== "dragleave" || event.relatedTarget !== null);
    };
    addEventListener("dragenter", over, { signal });
    addEventListener("dragleave", over, { signal });
    addEventListener("drop", (event) => (well.classList.remove("over"), take(event.dataTransfer.files)), { signal });
  }
  return { button, panel, toggle };
}
