// Addresses behind the # become views. A view is a module loaded when it is first asked for.

import { $, fill, h } from "./dom.js";
import { NeedsKey, silence } from "./api.js";
import { during } from "./keys.js";
import { whisper } from "./say.js";

const VIEWS = {
  "": () => import("./views/library.js"),
  film: () => import("./views/film.js"),
  search: () => import("./views/search.js"),
  ask: () => import("./views/ask.js"),
  people: () => import("./views/people.js"),
  review: () => import("./views/review.js"),
  jobs: () => import("./views/jobs.js"),
  settings: () => import("./views/settings.js"),
};

let shown = null;

/** The address taken apart: view, the rest of its path, its parameters. */
export function route() {
  const [path, rest = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...more] = path.split("/");
  return { name, id: decodeURIComponent(more.join("/")), params: new URLSearchParams(rest) };
}

export const go = (to) => (location.hash = to);

/** Change the address without drawing anew. */
export const quietly = (to) => history.replaceState(null, "", to);

/**
 * Draw what the address names. A view's `view({ id, params, signal, again })` gives { title, page, keys, update };
 * `signal` ends what it began, `update(params)` takes a change of parameters.
 */
export async function draw({ again = false } = {}) {
  const to = route();
  if (!again && shown?.name === to.name && shown.id === to.id && shown.update) return shown.update(to.params);
  shown?.stop.abort();
  const stop = new AbortController();
  const turn = (shown = { ...to, stop });
  during();
  for (const link of $("nav").children) mark(link, to.name);
  const main = $("main");
  const wait = setTimeout(() => main.classList.add("waiting"), 150);
  let view;
  try {
    const known = VIEWS[to.name];
    view = known ? await (await loaded(known)).view({ ...to, signal: stop.signal, again: () => draw({ again: true }) }) : lost();
  } catch (error) {
    if (error.name === "AbortError") return;
    view = error instanceof NeedsKey ? await keyForm() : broken(error);
  } finally {
    clearTimeout(wait);
  }
  if (turn !== shown) return;
  main.classList.remove("waiting");
  main.dataset.view = to.name || "library";
  const held = again && main.contains(document.activeElement) ? document.activeElement : null;
  if (again) hold(main);
  fill(main, view.page);
  if (held && !held.isConnected) (like(held, main) ?? main).focus({ preventScroll: true });
  turn.update = view.update;
  during(view.keys);
  document.title = view.title ? `${view.title} · Cinedex` : "Cinedex";
  view.ready?.();
  document.documentElement.dataset.ready = "";
  if (draw.before && !again) {
    scrollTo(0, 0);
    (main.querySelector("[data-first]") ?? main).focus({ preventScroll: true });
    whisper(view.title);
  }
  draw.before = true;
}

/** A view's module; that it does not come means that nobody answers. */
const loaded = (known) => known().catch(silence);

/** Keep a view that is drawn again from shrinking while it fills, so that it stays where it was scrolled to. */
function hold(main) {
  main.style.minHeight = `${main.offsetHeight}px`;
  setTimeout(() => (main.style.minHeight = ""), 1_500);
}

/** The control of the new drawing that is what the old one was: the focus stays where it is. */
function like(old, main) {
  const called = (one) => one.getAttribute("aria-label") || one.textContent;
  return [...main.querySelectorAll(old.tagName)].find((one) => called(one) === called(old));
}

function mark(link, name) {
  const own = link.getAttribute("href").replace(/^#\/?/, "");
  if (own === name || (own === "" && name === "film")) link.setAttribute("aria-current", own === name ? "page" : "true");
  else link.removeAttribute("aria-current");
}

const lost = () => ({ title: "Not found", page: h("section.empty", {}, h("h1", {}, "There is no such page"), h("p", {}, h("a", { href: "#/" }, "To the library"))) });

const broken = (error) => ({
  title: "This did not work",
  page: h("section.empty", { "data-broken": true }, h("h1", {}, "This did not work"), h("p.alert", {}, error.message), h("button.button.main", { onclick: () => draw({ again: true }) }, "Try again")),
});

async function keyForm() {
  const { login } = await fetch("/auth/session").then((told) => (told.ok ? told.json() : {}), () => ({}));
  const says = h("p.alert", { role: "alert" });
  const key = h("input.field", { type: "password", id: "key", required: true, autocomplete: "current-password", "data-first": true });
  const enter = async (event) => {
    event.preventDefault();
    const told = await fetch("/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: key.value }) });
    if (told.ok) draw({ again: true });
    else says.textContent = told.status === 401 ? "This key is unknown, or was revoked." : `The server answered ${told.status}.`;
  };
  const form = h("form.row", { onsubmit: enter }, h("label.hidden", { for: "key" }, "Key"), key, h("button.button.main", {}, "Enter"));
  const other = login ? h("p", {}, h("a.button.main", { href: "/auth/login?to=/" }, "Log in"), " or enter a key.") : null;
  return { title: "A key is needed", page: h("section.empty", {}, h("h1", {}, "A key is needed"), h("p", {}, "This library is shared. Whoever runs it makes keys with ", h("code", {}, "cinedex keys create NAME"), "."), other, form, says) };
}
