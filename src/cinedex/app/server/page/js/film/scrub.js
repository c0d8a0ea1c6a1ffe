// The player's bar: how far the film is, and a still of where the pointer is.

import { h } from "../dom.js";
import { clock } from "../say.js";
import { Card } from "./board.js";

export function scrubber(player, board) {
  const done = h("i.done");
  const span = h("i.span", { hidden: true });
  const card = new Card(board);
  const node = h("div.scrub", { role: "slider", tabindex: "0", "aria-label": "Time", "aria-valuemin": 0, "aria-valuemax": Math.round(player.duration) }, h("i.rail"), done, span, card.node);
  const at = (event) => {
    const box = node.getBoundingClientRect();
    return (Math.min(Math.max(event.clientX - box.left, 0), box.width) / box.width) * player.duration;
  };
  let held = false;
  node.addEventListener("pointerdown", (event) => {
    held = true;
    node.setPointerCapture(event.pointerId);
    player.seek(at(event));
  });
  node.addEventListener("pointermove", (event) => {
    card.show(event.clientX, node.getBoundingClientRect().top - 10, at(event));
    if (held) player.seek(at(event));
  });
  node.addEventListener("pointerup", () => (held = false));
  node.addEventListener("pointerleave", () => card.hide());
  node.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: player.time - 5, ArrowDown: player.time - 5, ArrowRight: player.time + 5, ArrowUp: player.time + 5, PageUp: player.time + 60, PageDown: player.time - 60, Home: 0, End: player.duration }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    player.seek(to);
  });
  let said = -1;
  const tick = (time) => {
    done.style.transform = `scaleX(${player.duration ? time / player.duration : 0})`;
    if (Math.floor(time) === said) return;
    said = Math.floor(time);
    node.setAttribute("aria-valuenow", said);
    node.setAttribute("aria-valuetext", `${clock(time)} of ${clock(player.duration)}`);
  };
  const share = (time) => `${(100 * time) / (player.duration || 1)}%`;
  const mark = ({ set, start, end }) => {
    span.hidden = !set;
    span.style.left = share(start ?? 0);
    span.style.right = share(player.duration - (end ?? player.duration));
  };
  return { node, tick, mark };
}
