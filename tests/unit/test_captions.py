from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.films import make_film
from tests.stage_films import movie

from cinedex.media.captions import captions
from cinedex.media.probe import probe
from cinedex.media.sidecars import LARGEST, sidecars
from cinedex.media.views import CaptionChunk, Captions
from cinedex.stages.base import Inputs
from cinedex.stages.captions import ImportedCaptions, base
from cinedex.timeline.rows import Caption, Flag
from cinedex.timeline.time import SECOND, Span, Time

SRT = "1\n00:00:01,000 --> 00:00:02,500\nWho goes there?\n\n2\n00:00:03,000 --> 00:00:04,000\n<i>Nobody</i> & I.\n"

GERMAN = "Das ist ein langer Satz auf Deutsch, den niemand für etwas anderes halten kann, und noch einer dazu."


class Namer:
    def languages(self, texts: list[str]) -> list[tuple[str, float]]:
        return [("de" if "Deutsch" in t else "en", 0.99) for t in texts]


def imported(*chunks: CaptionChunk, seconds: int = 100) -> tuple[list[Caption], list[Flag]]:
    film = movie(SECOND * seconds)
    inputs = Inputs(film, film.span, iter(chunks), models=lambda _: Namer())
    rows = list(ImportedCaptions().run(inputs))
    return [r for r in rows if isinstance(r, Caption)], [r for r in rows if isinstance(r, Flag)]


def with_stream(folder: Path, language: str) -> Path:
    """A film of six seconds with SRT as a stream of its own."""
    plain = make_film(folder / "plain.mkv", seconds=6)
    (folder / "in.srt").write_text(SRT, encoding="utf-8")
    to = folder / "film.mkv"
    with av.open(str(plain)) as film, av.open(str(folder / "in.srt")) as lines, av.open(str(to), "w") as out:
        pairs = [(film, film.streams.video[0]), (lines, lines.streams.subtitles[0])]
        made = [out.add_stream_from_template(stream) for _, stream in pairs]
        made[1].metadata["language"] = language
        for (source, stream), target in zip(pairs, made, strict=True):
            for packet in source.demux(stream):
                if packet.size:
                    packet.stream = target
                    out.mux(packet)
    return to


def test_the_text_streams_of_a_film_are_read_at_their_times(tmp_path: Path):
    film = probe(with_stream(tmp_path, "eng"))
    (chunk,) = captions(film, Captions(), threading.Event())
    assert chunk.language == "eng"
    assert chunk.fault == ""
    assert [span for span, _ in chunk.entries] == [Span.from_seconds(1, 2.5), Span.from_seconds(3, 4)]
    assert [text for _, text in chunk.entries] == ["Who goes there?", "Nobody & I."]


def test_side_cars_are_those_named_as_the_film_is(tmp_path: Path):
    film = tmp_path / "night.train.mkv"
    for name in (
        "night.train.srt",
        "night.train.de.vtt",
        "night.train.mkv.ass",
        "night.srt",
        "night.trains.srt",
        "x.srt",
    ):
        (tmp_path / name).write_text(SRT)
    (tmp_path / "night.train.empty.srt").touch()
    (tmp_path / "night.train.folder.srt").mkdir()
    with (tmp_path / "night.train.huge.srt").open("wb") as huge:
        huge.truncate(LARGEST + 1)
    assert [s.name for s in sidecars(str(film))] == ["night.train.de.vtt", "night.train.mkv.ass", "night.train.srt"]
    assert sidecars("s3://films/night.mkv") == ()


def test_another_side_car_is_another_question_and_a_changed_one_is_not_read(tmp_path: Path):
    place = make_film(tmp_path / "film.mkv", seconds=2)
    (tmp_path / "film.de.srt").write_text(SRT)
    one = probe(place)
    stage = ImportedCaptions().about(one)
    assert [name for name, _ in stage.files] == ["film.de.srt"]
    (chunk,) = captions(one, Captions(stage.files), threading.Event())
    assert chunk.data == SRT.encode()
    (tmp_path / "film.de.srt").write_text(SRT + "\n")
    (chunk,) = captions(one, Captions(stage.files), threading.Event())
    assert chunk.data is None
    assert "has changed" in chunk.fault
    assert ImportedCaptions().about(probe(place)) != stage
    assert probe(place).id == one.id


def test_a_side_car_becomes_lines_with_its_language():
    found, flags = imported(CaptionChunk("film.de.srt", None, data=SRT.encode()))
    assert [(c.text, c.language, c.origin) for c in found] == [
        ("Who goes there?", "de", "film.de.srt"),
        ("Nobody & I.", "de", "film.de.srt"),
    ]
    assert flags == []


