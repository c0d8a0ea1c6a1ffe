// The film's facts as the page uses them. Times are seconds: only the page and other edges speak seconds.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const raw = read("facts");

const bytes = (text) => (text ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : null);

const unpack = (packed) => (packed ? { bytes: bytes(packed[0]), top: packed[1] } : null);

export const film = {
  duration: Math.max(raw.duration, 0.001),
  rate: raw.rate,
  aspect: raw.aspect,
  states: raw.states,
  labels: raw.labels.map(([label, vocabulary]) => ({ label, vocabulary })),
  shots: raw.shots.map(([start, end, opening, score, still, tags], number) => ({ number, start, end, opening, score, still, tags })),
  cues: raw.cues.map(([start, end, text, score, source, speaker], number) => ({ number, start, end, text, score, source, speaker })),
  words: raw.words.map(([start, end, text, score]) => ({ start, end, text, score })),
  speakers: raw.speakers.map(([name, seconds], index) => ({ index, name, seconds })),
  turns: raw.turns.map(([start, end, speaker, score]) => ({ start, end, speaker, score })),
  voice: raw.voice.map(([start, end, score]) => ({ start, end, score })),
  sounds: raw.sounds.map(([start, end, label, score]) => ({ start, end, label, score })),
  flags: raw.flags.map(([start, end, label, score, note]) => ({ start, end, label, score, note })),
  tags: raw.tags.map(([start, end, label, score]) => ({ start, end, label, score })),
  chapters: raw.chapters.map(([start, end, title]) => ({ start, end, title })),
  scenes: raw.scenes.map(([start, end, , score, reasons, still, first, last, place, people, palette], number) => ({
    ...{ number, start, end, score, reasons, still, first, last, place, people, palette },
  })),
  people: raw.people.map(([number, name, portrait, seconds, times, best], index) => ({ index, number, name, portrait, seconds, times, best })),
  appear: raw.appear.map(([start, end, person, look, score]) => ({ start, end, person, look, score })),
  places: raw.places.map(([start, end, aspect, label, score]) => ({ start, end, aspect, label: raw.names[label], score })),
  events: raw.events.map(([start, end, label, score, rule, evidence]) => ({ start, end, label: plainLabel(label), score, rule, evidence })),
  concerns: raw.concerns.map(([start, end, label, score, rule, evidence, category, strength]) => ({
    ...{ start, end, sign: plainLabel(label), category: plainLabel(category), strength, score, rule, evidence },
    label: `${plainLabel(category)}: ${plainLabel(label)}`,
  })),
  texts: raw.texts.map(([start, end, text, role, language, score, ...box]) => ({ start, end, text, role, language, score, box })),
  objects: raw.objects.map(([start, end, label, score, seen]) => ({ start, end, label: raw.names[label], score, seen })),
  framing: raw.framing.map((both) => both.map((n) => (n < 0 ? "" : raw.names[n]))),
  shares: raw.shares,
  boxes: raw.boxes.map(([start, end, person, ...box]) => ({ start, end, person, box })),
  areas: raw.areas.map(([start, end, ...box]) => ({ start, end, box })),
  palette: raw.palette,
  gradual: raw.gradual.map(([start, end]) => ({ start, end })),
  colour: bytes(raw.colour),
  luma: unpack(raw.luma),
  change: unpack(raw.change),
  flashing: unpack(raw.flashing),
  motion: unpack(raw.motion),
  shake: unpack(raw.shake),
  warmth: unpack(raw.warmth),
  cuts: unpack(raw.cuts),
  wave: unpack(raw.wave),
  momentary: unpack(raw.momentary),
  loudness: unpack(raw.loudness),
  lufs: raw.lufs,
};

let stills = null;
let portraits = null;

/** A label as words: car-chase is car chase. */
export function plainLabel(label) {
  return label.replace(/[-_]/g, " ");
}

/** What is looked for in an event: its label and what it rests on. */
export function eventText(event) {
  return `${event.label} ${event.evidence.map(([kind, , says]) => `${kind} ${says}`).join(" ")}`;
}

/** The portrait of a person as a data URL, or "" where there is none. */
export function portraitOf(person) {
  if (!person || person.portrait < 0) return "";
  portraits ??= read("portraits");
  return `data:image/${portraits[person.portrait]}`;
}

