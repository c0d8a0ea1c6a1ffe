"""Tracks (one kind of fact in time order) and the vectorised algebra of spans that joins them.

`Spans` holds starts and ends as two int64 arrays, so that joining two tracks of a long film is a few array operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cinedex.timeline import arrow
from cinedex.timeline.rows import KINDS, Row
from cinedex.timeline.time import Span, Time

Ticks = npt.NDArray[np.int64]
"""Flicks as an array."""

RowT_co = TypeVar("RowT_co", bound=Row, covariant=True)


@dataclass(frozen=True, eq=False)
class Spans:
    """Many spans in time order (start, then end): `starts` and `ends`, int64 flicks, equal in length."""

    starts: Ticks
    ends: Ticks

    def __post_init__(self) -> None:
        if self.starts.shape != self.ends.shape or self.starts.ndim != 1:
            raise ValueError(
                f"starts and ends are two flat arrays of one length, got {self.starts.shape}, {self.ends.shape}"
            )
        if np.any(self.ends < self.starts):
            raise ValueError("a span ends at or after its start")
        if not _in_order(self.starts, self.ends):
            order = np.lexsort((self.ends, self.starts))
            object.__setattr__(self, "starts", self.starts[order])
            object.__setattr__(self, "ends", self.ends[order])

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Spans:
        """From single spans, in any order."""
        pairs = sorted((int(s.start), int(s.end)) for s in spans)
        both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return cls(both[:, 0].copy(), both[:, 1].copy())

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Span]:
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            yield Span(Time(start), Time(end))

    def __getitem__(self, index: int) -> Span:
        return Span(Time(int(self.starts[index])), Time(int(self.ends[index])))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spans):
            return NotImplemented
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.ends, other.ends)

    __hash__ = None  # type: ignore[assignment]

    @property
    def extent(self) -> Span | None:
        """The smallest span that covers all of them; None when there are none."""
        return Span(Time(int(self.starts.min())), Time(int(self.ends.max()))) if len(self) else None

    @property
    def total(self) -> Time:
        """How long they last together, overlaps counted once."""
        union = self.support()
        return Time(int((union.ends - union.starts).sum()))

    def support(self, within: int = 0) -> Spans:
        """Their union: spans that overlap, touch or lie at most `within` flicks apart are joined. Instants vanish."""
        real = self.ends > self.starts
        starts, ends = self.starts[real], self.ends[real]
        if not len(starts):
            return Spans(starts, ends)
        reach = np.maximum.accumulate(ends)
        opens = np.concatenate(([True], starts[1:] > reach[:-1] + within))
        closes = np.concatenate((opens[1:], [True]))
        return Spans(starts[opens], reach[closes])

    def gaps(self, inside: Span) -> Spans:
        """The stretches of `inside` that none of them covers."""
        union = self.crop(inside).support()
        starts = np.concatenate(([int(inside.start)], union.ends)).astype(np.int64)
        ends = np.concatenate((union.starts, [int(inside.end)])).astype(np.int64)
        real = ends > starts
        return Spans(starts[real], ends[real])

    def crop(self, to: Span) -> Spans:
        """The parts of them inside `to`; what lies outside, or only touches it, is dropped."""
        starts, ends = np.maximum(self.starts, int(to.start)), np.minimum(self.ends, int(to.end))
        real = ends > starts
        return Spans(starts[real], ends[real])

    def intersect(self, other: Spans) -> Spans:
        """The stretches covered by both."""
        a, b = self.support(), other.support()
        left, right = a.join(b)
        return Spans(np.maximum(a.starts[left], b.starts[right]), np.minimum(a.ends[left], b.ends[right]))

    def join(self, other: Spans) -> tuple[Ticks, Ticks]:
        """All pairs (i, j) where self[i] and other[j] share more than an edge, in order of i, then j.

        O((n + m) log(n + m) + pairs log pairs) with arrays only, however long some of them are.
        """
        # A pair shares a stretch where one of the two starts inside the other; ties count for the first kind alone.
        left, right = _starting_inside(self, other, ties="left")
        there, here = _starting_inside(other, self, ties="right")
        order = np.lexsort((np.concatenate((right, there)), np.concatenate((left, here))))
        return np.concatenate((left, here))[order], np.concatenate((right, there))[order]

    def overlap(self, other: Spans) -> Ticks:
        """For each of them, how long it is covered by the union of `other`."""
        union = other.support()
        left, right = self.join(union)
        shared = np.minimum(self.ends[left], union.ends[right]) - np.maximum(self.starts[left], union.starts[right])
        lengths = np.zeros(len(self), dtype=np.int64)
        np.add.at(lengths, left, shared)
        return lengths

    def at(self, moments: Ticks) -> Ticks:
        """For each moment, the number of the latest-starting span that covers it, or -1."""
        moments = np.asarray(moments, dtype=np.int64)
        found = np.full(len(moments), -1, dtype=np.int64)
        instants = Spans(np.sort(moments), np.sort(moments) + 1)
        order = np.argsort(moments, kind="stable")
        left, right = instants.join(self)
        np.maximum.at(found, order[left], right)
        return found


def _in_order(starts: Ticks, ends: Ticks) -> bool:
    step = np.diff(starts)
    return not np.any((step < 0) | ((step == 0) & (np.diff(ends) < 0)))


def _starting_inside(outer: Spans, inner: Spans, ties: Literal["left", "right"]) -> tuple[Ticks, Ticks]:
    """All pairs (i, j) where inner[j] starts inside outer[i]; `ties` 'left': or with it. Instants are in no pair."""
    real = np.flatnonzero(inner.ends > inner.starts)
    starts = inner.starts[real]
    first = np.searchsorted(starts, outer.starts, side=ties)
    last = np.searchsorted(starts, outer.ends, side="left")
    counts = np.maximum(last - first, 0)
    left = np.repeat(np.arange(len(outer), dtype=np.int64), counts)
    offset = np.arange(len(left), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, real[np.repeat(first, counts) + offset]


@dataclass(frozen=True)
class Maker:
    """Who made a track: a stage and its version, or a person; `key` names the stored artifact."""

    stage: str
    version: int
    key: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Track(Generic[RowT_co]):
    """One kind of fact over a film, in order of start, then end. Columns are Arrow; rows are made when asked for."""

    table: pa.Table
    maker: Maker
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", _ordered(arrow.upgrade(self.table)))
        object.__setattr__(self, "kind", arrow.kind_of(self.table.schema)[0])

    @classmethod
    def of(cls, row: type[Row], made: Iterable[Any], maker: Maker) -> Track[Any]:
        """From rows of one kind, in any order."""
        return cls(arrow.table(row, made), maker)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def rows(self) -> Sequence[RowT_co]:
        """Every row as its class. Raises LookupError for a kind that this build does not know."""
        row = KINDS.get(self.kind)
        if row is None:
            raise LookupError(f"this Cinedex does not know the kind {self.kind!r}; its columns are in `table`")
        return cast("Sequence[RowT_co]", arrow.rows(row, self.table))

    def __iter__(self) -> Iterator[RowT_co]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> RowT_co:
        return self.rows[index]

    @cached_property
    def spans(self) -> Spans:
        """Where the rows hold, for joins."""
        return Spans(self.column("start"), self.column("end"))

    def column(self, name: str) -> Any:
        """One column as a NumPy array."""
        return self.table.column(name).to_numpy()

    def overlapping(self, span: Span) -> Sequence[RowT_co]:
        """The rows that share more than an edge with `span`, in time order."""
        one = Spans(np.array([int(span.start)]), np.array([int(span.end)]))
        return [self.rows[j] for j in one.join(self.spans)[1].tolist()]


def _ordered(table: pa.Table) -> pa.Table:
    if _in_order(table.column("start").to_numpy(), table.column("end").to_numpy()):
        return table
    return table.sort_by([("start", "ascending"), ("end", "ascending")])
