// Times, counts and sizes as people read them, and the page's own voice.

import { $, h, iconButton } from "./dom.js";

/** 83.2 as 1:23, or with so many digits after the seconds. */
export function clock(seconds, digits = 0) {
  const unit = 10 ** digits;
  const all = Math.max(0, Math.floor(seconds * unit + 1e-6));
  const whole = Math.floor(all / unit);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = digits ? `.${String(all % unit).padStart(digits, "0")}` : "";
  return `${hours ? `${hours}:${String(minutes).padStart(2, "0")}` : minutes}:${String(rest).padStart(2, "0")}${tail}`;
}

/** A length in words: 42 s, 1 min 30 s, 2 h 5 min. */
export function length(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (whole < 600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

export function bytes(size) {
  const steps = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(steps.length - 1, size ? Math.floor(Math.log10(size) / 3) : 0);
  return `${(size / 1000 ** power).toFixed(power > 1 && size / 1000 ** power < 10 ? 1 : 0)} ${steps[power]}`;
}

/** A film's name without its ending, as a title. */
export const title = (name) => name.replace(/\.[A-Za-z0-9]{2,5}$/, "").replace(/[_]+/g, " ").trim() || name;

/** "dropped-frames" as "dropped frames". */
export const words = (label) => String(label).replace(/[-_]+/g, " ");

export const percent = (share) => `${Math.round(share * 100)} %`;

const languages = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(["en"], { type: "language" }) : null;

/** A language's name. */
export function language(code) {
  try {
    return languages?.of(code) ?? code;
  } catch {
    return code;
  }
}

/** When something was, seen from now. */
export function ago(time) {
  const past = Date.now() / 1000 - time;
  if (past < 60) return "just now";
  if (past < 3600) return `${Math.round(past / 60)} min ago`;
  return past < 86_400 ? `${Math.round(past / 3600)} h ago` : new Date(time * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** Say something in passing, to eyes and to screen readers; `action` is [label, function]. */
export function tell(text, { alert = false, action = null } = {}) {
  const box = $("told");
  const close = () => toast.remove();
  const button = action && h("button.button", { type: "button", onclick: () => (close(), action[1]()) }, action[0]);
  const away = alert ? iconButton("cross", "Take this message away", close) : null;
  const toast = h(alert ? "div.toast.alert" : "div.toast", {}, h("span", {}, text), button, away);
  while (box.children.length > 2) box.firstChild.remove();
  box.append(toast);
  setTimeout(close, alert || action ? 10_000 : 5_000);
}

/** Say something to screen readers alone. */
export const whisper = (text) => ($("heard").textContent = text);

/** Say what went wrong; that the server is silent is said by the shell as long as it is. */
export const failed = (error) => error.name !== "AbortError" && error.status !== 0 && tell(error.message, { alert: true });
