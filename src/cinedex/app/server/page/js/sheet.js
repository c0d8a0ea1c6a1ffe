// A dialog over the page: a title, what it says, and a way out by button, Escape or a click beside it.

import { h } from "./dom.js";

/** Open a dialog. `act` is a button that stands beside the way out. The focus goes back to where it was. */
export function sheet(title, children, { leave = "Cancel", act = null } = {}) {
  const before = document.activeElement;
  const out = h("button.button", { type: "button", autofocus: true, onclick: () => dialog.close() }, leave);
  const dialog = h("dialog.sheet", { "aria-label": title, onclose: () => (dialog.remove(), before?.isConnected && before.focus()) }, [
    h("h2", {}, title),
    children,
    h("div.row.ways", {}, out, act),
  ]);
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && outside(dialog, event) && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
