// What can be taken along: subtitles by a style guide, cuts for editing, facts for programs.

import { fill, h } from "../dom.js";
import { api, filmPath, mediaUrl, query } from "../api.js";
import { go } from "../router.js";
import { failed, language, percent, tell } from "../say.js";

const SAYS = {
  srt: "SubRip, for most players", vtt: "WebVTT, for the web", ass: "Advanced SubStation", ttml: "TTML, for broadcasters", scc: "Scenarist closed captions",
  otio: "OpenTimelineIO: cuts and markers for editors", edl: "CMX 3600 edit list", fcpxml: "Final Cut Pro XML", json: "Everything, as JSON", "ad.vtt": "Audio description, a draft",
  "google-video": "The shape of Google's Video Intelligence", csv: "Tables",
};

export async function takeout(facts, about) {
  const film = `/v1/${filmPath(facts.film.id)}`;
  const link = (href, name, says) => h("li", {}, h("a.button", { href, download: true }, name), h("span.quiet", {}, says));
  const exports = about.exports.filter((name) => !["srt", "vtt", "ass", "ttml"].includes(name));
  return h("div.takeout", {}, [
    h("section", {}, h("h2", {}, "Subtitles"), await subtitles(facts, film)),
    h("section", {}, h("h2", {}, "Facts and edits"), h("ul.takes", {}, exports.map((name) => link(`${film}/export?format=${encodeURIComponent(name)}`, name.toUpperCase(), SAYS[name] ?? "")))),
    h("section", {}, h("h2", {}, "To read and to keep"), h("ul.takes", {}, [
      h("li", {}, h("a.button", { href: `${film}/report`, target: "_blank", rel: "noopener" }, "Report"), h("span.quiet", {}, "The film on one page, without a server")),
      link(mediaUrl(facts.film.id), "Film", "The file itself"),
    ])),
    about.scopes.includes("admin") ? h("section", {}, h("h2", {}, "The end"), h("p", {}, h("button.button", { type: "button", onclick: () => remove(facts.film) }, "Remove from the library"), h("span.quiet", {}, " Everything known of the film goes; the film's file stays where it is."))) : null,
  ]);
}

async function remove(film) {
  if (!confirm(`Remove “${film.name}” and everything known of it from the library?`)) return;
  try {
    await api(filmPath(film.id), { method: "DELETE" });
    tell("The film is removed.");
    go("#/");
  } catch (error) {
    failed(error);
  }
}

async function subtitles(facts, film) {
  if (!facts.count("cue")) return h("p.quiet", {}, "There are no words to make subtitles of.");
  const [styles, cues, translations] = await Promise.all([api("subtitles"), facts.rows("cue", { every: 10 }), facts.rows("translation", { every: 10 })]);
  const known = [...new Set([...cues, ...translations].map((row) => row.language).filter(Boolean))];
  const pick = (says, options) => h("label.pick", {}, says, h("select.field", { onchange: () => show() }, options.map(([value, name]) => h("option", { value }, name))));
  const style = pick("Style", styles.styles.map((name) => [name, name]));
  const form = pick("Format", styles.forms.map((name) => [name, `${name.toUpperCase()}${SAYS[name] ? `, ${SAYS[name]}` : ""}`]));
  const tongue = pick("Language", known.map((code) => [code, language(code)]));
  const sdh = h("input", { type: "checkbox", onchange: () => show() });
  const get = h("a.button.main", { download: true }, "Download");
  const score = h("span.quiet", { role: "status" });
  const value = (label) => label.querySelector("select").value;
  async function show() {
    const given = { style: value(style), language: value(tongue), sdh: sdh.checked || null, format: value(form) };
    get.href = `${film}/${query("subtitles", { ...given, keep: true })}`;
    const told = await fetch(`${film}/${query("subtitles", { ...given, format: "vtt" })}`).catch(() => null);
    const share = told?.ok ? Number(told.headers.get("X-Cinedex-Conforming")) : null;
    fill(score, share == null ? "" : `${percent(share)} keep every rule of the style`);
  }
  await show();
  return h("div.row.wide", {}, style, tongue, form, h("label.pick.check", {}, sdh, "for those who do not hear"), get, score);
}
