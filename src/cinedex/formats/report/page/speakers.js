// Who speaks: a colour and a lane for each of the film's voices.

import { film } from "./film.js";
import { drawSpans, sayOf } from "./draw.js";

export const VOICES = 4; // voices with a lane of their own before more is asked for
const VOICES_OPEN = 12;

const shades = (index) => {
  const hue = Math.round((200 + index * 137.5) % 360);
  return [`hsl(${hue} 45% 40%)`, `hsl(${hue} 45% 66%)`];
};

/** A voice's colour as the page's style sheet takes it: hues far apart, in the order of how long they speak. */
export const speakerInk = (index) => `light-dark(${shades(index).join(", ")})`;

/** The same as a canvas takes it, for the page as it looks now. */
function speakerColour(index) {
  const theme = document.documentElement.dataset.theme;
  return shades(index)[(theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches) ? 1 : 0];
}

/** A thin lane for each of the voices that speak longest, one for all others together. */
export function speakerLanes(open) {
  const shown = film.speakers.slice(0, open.has("speakers") ? VOICES_OPEN : VOICES);
  const lanes = shown.map((voice) => {
    const rows = film.turns.filter((turn) => turn.speaker === voice.index);
    return {
      ...{ name: voice.name, height: 11, tight: true },
      draw: drawSpans(rows, () => speakerColour(voice.index)),
      says: sayOf(rows, (row) => `${voice.name} speaks (${row.score.toFixed(2)})`),
    };
  });
  const rest = film.turns.filter((turn) => turn.speaker >= shown.length);
  if (rest.length) {
    const count = film.speakers.length - shown.length;
    lanes.push({ name: `${count} ${count > 1 ? "other voices" : "other voice"}`, height: 11, tight: true, draw: drawSpans(rest, () => speakerColour(VOICES)), says: sayOf(rest, (row) => `${film.speakers[row.speaker].name} speaks`) });
  }
  if (lanes.length) delete lanes.at(-1).tight;
  return lanes;
}