def test_a_tag_that_the_text_speaks_against_is_flagged():
    found, (flag,) = imported(CaptionChunk("stream 3", "eng", ((Span(SECOND, SECOND * 3), GERMAN),)))
    assert found[0].language == "de"
    assert (flag.label, flag.note) == ("subtitle-language", "stream 3: tagged 'en', and the text is 'de'")
    assert flag.span == found[0].span


def test_without_a_tag_the_text_tells():
    found, flags = imported(CaptionChunk("film.srt", None, ((Span(SECOND, SECOND * 3), GERMAN),)))
    assert found[0].language == "de"
    assert flags == []


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"\xff\xfe", b"WEBVTT\n\n", b"words alone", b"[Script Info]\n"])
def test_what_is_no_subtitle_is_flagged(data: bytes):
    found, (flag,) = imported(CaptionChunk("film.srt", None, data=data))
    assert found == []
    assert flag.label == "subtitle-unreadable"
    assert flag.note.startswith("film.srt: ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_unicode_is_read(encoding: str):
    found, flags = imported(CaptionChunk("film.srt", None, data=SRT.replace("Nobody", "Être née").encode(encoding)))
    assert found[1].text == "Être née & I."
    assert flags == []


def test_an_encoding_that_had_to_be_guessed_is_said():
    found, (flag,) = imported(CaptionChunk("film.srt", None, data=SRT.replace("Nobody", "Née").encode("cp1252")))
    assert len(found) == 2
    assert flag.label == "subtitle-doubtful"
    assert "a guess" in flag.note


def test_lines_without_time_or_before_and_after_the_film_are_left_out():
    odd = (
        "1\n00:00:05,000 --> 00:00:04,000\nbackwards\n\n2\n00:00:06,000 --> 00:00:06,000\nnever\n\n"
        "3\n00:00:07,000 --> 09:00:00,000\nfor ever\n\n4\n00:10:00,000 --> 00:10:01,000\nafter\n"
    )
    found, _ = imported(CaptionChunk("film.srt", None, data=odd.encode()))
    assert [(c.text, c.start, c.end) for c in found] == [("for ever", SECOND * 7, SECOND * 67)]


def test_a_line_from_long_before_the_film_into_it_begins_with_it():
    early = "[Script Info]\n[Events]\nFormat: Start, End, Text\nDialogue: -0:02:00.00,0:00:05.00,early\n"
    found, flags = imported(CaptionChunk("film.ass", None, data=early.encode()))
    assert all(c.start >= 0 and c.start < c.end for c in found)
    assert bool(found) != bool(flags)


def test_a_subtitle_without_a_line_in_the_film_is_flagged():
    found, (flag,) = imported(CaptionChunk("stream 2", "eng", ((Span(SECOND * 200, SECOND * 201), "late"),)))
    assert found == []
    assert flag.note == "stream 2: no line of it lies in the film"


def test_what_shows_nothing_is_taken_out_of_a_line():
    hostile = ((Span(SECOND, SECOND * 2), "a\u202eb\x00c\n\n d" + "e" * 5000), (Span(SECOND, SECOND * 2), "\u200b"))
    (line,), _ = imported(CaptionChunk("stream 1", None, hostile))
    assert line.text.startswith("abc\nd")
    assert len(line.text) < 500


@given(st.binary(max_size=400))
def test_any_bytes_give_lines_or_a_reason(data: bytes):
    found, flags = imported(CaptionChunk("x.srt", None, data=data))
    assert bool(found) != bool(flags)


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("ger", "de"),
        ("deu", "de"),
        ("pt-BR", "pt"),
        ("zh_Hans", "zh"),
        ("und", ""),
        (None, ""),
        ("en", "en"),
        ("7", ""),
    ],
)
def test_tags_are_brought_to_one_form(tag: str | None, code: str):
    assert base(tag) == code


def test_the_runner_imports_what_lies_beside_a_film(tmp_path: Path):
    from cinedex import Library  # noqa: PLC0415 - this test alone runs it all
    from cinedex.models.fakes import fake_pool  # noqa: PLC0415 - as above

    place = make_film(tmp_path / "film.mkv", seconds=6)
    (tmp_path / "film.en.srt").write_text(SRT)
    library = Library(tmp_path / "library", stages=[ImportedCaptions()])
    library.__dict__["pool"] = fake_pool()
    library.__dict__["indexing"] = SimpleNamespace(update=lambda _movie: None, update_all=None, unlist=None)
    found = library.analyze(place)
    track = library.timeline(found).track(Caption)
    assert [c.text for c in track] == ["Who goes there?", "Nobody & I."]
    assert track[0].start == Time(int(SECOND))
