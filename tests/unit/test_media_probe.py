from __future__ import annotations

import os
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from tests.films import Sound, make_film

from cinedex.errors import MediaError
from cinedex.media import identity
from cinedex.media.probe import content_id, display_size, probe
from cinedex.timeline.time import SECOND, Rate, Span, Time

TONE = Sound(channels=2)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mkv", seconds=3, sounds=[TONE])


def test_a_film_is_described_as_it_is(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mp4", seconds=2, rate=Fraction(24000, 1001), sounds=[Sound(codec="aac")]))
    assert movie.video is not None
    assert (movie.video.codec, movie.video.width, movie.video.height) == ("h264", 192, 108)
    assert movie.video.rate == Rate(24000, 1001)
    assert not movie.video.variable
    assert movie.video.frames == 48
    assert movie.video.bits == 8
    assert [(a.codec, a.rate, a.channels, a.layout) for a in movie.audio] == [("aac", 48_000, 2, "stereo")]
    assert movie.duration == max(movie.video.start + movie.video.duration, *(a.start + a.duration for a in movie.audio))
    assert movie.warnings == ()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi", "a.ts", "a.flv"])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(24000, 1001), Fraction(30000, 1001)])
def test_the_rate_is_the_standard_one_in_every_container(tmp_path: Path, name: str, rate: Fraction):
    movie = probe(make_film(tmp_path / name, seconds=4, rate=rate))
    assert movie.video is not None
    assert movie.video.rate == Rate.of(rate)
    assert not movie.video.variable
    length = Rate.of(rate).time(round(4 * rate))
    assert abs(int(movie.duration - length)) <= int(SECOND) // 1000 + 1, "to the container's own precision"


def test_a_late_start_becomes_film_time_zero(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mkv", seconds=2, start=3600))
    assert movie.origin == SECOND * 3600
    assert movie.video is not None
    assert movie.video.start == 0
    assert abs(int(movie.duration) - 2 * int(SECOND)) <= int(SECOND) // 1000, "Matroska rounds to milliseconds"
    assert movie.warnings == ()


def test_sound_that_starts_later_than_the_picture_keeps_its_distance(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mkv", seconds=2, sounds=[Sound(start=0.7)]))
    assert movie.audio[0].start == Time.from_seconds("0.7")
    assert movie.duration == Time.from_seconds("2.7")


def test_a_stream_that_begins_late_in_the_film_is_found(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mkv", seconds=40, size=(64, 36), sounds=[TONE, Sound(start=30)]))
    assert [round(a.start.seconds) for a in movie.audio] == [0, 30]


def test_pictures_of_varying_length_are_told(tmp_path: Path):
    times = [0, 0.04, 0.08, 0.2, 0.24, 0.5, 0.54, 0.58, 1.0, 1.04]
    movie = probe(make_film(tmp_path / "a.mp4", times=times))
    assert movie.video is not None
    assert movie.video.variable


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_clockwise_and_display_upright(tmp_path: Path, degrees: int):
    movie = probe(make_film(tmp_path / "a.mp4", seconds=0.5, rotation=degrees))
    assert movie.video is not None
    assert movie.video.rotation == (360 - degrees) % 360, "the container counts the other way round"
    assert movie.video.display == ((108, 192) if degrees in {90, 270} else (192, 108))


@pytest.mark.parametrize(
    ("pixel", "expected"),
    [(None, (100, 50)), (Fraction(2), (200, 50)), (Fraction(1, 1000), (100, 50)), (Fraction(0), (100, 50))],
)
def test_absurd_pixel_shapes_are_taken_as_square(pixel: Fraction | None, expected: tuple[int, int]):
    assert display_size(100, 50, pixel, 0) == expected


def test_colour_and_hdr_are_told(tmp_path: Path):
    colour = {"colorspace": 9, "color_range": 1, "color_trc": 16, "color_primaries": 9}
    movie = probe(make_film(tmp_path / "a.mp4", seconds=0.5, pix_fmt="yuv420p10le", signal=colour))
    assert movie.video is not None
    assert movie.video.bits == 10
    told = (movie.video.color_space, movie.video.color_range, movie.video.color_transfer, movie.video.hdr)
    assert told == ("bt2020nc", "limited", "pq", "PQ")


def test_interlaced_pictures_are_told(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mp4", seconds=0.5, options={"x264-params": "tff=1"}))
    assert movie.video is not None
    assert movie.video.interlaced


def test_chapters_and_tags_are_read(tmp_path: Path):
    movie = probe(make_film(tmp_path / "a.mkv", seconds=2, chapters=[(0, 1, "One"), (1, 2, "Two")]))
    assert [(c.title, c.span) for c in movie.chapters] == [
        ("One", Span.from_seconds(0, 1)),
        ("Two", Span(SECOND, movie.duration)),
    ]
    assert dict(movie.tags)["ENCODER"].startswith("Lavf")


def test_languages_and_order_of_sounds(tmp_path: Path):
    sounds = [Sound(language="fra"), Sound(language="deu", channels=1), Sound(channels=6)]
    movie = probe(make_film(tmp_path / "a.mkv", seconds=1, sounds=sounds))
    assert [(a.language, a.channels) for a in movie.audio] == [("fra", 2), ("deu", 1), (None, 6)]


@pytest.mark.parametrize(
    "name", ["-i.mkv", "concat:a|b.mkv", "фильм 映画 'é\".mkv", "file:x.mkv", "a\nb.mkv", "%d.mkv"]
)
def test_any_file_name_is_only_a_name(film: Path, tmp_path: Path, name: str):
    shutil.copy(film, tmp_path / name)
    movie = probe(tmp_path / name)
    assert movie.name == name
    assert movie.id == content_id(film)
    assert movie.duration == probe(film).duration


def test_a_url_is_opened_as_well(film: Path):
    movie = probe(f"file://{film}")
    assert (movie.id, movie.duration, movie.name) == (content_id(film), probe(film).duration, film.name)


# Files that are not films.


def refusal(path: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert str(caught.value).count(path.name) == 1
    assert caught.value.remedy
    return caught.value


def test_what_cannot_be_a_film_is_refused_with_the_reason(tmp_path: Path):
    cases = {
        "empty.mp4": (b"", "empty"),
        "text.mp4": (b"This is a letter, not a film.\n" * 99, "not a media file"),
        "noise.mp4": (bytes(range(256)) * 400, "not a media file"),
        "list.m3u8": (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "not a"),
        "list.ffconcat": (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a media file"),
        "words.srt": (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n", "not a media file"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert reason in refusal(tmp_path / name).what


def test_what_is_not_a_file_is_refused(tmp_path: Path):
    assert "no such file" in refusal(tmp_path / "gone.mkv").what
    assert "folder" in refusal(tmp_path).what
    os.mkfifo(tmp_path / "pipe.mkv")
    assert "pipe" in refusal(tmp_path / "pipe.mkv").what


def test_a_file_without_its_index_is_refused(tmp_path: Path):
    whole = make_film(tmp_path / "a.mp4", seconds=2).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    assert "cannot be opened" not in refusal(tmp_path / "cut.mp4").remedy


def test_a_file_that_breaks_off_is_as_long_as_what_is_there(tmp_path: Path):
    film = make_film(tmp_path / "a.mkv", seconds=12, sounds=[TONE]).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(film[: len(film) * 6 // 10])
    movie = probe(tmp_path / "cut.mkv")
    assert SECOND * 4 < movie.duration < SECOND * 10
    assert any("breaks off" in w for w in movie.warnings)


def test_clocks_that_restart_are_joined_up(tmp_path: Path):
    parts = [
        make_film(tmp_path / f"{i}.ts", seconds=2, sounds=[Sound(codec="mp2")], start=s) for i, s in enumerate((0, 500))
    ]
    (tmp_path / "both.ts").write_bytes(b"".join(p.read_bytes() for p in parts))
    movie = probe(tmp_path / "both.ts")
    assert movie.joined
    assert abs(movie.duration.seconds - 4) < 0.1
    assert any("joined" in w for w in movie.warnings)


# The content id.


def test_the_id_follows_the_bytes_alone(film: Path, tmp_path: Path):
    copy = tmp_path / "other name.avi"
    shutil.copy(film, copy)
    assert content_id(copy) == content_id(film)
    data = bytearray(film.read_bytes())
    data[len(data) // 3] ^= 1
    copy.write_bytes(data)
    assert content_id(copy) != content_id(film)


def test_large_files_are_told_apart_by_size_ends_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(identity, "_BLOCK", 64)
    monkeypatch.setattr(identity, "_WHOLE", 64 * 64)
    data = bytearray(os.urandom(100_000))
    path = tmp_path / "a"

    def named(content: bytes) -> str:
        path.write_bytes(content)
        return content_id(path)

    first = named(data)
    assert named(data) == first
    assert named(data + b"x") != first
    for place in (0, len(data) - 1, round((len(data) - 64) / 63)):
        data[place] ^= 1
        assert named(data) != first
        data[place] ^= 1
    assert named(data) == first
