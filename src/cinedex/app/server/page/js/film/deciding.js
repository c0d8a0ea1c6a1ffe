// Decisions about people, each of which can be taken back.

import { post } from "../api.js";
import { failed, tell } from "../say.js";

/** Decide something about people; it can be taken back from the message that says so. Views hear of it as `people`. */
export async function decide(what, body) {
  const heard = () => dispatchEvent(new Event("people"));
  try {
    const done = await post(`people/${what}`, body);
    const undo = () => post("people/undo", { entry: done.entry }).then(heard, failed);
    tell(`${done.acts.join("; ") || "Done"}.`, { action: ["Undo", undo] });
  } catch (error) {
    failed(error);
  }
  heard();
}
