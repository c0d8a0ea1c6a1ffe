"""The active picture and its defects over time: bars, interlacing and loss of detail, from the scans of all glances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.steady import steadiest, stretches
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Area, Flag, Row, Scan
from cinedex.timeline.time import SECOND, Time

Numbers = npt.NDArray[np.float64]

_SAME = 0.006
"""Bars that differ by no more than this share of the picture are the same."""

_LIT = 0.7
"""Share of the line next to a bar that must be lit for the bar's edge to be believed; lines of text are not."""

_SKEW = 0.02
"""By how much of the picture the bars on two sides may differ; a picture is hardly ever set out of the middle."""

_SHAPES = 12
"""How many pairs of bars at most are tried as those of the film, the most frequent first."""

_OFF, _COVERED = 1.0, 2.0
"""What a look costs a pair of bars whose sharp edge it shows elsewhere, or in whose bars it shows something."""

_CHANGE = 3.0
"""What a change of bars costs, in looks that it must explain better."""

_TURN = 2.5
"""The same for the beginning or end of interlacing."""

_SOFT = 1.5
"""The same for blur."""

_STILL = 0.35
"""What a look without a comb costs a stretch of interlacing: where nothing moves there is none."""


@dataclass(frozen=True)
class Defects(Stage):
    """Stretches of one `Area`, and flags 'letterbox', 'pillarbox', 'windowbox', 'interlacing' and 'blur'.

    Bars are what explains all looks of the film best with the fewest changes, so a dark scene, a fade or a subtitle in
    a bar does not move them; bars narrower than `bar_least` are none. A stretch is interlaced where `comb_least` of a
    look's tiles or more are combed, over and over. It is blurred where even the finest part of every look has less
    detail than `blur_level`, or than `blur_share` of the film's own median, for `blur_least`; out-of-focus backgrounds
    do not count, but a shot that is soft on purpose does. Scores: the share of the picture in bars over a quarter, of
    looks with combs, of the detail that is missing.
    """

    name: ClassVar[str] = "defects"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Area, Flag)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=32, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.1)

    bar_least: float = 0.015
    comb_least: float = 0.005
    blur_level: float = 0.25
    blur_share: float = 0.55
    blur_shown: float = 0.02
    blur_least: Time = SECOND * 2

    @property
    def needs(self) -> tuple[Need, ...]:
        """The scans alone."""
        return (Scan,)

    def run(self, inputs: Inputs) -> Iterator[Area | Flag]:
        """Areas in order of time, each with its flag, then interlacing, then blur."""
        scans = inputs.track(Scan).rows
        if not scans:
            return
        yield from self._areas(scans, inputs.movie)
        yield from self._interlacing(scans, inputs.movie)
        yield from self._blur(scans)

    def _areas(self, scans: Sequence[Scan], movie: Movie) -> Iterator[Area | Flag]:
        bars, edges = np.array([s.bars for s in scans]), np.array([s.edges for s in scans])
        if not (edges >= _LIT).any():
            return
        sides = np.zeros_like(bars)
        for pair in ([0, 2], [1, 3]):
            sides[:, pair] = _steady_bars(bars[:, pair], edges[:, pair], self.bar_least)
        _, kinds = np.unique(sides, axis=0, return_inverse=True)
        for first, last in stretches(kinds.ravel()):
            left, top, right, bottom = sides[first].tolist()
            start, end = scans[first].start, scans[last - 1].end
            area = Area(
                start=start,
                end=end,
                refs=(scans[first].ref,),
                x=round(left, 4),
                y=round(top, 4),
                width=round(1 - left - right, 4),
                height=round(1 - top - bottom, 4),
            )
            yield area
            yield from _barred(area, movie)

    def _interlacing(self, scans: Sequence[Scan], movie: Movie) -> Iterator[Flag]:
        combs = np.array([s.comb for s in scans])
        combed = combs >= self.comb_least
        told = movie.video is not None and movie.video.interlaced
        says = "the stream says so too" if told else "the stream says that it is not"
        path = steadiest(np.stack([np.where(combed, 1.5, 0.0), np.where(combed, 0.0, _STILL)], axis=1), _TURN)
        for first, last in stretches(path):
            if path[first]:
                share = float(combed[first:last].mean())
                most = float(combs[first:last].max())
                yield Flag(
                    start=scans[first].start,
                    end=scans[last - 1].end,
                    refs=(scans[first].ref,),
                    label="interlacing",
                    score=round(share, 3),
                    note=f"combs in {share:.0%} of {last - first} looks, in up to {most:.1%} of the picture; {says}",
                )
        if told and not path.any():
            yield Flag(
                start=scans[0].start,
                end=scans[-1].end,
                refs=(scans[0].ref,),
                label="interlacing",
                score=0.1,
                note=f"the stream says so, but none of {len(scans)} looks shows combs for long",
            )

    def _blur(self, scans: Sequence[Scan]) -> Iterator[Flag]:
        detail, shown = np.array([s.detail for s in scans]), np.array([s.shown for s in scans])
        known = shown >= self.blur_shown
        if not known.any():
            return
        usual = float(np.median(detail[known]))
        limit = max(self.blur_level, self.blur_share * usual)
        soft = known & (detail < limit)
        sharp = known & ~soft
        path = steadiest(np.stack([np.where(soft, 1.0, 0.0), np.where(sharp, 1.0, 0.05)], axis=1), _SOFT)
        for first, last in stretches(path):
            if not path[first] or scans[last - 1].end - scans[first].start < self.blur_least:
                continue
            found = float(np.median(detail[first:last][soft[first:last]]))
            yield Flag(
                start=scans[first].start,
                end=scans[last - 1].end,
                refs=(scans[first].ref,),
                label="blur",
                score=round(min(1.0, max(0.0, 1 - found / max(usual, limit))), 3),
                note=f"detail {found:.2f} of 1 where it is finest; the film's median is {usual:.2f}",
            )


