"""Pictures with texts that the fake finder and reader understand: bars of several widths, bright on dark."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def picture(*texts: tuple[str, float, float], height: int = 480, width: int = 854, size: int = 30) -> Pixels:
    """A dark picture with texts of letters a to h: each with the middle of its line as shares of width and height."""
    made = np.full((height, width, 3), 20, np.uint8)
    for text, x, y in texts:
        strip = line(text, size)
        top, left = round(y * height - size / 2), round(x * width - strip.shape[1] / 2)
        made[top : top + size, left : left + strip.shape[1]] = strip
    return made


def line(text: str, size: int = 30) -> Pixels:
    """One line, `size` pixels high."""
    unit = size // 6
    bars: list[npt.NDArray[np.uint8]] = []
    for n, letter in enumerate(text):
        dark = 3 if letter == " " else int(n > 0 and text[n - 1] != " ")
        bars.append(np.full((size, unit * dark, 3), 20, np.uint8))
        if letter != " ":
            bars.append(np.full((size, unit * (ord(letter) - ord("a") + 1), 3), 250, np.uint8))
    return np.concatenate(bars, axis=1)
