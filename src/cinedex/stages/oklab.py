"""Colours as they look: sRGB to OKLab and back (Ottosson 2020), where distances are about what an eye sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)

_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

_FROM_CONES, _FROM_LAB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_LAB)

MOST_CHROMA = 0.323
"""The largest chroma in sRGB, that of pure magenta."""


def oklab(srgb: Colours) -> Colours:
    """Lightness (0..1), a (green to red) and b (blue to yellow) of gamma-encoded colours, 0..255, [..., 3]."""
    value = np.asarray(srgb, dtype=np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    found: Colours = _times(np.cbrt(_times(linear, _TO_CONES)), _TO_LAB)
    return found


def srgb(lab: Colours) -> npt.NDArray[np.int64]:
    """The nearest colours in sRGB, 0..255."""
    linear = _times(_times(np.asarray(lab, dtype=np.float64), _FROM_LAB) ** 3, _FROM_CONES).clip(0, 1)
    value = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    found: npt.NDArray[np.int64] = np.rint(value * 255).astype(np.int64)
    return found


def _times(values: Colours, matrix: Colours) -> Colours:
    """A product whose sums are always taken in the same order, whatever the shapes."""
    return np.stack([values[..., 0] * m[0] + values[..., 1] * m[1] + values[..., 2] * m[2] for m in matrix], axis=-1)
