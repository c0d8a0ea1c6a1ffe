// Drawing on the timeline's canvas: words, blocks, curves. What is finer than a pixel is drawn once.

/** Words at a height, shortened to `most` pixels. */
export function label(context, ink, text, x, y, { most = Infinity, color, size = 12, weight = 400 } = {}) {
  context.font = `${weight} ${size}px ${ink.font}`;
  context.textBaseline = "middle";
  context.fillStyle = color;
  let shown = text;
  if (most < Infinity && context.measureText(text).width > most) {
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${text.slice(0, middle)}…`).width <= most) low = middle;
      else high = middle - 1;
    }
    if (low < 4) return; // a letter or two say nothing
    shown = `${text.slice(0, low)}…`;
  }
  context.fillText(shown, x, y);
}

/** Stretches as blocks; `says(row)` is written into those that are wide enough. */
export function blocks(context, y, high, view, stretches, { color, says = null, words, alpha = null, round = 2 }) {
  let last = -1;
  for (const row of stretches.between(view.from, view.to)) {
    const left = view.x(row.start);
    const right = Math.max(view.x(row.end), left + 1);
    if (right - left < 1.5 && left < last + 1) continue;
    last = right;
    const from = Math.max(left, view.gutter - 2);
    const wide = Math.max(Math.min(right, view.width + 2) - from - (right - left > 5 ? 1 : 0), 1);
    context.globalAlpha = alpha ? alpha(row) : 1;
    context.fillStyle = typeof color === "function" ? color(row) : color;
    context.beginPath();
    context.roundRect(from, y, wide, high, wide > 4 ? round : 0);
    context.fill();
    context.globalAlpha = 1;
    if (says && wide > 34) label(context, view.ink, says(row), from + 6, y + high / 2 + 0.5, { most: wide - 12, color: words ?? view.ink.text, size: 11.5 });
  }
}

/** A curve over evenly spaced values as a filled shape from the bottom: for each pixel its highest value. */
export function curve(context, y, high, view, values, { step, low, top, color }) {
  context.fillStyle = color;
  const left = Math.max(view.gutter, 0);
  for (let x = left; x < view.width; x++) {
    const from = Math.floor((view.from + (x - left) / view.scale) / step);
    const to = Math.max(from + 1, Math.ceil((view.from + (x + 1 - left) / view.scale) / step));
    let most = -Infinity;
    for (let i = from; i < to && i < values.length; i++) if (values[i] > most) most = values[i];
    const share = Math.min(Math.max((most - low) / (top - low), 0), 1);
    if (share > 0) context.fillRect(x, y + high * (1 - share), 1, high * share);
  }
}

/** Shots as their stills where there is room, else as their colours. */
export function filmstrip(context, y, high, view, board, colours) {
  let last = -1;
  for (let i = 0; i < board.tiles.length; i++) {
    const tile = board.tiles[i];
    if (tile.end < view.from) continue;
    if (tile.start > view.to) break;
    const [left, right] = [view.x(tile.start), view.x(tile.end)];
    if (right < last + 1) continue;
    last = right;
    const wide = right - left;
    const shown = wide - (wide > 6 ? 1.5 : 0);
    context.fillStyle = colours[i] ?? view.ink.block;
    context.fillRect(left, y, Math.max(shown, 1), high);
    if (wide < 14) continue;
    const image = board.image(tile.sheet, view.again);
    if (!image) continue;
    const [sx, sy, sw, sh] = tile.box;
    const full = (high * sw) / sh;
    // A wide shot shows its still again and again, as a strip of film does; a narrow one the middle of it.
    context.save();
    context.beginPath();
    context.rect(left, y, shown, high);
    context.clip();
    if (shown <= full) context.drawImage(image, sx + (sw * (1 - shown / full)) / 2, sy, (sw * shown) / full, sh, left, y, shown, high);
    else for (let x = left; x < right && x < view.width; x += full) if (x + full > view.gutter) context.drawImage(image, sx, sy, sw, sh, x, y, full, high);
    context.restore();
  }
}
