"""The filters of ITU-R BS.1770-4 at any sample rate: K-weighting, channel weights, and interpolation for true peaks."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from scipy import fft

from cinedex.media.hearing import channel_names
from cinedex.timeline.track import Ticks

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

_SHELF = (1681.974450955533, 3.999843853973347, 0.7071752369554196)
"""Corner (Hz), gain (dB) and Q of the analogue high shelf that gives the standard's coefficients at 48 kHz."""
_SHELF_SLOPE = 0.4996667741545416
"""The power of the shelf's gain at its corner."""
_PASS = (38.13547087602444, 0.5003270373238773)
"""Corner (Hz) and Q of the high-pass that gives the standard's coefficients at 48 kHz."""

SURROUND = 10 ** (1.5 / 10)
"""Weight of a channel between 60 and 120 degrees to the side: 1.5 dB more."""

_SIDE = {"SL", "SR", "WL", "WR", "SDL", "SDR"}
_BACK = {"BL", "BR"}
_LOW = {"LFE", "LFE2"}

PAIRS = (("FL", "FR"), ("SL", "SR"), ("BL", "BR"), ("DL", "DR"))
"""Left channels and their right ones."""


@functools.cache
def k_weighting(rate: int) -> Numbers:
    """The two second-order sections, [2, 6], by the bilinear transform at a sample rate."""
    corner, gain, q = _SHELF
    k = math.tan(math.pi * min(corner, 0.45 * rate) / rate)
    high = 10 ** (gain / 20)
    middle = high**_SHELF_SLOPE
    norm = 1 + k / q + k * k
    shelf = [
        (high + middle * k / q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - middle * k / q + k * k) / norm,
        1.0,
        2 * (k * k - 1) / norm,
        (1 - k / q + k * k) / norm,
    ]
    corner, q = _PASS
    k = math.tan(math.pi * corner / rate)
    norm = 1 + k / q + k * k
    low_cut = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]
    return np.array([shelf, low_cut])


def weights(layout: str, count: int) -> Numbers:
    """Each channel's weight: none for LFE, 1.5 dB more for those at the sides, which in 5.1 are the surrounds.

    Where a layout has both side and back channels, as 7.1 has, those at the back weigh 1 (BS.1770-4, table 4).
    """
    names = channel_names(layout, count)
    sides = _SIDE if _SIDE & set(names) else _SIDE | _BACK
    return np.array([0.0 if n in _LOW else SURROUND if n in sides else 1.0 for n in names])


def pairs(layout: str, count: int) -> list[tuple[int, int]]:
    """The places of the left and right channels that belong together."""
    names = channel_names(layout, count)
    return [(names.index(a), names.index(b)) for a, b in PAIRS if a in names and b in names]


def oversampling(rate: int) -> int:
    """How many values each sample is interpolated to: 4, less where the rate itself is high (BS.1770-4, annex 2)."""
    return 4 if rate < 96_000 else 2 if rate < 192_000 else 1


def true_peaks(samples: Floats, rate: int, starts: Ticks, lasting: int) -> Floats:
    """The highest magnitude of the band-limited signal in each stretch of `lasting` samples; float32 [stretches].

    `samples` are of one channel, silent beyond their ends; a stretch begins at each of `starts`. It is interpolated by
    its spectrum, with 20 ms on either side of it that fade from and to silence, so that its ends do not meet.
    """
    times, margin = oversampling(rate), rate // 50
    padded = np.pad(samples, (margin, margin + lasting))
    size = lasting + 2 * margin
    pieces = padded[starts[:, None] + np.arange(size)]
    inside = slice(margin * times, (margin + lasting) * times)
    if times == 1:
        return np.asarray(np.abs(pieces[:, inside]).max(axis=1))
    fade = (np.sin(np.linspace(0, np.pi / 2, margin)) ** 2).astype(np.float32)
    pieces[:, :margin] *= fade
    pieces[:, -margin:] *= fade[::-1]
    length = int(fft.next_fast_len(size, real=True))
    spectrum = fft.rfft(pieces, length)
    if length % 2 == 0:
        spectrum[:, -1] /= 2  # what stands at half the rate is shared by both of its halves
    fine = fft.irfft(spectrum, length * times)[:, inside]
    return np.asarray(np.maximum(fine.max(axis=1), -fine.min(axis=1)) * np.float32(times))
