// Search: moments that fit, why they do, and the words of the question as chips that can be taken away.

import { h, icon, marked } from "../dom.js";
import { api, filmLink, query } from "../api.js";
import { clip } from "../clip.js";
import { hints } from "../hints.js";
import { clock, count, title, words } from "../say.js";
import { quote, taken, without } from "../terms.js";

const MOST = 48;

export async function view({ params, signal }) {
  const q = params.get("q") ?? "";
  const like = params.get("like") ?? "";
  const film = params.get("film") ?? "";
  if (!q && !like) return { title: "Search", page: start(await hints(signal)) };
  const found = await api(query("search", { q, more_like: like, film, limit: MOST }), { signal });
  const name = film ? title(found.hits.find((hit) => hit.movie === film)?.name ?? (await api(`films/${encodeURIComponent(film)}`, { signal })).name) : "";
  const scope = `${count(found.moments, "moment")} of ${count(found.films, "film")} searched`;
  const heading = like ? "More like this moment" : found.hits.length ? `“${q}”` : "Nothing matches";
  const page = [
    h("div.top", {}, h("header.heading", {}, h("h1", {}, heading), h("p.quiet", {}, found.hits.length ? `${count(found.hits.length, "moment")}${found.hits.length === MOST ? " shown, best first" : ""}. ${scope}.` : scope + "."))),
    chips(found, { q, like, film, name }),
    found.notes.map((note) => h("p.note", {}, note)),
    found.hits.length ? h("ol.moments", {}, found.hits.map((hit) => moment(hit))) : nothing(found, q, found.moments ? await hints(signal) : []),
  ];
  const open = (step) => {
    const links = [...document.querySelectorAll(".moment > a")];
    const here = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, here + step))]?.focus();
  };
  return {
    title: like ? "More like this" : q,
    page,
    keys: [
      { keys: ["j"], says: "Next moment", act: () => open(1) },
      { keys: ["k"], says: "Moment before", act: () => open(-1) },
    ],
  };
}

const address = (given) => `#/${query("search", given)}`;

function chips(found, { q, like, film, name }) {
  const chip = (label, says, to) => h("a.chip", { href: to, "aria-label": `${says}: take it away` }, label, icon("cross"));
  const all = [
    like ? chip("like a moment", "Like a moment", address({ q, film })) : null,
    film ? chip(`in ${name}`, `In ${name}`, address({ q, like })) : null,
    ...taken(q).map((term) => chip(term.says, term.says, address({ q: without(q, term), like, film }))),
    // Plain words were taken for these; in quotes they are words again.
    ...found.read.map((filter) => chip(`understood as ${filter}`, filter, address({ q: quote(q, filter), like, film }))),
  ].filter(Boolean);
  return all.length ? h("div.chips.filters", { role: "group", "aria-label": "Filters" }, all) : null;
}

function moment(hit) {
  const [start, end] = hit.seconds;
  const link = h("a", { href: filmLink(hit.movie, start), "aria-label": `${title(hit.name)} at ${clock(start)}` });
  const made = h("li.moment", {}, link);
  link.append(clip(hit.movie, start, end, { on: made }), h("span.time", {}, clock(start)));
  const also = [hit.screen && `On screen: ${hit.screen}`, hit.heard && `Heard: ${hit.heard}`].filter(Boolean);
  made.append(
    ...[
      h("p.where", {}, title(hit.name)),
      hit.words ? h("p.said", { lang: hit.language || null }, "“", ...marked(hit.words, hit.matched), "”") : null,
      hit.english ? h("p.also", { lang: "en" }, hit.english) : null,
      ...also.map((text) => h("p.also", {}, text)),
      h("p.why", {}, hit.why.map(words).join(" · ")),
      h("a.like", { href: address({ like: `${hit.movie}@${((start + end) / 2).toFixed(2)}` }) }, icon("like"), "More like this"),
    ].filter(Boolean),
  );
  return made;
}

/** What can be asked, out of the library itself; nothing where nothing is known. */
const examples = (some) => h("ul.hints", {}, some.map(({ says, q }) => h("li", {}, h("span.quiet", {}, says), h("a", { href: address({ q }) }, q))));

const toLibrary = () => [h("p", {}, "No film of this library has been analysed yet, so there is nothing to search."), h("a.button.main", { href: "#/" }, "To the library")];

const start = (some) => h("section.empty", {}, h("h1", {}, "Search every film"), h("p.quiet", {}, "By what is said, seen, heard or written, in plain words or with filters."), some.length ? examples(some) : toLibrary());

function nothing(found, q, some) {
  if (!found.moments) return h("section.empty", {}, toLibrary());
  return h("section.empty", {}, [
    h("p", {}, `Nothing in this library is near enough to “${q || found.understood}”. That may be because it is not there, or because it is called something else.`),
    some.length ? [h("h2", {}, "What is there, for example"), examples(some)] : null,
  ]);
}
