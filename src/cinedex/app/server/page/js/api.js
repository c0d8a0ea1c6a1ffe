// The server's API. Problems become errors that say what happened and what can be done.

export class NeedsKey extends Error {}

export class Problem extends Error {
  constructor(status, facts) {
    const says = [facts.detail, facts.remedy].filter(Boolean).join(". ").replace(/\.\. /g, ". ");
    super(says.slice(0, 1).toUpperCase() + says.slice(1));
    this.status = status;
  }
}

/** What goes with a request that changes something: a login's token, where there is a login. */
export async function signed() {
  token ??= fetch("/auth/session").then((told) => (told.ok ? told.json() : {}), () => ({}));
  const { csrf } = await token;
  return csrf ? { "X-CSRF-Token": csrf } : {};
}
let token;

/** What becomes of an error that means that nobody answers; the window hears of it. */
export function silence(error) {
  if (!(error instanceof TypeError)) throw error;
  dispatchEvent(new Event("silence"));
  throw new Problem(0, { detail: "The server does not answer", remedy: "See that it runs; this page goes on when it is back." });
}

/** An answer as JSON, or null for one without a body. */
export async function api(path, { method = "GET", body, signal, headers = {} } = {}) {
  const about = body === undefined ? {} : { "Content-Type": "application/json" };
  const sign = method === "GET" ? {} : await signed();
  const told = await fetch(`/v1/${path}`, { method, signal, headers: { ...about, ...sign, ...headers }, body: body === undefined ? undefined : JSON.stringify(body) }).catch(silence);
  return told.status === 204 ? null : (await checked(told)).json();
}

/** The answer itself, if it is a good one. Throws NeedsKey or Problem. */
export async function checked(told) {
  if (told.status === 401) throw new NeedsKey("a key is needed");
  if (told.ok) return told;
  throw new Problem(told.status, await told.json().catch(() => ({ detail: `the server answered ${told.status}` })));
}

export const post = (path, body) => api(path, { method: "POST", body });

/** An address with what is not null of the parameters. */
export function query(path, given) {
  const pairs = Object.entries(given).filter(([, value]) => value != null && value !== "");
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

export const filmPath = (id) => `films/${encodeURIComponent(id)}`;
export const mediaUrl = (id) => `/v1/${filmPath(id)}/media`;
export const stillUrl = (id, at, height = 360) => `/v1/${filmPath(id)}/still?at=${Math.max(at, 0).toFixed(3)}&height=${height}`;
export const filmLink = (id, at) => `#/film/${encodeURIComponent(id)}${at == null ? "" : `?t=${Number(at.toFixed(3))}`}`;

const PAGE = 50_000;

/** All rows of one kind of fact; `seen(rows)` is told of each page as it comes. */
export async function rows(film, kind, signal, more = {}) {
  const found = [];
  for (let after = 0; after != null; ) {
    const page = await api(query(`${filmPath(film)}/tracks/${kind}`, { limit: PAGE, after: after || null, ...more }), { signal });
    found.push(...page.rows);
    after = page.next;
  }
  return found;
}

/** Follow server-sent events until the signal says stop. `on` has a function for each event's name. */
export function events(path, on, signal) {
  const stream = new EventSource(`/v1/${path}`);
  for (const [name, act] of Object.entries(on)) {
    if (name !== "error") stream.addEventListener(name, (event) => act(JSON.parse(event.data), stream));
  }
  stream.addEventListener("error", () => on.error?.(stream));
  signal?.addEventListener("abort", () => stream.close());
  return stream;
}
