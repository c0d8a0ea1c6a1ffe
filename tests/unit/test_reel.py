"""Reels and chapters: clips that cut into no word, what is chosen and why, and lists that other programs read again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
from tests.casts import library_at
from tests.seen_rows import Seen
from tests.timelines import make_movie, make_timeline
from tests.unit.search_fixtures import film
from typer.testing import CliRunner

from cinedex.app import cli, reel_cli
from cinedex.errors import CinedexError, NotFoundError, UsageError
from cinedex.formats.chapters import ffmetadata, filled, vtt, write_chapters, youtube
from cinedex.formats.edl import MOST_EVENTS, edl, frame_of, write_cut
from cinedex.library import Library
from cinedex.search.columns import LOOK
from cinedex.search.reel import SHORTEST, reel
from cinedex.timeline.movie import Chapter
from cinedex.timeline.rows import Cue, Event, Flag, Row, Sound, Vector, Word
from cinedex.timeline.time import SECOND, ZERO, Rate, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def at(start: float, end: float) -> dict[str, Time]:
    return {"start": Time.from_seconds(start), "end": Time.from_seconds(end)}


def known(base: Timeline, *rows: Row) -> Timeline:
    tracks: dict[tuple[str, str], Track[Any]] = dict(base.tracks)
    for kind in dict.fromkeys(type(r) for r in rows):
        tracks["test", kind.kind] = Track.of(kind, [r for r in rows if type(r) is kind], Maker("test", 1, "8" * 64))
    return replace(base, tracks=tracks)


def line(start: float, end: float, text: str = "said") -> Cue:
    return Cue(**at(start, end), text=text, language="en", score=1, source="speech")


def seconds(made: Any) -> list[tuple[float, float]]:
    return [(round(c.start.seconds, 2), round(c.end.seconds, 2)) for c in made.clips]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("average", [1.5, 4.0, 30.0])
def test_no_clip_cuts_into_a_word_and_all_fit(seed: int, average: float):
    shots = int(240 / average)
    timeline = make_timeline(shots, average=average, words=400, seed=seed, seen=Seen(3, 4), still_width=8)
    words = timeline.track(Word).spans
    rate = timeline.movie.video.rate  # type: ignore[union-attr]
    assert rate is not None
    for purpose in ("highlights", "previously"):
        made = reel(timeline, 45, purpose)  # type: ignore[arg-type]
        assert made.clips
        assert made.duration <= SECOND * 45
        assert made.clips == tuple(sorted(made.clips, key=lambda c: c.start))
        for clip, after in zip(made.clips, [*made.clips[1:], None], strict=True):
            assert clip.end - clip.start >= SHORTEST
            assert after is None or clip.end <= after.start
            for edge in (clip.start, clip.end):
                assert rate.time(rate.count(edge)) == edge, "pictures begin there"
                assert not ((words.starts < edge) & (edge < words.ends)).any(), "no word is cut"


def test_a_line_across_a_cut_keeps_its_shots_together():
    """Shots of five seconds; the line goes on over the cut at 10, so nothing begins or ends there."""
    timeline = known(film(*[("", [])] * 6), line(8, 12, "Nobody knows the harbour"))
    made = reel(timeline, 10)
    assert seconds(made) == [(5, 15)]
    assert made.clips[0].why == ("what is said",)


def test_a_long_shot_is_parted_where_nobody_speaks():
    shot = film(("", []), seconds=24)
    spoken = known(shot, line(0.5, 9, "one line"), line(9.5, 20, "another one"))
    (_, first), (second, _), *_ = seconds(reel(spoken, 60))
    assert first == second
    assert 9 < first < 9.5
    words = [Word(**at(s, s + 0.6), text="word", language="en", score=1) for s in np.arange(0, 23, 1.0)]
    endless = known(shot, line(0, 24, "no end"), *words)
    for start, end in seconds(reel(endless, 60)):
        assert start % 1 > 0.6 or start in {0, 24}
        assert end % 1 > 0.6 or end in {0, 24}
    without = known(shot, line(0, 24, "no end and no words"))
    assert seconds(reel(without, 60)) == [(0, 24)]
    assert reel(without, 10).clips == (), "rather nothing than half a line"


def test_what_happens_comes_before_what_does_not():
    base = film(*[("", [])] * 12)
    rows = [
        Event(**at(15, 20), label="fight", score=0.9, rule="fight/1"),
        Sound(**at(40, 45), label="explosion", score=0.9),
        Sound(**at(0, 60), label="music", score=1.0),
        Flag(**at(50, 55), label="black", score=1, note=""),
    ]
    made = reel(known(base, *rows), 10)
    assert seconds(made) == [(15, 20), (40, 45)]
    assert [c.why for c in made.clips] == [("what happens",), ("what is heard",)]
    every = reel(known(base, *rows), 60)
    assert (50, 55) not in seconds(every), "a black picture is never shown"
    assert made.notes == ("chosen without faces: not known of this film",)


def test_what_looks_the_same_is_not_shown_twice():
    base = film(*[("", [])] * 12, gap=False)
    events = [Event(**at(5 * n, 5 * n + 5), label="x", score=0.9 - n / 100, rule="x/1") for n in (0, 5, 10)]
    looks = {0: (1.0, 0.0), 5: (1.0, 0.01), 10: (0.0, 1.0)}
    vectors = [
        Vector(**at(5 * n, 5 * n + 5), space=LOOK[0], values=(*v, *[0.0] * (LOOK[1] - 2))) for n, v in looks.items()
    ]
    assert seconds(reel(known(base, *events), 10)) == [(0, 5), (25, 30)]
    assert seconds(reel(known(base, *events, *vectors), 10)) == [(0, 5), (50, 55)]


def test_a_reel_needs_shots_and_time():
    with pytest.raises(NotFoundError, match=r"shots of The Long Harbour\.mp4 are not known"):
        reel(Timeline(make_movie(), {}))
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="cannot be cut"):
            reel(film(("", [])), wrong)


# As files

HOSTILE = "a\nFCM: DROP FRAME\x1b[2J \u202e=;#\\ <b> & --> 00:00"


@pytest.mark.parametrize("rate", [Rate(24), Rate(24000, 1001), Rate(25), Rate(30000, 1001), Rate(60)])
@pytest.mark.parametrize("form", ["edl", "otio"])
def test_clips_come_back_from_an_editing_program_frame_by_frame(rate: Rate, form: str, tmp_path: Path):
    movie = make_movie(600, name=HOSTILE)
    video = replace(movie.video, rate=rate)  # type: ignore[type-var]
    movie = replace(movie, video=video)
    frames = [(0, 30), (240, 300), (7000, 7101)]
    clips = [(Span(rate.time(a), rate.time(b)), HOSTILE) for a, b in frames]
    path = write_cut(movie, clips, HOSTILE, tmp_path / f"x.{form}")
    text = path.read_text("utf-8")
    base = -(-rate.num // rate.den)
    if form == "edl":
        back = otio.adapters.read_from_string(text, "cmx_3600", rate=base)
        assert [ln for ln in text.splitlines() if ln.startswith("FCM")] == ["FCM: NON-DROP FRAME"]
        assert "\x1b" not in text
    else:
        back = otio.adapters.read_from_string(text, "otio_json")
    found = [
        (round(c.source_range.start_time.value), round(c.source_range.end_time_exclusive().value))
        for c in back.video_tracks()[0].find_clips()
    ]
    assert found == frames


def test_a_list_that_cannot_be_is_refused(tmp_path: Path):
    movie = make_movie()
    clip = (Span(ZERO, SECOND), "")
    with pytest.raises(UsageError, match="at most 999 events"):
        edl(movie, [clip] * (MOST_EVENTS + 1), "x")
    with pytest.raises(UsageError, match="needs pictures"):
        edl(replace(movie, video=None), [clip], "x")
    varying = replace(movie, video=replace(movie.video, variable=True))  # type: ignore[type-var]
    with pytest.raises(UsageError, match="no constant rate"):
        edl(varying, [clip], "x")
    with pytest.raises(UsageError, match=r"as \.edl or \.otio, not as x\.mov"):
        write_cut(movie, [clip], "x", tmp_path / "x.mov")
    assert "AA/V" in edl(movie, [clip], "x")
    assert "AA/V" not in edl(replace(movie, audio=()), [clip], "x")
    assert frame_of(Rate(24), Time.from_seconds(0.04)) == 1


CHAPTERS = filled(
    [Chapter(Span(SECOND * a, SECOND * b), t) for a, b, t in ((1, 15, HOSTILE), (15, 20, ""), (20, 70, "Night"))],
    Span(ZERO, SECOND * 70),
)


def test_chapters_fill_the_film_and_are_read_by_players():
    assert [(c.span.start.seconds, c.span.end.seconds) for c in CHAPTERS] == [(0, 15), (15, 20), (20, 70)]
    text = vtt(CHAPTERS)
    assert re.findall(r"^([\d:.]+) --> ([\d:.]+)$", text, re.MULTILINE) == [
        ("0:00:00.000", "0:00:15.000"), ("0:00:15.000", "0:00:20.000"), ("0:00:20.000", "0:01:10.000"),
    ]  # fmt: skip
    assert "<b>" not in text
    assert text.count("-->") == 3, "titles begin no cue"
    meta = ffmetadata(CHAPTERS)
    assert "START=15000\nEND=20000\ntitle=Chapter" in meta
    assert r"\=\;\#\\" in meta
    assert meta.count("[CHAPTER]") == 3


def test_youtube_takes_only_chapters_that_it_shows():
    long = [Chapter(Span(SECOND * 20 * n, SECOND * 20 * (n + 1)), f"Part {n}") for n in range(200)]
    lines = youtube(long).splitlines()
    assert lines[:2] == ["0:00 Part 0", "0:20 Part 1"]
    assert lines[-1] == "1:06:20 Part 199"
    with pytest.raises(UsageError, match="from three on"):
        youtube(CHAPTERS)


def test_ffmpeg_reads_the_chapters(tmp_path: Path):
    """Through the muxer that carries them into a film."""
    import av  # noqa: PLC0415 - only this test asks a demuxer

    path = write_chapters(make_movie(70), [(c.span, c.title) for c in CHAPTERS], tmp_path / "x.ffmeta")
    with av.open(str(path), format="ffmetadata") as held:
        found = [(c["start"], c["end"], c["metadata"]["title"]) for c in held.chapters()]
    assert [f[:2] for f in found] == [(0, 15000), (15000, 20000), (20000, 70000)]
    assert found[0][2].endswith("=;#\\ <b> & --> 00:00")
    with pytest.raises(UsageError, match=r"\.vtt, \.ffmeta, \.txt"):
        write_chapters(make_movie(), [(Span(ZERO, SECOND), "x")], tmp_path / "x.doc")
    with pytest.raises(NotFoundError, match="no chapters"):
        write_chapters(make_movie(), [], tmp_path / "x.vtt")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    made = library_at(tmp_path / "lib")
    timeline = known(make_timeline(30, seen=Seen(3, 4), still_width=8))
    made.store.put_movie(timeline.movie)
    made.index.update(timeline)
    made.store.put_mark(timeline.movie.id, "indexed", "x")
    monkeypatch.setattr(made, "timeline", lambda *_: timeline)
    monkeypatch.setattr(reel_cli, "open_library", lambda: made)
    return made


def run(*words: str) -> str:
    done = CliRunner().invoke(cli.app, [*words], env={"COLUMNS": "120"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("library")
def test_commands_write_and_tell(tmp_path: Path):
    shown = run("reel", "The Long Harbour", "-o", str(tmp_path / "x.edl"), "--seconds", "20")
    assert "Wrote" in shown
    facts = json.loads(run("reel", "The Long Harbour", "--seconds", "20", "--json"))
    assert 0 < facts["seconds"] <= 20
    back = otio.adapters.read_from_string((tmp_path / "x.edl").read_text(), "cmx_3600", rate=24)
    assert len(list(back.video_tracks()[0].find_clips())) == len(facts["clips"])
    run("chapters", "The Long Harbour", "-o", str(tmp_path / "x.vtt"))
    assert (tmp_path / "x.vtt").read_text().startswith("WEBVTT\n\n1\n0:00:00.000 --> ")
    with pytest.raises(UsageError, match="highlights or previously"):
        run("reel", "The Long Harbour", "--for", "money")
