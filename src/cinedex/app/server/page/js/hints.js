// Examples out of the library itself: a line that is said, a thing, a sound, a place and somebody, which all can be found.

import { api, filmPath, query } from "./api.js";
import { words } from "./say.js";

const FILMS = 6; // that are looked into
const ROWS = 200;

/** Up to five of { says, q, ask }: what it is an example of, a query, and a question. None in a library without facts. */
export async function hints(signal) {
  const { films } = await api(query("films", { limit: FILMS }), { signal });
  const found = new Map();
  for (const film of films) {
    if (found.size >= KINDS.length) break;
    const known = new Set((await api(filmPath(film.id), { signal })).tracks.filter((track) => track.rows).map((track) => track.kind));
    for (const [kind, example] of KINDS) {
      if (found.has(kind) || !known.has(kind)) continue;
      const one = example((await api(query(`${filmPath(film.id)}/tracks/${kind}`, { limit: ROWS }), { signal })).rows);
      if (one) found.set(kind, one);
    }
  }
  const { people } = await api("people?limit=20", { signal });
  const somebody = people.find((one) => one.name);
  const all = KINDS.map(([kind]) => found.get(kind)).filter(Boolean);
  if (somebody) all.push({ says: "somebody", q: `person:"${somebody.name}"`, ask: `Where is ${somebody.name} seen?` });
  return all;
}

const KINDS = [
  ["cue", line],
  ["object", (rows) => labelled("a thing", rows, ["person"], (label) => [label, `Where is a ${label} seen?`])],
  ["sound", (rows) => labelled("a sound", rows, ["speech", "silence"], (label) => [`sound:${quoted(label)}`, `Where is ${words(label)} heard?`])],
  ["place", (rows) => labelled("a place", rows, [], (label) => [`place:${quoted(label)}`, `Which moments are ${label}?`])],
];

const quoted = (label) => (/[^\w-]/.test(label) ? `"${label}"` : label);

/** Some words of a line, few enough to be typed. */
function line(rows) {
  const texts = rows.map((row) => row.text.replace(/[\n"“”]+/g, " ").trim());
  const text = texts.find((one) => one.split(/\s+/).length >= 4) ?? texts[0];
  if (!text) return null;
  const few = text.split(/\s+/).slice(0, 6).join(" ").replace(/[.,;:!?]+$/, "");
  return { says: "words of a line", q: few, ask: `Who says “${few}”?` };
}

/** The label that lasts longest, without those that are everywhere. */
function labelled(says, rows, but, example) {
  const lasting = new Map();
  for (const row of rows) if (!but.includes(row.label) && (row.aspect ?? "setting") === "setting") lasting.set(row.label, (lasting.get(row.label) ?? 0) + row.end - row.start);
  const [most] = [...lasting].sort((a, b) => b[1] - a[1]);
  if (!most) return null;
  const [q, ask] = example(most[0]);
  return { says, q, ask };
}
