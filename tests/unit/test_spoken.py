"""Whose words are whose, as the report, the terminal and exports say it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from tests.stage_films import movie

from cinedex.formats.report.data import page_data
from cinedex.formats.show import render
from cinedex.formats.spoken import utterers
from cinedex.people.voices import said_by
from cinedex.timeline.rows import Cue, Row, Speaker, Speaking
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track


def cue(start: float, end: float) -> Cue:
    start_, end_ = Time.from_seconds(start), Time.from_seconds(end)
    return Cue(start=start_, end=end_, text="so", language="en", score=0.9, source="speech")


def turn(start: int, end: int, number: int) -> Speaker:
    return Speaker(start=SECOND * start, end=SECOND * end, number=number, score=0.9)


def link(speaker: int, person: int, score: float) -> Speaking:
    return Speaking(start=Time(0), end=SECOND, speaker=speaker, person=person, score=score)


def timeline(*rows: Row) -> Timeline:
    kinds: dict[type[Row], list[Row]] = {}
    for row in rows:
        kinds.setdefault(type(row), []).append(row)
    tracks: dict[tuple[str, str], Track[Any]] = {
        ("made", kind.kind): Track.of(kind, own, Maker("made", 1)) for kind, own in kinds.items()
    }
    return Timeline(movie(SECOND * 60), tracks)


def whose(*rows: Row) -> Sequence[int | None]:
    return said_by(timeline(*rows))


def test_a_cue_is_the_voices_that_speaks_longest_in_it():
    assert whose(cue(0, 4), cue(5, 9), turn(0, 3, 2), turn(3, 4, 1), turn(5, 9, 1)) == [2, 1]


def test_several_turns_of_one_voice_count_together():
    assert whose(cue(0, 10), turn(0, 3, 1), turn(4, 8, 2), turn(8, 10, 1)) == [1]


def test_a_cue_through_which_hardly_anybody_speaks_is_nobodys():
    assert whose(cue(0, 10), turn(9, 12, 1)) == [None]
    assert whose(cue(0, 4)) == [None]
    assert whose(turn(0, 4, 1)) == []


def test_voices_are_called_by_their_characters_only_where_that_is_sure():
    rows = [turn(0, 9, 1), turn(10, 14, 2), turn(20, 22, 3), link(1, 7, 0.9), link(2, 8, 0.4), link(3, 9, 0.8)]
    found = utterers(timeline(*rows), {7: "Ada"})
    assert [(u.number, u.person, u.name, u.seconds) for u in found] == [
        (1, 7, "Ada", 9),
        (2, None, "Voice 2", 4),
        (3, 9, "Person 9", 2),
    ]
    assert utterers(timeline(cue(0, 1))) == []


def test_the_page_and_the_terminal_say_who_speaks():
    rows = [cue(0, 4), cue(5, 9), cue(30, 31), turn(0, 4, 2), turn(5, 9, 1), link(1, 7, 0.9)]
    facts = page_data(timeline(*rows), {7: "Ada & Co"}).facts
    assert facts["speakers"] == [["Ada & Co", 4.0], ["Voice 2", 4.0]]
    assert facts["turns"] == [[0, 4, 1, 0.9], [5, 9, 0, 0.9]]
    assert [c[5] for c in facts["cues"]] == [1, 0, -1]
    out = io.StringIO()
    Console(file=out, width=80).print(render(timeline(*rows), 80, {7: "Ada & Co"}))
    said = [line.strip() for line in out.getvalue().splitlines() if line.strip().endswith("so")]
    assert [line.split("   ")[1] for line in said] == ["Voice 2: so", "Ada & Co: so", "so"]
