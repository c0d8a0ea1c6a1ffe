// Before anything is drawn: the colours that were chosen, so that the page does not flash.
try {
  const chosen = localStorage.getItem("cinedex.theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
