// The people of the library: who is known, who of a film has no name yet, and whether they are recognised at all.

import { fill, h } from "../dom.js";
import { api, filmLink, filmPath, query } from "../api.js";
import { face, person } from "../film/cast.js";
import { decide } from "../film/deciding.js";
import { erasing } from "../film/erasing.js";
import { clock, count, failed, length, tell, title } from "../say.js";

export async function view({ signal, again }) {
  const [about, everybody, { films }, recognition] = await Promise.all([api("about", { signal }), all(signal), api("films?limit=500", { signal }), api("people/recognition", { signal })]);
  const may = { review: about.scopes.includes("review"), admin: about.scopes.includes("admin") };
  const known = everybody.filter((one) => one.name);
  const strangers = everybody.filter((one) => !one.name);
  const unnamed = h("div.unnamed");
  addEventListener("people", again, { signal });
  return {
    title: "People",
    page: [
      h("div.top", {}, h("header.heading", {}, h("h1", {}, "People"), h("p.quiet", {}, known.length ? `${count(known.length, "person", "people")} with a name.` : "Give a face a name, and search, transcripts and summaries use it at once."))),
      known.length ? h("ul.people", { "aria-label": "People with a name" }, known.map((one) => somebody(one, known, may))) : null,
      strangers.length ? h("section.film-people", {}, h("h2", {}, "Seen in several films"), h("ul.people", {}, strangers.map((one) => somebody(one, everybody, may)))) : null,
      h("div", {}, unnamed),
      switching(recognition, about, again),
    ],
    ready: () => looking(unnamed, films, may, signal, known.length).catch(failed),
  };
}

const AT_ONCE = 12;

/** The faces without a name, film by film, some films at a time: a library may have a thousand. */
async function looking(box, films, may, signal, known) {
  let at = 0;
  const more = h("button.button", { type: "button", hidden: true, onclick: () => next().catch(failed) }, "Look in more films");
  box.after(h("p.centre", {}, more));
  async function next() {
    more.hidden = true;
    const some = films.slice(at, (at += AT_ONCE));
    for (const one of some) {
      const gallery = await api(`${filmPath(one.id)}/people?limit=60`, { signal });
      if (gallery.characters.some((who) => !who.name)) box.append(film(gallery, may));
    }
    more.hidden = at >= films.length;
    if (!known && !box.children.length && more.hidden) fill(box, h("section.empty", {}, h("p", {}, "Nobody has been seen yet. An analysis looks for faces."), h("a.button.main", { href: "#/" }, "To the library")));
  }
  await next();
}

async function all(signal) {
  const found = [];
  for (let after = 0; after != null; ) {
    const page = await api(query("people", { limit: 500, after: after || null }), { signal });
    found.push(...page.people);
    after = page.next;
  }
  return found;
}

/** Somebody of the library: one face, where they are seen, and what can be decided. A stranger is named by a film's face. */
function somebody(one, others, may) {
  const best = one.seen.toSorted((a, b) => b.seconds - a.seconds)[0];
  const who = one.person || (best ? `${best.film}#${best.label}` : "");
  const called = one.name || "A stranger";
  const portrait = () => face({ ...best, name: one.name, title: one.name });
  const seen = h("ul.seen", {}, one.seen.slice(0, 5).map((where) => h("li", {}, h("a", { href: filmLink(where.film, where.seen[0]?.[0] ?? 0) }, title(where.film_name)), h("span.quiet.num", {}, ` ${length(where.seconds)}`))));
  const name = h("input.name", { value: one.name, placeholder: "A stranger", "aria-label": `Name of ${called}`, maxlength: 200, autocomplete: "off", spellcheck: "false", readonly: !may.review || !who });
  name.addEventListener("change", () => name.value.trim() && decide("name", { who, name: name.value.trim() }));
  const find = one.name ? h("a.link", { href: `#/${query("search", { q: `person:"${one.name}"` })}` }, "Every moment") : null;
  return h("li.person", {}, [
    portrait(),
    h("form.who", { onsubmit: (event) => (event.preventDefault(), name.blur()) }, name, h("p.quiet", {}, `${length(one.seconds)} on screen`)),
    h("div.times", {}, seen),
    find ? h("div.times", {}, find) : null,
    may.review && who ? changes() : null,
  ].filter(Boolean));

  function changes() {
    const rest = others.filter((other) => other.person && other !== one);
    const merge = h("select.field", { "aria-label": `${called} is the same as`, onchange: () => merge.value && decide("merge", { who, other: merge.value }) }, h("option", { value: "" }, "Is the same as…"), rest.map((other) => h("option", { value: other.person }, other.name || other.person)));
    const hide = h("button.link", { type: "button", onclick: () => decide(one.hidden ? "show" : "hide", { who }) }, one.hidden ? "Show again" : "Hide");
    const films = one.seen.map((where) => where.film_name);
    const erase = h("button.link", { type: "button", onclick: () => erasing({ who, name: one.name || "this stranger", portrait: portrait(), films }) }, "Erase…");
    return h("details.more", {}, h("summary", {}, "Change"), h("div.row", {}, rest.length ? merge : null, hide, may.admin && one.person ? erase : null));
  }
}

/** A film's faces without a name. */
function film(gallery, may) {
  const nameless = gallery.characters.filter((who) => !who.name);
  const first = (who) => h("div.times", {}, h("a.when.num", { href: filmLink(gallery.film, who.seen[0]?.[0] ?? 0), "aria-label": `${who.title} at ${clock(who.seen[0]?.[0] ?? 0)}` }, clock(who.seen[0]?.[0] ?? 0)));
  return h("section.film-people", {}, [
    h("h2", {}, "No name yet, in ", h("a", { href: filmLink(gallery.film) }, title(gallery.name))),
    h("ul.people", {}, nameless.map((who) => person(who, gallery.characters, { film: gallery.film, player: null, may, where: first(who) }))),
  ]);
}

/** Whether faces are compared from film to film: off, until somebody says by which right. */
function switching(recognition, about, again) {
  const admin = about.scopes.includes("admin");
  const basis = h("input.field", { id: "basis", maxlength: 4000, required: true, placeholder: "Releases signed by the cast, 2026", autocomplete: "off" });
  const put = (body) => api("people/recognition", { method: "PUT", body }).then(() => (tell(body.on ? "People are recognised from film to film." : "People are not recognised any more; names that were given stay."), again()), failed);
  const off = h("form.row", { onsubmit: (event) => (event.preventDefault(), put({ on: true, basis: basis.value.trim() })) }, h("label", { for: "basis" }, "By which right"), basis, h("button.button", {}, "Switch on"));
  const on = h("div.row", {}, h("span", {}, `On: ${recognition.basis}. Kept for ${count(recognition.keep_days, "day")} after last use.`), h("button.button", { type: "button", onclick: () => put({ on: false }) }, "Switch off"));
  return h("section.recognition", {}, [
    h("h2", {}, "Recognising people from film to film"),
    h("p.quiet", {}, recognition.on ? "Faces of one film are compared with those of others." : "Off. Faces are told apart within each film, and no film's faces are compared with another's. To switch it on, say by which right."),
    admin ? (recognition.on ? on : off) : null,
  ].filter(Boolean));
}
