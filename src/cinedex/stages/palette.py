"""The colours of every shot: a few that stand for all, how warm they are, how far apart, how strong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.views import Look, Looks
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.oklab import MOST_CHROMA, Colours, oklab, srgb
from cinedex.timeline.rows import Palette, Row, Shot

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float64]

_DARK = 24
"""Rows and columns at the edges that are nowhere brighter, 0..255, are bars and have no colour to count."""

_ROUNDS = 12
"""How often colours are gathered around their means; they hardly move after half as many."""

_ORANGE = np.array([0.5, 3**0.5 / 2])
"""Where in OKLab's plane of a and b the colours lie that are called warm: the hue of 60 degrees, an orange."""

_WARM = 0.1
"""How far the mean colour lies that way where a picture counts as fully warm; the same the other way for cold."""


@dataclass(frozen=True)
class Palettes(Stage):
    """Up to `most` colours for each shot, from three looks at it, by k-means in OKLab from fixed beginnings.

    Colours nearer to each other than `apart` (an OKLab distance) are one, and those of less than `least` of the picture
    belong to their neighbour, so a shot may have fewer, down to one. Bars are left out. `warmth` is the mean colour's
    distance towards orange (cold: away from it), `contrast` the difference of lightness between the darkest and the
    brightest twentieth, `saturation` the mean chroma as a share of the largest there is. The looks are those of the
    stills: one reading and one conversion serve both.
    """

    name: ClassVar[str] = "palette"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Palette,)
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=32, cpu_seconds_per_minute=0.2, disk_kib_per_minute=2.0)

    height: int = 180
    most: int = 8
    apart: float = 0.07
    least: float = 0.02

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and three looks at each."""
        return (Shot, Looks(at=Shot, height=self.height, count=3))

    def run(self, inputs: Inputs) -> Iterator[Palette]:
        """One `Palette` per shot that starts in the span."""
        shots = inputs.track(Shot)
        for row, looks in groupby(expect(Look, inputs.chunks), key=lambda look: look.row):
            yield self._palette(shots[row], [look.pixels for look in looks])

    def _palette(self, shot: Shot, pictures: Sequence[Pixels]) -> Palette:
        colours, counts = _counted(pictures)
        lab = oklab(colours)
        shares = counts / counts.sum()
        chosen, parts = self._gathered(lab, shares)
        order = np.lexsort((np.arange(len(parts)), -parts))
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        warmth = float((lab[:, 1:] @ _ORANGE * shares).sum()) / _WARM
        return Palette(
            start=shot.start,
            end=shot.end,
            refs=(shot.ref,),
            colours=tuple(srgb(chosen[order]).ravel().tolist()),
            shares=_thousandths(parts[order]),
            warmth=round(min(1.0, max(-1.0, warmth)), 3) + 0.0,
            contrast=round(_reach(lab[:, 0], shares), 3),
            saturation=round(min(1.0, float((chroma * shares).sum()) / MOST_CHROMA), 3),
        )

    def _gathered(self, lab: Colours, shares: Numbers) -> tuple[Colours, Numbers]:
        """The means of groups of colours, and their shares."""
        means = _spread(lab, shares, self.most)
        for _ in range(_ROUNDS):
            nearest = _distances(lab, means).argmin(axis=1)
            means, parts = _means(lab, shares, nearest, len(means))
            means = means[parts > 0]
        parts = parts[parts > 0]
        while len(means) > 1:
            between = _distances(means, means) + np.diag(np.full(len(means), np.inf))
            smallest = int(parts.argmin())
            one, other = (int(i) for i in np.unravel_index(between.argmin(), between.shape))
            if between[one, other] >= self.apart**2:
                if parts[smallest] >= self.least:
                    break
                one, other = smallest, int(between[smallest].argmin())
            both = parts[one] + parts[other]
            means[other] = (means[one] * parts[one] + means[other] * parts[other]) / both
            parts[other] = both
            means, parts = np.delete(means, one, axis=0), np.delete(parts, one)
        return means, parts


def _counted(pictures: Sequence[Pixels]) -> tuple[Colours, Numbers]:
    """The distinct colours of the pictures, to five bits a channel, and how often each is seen."""
    flat = np.concatenate([p.reshape(-1, 3) for p in _without_bars(pictures)]).astype(np.int64)
    cells = (flat[:, 0] >> 3) << 10 | (flat[:, 1] >> 3) << 5 | flat[:, 2] >> 3
    counts = np.bincount(cells, minlength=1 << 15)
    seen = np.flatnonzero(counts)
    sums = [np.bincount(cells, weights=flat[:, c], minlength=1 << 15)[seen] for c in range(3)]
    return np.stack(sums, axis=1) / counts[seen, None], counts[seen].astype(np.float64)


def _without_bars(pictures: Sequence[Pixels]) -> list[Pixels]:
    """The pictures, which are of one size, without rows and columns at the edges that all leave dark."""
    brightest = np.maximum.reduce([p.max(axis=2) for p in pictures])
    rows, columns = (np.flatnonzero(brightest.max(axis=axis) > _DARK) for axis in (1, 0))
    if not len(rows):
        return list(pictures)
    return [p[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] for p in pictures]


def _spread(lab: Colours, shares: Numbers, most: int) -> Colours:
    """Colours to begin with: the most frequent, then always the one that is far from all before and not rare."""
    weight = np.sqrt(shares)
    chosen = [int(shares.argmax())]
    nearest = _distances(lab, lab[chosen])[:, 0]
    while len(chosen) < min(most, len(lab)):
        following = int((nearest * weight).argmax())
        if nearest[following] <= 0:
            break
        chosen.append(following)
        nearest = np.minimum(nearest, _distances(lab, lab[following : following + 1])[:, 0])
    return lab[chosen]


def _distances(one: Colours, other: Colours) -> Numbers:
    """Squared distances [len(one), len(other)]."""
    apart = one[:, None, :] - other[None, :, :]
    found: Numbers = apart[:, :, 0] ** 2 + apart[:, :, 1] ** 2 + apart[:, :, 2] ** 2
    return found


def _means(lab: Colours, shares: Numbers, groups: npt.NDArray[np.int64], count: int) -> tuple[Colours, Numbers]:
    """The mean colour and the share of each group; sums in the order of the colours, so always the same."""
    parts: Numbers = np.asarray(np.bincount(groups, weights=shares, minlength=count), dtype=np.float64)
    sums = [np.bincount(groups, weights=lab[:, c] * shares, minlength=count) for c in range(3)]
    return np.stack(sums, axis=1) / np.maximum(parts, 1e-12)[:, None], parts


def _reach(lightness: Numbers, shares: Numbers) -> float:
    """From the lightness that a twentieth of the picture does not exceed to that which a twentieth does."""
    order = np.argsort(lightness, kind="stable")
    upto = np.cumsum(shares[order])
    low, high = (lightness[order[min(int(np.searchsorted(upto, q)), len(order) - 1)]] for q in (0.05, 0.95))
    return float(np.clip(high - low, 0, 1))


def _thousandths(parts: Numbers) -> tuple[float, ...]:
    """Shares in thousandths that sum to exactly a thousand of them."""
    whole = parts / parts.sum() * 1000
    floors = np.floor(whole)
    missing = round(1000 - float(floors.sum()))
    floors[np.argsort(floors - whole, kind="stable")[:missing]] += 1
    return tuple((floors / 1000).tolist())
