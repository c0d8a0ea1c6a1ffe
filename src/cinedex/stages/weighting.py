"""The filters of ITU-R BS.1770-4 at any sample rate: K-weighting, channel weights, and interpolation for true peaks."""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from scipy import fft

from cinedex.media.hearing import channel_names

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

PAIRS = (("FL", "FR"), ("SL", "SR"), ("BL", "BR"))
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


def true_peaks(samples: Floats, rate: int) -> Floats:
    """The highest magnitude of the band-limited signal from each sample to just before the next; float32 [n].

    One channel, interpolated at once by its spectrum, which takes it to repeat: near its ends, what lies beyond the
    other end is heard a little.
    """
    times, count = oversampling(rate), len(samples)
    if times == 1:
        return np.abs(samples)
    length = int(fft.next_fast_len(count, real=True))
    spectrum = fft.rfft(samples, length)
    if length % 2 == 0:
        spectrum[-1] /= 2  # what stands at half the rate is shared by both of its halves
    fine = fft.irfft(spectrum, length * times)[: count * times]
    return np.asarray(np.abs(fine, out=fine).reshape(count, times).max(axis=1) * np.float32(times))
