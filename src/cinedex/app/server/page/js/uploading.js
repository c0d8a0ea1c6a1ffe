// Uploads under way. They belong to the page and not to a view: who looks elsewhere meanwhile finds them again.

import { fill, h, iconButton } from "./dom.js";
import { bytes, percent, tell } from "./say.js";
import { begun, forget, upload } from "./tus.js";

const AT_ONCE = 2; // a browser holds six connections to a server, and the page needs some
const FILM = /\.(mp4|m4v|mov|mkv|webm|avi|mpg|mpeg|ts|m2ts|mts|vob|mxf|flv|wmv|3gp|ogv|mp3|m4a|wav|flac|ogg|opus)$/i;

/** A row for each upload, in every view that shows them. */
export const list = h("ul.uploads", { "aria-label": "Uploads" });

const waiting = [];
let running = 0;
let asked = false;

/** Upload files. `films` is heard at the window when some have come in. */
export function take(files) {
  if (!files.length) return tell("There is no film in this.", { alert: true });
  for (const file of files) waiting.push(row(file));
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    one(waiting.shift()).finally(() => {
      running -= 1;
      next();
    });
  }
}

/** An upload's row, with what stops it. */
function row(file) {
  const stop = new AbortController();
  const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
  const says = h("span.num", {}, "waits");
  const node = h("li", {}, h("span.name", {}, file.name), bar, says, iconButton("cross", `Stop the upload of ${file.name}`, () => (stop.abort(), node.remove())));
  for (const old of list.children) if (old.dataset.name === file.name) old.remove(); // what was said of it before
  node.dataset.name = file.name;
  list.append(node);
  return { file, stop, bar, says, node };
}

async function one({ file, stop, bar, says, node }) {
  if (stop.signal.aborted) return;
  const told = (share, note) => {
    bar.value = share;
    fill(says, note || `${percent(share)} of ${bytes(file.size)}`);
  };
  try {
    if (!FILM.test(file.name)) throw new Error("This is no film by its name; films end in .mp4, .mov, .mkv, .webm and the like");
    if (!file.size) throw new Error("The file is empty.");
    const film = await upload(file, told, stop.signal);
    node.remove();
    tell(film.known ? `This film is here already, as ${film.name}.` : `${film.name} is in the library.`);
    dispatchEvent(new Event("films"));
  } catch (error) {
    if (!stop.signal.aborted) refuse(node, file.name, error.message);
  }
}

function refuse(node, name, why) {
  node.classList.add("refused");
  fill(node, h("span.name", {}, name), h("span.alert", { role: "alert" }, why), iconButton("cross", `Take ${name} off this list`, () => node.remove()));
}

/** Name uploads that were cut when the page was closed; choosing the same file again goes on with them. */
export async function unfinished() {
  if (asked) return;
  asked = true;
  for (const one of await begun()) {
    if ([...list.children].some((other) => other.dataset.name === one.name)) continue;
    const drop = () => (forget(one), node.remove());
    const node = h("li.cut", { "data-name": one.name }, h("span.name", {}, one.name), h("span.quiet", {}, `${percent(one.share)} of ${bytes(one.size)} arrived. Choose or drop the file again to go on.`), iconButton("cross", `Forget the upload of ${one.name}`, drop));
    list.append(node);
  }
}

/** The files of a drop, with those of dropped folders that are films by their names. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = await Promise.all(entries.map((entry) => (entry.isDirectory ? inside(entry) : file(entry).then((one) => [one]))));
  return found.flat();
}

const file = (entry) => new Promise((done, fail) => entry.file(done, fail));

async function inside(folder) {
  const reader = folder.createReader();
  const found = [];
  for (let some; (some = await new Promise((done, fail) => reader.readEntries(done, fail))).length; ) {
    for (const entry of some) {
      if (entry.isDirectory) found.push(...(await inside(entry)));
      else if (FILM.test(entry.name)) found.push(await file(entry));
    }
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}
