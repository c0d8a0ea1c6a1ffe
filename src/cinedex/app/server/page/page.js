// The library's page: films, search, work. No text of a film ever becomes markup: it is set as text alone.

const main = document.getElementById("main");
const told = document.getElementById("told");
const query = document.getElementById("query");

/** An element with attributes (functions are listeners) and children; strings are text. */
function el(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

function tell(text) {
  told.textContent = text;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => (told.textContent = ""), 6000);
}

/** An answer of the API; problems become errors that say what to do. */
async function api(path, options = {}) {
  const headers = options.body ? { "Content-Type": "application/json" } : {};
  const answer = await fetch(`/v1/${path}`, { ...options, headers: { ...headers, ...options.headers } });
  if (answer.status === 401) throw new NeedsKey();
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({ detail: `the server answered ${answer.status}` }));
    throw new Error([problem.detail, problem.remedy].filter(Boolean).join(". "));
  }
  return answer.status === 204 ? null : answer.json();
}

class NeedsKey extends Error {}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((n) => String(n).padStart(2, "0"));
  return (whole >= 3600 ? `${Math.floor(whole / 3600)}:` : "") + parts.join(":");
}

const filmUrl = (id, at) => `/v1/films/${encodeURIComponent(id)}/report${at == null ? "" : `#t=${at.toFixed(2)}`}`;

/** A picture that steps aside for words where there is none. */
function picture(source, words) {
  const box = el("div", { class: "picture" });
  const image = el("img", { src: source, alt: "", loading: "lazy", error: () => box.replaceChildren(words) });
  box.append(image);
  return box;
}

function card(film, job) {
  const facts = [clock(film.seconds), film.picture ? `${film.picture.width} × ${film.picture.height}` : "sound only"];
  const row = el("div", { class: "row" });
  const made = el(
    "li",
    { class: "card" },
    el(
      "a",
      { class: "open", href: filmUrl(film.id) },
      picture(`/v1/films/${encodeURIComponent(film.id)}/poster`, "not analysed yet"),
      el("div", { class: "name" }, film.name),
      el("div", { class: "facts" }, facts.join(" · ")),
    ),
    row,
  );
  const idle = (word) => row.replaceChildren(el("button", { click: () => analyse(film, row) }, word));
  if (job && (job.state === "queued" || job.state === "running")) follow(job, row, show);
  else idle(job ? "Analyse again" : "Analyse");
  return made;
}

async function analyse(film, row) {
  try {
    const plan = await api(`films/${encodeURIComponent(film.id)}/plan`);
    const left = plan.steps.filter((step) => step.state === "run").length;
    if (!left) return tell(`${film.name}: everything is known already.`);
    const job = await api("jobs", { method: "POST", body: JSON.stringify({ film: film.id }) });
    tell(`${film.name}: ${left} stages, about ${clock(job.estimated_seconds)}.`);
    follow(job, row, () => show());
  } catch (error) {
    failed(error);
  }
}

const streams = new Set();

/** Draw how a job goes on, as it goes on. */
function follow(job, row, ended) {
  const bar = el("progress", { max: 1, value: job.fraction, "aria-label": `analysis of ${job.film}` });
  const words = el("span", { class: "quiet" }, job.state === "queued" ? "waiting" : "");
  const cancel = el("button", { click: () => api(`jobs/${job.id}/cancel`, { method: "POST" }).catch(failed) }, "Stop");
  row.replaceChildren(bar, words, cancel);
  const stream = new EventSource(`/v1/jobs/${job.id}/events`);
  streams.add(stream);
  stream.addEventListener("job", (event) => {
    const now = JSON.parse(event.data);
    bar.value = now.fraction;
    words.textContent = now.state === "running" ? `${Math.round(now.fraction * 100)} %` : now.state === "queued" ? "waiting" : now.state;
    if (now.state === "queued" || now.state === "running") return;
    stream.close();
    streams.delete(stream);
    tell(now.state === "failed" ? `${now.film}: ${now.why}` : `${now.film}: ${now.state}.`);
    ended();
  });
}

const BLOCK = 8 << 20;

