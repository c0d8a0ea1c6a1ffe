// What rule packs say of the film, clause by clause, with the places that each verdict rests on.

import { fill, h } from "../dom.js";
import { api, filmPath } from "../api.js";
import { clock, count } from "../say.js";
import { remedies } from "./remedies.js";

const VERDICTS = { fail: "Fails", human: "Needs a human", "needs a human": "Needs a human", unmeasured: "Not measured", "not measured": "Not measured", pass: "Passes", "not applicable": "Not applicable" };
const ORDER = ["Fails", "Needs a human", "Not measured", "Not applicable", "Passes"];

const verdict = (clause) => VERDICTS[clause.verdict.replaceAll("-", " ")] ?? clause.verdict;

export async function rules(facts, player, signal) {
  if (!facts.count("shot")) return h("p.quiet", {}, "Rules are judged by what an analysis finds. This film has not been analysed yet.");
  const { packs } = await api("compliance", { signal });
  const body = h("div.verdicts", { "aria-live": "polite" });
  const choose = h("select.field", { "aria-label": "Rule pack" }, packs.map((pack) => h("option", { value: pack.name }, pack.title)));
  const kept = localStorage.getItem("cinedex.pack");
  if (packs.some((pack) => pack.name === kept)) choose.value = kept;
  const links = h("span.row");
  const show = async () => {
    localStorage.setItem("cinedex.pack", choose.value);
    fill(body, h("p.quiet", {}, "Judging…"));
    const to = `/v1/${filmPath(facts.film.id)}/compliance?packs=${choose.value}`;
    fill(links, h("a.button", { href: `${to}&format=html`, target: "_blank", rel: "noopener" }, "Report"), h("a.button", { href: `${to}&format=csv` }, "CSV"), h("a.button", { href: `#/review?film=${encodeURIComponent(facts.film.id)}&what=clauses` }, "Sign off"));
    try {
      const told = await facts.about(`compliance?packs=${choose.value}`);
      fill(body, remedies(facts, choose.value, player, signal), ...table(told.packs[0], packs.find((pack) => pack.name === choose.value), told.note, player));
    } catch (error) {
      if (error.name !== "AbortError") fill(body, h("p.alert", {}, error.message));
    }
  };
  choose.addEventListener("change", show);
  await show();
  return h("div.rules", {}, h("div.row", {}, choose, links), body);
}

function table(judged, pack, note, player) {
  const clauses = judged.clauses.toSorted((a, b) => ORDER.indexOf(verdict(a)) - ORDER.indexOf(verdict(b)));
  const counts = ORDER.map((name) => [name, clauses.filter((clause) => verdict(clause) === name).length]).filter(([, number]) => number);
  const rating = judged.rating ? h("p.rating", {}, h("b", {}, judged.rating.from === judged.rating.to ? judged.rating.from : `${judged.rating.from} to ${judged.rating.to}`), h("span.quiet", {}, ` would follow from what was found. ${judged.rating.because.join(", ")}`)) : null;
  return [
    rating,
    h("ul.counts", {}, counts.map(([name, number]) => h("li", {}, h(`span.verdict.${tone(name)}`, {}, name), ` ${number}`))),
    h("div.scroll", {}, h("table.clauses", {}, h("thead", {}, h("tr", {}, ["Verdict", "Clause", "Measured", "Where"].map((word) => h("th", { scope: "col" }, word)))), h("tbody", {}, clauses.map((clause) => row(clause, player))))),
    h("p.quiet", {}, `${note} ${pack.about}`),
  ].filter(Boolean);
}

const tone = (name) => ({ Fails: "bad", "Needs a human": "human", Passes: "good" })[name] ?? "open";

function row(clause, player) {
  const name = verdict(clause);
  const value = clause.value == null ? "" : `${Number(clause.value.toPrecision(4))} ${clause.unit}`;
  const places = clause.evidence.slice(0, 8).map((one) => h("button.when.num", { type: "button", title: one.note, onclick: () => player.seek(one.start + 0.001) }, clock(one.start)));
  const more = clause.evidence.length - places.length;
  return h("tr", {}, [
    h("td", {}, h(`span.verdict.${tone(name)}`, {}, name), clause.signed ? h("p.quiet", {}, clause.signed.decision === "waive" ? "waived" : "signed off") : null),
    h("td", {}, clause.text, h("p.quiet", {}, `${clause.clause}, ${clause.source}`)),
    h("td", {}, h("span.num", {}, value), clause.allowed ? h("p.quiet", {}, clause.allowed) : null, clause.why && clause.why !== value ? h("p.quiet", {}, clause.why) : null),
    h("td", {}, h("div.times", {}, places, more > 0 ? h("span.quiet", {}, `and ${count(more, "other")}`) : null)),
  ]);
}
