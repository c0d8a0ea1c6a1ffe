// Finding somebody, moving with the arrows, dark or light. The page is whole without it.

const $ = (id) => document.getElementById(id);
const cards = [...document.querySelectorAll(".card")];
const find = $("find");
const fold = $("fold");

function search() {
  const words = find.value.trim().toLowerCase();
  let found = 0;
  for (const card of cards) {
    const fits = card.dataset.name.toLowerCase().includes(words);
    card.hidden = !fits;
    found += fits;
  }
  if (fold && words) fold.open = true;
  $("nobody").hidden = found > 0;
}

find?.addEventListener("input", search);

const theme = () => document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
});

/** The card beside, or the nearest one above or below: cards of one row have one top. */
function beside(card, key) {
  const seen = cards.filter((c) => c.offsetParent && !c.hidden);
  const here = seen.indexOf(card);
  if (key === "ArrowLeft") return seen[here - 1];
  if (key === "ArrowRight") return seen[here + 1];
  const { left, top } = card.getBoundingClientRect();
  const down = key === "ArrowDown";
  const beyond = seen.filter((c) => (down ? c.getBoundingClientRect().top > top + 4 : c.getBoundingClientRect().top < top - 4));
  if (!beyond.length) return undefined;
  const tops = beyond.map((c) => c.getBoundingClientRect().top);
  const row = down ? Math.min(...tops) : Math.max(...tops);
  const away = (c) => Math.abs(c.getBoundingClientRect().left - left);
  return beyond.filter((c) => Math.abs(c.getBoundingClientRect().top - row) <= 4).sort((a, b) => away(a) - away(b))[0];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const card = event.target.closest?.(".card");
  if (event.key === "/" && find && event.target !== find) {
    event.preventDefault();
    find.focus();
  } else if (event.key === "Escape" && find && event.target === find) {
    find.value = "";
    search();
  } else if (card && event.target.matches("summary") && event.key.startsWith("Arrow")) {
    event.preventDefault();
    const next = beside(card, event.key);
    next?.querySelector("summary").focus();
    next?.scrollIntoView({ block: "nearest" });
  }
});

document.documentElement.dataset.ready = "";