/** Upload a film; after a cut connection it goes on from where it was. */
async function upload(file, bar) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const begun = await fetch("/v1/uploads", { method: "POST", headers: { "Upload-Length": file.size, "Upload-Metadata": `filename ${name}`, "Tus-Resumable": "1.0.0" } });
  if (begun.status === 401) throw new NeedsKey();
  if (!begun.ok) throw new Error((await begun.json()).detail);
  const place = begun.headers.get("Location");
  let at = 0;
  for (let failures = 0; failures < 30; ) {
    try {
      const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": at, "Tus-Resumable": "1.0.0" };
      const sent = await fetch(place, { method: "PATCH", headers, body: file.slice(at, at + BLOCK) });
      if (sent.status === 200) return sent.json();
      if (sent.status === 204) [at, failures] = [Number(sent.headers.get("Upload-Offset")), 0];
      else if ([409, 423].includes(sent.status) || sent.status >= 500) throw new TypeError("try again");
      else throw new Error((await sent.json()).detail);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      failures += 1;
      await new Promise((done) => setTimeout(done, Math.min(500 * failures, 5000)));
      const told = await fetch(place, { method: "HEAD" }).catch(() => null);
      if (told?.ok) at = Number(told.headers.get("Upload-Offset"));
    }
    bar.value = at / file.size;
  }
  throw new Error("the connection stayed cut; choose the file again to begin anew");
}

async function uploadAll(files, row) {
  for (const file of files) {
    const bar = el("progress", { max: 1, value: 0, "aria-label": `upload of ${file.name}` });
    row.replaceChildren(el("span", { class: "quiet" }, file.name), bar);
    try {
      const film = await upload(file, bar);
      tell(`${film.name} is in the library.`);
    } catch (error) {
      failed(error);
    }
  }
  show();
}

async function films() {
  const [{ films: found, total, next }, { jobs }] = await Promise.all([api("films?limit=200"), api("jobs?limit=200")]);
  const latest = new Map();
  for (const job of jobs) if (!latest.has(job.movie)) latest.set(job.movie, job);
  const path = el("input", { name: "path", placeholder: "Path of a film on the server", "aria-label": "Path of a film on the server", required: true, autocomplete: "off" });
  const add = async (event) => {
    event.preventDefault();
    try {
      const film = await api("films", { method: "POST", body: JSON.stringify({ path: path.value }) });
      tell(`${film.name} is in the library.`);
      show();
    } catch (error) {
      failed(error);
    }
  };
  const chosen = el("input", { type: "file", multiple: true, class: "hidden", id: "files", accept: "video/*,audio/*,.mkv,.mxf,.ts", change: () => uploadAll([...chosen.files], form) });
  const choose = el("button", { type: "button", class: "main", click: () => chosen.click() }, "Upload films");
  const form = el("form", { class: "ask", submit: add }, chosen, choose, path, el("button", {}, "Add from the server"));
  const list = el("ul", { class: "grid" }, ...found.map((film) => card(film, latest.get(film.id))));
  const more = next ? `The first ${found.length} of ${total}; search finds the others.` : "";
  const none = found.length ? null : el("p", { class: "quiet" }, "No film yet. Add one above, or `cinedex analyze FILM` on the server.");
  return [el("h1", {}, total === 1 ? "One film" : `${total} films`), form, none, list, el("p", { class: "quiet" }, more)];
}

/** Text with some stretches of it marked. */
function marked(text, spans) {
  const parts = [];
  const letters = Array.from(text);
  let at = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    parts.push(letters.slice(at, start).join(""), el("mark", {}, letters.slice(start, end).join("")));
    at = end;
  }
  return el("p", {}, ...parts, letters.slice(at).join(""));
}

const FLICKS = 705_600_000;

