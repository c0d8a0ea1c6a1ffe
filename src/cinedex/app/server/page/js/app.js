// The shell: search box, theme, shortcuts of every view, and how many jobs are under way.

import { $ } from "./dom.js";
import { api } from "./api.js";
import { always, help } from "./keys.js";
import { draw, go, route } from "./router.js";
import { failed, tell } from "./say.js";
import { dropped, take } from "./uploading.js";

const field = $("query");

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = field.value.trim();
  if (!words) return;
  field.blur();
  go(`#/search?q=${encodeURIComponent(words)}`);
});

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("cinedex.theme", root.dataset.theme);
  dispatchEvent(new Event("theme"));
}

$("theme").addEventListener("click", theme);
$("help").addEventListener("click", help);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("theme")));

always(
  { keys: ["/"], says: "Search", act: () => field.select() },
  { keys: ["?"], says: "These shortcuts", act: help },
  { keys: ["g"], says: "The library", act: () => go("#/") },
  { keys: ["t"], says: "Light or dark", act: theme },
);
field.addEventListener("keydown", (event) => event.key === "Escape" && field.blur());

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address behind # is a view
  $("main").focus();
});

/** How many jobs are under way, beside the link to them. */
async function busy() {
  if (document.hidden) return;
  const { jobs } = await api("jobs?limit=100").catch(() => ({ jobs: [] }));
  const open = jobs.filter((job) => job.state === "queued" || job.state === "running").length;
  $("busy").hidden = !open;
  $("busy").textContent = open ? ` ${open}` : "";
}

addEventListener("hashchange", () => {
  const { name, params } = route();
  field.value = name === "search" ? (params.get("q") ?? "") : "";
  draw();
  busy();
});
addEventListener("busy", busy);

/** While the server does not answer, say so, and go on when it is back. */
addEventListener("silence", () => {
  if (!$("silent").hidden) return;
  $("silent").hidden = false;
  const timer = setInterval(async () => {
    const told = await fetch("/healthz").catch(() => null);
    if (!told?.ok) return;
    clearInterval(timer);
    $("silent").hidden = true;
    tell("The server is back.");
    dispatchEvent(new Event("back"));
    busy();
  }, 2_000);
});
addEventListener("back", () => document.querySelector("[data-broken]") && location.reload()); // modules that did not come are not asked for twice
addEventListener("offline", () => tell("The connection is gone. Uploads go on when it is back.", { alert: true }));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", async (event) => {
  event.preventDefault();
  if (!event.dataTransfer.types.includes("Files")) return;
  const files = await dropped(event.dataTransfer).catch(() => []);
  try {
    const { scopes } = await api("about");
    if (!scopes.includes("analyse")) return tell("This key may not add films.", { alert: true });
    take(files);
    if (route().name) go("#/"); // where the uploads are shown
  } catch (error) {
    failed(error);
  }
});

if (route().name === "search") field.value = route().params.get("q") ?? "";
setInterval(busy, 15_000);
draw().then(busy);
