from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.film_kinds import KINDS, SHOTS, film_of_kind
from tests.films import Sound, make_film, number_of
from tests.watching import frames, watch

from cinedex.errors import CancelledError, MediaError
from cinedex.media import decode
from cinedex.media.decode import Pass
from cinedex.media.probe import probe
from cinedex.media.views import Frames, Samples
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, Rate, Span, Time

VIEW = Frames(height=54)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def film(folder: Path) -> Callable[[str], Movie]:
    """A film of 12 seconds of each kind, made when first asked for."""

    @functools.cache
    def make(kind: str) -> Movie:
        return film_of_kind(kind, folder)

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_comes_once_in_order_with_its_time(film, kind: str):
    movie = film(kind)
    got = frames(movie, VIEW)
    count = len(got["starts"])
    assert [number_of(p) for p in got["pixels"]] == list(range(count))
    times = KINDS[kind][1].get("times")
    assert movie.video is not None
    if times is None:
        assert movie.video.rate is not None
        expected = [
            int(movie.video.start) + int(movie.video.rate.time(i)) for i in range(12 * round(movie.video.rate.fraction))
        ]
        assert count >= len(expected) - 1
    else:
        expected = [round(Fraction(t) * SECOND) for t in times]
    off = np.abs(got["starts"] - np.array(expected[:count]) - (got["starts"][0] - expected[0]))
    assert off.max() <= SECOND // 900, "to the container's own precision"
    assert (got["starts"][1:] == got["ends"][:-1]).all()
    assert (np.diff(got["starts"]) > 0).all()
    assert bool(got["keys"][0])
    assert abs(int(got["ends"][-1]) - int(movie.video.start + movie.video.duration)) <= SECOND // 900


def test_a_reel_after_the_last_key_frame_of_an_avi_has_its_pictures(film):
    movie = film("mpeg4")
    whole = frames(movie)["starts"]
    last = frames(movie, span=Span(Time(int(whole[-3]) + 1), movie.duration))["starts"]
    assert last.tolist() == whole[-2:].tolist()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(1, 11_999), max_size=4), frame_edges=st.booleans())