/** The still of a shot as a data URL, or "" where there is none. */
export function stillOf(shot) {
  if (!shot || shot.still < 0) return "";
  stills ??= read("stills");
  return `data:image/${stills[shot.still]}`;
}

/** The number of the last row that starts at or before `t`, or -1. Rows are in order of start. */
export function lastAt(rows, t) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].start <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The rows that may touch [from, to): rows are in order of start and at most as long as the longest of them. */
export function within(rows, from, to) {
  rows.longest ??= rows.reduce((most, r) => Math.max(most, r.end - r.start), 0);
  return rows.slice(Math.max(lastAt(rows, from - rows.longest), 0), lastAt(rows, to) + 1).filter((r) => r.end > from || r.start >= from);
}

/** The shot that is on at `t`. */
export const shotAt = (t) => film.shots[lastAt(film.shots, t)];

/** The scene that is on at `t`. */
export const sceneAt = (t) => film.scenes[lastAt(film.scenes, t)];

/** The cue that is spoken at `t`, if any. */
export function cueAt(t) {
  const cue = film.cues[lastAt(film.cues, t)];
  return cue && t < cue.end ? cue : undefined;
}

/** h:mm:ss, or m:ss under an hour; `digits` of a second are shown where asked for. */
export function clockText(t, digits = 0) {
  const unit = 10 ** digits;
  const ticks = Math.floor(t * unit + 1e-6);
  const seconds = Math.floor(ticks / unit);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours || film.duration >= 3600 ? `${hours}:${two(minutes)}` : `${minutes}`;
  const tail = digits ? `.${String(ticks % unit).padStart(digits, "0")}` : "";
  return `${head}:${two(seconds % 60)}${tail}`;
}

/** A length in words that fit it: 4.2 s, 1 min 12 s, 2 h 05 min. */
export function lengthText(s) {
  if (s < 59.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.round(s / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export const countText = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** Text as it is compared: small letters without accents. */
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** The mean colour of [from, to) as [r, g, b], from luma where there is no colour, or null where nothing was measured. */
export function colourOf(from, to) {
  const source = film.colour ?? film.luma?.bytes;
  if (!source) return null;
  const step = film.colour ? 3 : 1;
  const bins = source.length / step;
  const first = Math.min(bins - 1, Math.max(0, Math.floor((from / film.duration) * bins)));
  const last = Math.min(bins - 1, Math.max(first, Math.ceil((to / film.duration) * bins) - 1));
  const stride = Math.max(1, Math.floor((last - first) / 64));
  const sum = [0, 0, 0];
  let n = 0;
  for (let bin = first; bin <= last; bin += stride) {
    if (source[bin * step] === 255) continue;
    for (let part = 0; part < 3; part++) sum[part] += source[bin * step + (step === 3 ? part : 0)];
    n++;
  }
  return n ? sum.map((v) => Math.round((v / n) * (255 / 254))) : null;
}

/** The mean of a curve over [from, to) in its own unit, or null. */
export function meanOf(curve, from, to) {
  if (!curve) return null;
  const bins = curve.bytes.length;
  const first = Math.min(bins - 1, Math.max(0, Math.floor((from / film.duration) * bins)));
  const last = Math.min(bins - 1, Math.max(first, Math.ceil((to / film.duration) * bins) - 1));
  let sum = 0;
  let n = 0;
  for (let bin = first; bin <= last; bin++) {
    if (curve.bytes[bin] === 255) continue;
    sum += curve.bytes[bin];
    n++;
  }
  return n ? (sum / n / 254) * curve.top : null;
}

/** The most of a curve over [from, to) in its own unit, or null. */
export function mostOf(curve, from, to) {
  if (!curve) return null;
  const bins = curve.bytes.length;
  const first = Math.min(bins - 1, Math.max(0, Math.floor((from / film.duration) * bins)));
  const last = Math.min(bins - 1, Math.max(first, Math.ceil((to / film.duration) * bins) - 1));
  let most = -1;
  for (let bin = first; bin <= last; bin++) if (curve.bytes[bin] !== 255) most = Math.max(most, curve.bytes[bin]);
  return most < 0 ? null : (most / 254) * curve.top;
}
