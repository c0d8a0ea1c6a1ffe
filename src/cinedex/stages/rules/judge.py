"""How strong the evidence of a rule is along a film: arrays over the film's cells, in which nothing begins or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cinedex.stages.rules.model import All, Filter, Mean, Near, Node, Not, Rows, leaves
from cinedex.stages.rules.model import Any as AnyOf
from cinedex.timeline.rows import Row
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Span, Time
from cinedex.timeline.track import Spans, Ticks, Track

Strength = npt.NDArray[np.float64]

_STEP = SECOND
"""How long a cell is at most: windows see the film move on even where no row begins or ends."""

_CELLS_MAX = 200_000
"""Cells of a rule at most; beyond, edges of rows are taken to the nearest of as many equal steps."""

_DISTINCT_MAX = 64
"""How many different values of a column are told apart, the most frequent first."""


_TOGETHER_MAX = 16
"""How far apart in the track two boxes of one picture are looked for."""

_DENSE = FLICKS_PER_SECOND // 10
"""Rows shorter than this on the average, as measures of every frame are, do not cut cells."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The stretches into which a film is cut for one rule: `edges`, int64 flicks, one more than there are cells."""

    edges: Ticks

    @classmethod
    def of(cls, film: Span, tracks: list[Spans]) -> Cells:
        """Cut wherever a row begins or ends, and at least every second."""
        start, end = int(film.start), int(film.end)
        edges = np.concatenate([np.arange(start, end, int(_STEP)), *(e for t in tracks for e in (t.starts, t.ends))])
        edges = np.unique(np.concatenate(([start, end], edges.clip(start, end))))
        if len(edges) > _CELLS_MAX:
            edges = np.unique(np.linspace(start, end, _CELLS_MAX).astype(np.int64))
        return cls(edges)

    def __len__(self) -> int:
        return len(self.edges) - 1

    @cached_property
    def spans(self) -> Spans:
        """The cells as spans."""
        return Spans(self.edges[:-1], self.edges[1:])

    @cached_property
    def middles(self) -> Ticks:
        """The flick half way through each."""
        return (self.edges[:-1] + self.edges[1:]) // 2

    @cached_property
    def lengths(self) -> Strength:
        """In seconds."""
        return np.diff(self.edges) / FLICKS_PER_SECOND

    def around(self, window: tuple[Time, Time]) -> tuple[Ticks, Ticks]:
        """From when to when the window around each cell's middle reaches, inside the film; no window is the cell."""
        if window[0] == window[1] == 0:
            return self.edges[:-1], self.edges[1:]
        low, high = (np.clip(self.middles + int(w), self.edges[0], self.edges[-1]) for w in window)
        return low, high

    def averaged(self, values: Strength, window: tuple[Time, Time]) -> Strength:
        """The mean of `values` over the time of the window around each cell; 0 where the window lies outside."""
        total = np.concatenate(([0.0], np.cumsum(values * self.lengths)))
        low, high = self.around(window)
        length = (high - low) / FLICKS_PER_SECOND
        summed = np.interp(high, self.edges, total) - np.interp(low, self.edges, total)
        return np.asarray(np.divide(summed, length, out=np.zeros(len(self)), where=length > 0))

    def highest(self, values: Strength, window: tuple[Time, Time]) -> Strength:
        """The largest of `values` in the window around each cell."""
        if window[0] == window[1] == 0:
            return values
        low, high = self.around(window)
        first = (np.searchsorted(self.edges, low, side="right") - 1).clip(0, len(self) - 1)
        last = np.searchsorted(self.edges, high, side="left").clip(1, len(self))
        return np.where(high > low, _highest(values, first, np.maximum(last, first + 1)), 0.0)


