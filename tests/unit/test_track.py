"""The algebra of many spans, against sets of whole numbers, and its speed on a long film."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.timeline.arrow import table
from cinedex.timeline.rows import Cue, Shot
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Maker, Spans, Track

MAKER = Maker("test", 1)
EDGE = 12

one = st.tuples(st.integers(0, EDGE), st.integers(0, EDGE)).map(lambda p: Span(Time(min(p)), Time(max(p))))
many = st.lists(one, max_size=8).map(Spans.of)


def ticks(spans: Spans) -> set[int]:
    return {t for s in spans for t in range(s.start, s.end)}


def shared(a: Span, b: Span) -> int:
    return max(0, min(a.end, b.end) - max(a.start, b.start))


def is_plain(spans: Spans) -> bool:
    """Ordered, apart from each other, none empty: what a union looks like."""
    return bool(np.all(spans.ends > spans.starts) and np.all(spans.starts[1:] > spans.ends[:-1]))


@given(st.lists(one, max_size=8))
def test_spans_are_in_time_order_whatever_order_they_came_in(given_spans: list[Span]):
    expected = sorted((s.start, s.end) for s in given_spans)
    made = Spans(
        np.array([s.start for s in given_spans], dtype=np.int64), np.array([s.end for s in given_spans], dtype=np.int64)
    )
    assert [(s.start, s.end) for s in made] == expected
    assert made == Spans.of(given_spans)
    assert len(made) == len(given_spans)


@given(many)
def test_support_is_the_union(spans: Spans):
    union = spans.support()
    assert ticks(union) == ticks(spans)
    assert is_plain(union)
    assert union.support() == union
    assert spans.total == len(ticks(spans))


@given(many, st.integers(0, 4))
def test_support_closes_gaps_up_to_a_length(spans: Spans, within: int):
    closed = spans.support(within)
    expected = ticks(spans)
    for gap in spans.support().gaps(spans.support().extent or Span(ZERO, ZERO)):
        expected |= set(range(gap.start, gap.end)) if gap.duration <= within else set()
    assert ticks(closed) == expected
    assert np.all(closed.starts[1:] - closed.ends[:-1] > within)


@given(many, one)
def test_gaps_and_crop_split_a_stretch(spans: Spans, inside: Span):
    whole = set(range(inside.start, inside.end))
    assert ticks(spans.crop(inside)) == ticks(spans) & whole
    assert ticks(spans.gaps(inside)) == whole - ticks(spans)
    assert is_plain(spans.gaps(inside))


@given(many)
def test_extent_reaches_from_first_to_last(spans: Spans):
    extent = spans.extent
    if not len(spans):
        assert extent is None
    else:
        assert extent is not None
        assert (extent.start, extent.end) == (min(s.start for s in spans), max(s.end for s in spans))


@given(many, many)
def test_intersection_is_what_both_cover(a: Spans, b: Spans):
    both = a.intersect(b)
    assert ticks(both) == ticks(a) & ticks(b)
    assert both == b.intersect(a)
    assert np.all(both.ends > both.starts)


@given(many, many)
def test_a_join_finds_every_pair_that_shares_a_stretch(a: Spans, b: Spans):
    left, right = a.join(b)
    expected = [(i, j) for i, x in enumerate(a) for j, y in enumerate(b) if shared(x, y)]
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == expected


@given(many, many)
def test_overlap_counts_what_is_covered_once(a: Spans, b: Spans):
    covered = ticks(b)
    assert a.overlap(b).tolist() == [len(set(range(s.start, s.end)) & covered) for s in a]


@given(many, st.lists(st.integers(-1, EDGE + 1), max_size=8))
def test_at_names_the_latest_span_that_covers_a_moment(spans: Spans, moments: list[int]):
    expected = [max((j for j, s in enumerate(spans) if Time(m) in s), default=-1) for m in moments]
    assert spans.at(np.array(moments, dtype=np.int64)).tolist() == expected


def test_spans_refuse_what_is_not_spans():
    for starts, ends, why in (([1], [0], "ends at or after"), ([0, 1], [1], "one length"), ([[0]], [[1]], "flat")):
        with pytest.raises(ValueError, match=why):
            Spans(np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64))


def test_joins_of_a_long_film_take_milliseconds():
    """100 000 words with 20 000 shots; the bound is twenty times what it took on a slow shared machine."""
    random = np.random.default_rng(7)
    length = int(SECOND) * 7200
    starts = np.sort(random.integers(0, length, 100_000))
    words = Spans(starts, starts + random.integers(1, int(SECOND), 100_000))
    edges = np.unique(random.integers(0, length, 20_000))
    shots = Spans(edges[:-1], edges[1:])
    begin = time.process_time()
    left, _ = words.join(shots)
    words.overlap(shots)
    shots.at(words.starts)
    took = time.process_time() - begin
    assert len(left) > 100_000
    assert took < 1.0, f"{took * 1000:.0f} ms"


def test_one_long_span_does_not_make_a_join_slow():
    """A span over the whole film (a chapter, a person) among many short ones must not cost a full table of pairs."""
    starts = np.arange(20_000, dtype=np.int64) * 10
    ends = starts + 5
    ends[0] = 10 * 20_000
    crowded = Spans(starts, ends)
    begin = time.process_time()
    left, _ = crowded.join(crowded)
    took = time.process_time() - begin
    assert len(left) == 20_000 + 2 * 19_999
    assert took < 2.0, f"{took * 1000:.0f} ms"


def test_a_track_is_in_time_order_and_gives_rows_and_columns():
    cues = [
        Cue(start=Time(s), end=Time(s + 2), text=f"at {s}", language="en", score=0.5, source="speech")
        for s in (4, 0, 2)
    ]
    track = Track.of(Cue, cues, MAKER)
    assert [c.text for c in track] == ["at 0", "at 2", "at 4"]
    assert track.kind == "cue"
    assert len(track) == 3
    assert track[1] == cues[2]
    assert track.column("start").tolist() == [0, 2, 4]
    assert type(track[0].start) is Time
    assert track.spans == Spans.of(c.span for c in cues)


@given(st.lists(one, max_size=8), one)
def test_a_track_finds_the_rows_over_a_stretch(spans: list[Span], wanted: Span):
    shots = [Shot(start=s.start, end=s.end, number=i, opening="cut", score=1) for i, s in enumerate(spans)]
    track = Track.of(Shot, shots, MAKER)
    found = track.overlapping(wanted)
    assert sorted(r.number for r in found) == [i for i, s in enumerate(spans) if shared(s, wanted)]
    assert [r.start for r in found] == sorted(r.start for r in found)


def test_a_track_of_a_table_out_of_order_puts_it_in_order():
    shots = [
        Shot(start=Time(s), end=Time(e), number=n, opening="cut", score=1)
        for n, (s, e) in enumerate([(5, 9), (0, 7), (0, 5)])
    ]
    track: Track[Shot] = Track(table(Shot, shots).take([2, 1, 0]), MAKER)
    assert [s.number for s in track] == [2, 1, 0]
    assert [s.span for s in track] == list(track.spans)
