// The queue: what is under way, what waits, and how what is over has ended.

import { fill, h } from "../dom.js";
import { api, filmLink, post } from "../api.js";
import { follow, open } from "../job.js";
import { ago, failed, length, tell, title, words } from "../say.js";

export async function view({ signal, again }) {
  const [{ jobs }, about] = await Promise.all([api("jobs?limit=200", { signal }), api("about", { signal })]);
  const may = about.scopes.includes("analyse");
  const under = jobs.filter((job) => job.state === "running");
  const waits = jobs.filter((job) => job.state === "queued").sort((a, b) => b.priority - a.priority || a.made - b.made);
  const over = jobs.filter((job) => !open(job));
  const part = (name, list) => (list.length ? h("section.queue", {}, h("h2", {}, name), h("ul", {}, list.map((job) => line(job, { signal, again, may })))) : null);
  return {
    title: "Jobs",
    page: [
      h("div.top", {}, h("header.heading", {}, h("h1", {}, "Jobs"), h("p.quiet", {}, jobs.length ? "Analyses that were asked for. What one has found is kept, even if it is stopped." : ""))),
      part("Under way", under),
      part("Waiting", waits),
      part("Over", over),
      jobs.length ? null : h("section.empty", {}, h("p", {}, "Nothing was asked for yet."), h("a.button.main", { href: "#/" }, "To the library")),
    ],
  };
}

const SAYS = { done: "Done", failed: "Failed", cancelled: "Stopped" };

function line(job, { signal, again, may }) {
  const name = h("a.name", { href: filmLink(job.movie) }, title(job.film));
  const asked = h("span.quiet", {}, `${job.stages.length ? job.stages.map(words).slice(0, 4).join(", ") : "Everything"}, asked ${ago(job.made)}`);
  const row = h("li.queued", {}, h("div", {}, name, h("p", {}, asked)));
  if (open(job)) {
    const sooner = job.state === "queued" && may ? h("button.link", { type: "button", onclick: () => api(`jobs/${job.id}`, { method: "PATCH", body: { priority: Math.min(job.priority + 10, 100) } }).then(() => (tell(`${job.film} comes sooner.`), again()), failed) }, "Sooner") : null;
    row.append(h("div.far", {}, follow(job, { signal, ended: again }), sooner ?? ""));
    return row;
  }
  const retry = async (event) => {
    event.currentTarget.disabled = true;
    await post(`jobs/${job.id}/retry`).catch(failed);
    dispatchEvent(new Event("busy"));
    again();
  };
  const took = job.state === "done" ? ` in ${length(Math.max(job.changed - job.made, 1))}` : "";
  row.append(h("div.far", {}, [
    h(`span.ended.${job.state}`, {}, SAYS[job.state], took),
    job.why ? h("p.reason", {}, job.why) : null,
    may && job.state !== "done" ? h("button.button", { type: "button", onclick: retry }, "Try again") : null,
  ]));
  return row;
}
