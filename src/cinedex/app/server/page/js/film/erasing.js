// Erasing somebody: what goes and what stays is said before, since it cannot be taken back.

import { h } from "../dom.js";
import { post } from "../api.js";
import { count, failed, tell, title, words } from "../say.js";
import { sheet } from "../sheet.js";

/** Ask whether somebody is to be erased: `who` they are, their `name`, `portrait` and, where it is known, `films`. */
export function erasing({ who, name, portrait, films }) {
  const where = films ? `in ${films.length === 1 ? title(films[0]) : count(films.length, "film")}` : "in every film in which they are known";
  const goes = [`Vectors of their face and voice, and their portraits, ${where}`, "Their name, and everything that was decided about them", "What search and answers know of them"];
  const stays = ["The films and their stills, on which the face is still seen", "When and where they were seen, so that a later analysis does not make them anew", "Reports and exports made before, and backups"];
  const list = (says, items) => [h("h3", {}, says), h("ul.goes", {}, items.map((item) => h("li", {}, item)))];
  const erase = h("button.button.danger", { type: "button", onclick: carryOut }, "Erase for good");
  const says = h("p.quiet", { role: "status" });
  const dialog = sheet(`Erase ${name}?`, [portrait, list("This goes", goes), list("This stays", stays), h("p", {}, h("b", {}, "It cannot be undone.")), says], { act: erase });

  async function carryOut() {
    erase.disabled = true;
    says.textContent = "Erasing…";
    try {
      const gone = await post("people/delete", { who });
      dialog.close();
      const parts = Object.entries(gone.removed).map(([kind, number]) => `${number.toLocaleString("en")} ${words(kind)}`);
      tell(`${name} is erased from ${count(gone.films.length, "film")}${parts.length ? `: ${parts.join(", ")}` : ""}.`);
      dispatchEvent(new Event("people"));
    } catch (error) {
      dialog.close();
      failed(error);
    }
  }
}
