// The storyboard: a tile for every shot, cut out of sheets, for the filmstrip and for what hovers over the bar.

import { h } from "../dom.js";
import { filmPath } from "../api.js";
import { clock } from "../say.js";

const seconds = (text) => text.split(":").reduce((all, part) => all * 60 + Number(part), 0);

export class Board {
  #images = new Map();

  constructor(tiles) {
    this.tiles = tiles;
    this.starts = Float64Array.from(tiles, (tile) => tile.start);
  }

  /** The film's board; one without tiles where there is none. */
  static async of(id, signal) {
    const told = await fetch(`/v1/${filmPath(id)}/storyboard.vtt`, { signal });
    if (!told.ok) return new Board([]);
    const found = (await told.text()).matchAll(/(\S+) --> (\S+)\n(\S+?)#xywh=(\d+),(\d+),(\d+),(\d+)/g);
    return new Board(Array.from(found, ([, start, end, sheet, ...box]) => ({ start: seconds(start), end: seconds(end), sheet, box: box.map(Number) })));
  }

  /** The tile at a time. */
  at(time) {
    let [low, high] = [0, this.tiles.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return this.tiles[Math.max(low - 1, 0)];
  }

  /** A sheet as an image, or null until it is here; `drawn` is called then. */
  image(sheet, drawn) {
    const known = this.#images.get(sheet);
    if (known) return known.complete && known.naturalWidth ? known : null;
    const image = new Image();
    image.onload = drawn;
    image.src = sheet;
    this.#images.set(sheet, image);
    return null;
  }
}

/** A card that follows the pointer over the film's time: still, time, and what is there. */
export class Card {
  constructor(board) {
    this.board = board;
    this.still = h("div.tile");
    this.words = h("p");
    this.time = h("b.num");
    this.node = h("div.peek", { hidden: true, "aria-hidden": "true" }, this.still, h("div.peek-words", {}, this.time, this.words));
  }

  show(x, y, time, words = "") {
    const tile = this.board.at(time);
    this.still.hidden = !tile;
    if (tile) {
      const [left, top, width, height] = tile.box;
      const style = this.still.style;
      style.width = `${width}px`;
      style.height = `${height}px`;
      style.backgroundImage = `url("${tile.sheet}")`;
      style.backgroundPosition = `-${left}px -${top}px`;
    }
    this.time.textContent = clock(time, 1);
    this.words.textContent = words;
    this.node.hidden = false;
    const half = this.node.offsetWidth / 2;
    this.node.style.left = `${Math.min(Math.max(x, half + 8), innerWidth - half - 8)}px`;
    this.node.style.top = `${y}px`;
  }

  hide() {
    this.node.hidden = true;
  }
}