function hit(found) {
  const [start, end] = [found.start / FLICKS, found.end / FLICKS];
  const id = encodeURIComponent(found.movie);
  const frame = el("div", { class: "frame" }, el("img", { src: `/v1/films/${id}/still?at=${start + Math.min(0.5, (end - start) / 2)}`, alt: "", loading: "lazy" }));
  let video = null;
  const play = () => {
    if (video) return;
    video = el("video", { src: `/v1/films/${id}/media#t=${start},${end}`, preload: "metadata" });
    video.muted = true;
    frame.append(video);
    video.play().catch(() => {});
  };
  const rest = () => {
    video?.remove();
    video = null;
  };
  const said = found.words ? marked(found.words, found.matched) : null;
  const seen = found.tags ? el("p", { class: "quiet" }, `seen: ${found.tags}`) : null;
  return el(
    "a",
    { class: "hit", href: filmUrl(found.movie, start), mouseenter: play, mouseleave: rest, focus: play, blur: rest },
    frame,
    el("div", {}, el("strong", {}, found.name), " ", el("span", { class: "time" }, `${clock(start)}–${clock(end)}`), said, seen, el("div", { class: "why" }, found.why.length ? `because ${found.why.join("; ")}` : "")),
  );
}

async function searched(words) {
  query.value = words;
  const found = await api(`search?limit=24&q=${encodeURIComponent(words)}`);
  const scope = `${found.moments} moments of ${found.films} films searched.`;
  if (!found.hits.length) return [el("h1", {}, `Nothing in this library matches “${found.query}”`), el("p", { class: "quiet" }, scope)];
  return [el("h1", {}, `“${found.query}”`), ...found.hits.map(hit), el("p", { class: "quiet" }, scope, ...found.notes)];
}

async function work() {
  const { jobs } = await api("jobs?limit=100");
  const rows = jobs.map((job) => {
    const cell = el("td");
    if (job.state === "queued" || job.state === "running") {
      const row = el("div", { class: "row" });
      follow(job, row, show);
      cell.append(row);
    } else {
      cell.append(el("span", { class: job.state }, job.state), " ", el("button", { click: () => api(`jobs/${job.id}/retry`, { method: "POST" }).then(show, failed) }, "Again"));
    }
    return el("tr", {}, el("td", {}, job.film), cell, el("td", {}, job.why), el("td", { class: "quiet" }, new Date(job.made * 1000).toLocaleString()));
  });
  const head = el("tr", {}, ...["Film", "State", "What happened", "Asked for"].map((word) => el("th", { scope: "col" }, word)));
  return [el("h1", {}, "Work"), rows.length ? el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)) : el("p", { class: "quiet" }, "Nothing was asked for yet.")];
}

function keyForm() {
  const key = el("input", { type: "password", "aria-label": "Key", placeholder: "Key", required: true, autocomplete: "current-password" });
  const enter = async (event) => {
    event.preventDefault();
    try {
      await api("session", { method: "POST", body: JSON.stringify({ key: key.value }) });
      show();
    } catch (error) {
      tell(error instanceof NeedsKey ? "This key is unknown or was revoked." : error.message);
    }
  };
  return [el("h1", {}, "A key is needed"), el("p", { class: "quiet" }, "`cinedex keys create NAME` on the server makes one."), el("form", { class: "ask", submit: enter }, key, el("button", { class: "main" }, "Enter"))];
}

function failed(error) {
  if (error instanceof NeedsKey) main.replaceChildren(...keyForm());
  else tell(error.message);
}

async function show() {
  const turn = Symbol("turn");
  show.turn = turn;
  for (const stream of streams) stream.close();
  streams.clear();
  const [page, rest] = location.hash.replace(/^#\/?/, "").split("?");
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#/${page}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const words = new URLSearchParams(rest ?? "").get("q");
    const parts = await (page === "jobs" ? work() : page === "search" && words ? searched(words) : films());
    if (show.turn !== turn) return;
    main.replaceChildren(...parts.filter((part) => part != null));
  } catch (error) {
    if (error instanceof NeedsKey) main.replaceChildren(...keyForm());
    else main.replaceChildren(el("h1", {}, "This did not work"), el("p", { class: "failed" }, error.message));
  }
  document.documentElement.dataset.ready = "";
}

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (query.value.trim()) location.hash = `#/search?q=${encodeURIComponent(query.value.trim())}`;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !(event.target instanceof HTMLInputElement) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    query.focus();
  }
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const form = document.querySelector("form.ask");
  if (event.dataTransfer.files.length && form) uploadAll([...event.dataTransfer.files], form);
});
addEventListener("hashchange", show);
show();
