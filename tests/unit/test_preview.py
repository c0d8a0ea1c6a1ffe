"""Previews: fragments of films that browsers cannot play join into the film, picture and sound in step."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from fastapi.testclient import TestClient
from tests.films import Sound, make_film, number_of
from tests.unit.test_server import Running

from cinedex.app.server.application import application
from cinedex.app.server.previews import Previews
from cinedex.media import preview
from cinedex.media.preview import Fragment, count, fragment, playable, span_of
from cinedex.media.probe import probe
from cinedex.timeline.movie import Movie

RATE = Fraction(24_000, 1001)
SECONDS = 9.5


def clicks() -> np.ndarray:
    """A click at every second, in which a picture of another second would be off by 24."""
    samples = np.zeros((2, int(SECONDS * 48_000)), dtype=np.float32)
    for second in range(1, int(SECONDS)):
        samples[:, second * 48_000 : second * 48_000 + 480] = 0.8
    return samples


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(
        tmp_path_factory.mktemp("film") / "old.mkv",
        seconds=SECONDS,
        rate=RATE,
        size=(240, 136),
        codec="mpeg2video",
        gop=50,
        sounds=[Sound(clicks(), codec="ac3")],
    )


@pytest.fixture(scope="module")
def movie(path: Path) -> Movie:
    return probe(path)


@pytest.fixture(scope="module")
def fragments(movie: Movie) -> list[Fragment]:
    return [fragment(movie, n) for n in reversed(range(count(movie)))][::-1]


def decoded(data: bytes) -> tuple[list[tuple[float, Any]], np.ndarray, float]:
    """Pictures with their times, the samples, and the time of the first of them."""
    pictures, sound, begins = [], [], None
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(*container.streams):
            if isinstance(frame, av.VideoFrame):
                pictures.append((float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24")))
            else:
                begins = float(frame.pts * frame.time_base) if begins is None else begins
                sound.append(frame.to_ndarray())
    return pictures, np.concatenate(sound, axis=1), begins or 0.0


def test_what_browsers_play_is_known(movie: Movie, tmp_path: Path):
    assert not playable(movie)
    good = make_film(tmp_path / "a.mp4", seconds=1, sounds=[Sound(codec="aac")])
    assert playable(probe(good))
    assert not playable(probe(make_film(tmp_path / "b.mp4", seconds=1, sounds=[Sound(codec="ac3")])))
    assert not playable(probe(make_film(tmp_path / "c.mp4", seconds=1, pix_fmt="yuv420p10le")))
    assert not playable(probe(make_film(tmp_path / "d.mkv", seconds=1, codec="mpeg4")))


def test_fragments_join_into_every_picture_of_the_film_at_its_time(fragments: list[Fragment]):
    assert len({f.head for f in fragments}) == 1
    pictures, _, _ = decoded(fragments[0].head + b"".join(f.body for f in fragments))
    assert [number_of(pixels) for _, pixels in pictures] == list(range(len(pictures)))
    assert len(pictures) == round(SECONDS * RATE)
    for number, (at, _) in enumerate(pictures):
        assert at == pytest.approx(number / RATE, abs=0.0011)  # Matroska keeps milliseconds


def test_sound_is_in_step_and_without_a_gap(fragments: list[Fragment]):
    _, samples, begins = decoded(fragments[0].head + b"".join(f.body for f in fragments))
    assert begins == 0
    assert samples.shape[0] == 2
    assert samples.shape[1] / 48_000 == pytest.approx(SECONDS, abs=0.05)
    for second in range(1, int(SECONDS)):
        near = np.abs(samples[0, second * 48_000 - 4800 : second * 48_000 + 4800])
        assert (np.argmax(near > 0.3) - 4800) / 48_000 == pytest.approx(0, abs=0.008)
    quiet = samples[0].copy()
    for second in range(1, int(SECONDS)):
        quiet[second * 48_000 - 2400 : second * 48_000 + 4800] = 0
    assert np.abs(quiet).max() < 0.05  # no click at a seam


def test_a_fragment_by_itself_begins_with_a_key_frame_at_its_time(movie: Movie, fragments: list[Fragment]):
    for number, one in enumerate(fragments):
        span = span_of(movie, number)
        with av.open(io.BytesIO(one.head + one.body)) as container:
            packets = [
                (p.stream.type, float(p.pts * p.time_base), float(p.duration * p.time_base), p.is_keyframe)
                for p in container.demux()
                if p.pts is not None
            ]
        video = [p for p in packets if p[0] == "video"]
        assert [key for *_, key in video] == [True] + [False] * (len(video) - 1)
        assert span.start.seconds <= video[0][1] < span.start.seconds + 0.05
        assert sum(p[2] for p in video) == pytest.approx(span.duration.seconds, abs=0.05)
        sound = [p for p in packets if p[0] == "audio"]
        assert sum(p[2] for p in sound) == pytest.approx(span.duration.seconds, abs=0.03)


def test_fragments_made_in_any_order_are_the_same(movie: Movie, fragments: list[Fragment]):
    assert fragment(movie, 1).head == fragments[0].head
    pictures, _, _ = decoded(fragments[1].head + fragments[1].body)
    again, _, _ = decoded(fragments[0].head + fragment(movie, 1).body)
    assert [number_of(p) for _, p in pictures] == [number_of(p) for _, p in again]


@pytest.mark.parametrize(
    ("codec", "sounds", "size"),
    [
        ("libx265", [Sound(codec="eac3", channels=6)], (192, 108)),
        ("mpeg4", [Sound(codec="pcm_s16le", rate=44_100, channels=1)], (101, 77)),
        ("libx264", [], (96, 1000)),
        (None, [Sound(codec="ac3")], (2, 2)),
    ],
)
def test_every_sort_of_film_has_a_preview(
    tmp_path: Path, codec: str | None, sounds: list[Sound], size: tuple[int, int]
):
    pixels = "yuv444p" if codec == "libx264" else "yuv420p"
    options = {"x265-params": "log-level=none"} if codec == "libx265" else None
    if codec == "mpeg4":
        size = (102, 78)
    made = make_film(
        tmp_path / "a.mkv", seconds=1.5, codec=codec, sounds=sounds, size=size, pix_fmt=pixels, options=options
    )
    movie = probe(made)
    assert not playable(movie)
    one = fragment(movie, 0)
    with av.open(io.BytesIO(one.head + one.body)) as container:
        assert {s.codec.name for s in container.streams} <= {"h264", "aac"}
        assert len(container.streams) == (codec is not None) + len(sounds)
        if codec is not None:
            shown = container.streams.video[0]
            assert shown.height <= preview.HEIGHT
            assert shown.width % 2 == shown.height % 2 == 0
            assert sum(1 for _ in container.decode(video=0)) == 36


# Over HTTP


@pytest.fixture(scope="module")
def served(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str, Running]]:
    running = Running(tmp_path_factory.mktemp("service"))
    (running.films / "old.mkv").write_bytes(path.read_bytes())
    client = TestClient(application(running.service, hosts=("testserver",)), raise_server_exceptions=False)
    film = client.post("/v1/films", json={"path": str(running.films / "old.mkv")}).json()
    assert film["playable"] is False
    return client, f"/v1/films/{film['id']}", running


def test_a_playlist_leads_to_fragments_that_add_up(served: tuple[TestClient, str, Running], movie: Movie):
    client, film, _ = served
    answer = client.get(f"{film}/hls/index.m3u8")
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    lines = answer.text.splitlines()
    lengths = [float(line[8:-1]) for line in lines if line.startswith("#EXTINF:")]
    assert sum(lengths) == pytest.approx(movie.duration.seconds, abs=1e-4)
    assert max(lengths) <= 4
    names = [line for line in lines if not line.startswith("#")]
    assert names == ["seg-0.m4s", "seg-1.m4s", "seg-2.m4s"]
    head = client.get(f"{film}/hls/init.mp4").content
    whole = head + b"".join(client.get(f"{film}/hls/{name}").content for name in names)
    pictures, samples, _ = decoded(whole)
    assert len(pictures) == round(SECONDS * RATE)
    assert samples.shape[1] / 48_000 == pytest.approx(SECONDS, abs=0.05)


def test_a_stream_begins_near_the_time_that_was_asked_for(served: tuple[TestClient, str, Running]):
    client, film, _ = served
    answer = client.get(f"{film}/preview.mp4", params={"from": 5.2})
    assert (answer.headers["content-type"], answer.headers["x-cinedex-from"]) == ("video/mp4", "4")
    pictures, _, _ = decoded(answer.content)
    assert pictures[0][0] == pytest.approx(4, abs=0.05)
    assert number_of(pictures[-1][1]) == round(SECONDS * RATE) - 1


def test_fragments_have_tags_and_ends(served: tuple[TestClient, str, Running]):
    client, film, _ = served
    first = client.get(f"{film}/hls/seg-1.m4s")
    assert client.get(f"{film}/hls/seg-1.m4s", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    for gone in ("hls/seg-3.m4s", "hls/seg--1.m4s", "preview.mp4?from=99"):
        assert client.get(f"{film}/{gone}").status_code == 404
    assert client.get(f"{film}/hls/seg-x.m4s").status_code in {404, 422}


def test_a_film_that_is_gone_is_said(served: tuple[TestClient, str, Running]):
    client, _, running = served
    made = make_film(running.films / "gone.mkv", seconds=1)
    film = client.post("/v1/films", json={"path": str(made)}).json()["id"]
    made.unlink()
    for what in ("hls/index.m3u8", "hls/init.mp4", "hls/seg-0.m4s", "preview.mp4"):
        assert client.get(f"/v1/films/{film}/{what}").status_code == 404


def test_a_fragment_is_made_once_for_all_and_memory_has_a_bound(movie: Movie, monkeypatch: pytest.MonkeyPatch):
    running = threading.Semaphore(1)
    gate = threading.Barrier(4)
    asked: list[int] = []

    def slow(_: Movie, number: int) -> Fragment:
        asked.append(number)
        return Fragment(b"h" * 10, bytes(90))

    monkeypatch.setattr("cinedex.app.server.previews.fragment", slow)
    previews = Previews(lambda: running, most=250)

    def ask() -> None:
        gate.wait()
        previews.get(movie, 0)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == [0]
    for number in range(1, 6):
        previews.get(movie, number)
    assert previews.size <= 250
    previews.get(movie, 5)
    previews.get(movie, 0)
    assert asked == [0, 1, 2, 3, 4, 5, 0]
