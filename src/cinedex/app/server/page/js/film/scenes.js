// Scenes as cards, and the film told in quoted lines.

import { h } from "../dom.js";
import { clip } from "../clip.js";
import { clock, count, length } from "../say.js";

export async function scenes(facts, player) {
  if (!facts.count("scene")) return h("p.quiet.pad", {}, "The film has not been cut into scenes yet.");
  const [told, rows] = await Promise.all([facts.about("summary?length=long"), facts.rows("scene")]);
  const number = (start, i) => (rows.find((row) => Math.abs(row.start - start) < 0.05)?.number ?? i) + 1;
  return h("ol.scenes", {}, told.chapters.map((one, i) => {
    const [start, end] = one.seconds;
    const card = h("button.scene", { type: "button", onclick: () => player.seek(start + 0.001) });
    card.append(
      clip(facts.film.id, start, end, { on: card, height: 180 }),
      h("span.scene-words", {}, [
        h("b", {}, `${number(start, i)}  ${one.title || "Untitled"}`),
        h("span.quiet.num", {}, `${clock(start)}, ${length(end - start)}`),
        one.people.length ? h("span.quiet", {}, one.people.join(", ")) : null,
      ].filter(Boolean)),
    );
    return h("li", {}, card);
  }));
}

export async function summary(facts, player) {
  if (!facts.count("shot")) return h("p.quiet", {}, "There is nothing to tell of this film before it is analysed.");
  const told = await facts.about("summary?length=medium");
  const lines = told.lines.map((line) => h("li", {}, h("button.quoted", { type: "button", onclick: () => player.seek(line.seconds[0] + 0.001) }, h("span.at.num", {}, clock(line.seconds[0])), h("span", {}, line.kind === "said" ? `“${line.text}”` : line.text))));
  const numbers = [
    ["shot", "shot"], ["scene", "scene"], ["cue", "line"], ["event", "event"], ["flag", "technical flag"], ["concern", "thing to review", "things to review"],
  ].filter(([kind]) => facts.count(kind));
  return h("div.overview", {}, [
    h("section", {}, h("h2", {}, "In its own words"), lines.length ? h("ol.lines", {}, lines) : h("p.quiet", {}, "Nothing was said or shown that stands for the whole."), told.notes.map((note) => h("p.quiet", {}, note))),
    h("section", {}, h("h2", {}, "What is known"), h("ul.known", {}, numbers.map(([kind, one, many]) => h("li", {}, count(facts.count(kind), one, many))))),
    failures(facts),
  ].filter(Boolean));
}

function failures(facts) {
  const all = Object.entries(facts.film.failures);
  if (!all.length) return null;
  return h("section", {}, h("h2", {}, "What went wrong"), h("ul.known", {}, all.map(([stage, why]) => h("li.alert", {}, `${stage}: ${why}`))));
}