def _steady_bars(bars: Numbers, edges: Numbers, least: float) -> Numbers:
    """For every look the bars [n, 2] on two opposite sides, so that they change seldom and explain what is seen."""
    sharp = edges >= _LIT
    clear = bars[sharp.all(axis=1)]
    shapes = _frequent(clear, least)
    costs = np.zeros((len(bars), len(shapes)))
    for number, shape in enumerate(shapes):
        off = bars - shape
        wrong = np.where(sharp & (off > _SAME), _OFF, 0.0) + np.where(off < -_SAME, _COVERED, 0.0)
        costs[:, number] = wrong.sum(axis=1)
    return shapes[steadiest(costs, _CHANGE)]


def _frequent(clear: Numbers, least: float) -> Numbers:
    """No bars, and the pairs of bars that are seen most often, from clear looks [n, 2]."""
    steps = np.rint(clear / (_SAME / 2)).astype(int).tolist()
    counted = Counter(tuple(pair) for pair in steps)
    shapes: list[Numbers] = [np.zeros(2)]
    for pair, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        here = np.array([tuple(s) == pair for s in steps])
        shape = np.where((median := np.median(clear[here], axis=0)) < least, 0.0, median)
        if (
            shape.sum() < 1
            and abs(shape[0] - shape[1]) <= _SKEW
            and all(np.abs(shape - s).max() > _SAME for s in shapes)
        ):
            shapes.append(shape)
        if len(shapes) == _SHAPES:
            break
    return np.stack(shapes)


def _barred(area: Area, movie: Movie) -> Iterator[Flag]:
    """The flag of an area that leaves bars."""
    wide, high = 1 - area.width, 1 - area.height
    if not wide and not high:
        return
    across, down = movie.video.display if movie.video is not None else (16, 9)
    label = "windowbox" if wide and high else "pillarbox" if wide else "letterbox"
    yield Flag(
        start=area.start,
        end=area.end,
        refs=(area.ref,),
        label=label,
        score=round(min(1.0, 4 * (1 - area.width * area.height)), 3),
        note=f"the picture is {across * area.width:.0f} x {down * area.height:.0f} of {across} x {down}, "
        f"{across * area.width / (down * area.height):.2f} to 1",
    )
