// Settings and what this server is: appearance, the key, models with their licences, what can be taken out.

import { h } from "../dom.js";
import { api, signed } from "../api.js";
import { enable, enabled } from "../keys.js";
import { draw } from "../router.js";
import { bytes, count, failed, tell, words } from "../say.js";

export async function view({ signal }) {
  const [about, models, films] = await Promise.all([api("about", { signal }), api("models", { signal }), api("films?limit=1", { signal })]);
  const login = await fetch("/auth/session", { signal }).then((told) => (told.ok ? told.json() : {}));
  const here = models.filter((model) => model.here);
  const size = here.reduce((all, model) => all + model.bytes, 0);
  return {
    title: "Settings",
    page: h("div.settings", {}, [
      h("header.heading", {}, h("h1", {}, "Settings")),
      h("section", {}, h("h2", {}, "Appearance"), theme()),
      h("section", {}, h("h2", {}, "Keyboard"), h("label.check", {}, h("input", { type: "checkbox", checked: enabled(), onchange: (event) => enable(event.target.checked) }), "Single keys are shortcuts")),
      h("section", {}, h("h2", {}, "This server"), h("dl.facts", {}, facts([
        ["Version", `Cinedex ${about.version}`],
        ["Library", count(films.total, "film")],
        ["You", `${about.you}, and you may ${about.scopes.join(", ")}`],
        ["Cores", String(about.cores)],
        ["Network", about.offline ? "Offline: nothing is fetched" : "Models are fetched when they are first needed"],
        ["Answers", about.writes ? "Phrased by a language model, and only of what was found" : "Quoted; no language model writes"],
        ["Recognition", about.recognition ? "People are recognised from film to film" : "Off"],
        ["Uploads", `up to ${bytes(about.upload_bytes)} a film`],
        ["Exports", about.exports.join(", ")],
      ])), about.you === "this machine" ? null : h("p", {}, h("button.button", { type: "button", onclick: login.you ? logout : leave }, login.you ? "Log out" : "Forget the key"))),
      h("section", {}, h("h2", {}, "Models"), h("p.quiet", {}, `${here.length} of ${models.length} are on this machine, ${bytes(size)}. Each has a licence of its own.`), table(models)),
    ]),
  };
}

const facts = (rows) => rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);

function theme() {
  const now = document.documentElement.dataset.theme ?? "";
  const pick = (value, says) => h("label.check", {}, h("input", { type: "radio", name: "theme", checked: now === value, onchange: () => choose(value) }), says);
  return h("fieldset.row", {}, h("legend.hidden", {}, "Light or dark"), pick("", "As the system"), pick("light", "Light"), pick("dark", "Dark"));
}

function choose(value) {
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
  if (value) localStorage.setItem("cinedex.theme", value);
  else localStorage.removeItem("cinedex.theme");
  dispatchEvent(new Event("theme"));
}

async function leave() {
  await api("session", { method: "DELETE" }).catch(failed);
  tell("The key is forgotten.");
  draw({ again: true });
}

async function logout() {
  const told = await fetch("/auth/logout", { method: "POST", headers: await signed() });
  if (told.ok) location.assign((await told.json()).to);
  else tell("Logging out did not work.", { alert: true });
}

function table(models) {
  const row = (model) => h("tr", {}, [
    h("td", {}, h("b", {}, model.name), h("p.quiet", {}, model.summary)),
    h("td", {}, words(model.task)),
    h("td", {}, model.licence.url ? h("a", { href: safe(model.licence.url), target: "_blank", rel: "noopener noreferrer" }, model.licence.name) : model.licence.name, h("p.quiet", {}, [model.licence.status, model.licence.note].filter(Boolean).join(", "))),
    h("td.num", {}, bytes(model.bytes)),
    h("td", {}, model.here ? "here" : h("span.quiet", {}, "not fetched")),
  ]);
  const head = ["Model", "For", "Licence", "Size", ""].map((name) => h("th", { scope: "col" }, name || h("span.hidden", {}, "Whether it is here")));
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Models" }, h("table.models", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, models.map(row))));
}

/** Registries may be anybody's: an address is a link only if it leads to a page. */
const safe = (url) => (/^https?:\/\//.test(url) ? url : null);
