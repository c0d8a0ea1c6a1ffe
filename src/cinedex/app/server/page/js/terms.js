// A query taken apart into filters and phrases, and put together again without one of them.

const TERM = /(-?)([a-z]+):("[^"]*"|[^\s"]+)|"([^"]*)"/g;

/** The filters and phrases that were written, each with where it stands. */
export function taken(q) {
  return [...q.matchAll(TERM)].map((found) => ({
    at: found.index,
    text: found[0],
    says: found[2] ? `${found[1] ? "not " : ""}${found[2]}: ${found[3].replaceAll('"', "")}` : `“${found[4]}”`,
  }));
}

const tidy = (text) => text.replace(/\s+/g, " ").trim();

export const without = (q, term) => tidy(q.slice(0, term.at) + q.slice(term.at + term.text.length));

/** The words that were read as a filter, made words again by quotes. */
export function quote(q, filter) {
  const value = filter.slice(filter.indexOf(":") + 1).replaceAll('"', "").split(",")[0];
  const at = q.toLowerCase().indexOf(value.toLowerCase());
  return at < 0 ? `"${tidy(q.replaceAll('"', ""))}"` : tidy(`${q.slice(0, at)}"${q.slice(at, at + value.length)}"${q.slice(at + value.length)}`);
}
