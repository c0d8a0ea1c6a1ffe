// Review: what was found and a human decides about, one after another, by keyboard.

import { fill, h } from "../dom.js";
import { api, filmLink, filmPath, mediaUrl, query, stillUrl } from "../api.js";
import { clock, count, failed, tell, title, words } from "../say.js";

const DECISIONS = { accept: "Accepted", reject: "Rejected", correct: "Corrected" };

export async function view({ params, signal }) {
  const film = params.get("film") ?? "";
  let rows;
  try {
    rows = await queue(film, signal);
  } catch (error) {
    if (error.status !== 404) throw error;
    return { title: "Review", page: h("section.empty", {}, h("h1", {}, "Review"), h("p", {}, "This server cannot keep decisions about what was found. A later version can; the compliance tab of each film shows the findings.")) };
  }
  const about = await api("about", { signal });
  if (!rows.length) return { title: "Review", page: h("section.empty", {}, h("h1", {}, "Nothing to review"), h("p", {}, "What analyses find and a human should look at comes here: violence, nudity, strong language, technical faults."), h("a.button.main", { href: "#/" }, "To the library")) };
  return desk(rows, about.scopes.includes("review"));
}

async function queue(film, signal) {
  const told = await api(film ? `${filmPath(film)}/review` : query("review/queue", { limit: 500 }), { signal });
  return told.rows ?? told.queue ?? told.flags ?? told;
}