def test_the_whole_is_the_reels_put_together(film, kind: str, cuts: list[int], frame_edges: bool):
    movie = film(kind)
    views = {"all": VIEW, "slow": Frames(height=16, width=16, rate=Rate(3, 2), format="gray8")}
    views |= {f"sound {i}": Samples(stream=i, chunk=5000) for i in range(len(movie.audio))}
    whole = watch(movie, views)
    starts = np.concatenate([c.starts for c in whole["all"]])
    edges = sorted({int(movie.duration) * c // 12_000 for c in cuts})
    if frame_edges:
        edges = sorted({int(starts[min(np.searchsorted(starts, e), len(starts) - 1)]) for e in edges} - {0})
    edges = [0, *edges, int(movie.duration)]
    reels = [watch(movie, views, span=Span(Time(a), Time(b))) for a, b in itertools.pairwise(edges)]
    for name, view in views.items():
        columns = ("starts", "ends", "pts", "keys", "pixels") if isinstance(view, Frames) else ("samples",)
        for column in columns:
            one = np.concatenate([getattr(c, column) for c in whole[name]])
            parts = [getattr(c, column) for reel in reels for c in reel[name]]
            assert np.array_equal(one, np.concatenate(parts)), (name, column, edges)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_nothing(film, threads: int):
    one, other = frames(film("h264 mp4"), VIEW, threads=1), frames(film("h264 mp4"), VIEW, threads=threads)
    assert all(np.array_equal(one[n], other[n]) for n in one)


def test_a_rate_gives_the_first_picture_of_every_tick(film):
    movie = film("vfr")
    every, slow = frames(movie, VIEW), frames(movie, Frames(height=54, rate=Rate(2)))
    ticks = [Rate(2).count(Time(int(s))) for s in every["starts"]]
    firsts = [i for i, t in enumerate(ticks) if i == 0 or ticks[i - 1] != t]
    assert np.array_equal(slow["starts"], every["starts"][firsts])


def test_equal_views_are_converted_once_and_read_only(film, monkeypatch: pytest.MonkeyPatch):
    calls = 0
    make = decode.PictureMaker.__call__

    def counted(self, frame):
        nonlocal calls
        calls += 1
        return make(self, frame)

    monkeypatch.setattr(decode.PictureMaker, "__call__", counted)
    views = {"a": VIEW, "b": VIEW, "c": Frames(height=54, chunk=7), "d": Frames(height=54, rate=Rate(1))}
    got = watch(film("h264 mp4"), views)
    assert calls == 288
    assert got["a"][0] is got["b"][0]
    assert sum(map(len, got["c"])) == 288
    with pytest.raises(ValueError, match="read-only"):
        got["a"][0].pixels[0, 0, 0] = 1


def test_large_pictures_come_in_small_chunks(film):
    chunks = watch(film("intra"), {"a": Frames(height=1080, rate=Rate(4))})["a"]
    assert max(c.pixels.nbytes for c in chunks) <= 16 << 20
    assert sum(map(len, chunks)) == 48


# Who leaves, who stops, what goes wrong.


def consume(source: Pass, name: str, log: list, most: int | None = None, pause: float = 0.0) -> threading.Thread:
    def work():
        outlet = source.open(name)
        try:
            for n, _ in enumerate(outlet):
                log.append(n)
                time.sleep(pause)
                if most is not None and n + 1 >= most:
                    outlet.close()
        except Exception as error:  # noqa: BLE001 - looked at by the test
            log.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_one_that_leaves_early_holds_nobody_up(film):
    early, late = [], []
    with Pass(film("h264 mp4"), {"a": Frames(height=54, chunk=8), "b": Frames(height=54, chunk=8)}) as source:
        threads = [consume(source, "a", early, most=2), consume(source, "b", late)]
        report = source.run()
        for thread in threads:
            thread.join(10)
    assert (len(early), len(late), report.frames) == (2, 36, 288)


def test_when_all_have_left_decoding_stops(film):
    log = []
    with Pass(film("h264 mp4"), {"a": Frames(height=54, chunk=8)}) as source:
        thread = consume(source, "a", log, most=2)
        report = source.run()
        thread.join(10)
    assert report.frames < 200


def test_the_slowest_paces_and_the_queue_stays_short(film):
    log = []
    with Pass(film("h264 mp4"), {"a": Frames(height=54, chunk=1)}, depth=3) as source:
        thread = consume(source, "a", log, pause=0.02, most=30)
        threading.Thread(target=source.run, daemon=True).start()
        time.sleep(0.3)
        assert source.report.frames <= len(log) + 3 + 3
        thread.join(10)
    assert not thread.is_alive()


def test_a_stop_is_prompt_even_if_a_consumer_hangs(film):
    stop, log, hung = threading.Event(), [], threading.Event()
    with Pass(film("h264 mp4"), {"a": Frames(height=54, chunk=1), "hangs": VIEW}, stop=stop) as source:
        threads = [consume(source, "a", log), threading.Thread(target=hung.wait, daemon=True)]
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        source.run()
        assert time.monotonic() - began < 2
        threads[0].join(2)
    assert not threads[0].is_alive()
    assert isinstance(log[-1], CancelledError)


def test_a_consumer_of_a_pass_that_never_runs_is_told(film):
    log = []
    with Pass(film("h264 mp4"), {"a": VIEW}) as source:
        thread = consume(source, "a", log)
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(log[-1], CancelledError), "half a film must not look like a whole one"


@pytest.mark.parametrize(("error", "told"), [(RuntimeError("bug"), CancelledError), (OSError("disk"), MediaError)])
def test_an_error_while_decoding_reaches_everybody(film, monkeypatch: pytest.MonkeyPatch, error, told):
    def broken(*_):
        raise error

    monkeypatch.setattr(decode.PictureMaker, "__call__", broken)
    logs = [], []
    with Pass(film("h264 mp4"), {"a": VIEW, "b": Samples()}) as source:
        threads = [consume(source, name, log) for name, log in zip("ab", logs, strict=True)]
        with pytest.raises(type(error) if told is CancelledError else told):
            source.run()
        for thread in threads:
            thread.join(5)
    assert all(isinstance(log[-1], told) for log in logs)


def test_a_file_that_is_gone_or_another_is_told(tmp_path: Path):
    path = make_film(tmp_path / "a.mkv", seconds=1, sounds=[Sound()])
    movie = probe(path)
    make_film(path, codec=None, sounds=[Sound()])
    with pytest.raises(MediaError, match="not the one"):
        watch(movie, {"a": VIEW})
    path.unlink()
    with pytest.raises(MediaError, match="no such file"):
        watch(movie, {"a": VIEW})


def test_damage_is_counted_and_the_rest_is_read(folder: Path):
    data = bytearray(make_film(folder / "good.mkv", shots=SHOTS, size=(96, 54), gop=12).read_bytes())
    for place in range(len(data) // 3, len(data) // 3 + 400, 3):
        data[place] ^= 0x55
    (folder / "bad.mkv").write_bytes(data)
    with Pass(probe(folder / "bad.mkv"), {"a": VIEW}) as source:
        log = []
        thread = consume(source, "a", log)
        report = source.run()
        thread.join(10)
    assert report.frames > 200
    assert report.damaged
    assert report.warnings


def test_a_film_of_two_sizes_comes_in_one(tmp_path: Path):
    parts = [make_film(tmp_path / f"{h}.ts", seconds=2, size=(h * 2, h), start=s) for h, s in ((72, 0), (96, 2))]
    (tmp_path / "both.ts").write_bytes(b"".join(p.read_bytes() for p in parts))
    got = frames(probe(tmp_path / "both.ts"), Frames(height=32, width=96))
    assert [number_of(p) for p in got["pixels"]] == [*range(48), *range(48)]


def test_clocks_that_restart_go_on_in_every_reel(tmp_path: Path):
    tone = Sound(codec="mp2")
    parts = [make_film(tmp_path / f"{s}.ts", seconds=4, size=(96, 54), sounds=[tone], start=s) for s in (100, 3)]
    (tmp_path / "both.ts").write_bytes(b"".join(p.read_bytes() for p in parts))
    movie = probe(tmp_path / "both.ts")
    whole = frames(movie, VIEW)
    assert [number_of(p) for p in whole["pixels"]] == [*range(96), *range(96)]
    assert np.abs(np.diff(whole["starts"]) - SECOND // 24).max() < SECOND // 10
    reels = [frames(movie, VIEW, span=s) for s in movie.span.cut(SECOND * 3)]
    assert np.array_equal(np.concatenate([r["pixels"] for r in reels]), whole["pixels"])
