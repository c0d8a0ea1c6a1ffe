// Which lanes a film's timeline has, by what is known of it. A lane draws itself and says what is at a time.

import { clock, count, failed, words } from "../say.js";
import { blocks, curve, filmstrip } from "./draw.js";
import { joined, Stretches } from "./facts.js";

const SOUNDS = 5;
const PEOPLE = 6;
const POINTS = 20_000; // of a curve: a film of two hours has four a second

const within = (row) => `${clock(row.start)}–${clock(row.end)}`;

/** The lanes, in order. They come as their rows do; `changed` is called when one has. */
export function lanesOf(facts, board, names, changed) {
  const places = []; // a place for each part, so that what comes late does not move to the end
  const lanes = [];
  const put = async (make) => {
    const place = places.push([]) - 1;
    try {
      places[place] = [(await make()) ?? []].flat();
    } catch (error) {
      return failed(error); // the other lanes are drawn all the same
    }
    lanes.splice(0, lanes.length, ...places.flat());
    changed();
  };
  put(() => shots(facts, board));
  put(() => scenes(facts));
  put(() => people(facts, names));
  put(() => speech(facts));
  put(() => sounds(facts));
  put(() => events(facts));
  put(() => flags(facts));
  put(() => loudness(facts));
  return lanes;
}

async function shots(facts, board) {
  if (!facts.count("shot")) return null;
  const [rows, palettes] = await Promise.all([facts.rows("shot"), facts.rows("palette")]);
  const by = new Map(palettes.map((row) => [row.start.toFixed(2), `rgb(${row.colours.slice(0, 3).join(" ")})`]));
  const colours = board.tiles.map((tile) => by.get(tile.start.toFixed(2)));
  const found = new Stretches(rows);
  const says = (time) => {
    const shot = found.at(time);
    return shot ? `Shot ${shot.number + 1}, ${(shot.end - shot.start).toFixed(1)} s` : "";
  };
  if (!board.tiles.length) return { name: "Shots", height: 30, says, draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: view.ink.block }) };
  return { name: "Shots", height: 58, says, draw: (c, y, high, view) => filmstrip(c, y, high, view, board, colours) };
}

async function scenes(facts) {
  const rows = await facts.rows("scene");
  if (!rows.length) return null;
  const chapters = await facts.about("summary").then((told) => told.chapters, () => []);
  const called = (row) => chapters.find((one) => Math.abs(one.seconds[0] - row.start) < 0.05)?.title ?? "";
  const found = new Stretches(rows.map((row) => ({ ...row, title: `${row.number + 1}  ${called(row)}`.trim() })));
  return {
    name: "Scenes",
    height: 24,
    says: (time) => `Scene ${found.at(time)?.title ?? ""}`,
    draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: view.ink.faint, says: (row) => row.title, round: 4 }),
  };
}

async function people(facts, names) {
  if (!facts.count("person")) return null;
  const gallery = await names();
  return gallery.characters.slice(0, PEOPLE).map((one, i) => {
    const found = new Stretches(one.seen.map(([start, end]) => ({ start, end })));
    return {
      name: one.title,
      height: 11,
      joined: i < Math.min(gallery.characters.length, PEOPLE) - 1,
      says: (time) => (found.at(time) ? one.title : ""),
      draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: view.ink.rose, round: 3 }),
    };
  });
}

async function speech(facts) {
  const rows = await facts.rows("cue");
  if (!rows.length) return null;
  const found = new Stretches(rows);
  return {
    name: "Speech",
    height: 26,
    says: (time, slack) => found.at(time)?.text ?? [...found.between(time - slack, time + slack)][0]?.text ?? "",
    draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: `color-mix(in srgb, ${view.ink.speech} 38%, ${view.ink.panel})`, says: (row) => row.text, round: 3 }),
  };
}

async function sounds(facts) {
  const told = facts.count("cue") ? ["silence", "speech"] : ["silence"]; // what is said has a lane of its own
  const rows = joined((await facts.rows("sound")).filter((row) => !told.includes(row.label)), 0.3);
  const lasting = new Map();
  for (const row of rows) lasting.set(row.label, (lasting.get(row.label) ?? 0) + row.end - row.start);
  const top = [...lasting].sort((a, b) => b[1] - a[1]).slice(0, SOUNDS);
  return top.map(([name], i) => {
    const found = new Stretches(rows.filter((row) => row.label === name));
    return {
      name: words(name)[0].toUpperCase() + words(name).slice(1),
      height: 10,
      joined: i < top.length - 1,
      says: (time, slack) => ([...found.between(time - slack, time + slack)].length ? `Heard: ${words(name)}` : ""),
      draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: view.ink.sky, alpha: (row) => 0.35 + 0.65 * row.score }),
    };
  });
}

/** One lane of everything that has a label, each stretch with its own. */
async function events(facts) {
  const rows = joined(await facts.rows("event"));
  const places = joined((await facts.rows("place")).filter((row) => row.aspect === "place"), 0.1);
  const lane = (name, found) => ({
    name,
    height: 22,
    says: (time, slack) => [...new Set([...found.between(time - slack, time + slack)].map((row) => `${words(row.label)} ${within(row)}`))].join(", "),
    draw: (c, y, high, view) => blocks(c, y, high, view, found, { color: `color-mix(in srgb, ${view.ink.leaf} 34%, ${view.ink.panel})`, says: (row) => words(row.label), round: 3 }),
  });
  return [rows.length && lane("Events", new Stretches(rows)), places.length && lane("Places", new Stretches(places))].filter(Boolean);
}

async function flags(facts) {
  const [found, concerns, mentions] = await Promise.all(["flag", "concern", "mention"].map((kind) => facts.rows(kind)));
  const marks = [
    ...joined(found, 0.1),
    ...concerns.map((row) => ({ ...row, label: `${row.category}: ${row.label}`, grave: true })),
    ...mentions.map((row) => ({ ...row, label: `${row.topic}: ${row.text}`, grave: true })),
  ];
  if (!marks.length) return null;
  const all = new Stretches(marks);
  return {
    name: "Flags",
    height: 20,
    says(time, slack) {
      const there = [...all.between(time - slack, time + slack)];
      const named = [...new Set(there.map((row) => words(row.label)))];
      return named.length > 3 ? `${named.slice(0, 3).join(", ")} and ${count(named.length - 3, "other")}` : named.join(", ");
    },
    draw(c, y, high, view) {
      blocks(c, y, high, view, all, { color: (row) => (row.grave ? view.ink.alert : view.ink.block), says: (row) => words(row.label), words: view.ink.text, alpha: (row) => (row.grave ? 0.85 : 0.7) });
    },
  };
}

async function loudness(facts) {
  const there = facts.count("loudness");
  if (!there) return null;
  const every = Math.max(1, Math.ceil(there / POINTS));
  const rows = await facts.rows("loudness", { every });
  if (!rows.length) return null;
  const step = every * (rows[0].end - rows[0].start);
  const values = Float32Array.from(rows, (row) => row.short_term ?? -100);
  return {
    name: "Loudness",
    height: 40,
    says: (time) => `${(values[Math.min(Math.floor(time / step), values.length - 1)] ?? -100).toFixed(1)} LUFS`,
    draw: (c, y, high, view) => curve(c, y, high, view, values, { step, low: -60, top: -5, color: view.ink.edge }),
  };
}
