// An analysis: what it would take, asking for it, and how it goes on.

import { fill, h } from "./dom.js";
import { api, events, filmPath, post } from "./api.js";
import { failed, length, percent, tell, words } from "./say.js";

export const open = (job) => job?.state === "queued" || job?.state === "running";

/** The latest job of each film. */
export async function latest(signal) {
  const { jobs } = await api("jobs?limit=500", { signal });
  const found = new Map();
  for (const job of jobs) if (!found.has(job.movie)) found.set(job.movie, job);
  return found;
}

/** Ask for an analysis; gives the job, or null where everything is known already. */
export async function analyse(film) {
  const plan = await api(`${filmPath(film.id)}/plan`);
  const left = plan.steps.filter((step) => step.state === "run").length;
  if (!left) return void tell("Everything is known of this film already.");
  const job = await post("jobs", { film: film.id });
  tell(`${left} steps, about ${length(job.estimated_seconds)} of work.`);
  dispatchEvent(new Event("busy"));
  return job;
}

/** What is being done now, in words. */
function doing(job) {
  if (job.state === "queued") return "Waiting its turn";
  const now = Object.entries(job.progress).filter(([, share]) => share < 1).map(([stage]) => words(stage));
  return now.length ? `Looking at ${now.slice(0, 2).join(", ")}` : "Under way";
}

// A browser holds six connections to a server: a few streams for what runs, and one question now and then for the rest.
const STREAMS = 3;
const EVERY = 2_000;
const watched = new Map();
let streams = 0;
let timer = 0;

/** Call `seen(job)` as the job goes on, until it has ended or the signal says stop. */
function watch(job, seen, signal) {
  if (signal.aborted) return;
  if (job.state !== "running" || streams >= STREAMS) {
    watched.set(job.id, { seen, signal });
    timer ||= setTimeout(look, EVERY);
    signal.addEventListener("abort", () => watched.delete(job.id));
    return;
  }
  streams += 1;
  let told = false;
  const over = () => void (told || ((told = true), (streams -= 1)));
  signal.addEventListener("abort", over);
  events(`jobs/${job.id}/events`, {
    job(now, stream) {
      if (!open(now)) stream.close(), over();
      seen(now);
    },
  }, signal);
}

/** Ask once for all that wait. */
async function look() {
  const { jobs } = await api("jobs?limit=500").catch(() => ({ jobs: [] }));
  for (const job of jobs) {
    const one = watched.get(job.id);
    if (!one) continue;
    one.seen(job);
    if (!open(job)) watched.delete(job.id);
    else if (job.state === "running" && streams < STREAMS) {
      watched.delete(job.id);
      watch(job, one.seen, one.signal);
    }
  }
  timer = watched.size ? setTimeout(look, EVERY) : 0;
}

/** A bar that follows a job; `ended(job)` is called when it has. */
export function follow(job, { signal, ended, compact = false }) {
  const bar = h("progress", { max: 1, value: job.fraction, "aria-label": `Analysis of ${job.film}` });
  const share = h("span.num", {});
  const says = h("span.doing", {});
  const stop = h("button.link", { type: "button", onclick: () => post(`jobs/${job.id}/cancel`).catch(failed) }, "Stop");
  const box = h("div.job", {}, bar, h("div.job-line", {}, says, share, compact ? null : stop));
  const show = (now) => {
    bar.value = now.fraction;
    fill(share, now.state === "running" ? percent(now.fraction) : "");
    fill(says, doing(now));
  };
  show(job);
  watch(job, (now) => {
    show(now);
    if (open(now)) return;
    dispatchEvent(new Event("busy"));
    if (now.state === "failed") tell(now.why.startsWith(now.film) ? now.why : `${now.film}: ${now.why}`, { alert: true });
    else tell(now.state === "done" ? `${now.film} is analysed.` : `${now.film}: the analysis was stopped; what it found is kept.`);
    ended(now);
  }, signal);
  return box;
}
