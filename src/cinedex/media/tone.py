"""HDR pictures as SDR ones: enough to see, tag and detect on; no colourist would call it a grade.

Light is computed from the signal (SMPTE ST 2084, or ITU-R BT.2100 HLG for a screen of 1000 cd/m2), taken relative to
the 203 cd/m2 that BT.2408 gives diffuse white, brought from BT.2020 to BT.709 primaries, and highlights above a knee
are rolled off so that 1000 cd/m2 becomes white.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Light = npt.NDArray[np.float32]

_WHITE = 203.0
_PEAK = 1000.0 / _WHITE
_KNEE = 0.7
_STEPS = 1 << 16
_OUT = 4096

_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)
"""BT.2020 to BT.709 primaries (ITU-R BT.2087)."""

_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)
_LUMA_709 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


@cache
def _pq() -> Light:
    """SMPTE ST 2084: light relative to diffuse white for every 16-bit code."""
    code = np.linspace(0, 1, _STEPS) ** (1 / 78.84375)
    light = np.maximum(code - 0.8359375, 0) / (18.8515625 - 18.6875 * code)
    return (10_000 / _WHITE * light ** (1 / 0.1593017578125)).astype(np.float32)


@cache
def _hlg() -> Light:
    """BT.2100 HLG inverse OETF: scene light, 0..1, for every 16-bit code."""
    code = np.linspace(0, 1, _STEPS)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12).astype(np.float32)


@cache
def _screen() -> npt.NDArray[np.uint8]:
    """8-bit codes for light 0..1 on a BT.1886 screen."""
    return np.rint(255 * np.linspace(0, 1, _OUT) ** (1 / 2.4)).astype(np.uint8)


class Tone:
    """Turns 16-bit full-range HDR RGB into 8-bit SDR RGB or gray."""

    def __init__(self, light: Callable[[npt.NDArray[np.uint16]], Light]) -> None:
        self._light = light

    def __call__(self, pixels: npt.NDArray[Any], *, gray: bool) -> npt.NDArray[np.uint8]:
        """uint8 of the same shape, or [height, width] in gray."""
        linear = self._light(pixels) @ _TO_709.T
        brightest = np.maximum(linear.max(axis=2, keepdims=True), 1e-6)
        linear *= _rolled(brightest) / brightest
        if gray:
            linear = linear @ _LUMA_709
        codes: npt.NDArray[np.uint8] = _screen()[np.rint(np.clip(linear, 0, 1) * (_OUT - 1)).astype(np.int32)]
        return codes


def _rolled(light: Light) -> Light:
    """The knee: below it light stays, above it `_PEAK` approaches 1 (extended Reinhard)."""
    over = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    most = (_PEAK - _KNEE) / (1 - _KNEE)
    return np.where(light > _KNEE, _KNEE + (1 - _KNEE) * over * (1 + over / most**2) / (1 + over), light)


def _pq_light(pixels: npt.NDArray[np.uint16]) -> Light:
    return _pq()[pixels]


def _hlg_light(pixels: npt.NDArray[np.uint16]) -> Light:
    scene = _hlg()[pixels]
    luma = np.maximum(scene @ _LUMA_2020, 1e-6)[..., None]
    return np.asarray(scene * luma**0.2 * _PEAK, dtype=np.float32)


TONES = {"pq": Tone(_pq_light), "hlg": Tone(_hlg_light)}
"""By the transfer characteristic as a Movie names it."""
