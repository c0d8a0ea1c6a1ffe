// What would make failing flashes pass: looked for by the server when somebody asks, since watching again takes a while.

import { fill, h } from "../dom.js";
import { api, filmPath, query } from "../api.js";
import { clock, count, failed } from "../say.js";

const EVERY = 1500; // milliseconds between looks at how far it is

/** A line under the verdicts of a pack; nothing where no flashing fails. */
export function remedies(facts, pack, player, signal) {
  const box = h("div.remedies", { "aria-live": "polite" });
  const path = query(`${filmPath(facts.film.id)}/remedies`, { packs: pack });
  const draw = (told) => {
    if (!told.windows) return fill(box);
    const rows = Object.values(told.remedies).flat();
    const list = rows.map((one) => h("li", {}, h("button.when.num", { type: "button", onclick: () => player.seek(one.start + 0.001) }, clock(one.start)), ` ${one.says}`));
    const busy = told.state === "queued" || told.state === "running";
    const begin = async () => {
      try {
        follow(await api(path, { method: "POST", signal }));
      } catch (error) {
        failed(error);
      }
    };
    const all = told.tried === told.windows;
    fill(box, [
      h("p.row", {}, h("span", {}, `${count(told.windows, "stretch", "stretches")} that ${told.windows === 1 ? "fails" : "fail"} for flashing. `, busy ? `Looking for the mildest remedies: ${told.tried} of ${told.windows}…` : null, all ? "The mildest remedies:" : null), busy || all ? null : h("button.button", { type: "button", "data-remedies": true, onclick: begin }, "Find the mildest remedies")),
      told.state === "failed" ? h("p.alert", {}, told.why) : null,
      list.length ? h("ul.plain", {}, list) : null,
    ]);
  };
  const follow = (told) => {
    draw(told);
    if (told.state !== "queued" && told.state !== "running") return;
    setTimeout(() => signal.aborted || !box.isConnected || api(path, { signal }).then(follow, failed), EVERY);
  };
  api(path, { signal }).then(follow, () => {});
  return box;
}
