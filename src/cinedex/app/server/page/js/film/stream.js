// Films that no browser plays: the server makes fragments of them, which are put together here as they are needed.

import { filmPath } from "../api.js";

const FRAGMENT = 4; // seconds of what the server makes at a time
const AHEAD = 2; // fragments after the one that is seen
const KEPT = 30; // seconds behind, where the browser has no room for more

/** Let a video play a film by its fragments, at the film's own times. Gives false where the browser cannot. */
export async function streamed(video, film, duration, signal) {
  const place = `/v1/${filmPath(film.id)}/hls`;
  const head = await got(`${place}/init.mp4`, signal);
  const kind = kindOf(head);
  if (!window.MediaSource?.isTypeSupported(kind)) return false;
  const source = new MediaSource();
  const address = URL.createObjectURL(source);
  video.src = address;
  await heard(source, "sourceopen");
  URL.revokeObjectURL(address);
  const buffer = source.addSourceBuffer(kind);
  source.duration = duration;
  await put(buffer, head);
  fetched(video, source, buffer, { place, last: Math.ceil(duration / FRAGMENT) - 1, signal });
  return true;
}

async function fetched(video, source, buffer, { place, last, signal }) {
  const here = new Set();
  while (!signal.aborted) {
    const now = Math.min(Math.floor(video.currentTime / FRAGMENT), last);
    const wanted = Array.from({ length: AHEAD + 1 }, (_, n) => now + n).find((n) => n <= last && !here.has(n));
    if (wanted === undefined) {
      if (here.has(last) && source.readyState === "open") source.endOfStream();
      await Promise.race(["seeking", "timeupdate"].map((name) => heard(video, name)));
      continue;
    }
    try {
      await put(buffer, await got(`${place}/seg-${wanted}.m4s`, signal));
      here.add(wanted);
    } catch (error) {
      if (error.name === "QuotaExceededError" && here.size > 1) await forget(video, buffer, here);
      else if (error.name !== "AbortError") video.dispatchEvent(new Event("unplayable"));
      if (error.name !== "QuotaExceededError") return;
    }
  }
}

async function got(address, signal) {
  const told = await fetch(address, { signal });
  if (!told.ok) throw new Error(`the server answered ${told.status}`);
  return told.arrayBuffer();
}

async function put(buffer, data) {
  buffer.appendBuffer(data);
  await heard(buffer, "updateend");
}

/** Make room: of what lies behind, or of all but what is seen, nothing is kept. */
async function forget(video, buffer, here) {
  const from = Math.max(0, video.currentTime - KEPT);
  if (from > 0) buffer.remove(0, from);
  else buffer.remove(video.currentTime + AHEAD * FRAGMENT, Infinity);
  await heard(buffer, "updateend");
  for (const n of [...here]) if ((n + 1) * FRAGMENT <= from || (from === 0 && n * FRAGMENT >= video.currentTime + AHEAD * FRAGMENT)) here.delete(n);
}

const heard = (target, name) => new Promise((done) => target.addEventListener(name, done, { once: true }));

/** The media type, read off the head: what H.264 it is stands behind `avcC` (ISO/IEC 14496-15), sound is AAC-LC. */
function kindOf(head) {
  const bytes = new Uint8Array(head);
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const at = text.indexOf("avcC");
  const picture = at < 0 ? null : `avc1.${[...bytes.slice(at + 5, at + 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  return `video/mp4; codecs="${[picture, text.includes("mp4a") ? "mp4a.40.2" : null].filter(Boolean).join(",")}"`;
}
