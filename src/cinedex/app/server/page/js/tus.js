// Uploads that go on after a cut connection: a client of tus 1.0 (tus.io), which also goes on after the page was closed.

import { checked, signed } from "./api.js";

const BLOCK = 8 << 20;
const PATIENCE = 40; // cuts in a row, with up to five seconds between

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const head = { "Tus-Resumable": "1.0.0" };
const KEPT = "cinedex.upload.";
const active = new Set(); // what is remembered of those under way
const place = (file) => `${KEPT}${file.name}.${file.size}.${file.lastModified}`;

/** Uploads that were begun and not ended, as this browser remembers them, of which the server has a part. */
export async function begun() {
  const found = [];
  for (const kept of Object.keys(localStorage).filter((key) => key.startsWith(KEPT))) {
    const [, name, size] = kept.slice(KEPT.length).match(/^(.*)\.(\d+)\.\d+$/s) ?? [];
    const to = localStorage.getItem(kept);
    if (!to || active.has(kept)) continue;
    const told = await fetch(to, { method: "HEAD", headers: head }).catch(() => null);
    if (told?.status === 404) localStorage.removeItem(kept);
    const at = Number(told?.headers.get("Upload-Offset"));
    if (name && told?.ok && at) found.push({ kept, to, name, size: Number(size), share: at / size });
  }
  return found;
}

/** Give an upload up. */
export async function forget({ kept, to }) {
  localStorage.removeItem(kept);
  await fetch(to, { method: "DELETE", headers: { ...head, ...(await signed()) } });
}

/** Upload a file; `told(share, note)` hears how far it is. Gives the film that it became. Throws for what is none. */
export async function upload(file, told, signal) {
  const kept = place(file);
  active.add(kept);
  try {
    return await sending(file, kept, told, signal);
  } finally {
    active.delete(kept);
  }
}

async function sending(file, kept, told, signal) {
  let to = localStorage.getItem(kept);
  let at = to ? await offset(to, signal) : null;
  if (at == null) {
    to = await begin(file, signal);
    localStorage.setItem(kept, to);
    at = 0;
  }
  try {
    for (let cuts = 0; cuts < PATIENCE; ) {
      told(at / file.size, cuts ? "waiting for the connection" : "");
      const sent = await send(to, file, at, signal);
      if (sent.film) return sent.film;
      if (sent.at > at) [at, cuts] = [sent.at, 0];
      else {
        cuts += 1;
        told(at / file.size, "waiting for the connection");
        await wait(Math.min(400 * cuts, 5000));
        at = (await offset(to, signal)) ?? at;
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") localStorage.removeItem(kept);
    throw error;
  } finally {
    if (signal?.aborted) forget({ kept, to });
  }
  throw new Error("The connection stays cut; choose the file again to go on from here");

  /** One block: the film it ended, or how far it got, or neither where the connection was cut. */
  async function send(to, file, at, signal) {
    const headers = { ...head, ...(await signed()), "Content-Type": "application/offset+octet-stream", "Upload-Offset": at };
    let answer;
    try {
      answer = await fetch(to, { method: "PATCH", headers, signal, body: file.slice(at, at + BLOCK) });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      return {};
    }
    if (answer.status === 200) {
      localStorage.removeItem(kept);
      return { film: await answer.json() };
    }
    if (answer.status === 204) return { at: Number(answer.headers.get("Upload-Offset")) };
    if ([409, 423, 429].includes(answer.status) || answer.status >= 500) return {};
    return checked(answer);
  }
}

async function begin(file, signal) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const headers = { ...head, ...(await signed()), "Upload-Length": file.size, "Upload-Metadata": `filename ${name}` };
  return (await checked(await fetch("/v1/uploads", { method: "POST", headers, signal }))).headers.get("Location");
}

/** How much of it the server has; null where it knows nothing of it or cannot be asked. */
async function offset(to, signal) {
  const told = await fetch(to, { method: "HEAD", headers: head, signal }).catch(() => null);
  return told?.ok ? Number(told.headers.get("Upload-Offset")) : null;
}
