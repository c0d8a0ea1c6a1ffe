from __future__ import annotations

import functools
import threading
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.film_kinds import KINDS, film_of_kind
from tests.films import number_of
from tests.watching import frames, run

from cinedex.errors import CancelledError, MediaError
from cinedex.media import reading, seeking
from cinedex.media.look import LookPass, look_times
from cinedex.media.views import Frames, Look, Looks
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Shot
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Maker, Track

VIEW = Looks(at=Shot, height=54, count=3)
MAKER = Maker("test", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def film(folder: Path) -> Callable[[str], tuple[Movie, Track[Frame]]]:
    @functools.cache
    def make(kind: str) -> tuple[Movie, Track[Frame]]:
        movie = film_of_kind(kind, folder)
        got = frames(movie, Frames(height=54))
        rows = [
            Frame(start=Time(int(a)), end=Time(int(b)), pts=int(p), key=bool(k))
            for a, b, p, k in zip(got["starts"], got["ends"], got["pts"], got["keys"], strict=True)
        ]
        return movie, Track.of(Frame, rows, MAKER)

    return make


def shot(start: int, end: int) -> Shot:
    return Shot(start=Time(start), end=Time(end), number=0, opening="cut", score=1.0)


def shots(movie: Movie, count: int) -> Track[Shot]:
    """The film in so many equal rows."""
    edges = [int(movie.duration) * i // count for i in range(count + 1)]
    return Track.of(Shot, [shot(a, b) for a, b in pairwise(edges)], MAKER)


def looks(movie: Movie, view: Looks, track: Track[Shot], index: Track[Frame] | None, **how) -> list[Look]:
    with LookPass(movie, {"a": (view, track)}, index=index, **how) as source:
        return run(source, ["a"])["a"]


@pytest.mark.parametrize("readers", [1, 2, 3])
@pytest.mark.parametrize("snap", [True, False], ids=["snapped", "exact"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_look_is_the_picture_that_is_shown_then(film, kind: str, snap: bool, readers: int):
    movie, index = film(kind)
    track = shots(movie, 7)
    view = Looks(at=Shot, height=54, count=3, snap=snap)
    found = looks(movie, view, track, index, readers=readers)
    wanted = [(int(t), n) for n, row in enumerate(track.rows) for t in look_times(row, view, index)]
    assert [(int(look.at), look.row) for look in found] == wanted
    starts = index.column("start").tolist()
    for look in found:
        assert number_of(look.pixels) == bisect_right(starts, int(look.at)) - 1


@pytest.mark.parametrize("kind", ["h264 mp4", "h264 avi", "vfr", "slides", "open gop"])
def test_without_an_index_the_last_picture_to_start_by_then_is_seen(film, kind: str):
    movie, index = film(kind)
    starts = index.column("start").tolist()
    track = shots(movie, 3)
    found = looks(movie, VIEW, track, None)
    middles = [t for row in track.rows for t in look_times(row, VIEW, None)]
    assert [number_of(look.pixels) for look in found] == [max(bisect_right(starts, int(t)) - 1, 0) for t in middles]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.integers(0, 11_999), min_size=1, max_size=12),
    kind=st.sampled_from(["h264 ts", "long gop", "hevc"]),
    readers=st.integers(1, 4),
)
def test_any_rows_are_seen_whoever_reads(film, places: list[int], kind: str, readers: int):
    movie, index = film(kind)
    ticks = sorted(Time(SECOND * p // 1000) for p in places)
    rows = [shot(t, t + SECOND // 50) for t in ticks]
    track = Track.of(Shot, rows, MAKER)
    one = Looks(at=Shot, height=54, count=1, snap=False)
    found = looks(movie, one, track, index, readers=readers)
    starts = index.column("start").tolist()
    middles = [look_times(row, one, index)[0] for row in track.rows]
    assert [number_of(look.pixels) for look in found] == [bisect_right(starts, int(t)) - 1 for t in middles]


def test_consumers_of_other_sizes_and_counts_share_one_reading(film):
    movie, index = film("h264 mp4")
    track = shots(movie, 5)
    views = {"a": (VIEW, track), "b": (Looks(at=Shot, height=27, count=2), track)}
    with LookPass(movie, views, index=index) as source:
        got = run(source, ["a", "b"])
    assert [len(got[n]) for n in "ab"] == [15, 10]
    assert got["a"][0].pixels.shape == (54, 96, 3)
    assert got["b"][0].pixels.shape == (27, 48, 3)
    assert source.decoded < len(index), "that is more than the whole film"


def test_where_seeks_lead_nowhere_one_reading_serves_all(film, monkeypatch: pytest.MonkeyPatch):
    movie, index = film("h264 ts")
    monkeypatch.setattr(seeking, "BACK", (Time(0), Time(SECOND), reading.BACK[-1]))
    monkeypatch.setattr(reading.Reading, "seek", lambda *_: False)
    opened = []
    monkeypatch.setattr(seeking, "reading", lambda *a, **how: opened.append(1) or reading.reading(*a, **how))
    found = looks(movie, VIEW, shots(movie, 7), index)
    starts = index.column("start").tolist()
    assert [number_of(look.pixels) for look in found] == [bisect_right(starts, int(look.at)) - 1 for look in found]
    assert len(found) == 21
    assert len(opened) < 10, "the film was read anew for every look"


def test_what_a_reader_meets_is_raised(film, monkeypatch: pytest.MonkeyPatch):
    movie, index = film("h264 mp4")
    broken = MediaError("cannot be read")

    def fail(*_: object, **__: object) -> None:
        raise broken

    monkeypatch.setattr(seeking.Seeker, "pictures", fail)
    with pytest.raises(MediaError, match="cannot be read"):
        looks(movie, VIEW, shots(movie, 4), index)


def test_a_consumer_may_leave_and_the_others_get_all(film):
    movie, index = film("h264 mp4")
    track = shots(movie, 9)
    with LookPass(movie, {"a": (VIEW, track), "b": (VIEW, track)}, index=index) as source:
        source.open("b").close()
        assert len(run(source, ["a"])["a"]) == 27


def test_a_stop_ends_every_reader(film):
    movie, index = film("h264 mp4")
    stop = threading.Event()
    source = LookPass(movie, {"a": (VIEW, shots(movie, 40))}, index=index, stop=stop)
    outlet = source.open("a")
    reader = threading.Thread(target=source.run, daemon=True)
    reader.start()
    next(outlet)
    stop.set()
    reader.join(30)
    assert not reader.is_alive()
    with pytest.raises(CancelledError):
        list(outlet)
    assert not [t for t in threading.enumerate() if t.name == "look" and t.is_alive()]


def test_readers_do_not_run_far_ahead(film, monkeypatch: pytest.MonkeyPatch):
    movie, index = film("intra")
    made: list[int] = []
    delivered: list[int] = []
    real = seeking.Seeing.seen

    def counted(self, wishes, seeker, makers):
        for seen in real(self, wishes, seeker, makers):
            made.append(1)
            yield seen

    monkeypatch.setattr(seeking.Seeing, "seen", counted)
    source = LookPass(movie, {"a": (Looks(at=Shot, height=54, count=8), shots(movie, 25))}, index=index)
    outlet = source.open("a")
    reader = threading.Thread(target=source.run, daemon=True)
    reader.start()
    most = 0
    for _ in outlet:
        delivered.append(1)
        most = max(most, len(made) - len(delivered))
    reader.join(30)
    assert len(delivered) == 200
    assert most <= 2 * (seeking.AHEAD + 1) + 8 + 1


def test_nothing_is_read_where_nothing_is_asked_for(film):
    movie, index = film("h264 mp4")
    assert looks(movie, VIEW, shots(movie, 4), index, span=Span(movie.duration, Time(movie.duration + 1))) == []


def test_the_looks_at_a_row_do_not_hang_on_the_span(film):
    movie, index = film("hevc")
    track = shots(movie, 6)
    whole = looks(movie, VIEW, track, index)
    half = looks(movie, VIEW, track, index, span=Span(track.rows[3].start, movie.duration))
    assert [int(look.at) for look in half] == [int(look.at) for look in whole[9:]]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(half, whole[9:], strict=True))