function desk(rows, may) {
  let here = 0;
  const video = h("video", { playsinline: true, preload: "auto", "aria-label": "The span to decide about", controls: true });
  const facts = h("div.review-facts", { "aria-live": "polite" });
  const note = h("textarea.field", { rows: 2, maxlength: 2000, "aria-label": "Note", placeholder: "A note, if one is needed" });
  const list = h("ol.queue-list", { "aria-label": "Queue" });
  const left = h("p.quiet", { role: "status" });
  const editor = h("div");
  const items = rows.map((row, i) => {
    const item = h("button.queue-item", { type: "button", onclick: () => go(i) });
    list.append(h("li", {}, item));
    return item;
  });

  const paint = (i) => {
    const row = rows[i];
    const state = DECISIONS[row.decision ?? { accepted: "accept", rejected: "reject", corrected: "correct" }[row.state]] ?? "";
    fill(items[i], h("img", { src: stillUrl(row.film, row.start + 0.1, 90), alt: "", loading: "lazy" }), h("span.queue-words", {}, h("b", {}, words(row.category || row.kind)), h("span.quiet", {}, `${title(row.title)}, `, h("span.num", {}, clock(row.start)))), h(`span.mark-${state ? state.toLowerCase() : "open"}.decided`, {}, state));
  };

  function go(to) {
    here = Math.min(Math.max(to, 0), rows.length - 1);
    const row = rows[here];
    items.forEach((item, i) => item.toggleAttribute("aria-current", i === here));
    items[here].scrollIntoView({ block: "nearest" });
    const address = `${mediaUrl(row.film)}#t=${row.start.toFixed(3)}`;
    if (!video.src.endsWith(address)) video.src = address;
    video.poster = stillUrl(row.film, row.start + 0.1, 480);
    note.value = row.note ?? "";
    fill(editor);
    fill(facts, told(row));
  }

  function play() {
    const row = rows[here];
    if (!video.paused) return video.pause();
    if (video.currentTime < row.start - 0.1 || video.currentTime >= row.end - 0.05) video.currentTime = row.start;
    video.play().catch(() => {});
  }
  video.addEventListener("timeupdate", () => !video.paused && video.currentTime >= Math.max(rows[here].end, rows[here].start + 0.8) && video.pause());

  async function decide(decision, more = {}) {
    if (!may) return tell("This key may look, and not decide.", { alert: true });
    const row = rows[here];
    try {
      const answer = await api(`${filmPath(row.film)}/review`, { method: "POST", body: { flag: row.id, decision, note: note.value.trim(), ...more } });
      Object.assign(row, more, { decision, note: note.value.trim() }, answer?.id === row.id ? answer : {});
      paint(here);
      remaining();
      const next = rows.findIndex((other, i) => i > here && !decided(other));
      go(next >= 0 ? next : here);
    } catch (error) {
      failed(error);
    }
  }

  const remaining = () => fill(left, `${rows.filter((row) => !decided(row)).length} of ${count(rows.length, "finding")} to decide`);

  function correct() {
    const row = rows[here];
    const number = (value) => h("input.field", { type: "number", step: "0.001", min: 0, value: value.toFixed(3), required: true });
    const [start, end] = [number(row.start), number(row.end)];
    const category = h("input.field", { value: row.category ?? "", maxlength: 100 });
    const severity = h("input.field", { value: row.severity ?? "", maxlength: 60 });
    const field = (says, input) => h("label.pick", {}, says, input);
    const here_link = (input) => h("button.link", { type: "button", onclick: () => (input.value = video.currentTime.toFixed(3)) }, "where the film is");
    const send = (event) => {
      event.preventDefault();
      decide("correct", Object.fromEntries(Object.entries({ start: Number(start.value), end: Number(end.value), category: category.value.trim() || null, severity: severity.value.trim() || null }).filter(([, value]) => value !== null)));
    };
    fill(editor, h("form.correcting", { onsubmit: send }, field("Begins", start), here_link(start), field("Ends", end), here_link(end), field("Category", category), field("Severity", severity), h("button.button.main", {}, "Save the correction")));
    start.focus();
  }

  items.forEach((_, i) => paint(i));
  remaining();
  const buttons = [["Accept", "A", () => decide("accept")], ["Reject", "R", () => decide("reject")], ["Correct", "C", correct]];
  return {
    title: "Review",
    page: [
      h("div.top", {}, h("header.heading", {}, h("h1", {}, "Review"), left)),
      h("div.desk", {}, h("div.desk-main", {}, h("div.desk-screen", {}, video), facts, note, h("div.row.decide", {}, buttons.map(([name, key, act]) => h("button.button", { type: "button", onclick: act, disabled: !may, "data-decide": name.toLowerCase() }, name, h("kbd", { "aria-hidden": "true" }, key)))), editor), list),
    ],
    ready: () => go(Math.max(rows.findIndex((row) => !decided(row)), 0)),
    keys: [
      { keys: ["a"], says: "Accept the finding", act: () => decide("accept") },
      { keys: ["r"], says: "Reject it", act: () => decide("reject") },
      { keys: ["c"], says: "Correct it", act: correct },
      { keys: ["j"], says: "Next", act: () => go(here + 1) },
      { keys: ["k"], says: "The one before", act: () => go(here - 1) },
      { keys: [" "], says: "Play the span", act: play },
      { keys: ["n"], says: "Write a note", act: () => note.focus() },
    ],
  };
}

const decided = (row) => Boolean(row.decision) || ["accepted", "rejected", "corrected", "accept", "reject", "correct"].includes(row.state);

function told(row) {
  const facts = [
    ["When", h("a", { href: filmLink(row.film, row.start) }, `${title(row.title)}, ${clock(row.start, 1)}–${clock(row.end, 1)}`)],
    ["Rests on", Array.isArray(row.rests_on) ? row.rests_on.map((one) => (typeof one === "string" ? one : (one.says ?? one.note ?? one.kind ?? ""))).slice(0, 6).join("; ") : (row.rests_on ?? "")],
    ["Clauses", (row.clauses ?? []).map((one) => (typeof one === "string" ? one : (one.clause ?? one.text ?? one.id))).join(", ")],
    ["Decided", row.by ? `${words(row.state)} by ${row.by}` : ""],
  ].filter(([, value]) => value);
  return [
    h("h2", {}, words(row.category || row.kind), row.severity ? h("span.severity", {}, words(row.severity)) : null, row.score != null ? h("span.quiet.num", {}, ` score ${Number(row.score).toFixed(2)}`) : null),
    h("dl.facts", {}, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
  ];
}