def _highest(values: Strength, first: Ticks, last: Ticks) -> Strength:
    """The largest of values[first:last] for each pair: from the largest of every stretch of 1, 2, 4, 8 ... values."""
    found = np.zeros(len(first))
    level = np.log2(last - first).astype(np.int64)
    tops = values
    for step in range(int(level.max()) + 1):
        here = level == step
        found[here] = np.maximum(tops[first[here]], tops[last[here] - (1 << step)])
        if len(tops) <= 1 << step:
            break
        tops = np.maximum(tops[: -(1 << step)], tops[1 << step :])
    return found


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a film: its tracks by kind. A kind that is not there was not computed."""

    film: Span
    tracks: Mapping[type[Row], Track[Any]]
    _chosen: dict[tuple[type[Row], tuple[Filter, ...]], Chosen] = field(default_factory=dict)

    def chosen(self, leaf: Rows) -> Chosen | None:
        """The rows that a leaf is about; None where their kind was not computed."""
        if leaf.kind not in self.tracks:
            return None
        key = leaf.kind, leaf.where
        if key not in self._chosen:
            self._chosen[key] = Chosen.of(self.tracks[leaf.kind], leaf.where)
        return self._chosen[key]

    def cells(self, node: Node) -> Cells:
        """The cells for a tree of evidence."""
        chosen = [c.spans for leaf in leaves(node) if (c := self.chosen(leaf)) is not None]
        return Cells.of(self.film, [s for s in chosen if len(s) and (s.ends - s.starts).mean() >= _DENSE])


@dataclass(frozen=True, eq=False)
class Chosen:
    """Rows of one track that pass filters, and where in the track they stand."""

    table: pa.Table
    places: Ticks
    spans: Spans

    @classmethod
    def of(cls, track: Track[Any], where: tuple[Filter, ...]) -> Chosen:
        """The rows of a track for which all filters hold and that last."""
        passes = track.spans.ends > track.spans.starts
        for one in where:
            column = track.table.column(one.column)
            if one.among is not None:
                passes &= pc.is_in(column, pa.array(one.among).cast(column.type)).to_numpy()
            for limit, compare in ((one.least, np.greater_equal), (one.most, np.less_equal)):
                if limit is not None:
                    passes &= compare(column.to_numpy().astype(np.float64), limit)
        places = np.flatnonzero(passes)
        spans = Spans(track.spans.starts[places], track.spans.ends[places])
        return cls(track.table.take(pa.array(places)), places, spans)

    def __len__(self) -> int:
        return len(self.places)

    def numbers(self, column: str) -> Strength:
        """A column as numbers; what is none counts as 0."""
        return np.asarray(np.nan_to_num(self.table.column(column).to_numpy().astype(np.float64)))


def strength(node: Node, known: Known, cells: Cells) -> Strength | None:
    """How strong a tree of evidence is in each cell, 0..1; None where it cannot be known."""
    match node:
        case Rows():
            return _of_rows(node, known, cells)
        case Near():
            return _near(node, known.film, cells)
        case Not():
            part = strength(node.part, known, cells)
            return None if part is None else 1 - part
        case All():
            parts = [strength(part, known, cells) for part in node.parts]
            return None if any(p is None for p in parts) else np.min(np.stack([p for p in parts if p is not None]), 0)
        case AnyOf():
            some = [s for part in node.parts if (s := strength(part, known, cells)) is not None]
            return np.max(np.stack(some), 0) if some else None
    return _mean(node, known, cells)


def _mean(node: Mean, known: Known, cells: Cells) -> Strength | None:
    parts = [strength(part, known, cells) for part in node.parts]
    if all(p is None for p in parts):
        return None
    total = np.zeros(len(cells))
    for part, weight in zip(parts, node.weights, strict=True):
        total += weight * part if part is not None else 0.0
    return total / sum(node.weights)


def _near(node: Near, film: Span, cells: Cells) -> Strength:
    away = cells.middles - int(film.start) if node.end == "start" else int(film.end) - cells.middles
    return np.asarray(away <= min(int(node.time), node.share * int(film.duration)), np.float64)


def _of_rows(leaf: Rows, known: Known, cells: Cells) -> Strength | None:
    chosen = known.chosen(leaf)
    if chosen is None:
        return None
    if not len(chosen):
        measured = np.full(len(cells), np.nan if leaf.measure == "value" else 0.0)
    else:
        measured = _measure(leaf, chosen, cells)
    low, high = leaf.ramp
    ramped = np.clip((measured - low) / (high - low), 0, leaf.limit)
    return np.nan_to_num(ramped)


def _measure(leaf: Rows, chosen: Chosen, cells: Cells) -> Strength:
    """The measure of a leaf in each cell; NaN where a mean has nothing to be the mean of."""
    if leaf.measure == "rate":
        low, high = (cells.middles + int(w) for w in leaf.window)
        begun = np.searchsorted(chosen.spans.starts, [low, high])
        return np.asarray((begun[1] - begun[0]) / int(leaf.window[1] - leaf.window[0]) * FLICKS_PER_SECOND)
    here, rows = cells.spans.join(chosen.spans)
    if leaf.measure == "distinct":
        return _distinct(chosen.table.column(leaf.column), (here, rows), leaf.window, cells)
    covers = np.bincount(here, minlength=len(cells)).astype(np.float64)
    if leaf.measure == "value":
        sums = np.bincount(here, weights=chosen.numbers(leaf.column)[rows], minlength=len(cells)).astype(np.float64)
        over, by = cells.averaged(sums, leaf.window), cells.averaged(covers, leaf.window)
        return np.asarray(np.divide(over, by, out=np.full(len(cells), np.nan), where=by > 0))
    if leaf.measure == "share":
        return cells.averaged((covers > 0).astype(np.float64), leaf.window)
    if leaf.measure != "count":
        worth = _touching(chosen) if leaf.measure == "touch" else chosen.numbers("score").clip(0, 1)
        covers = np.zeros(len(cells))
        np.maximum.at(covers, here, worth[rows])
    return cells.averaged(covers, leaf.window) if leaf.measure == "mean" else cells.highest(covers, leaf.window)


def _touching(chosen: Chosen) -> Strength:
    """How much of each box another one of the same span covers, or it of that one: of the smaller of the two, 0..1."""
    left, top, width, height = (chosen.numbers(name) for name in ("x", "y", "width", "height"))
    found = np.zeros(len(chosen))
    # Boxes of one picture stand side by side in the track; no picture has more than a few dozen.
    for apart in range(1, min(_TOGETHER_MAX, len(chosen))):
        one, other = slice(None, -apart), slice(apart, None)
        across = np.minimum((left + width)[one], (left + width)[other]) - np.maximum(left[one], left[other])
        down = np.minimum((top + height)[one], (top + height)[other]) - np.maximum(top[one], top[other])
        smaller = np.minimum((width * height)[one], (width * height)[other])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        covered = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
        same = (chosen.spans.starts[one] == chosen.spans.starts[other]) & (
            chosen.spans.ends[one] == chosen.spans.ends[other]
        )
        covered *= same
        np.maximum(found[one], covered, out=found[one])
        np.maximum(found[other], covered, out=found[other])
    return found.clip(0, 1)


def _distinct(column: pa.ChunkedArray, pairs: tuple[Ticks, Ticks], window: tuple[Time, Time], cells: Cells) -> Strength:
    """How many different values of a column there are in the window around each cell."""
    coded = column.combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy()
    here, rows = pairs
    found = np.zeros(len(cells))
    for code in np.argsort(-np.bincount(codes), kind="stable")[:_DISTINCT_MAX].tolist():
        there = np.zeros(len(cells))
        there[here[codes[rows] == code]] = 1
        found += cells.highest(there, window)
    return found
