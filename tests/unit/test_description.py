from __future__ import annotations

from pathlib import Path
from typing import Any

import pysubs2
import pytest
from tests.timelines import make_movie

from cinedex.formats.description import LEAST, PACE, described, write_description
from cinedex.timeline.rows import Cue, Event, Place, Row, Tag, Text, Voice
from cinedex.timeline.time import Span
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def timeline(*rows: Row, kinds: tuple[type[Row], ...] = (Voice,)) -> Timeline:
    found = {*kinds, *(type(r) for r in rows)}
    tracks = {("test", k.kind): Track.of(k, [r for r in rows if type(r) is k], Maker("test", 1)) for k in found}
    return Timeline(make_movie(60), tracks, {}, {k.kind: ("test",) for k in found})


def during(start: float, end: float) -> dict[str, Any]:
    span = Span.from_seconds(start, end)
    return {"start": span.start, "end": span.end}


def voice(start: float, end: float) -> Voice:
    return Voice(**during(start, end), score=1)


BEACH = [
    Place(**during(0, 60), aspect="place", label="beach", score=1),
    Place(**during(0, 60), aspect="light", label="day", score=1),
]


def test_gaps_between_speech_are_described():
    found = described(timeline(voice(0, 20), voice(26, 60), *BEACH))
    assert [(s.start.seconds, s.end.seconds, text) for s, text in found] == [(20.25, 25.75, "Beach, day.")]


def test_speech_is_never_talked_over_and_every_text_can_be_spoken():
    tags = [Tag(**during(t, t + 3), label=f"thing-{t}", vocabulary="v", score=0.5) for t in range(0, 60, 3)]
    spoken = [voice(3, 4), voice(9, 9.5), voice(30, 31)]
    cue = Cue(**during(40, 44), text="said", language="en", score=1, source="subtitle")
    found = described(timeline(*spoken, cue, *tags, *BEACH))
    assert len(found) > 3
    for span, text in found:
        assert span.duration >= LEAST
        assert not any(span.overlaps(row.span) for row in (*spoken, cue))
        assert len(text.split()) <= span.duration.seconds * PACE / 60


def test_short_gaps_are_left_to_the_sound():
    assert described(timeline(voice(0, 30), voice(32.4, 60), *BEACH)) == []


def test_what_does_not_fit_gives_way_to_what_does():
    text = Text(
        **during(20, 23), text="so many words " * 9, language="en", role="title", score=1, x=0, y=0, width=1, height=1
    )
    event = Event(**during(20, 23), label="car-chase", score=1, rule="car-chase/1")
    found = described(timeline(voice(0, 20), voice(23, 60), text, event))
    assert [words for _, words in found] == ["Car chase."]


def test_the_same_is_not_said_twice_in_a_row():
    assert len(described(timeline(*BEACH))) == 1


def test_what_was_never_computed_is_refused():
    with pytest.raises(LookupError, match="voice was not computed"):
        described(timeline(*BEACH, kinds=()))


def test_the_file_is_read_back_and_words_stay_words(tmp_path: Path):
    sign = Text(
        **during(0, 10), text="<b>A --> B</b>\n\n&", language="en", role="sign", score=1, x=0, y=0, width=1, height=1
    )
    write_description(timeline(voice(8, 60), sign), tmp_path / "a.ad.vtt")
    text = (tmp_path / "a.ad.vtt").read_text(encoding="utf-8")
    assert text.startswith("WEBVTT\n")
    assert text.count("-->") == 1
    (line,) = pysubs2.load(str(tmp_path / "a.ad.vtt"))
    assert (line.start, line.end) == (0, 7750)
