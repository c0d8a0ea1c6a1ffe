"""Whose voice it is, from who is on screen: alternating shots, two who are always together, voices of nobody."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stage_films import made, movie, rows

from cinedex.stages.speaking import Speakings
from cinedex.timeline.rows import Person, Speaker, Speaking
from cinedex.timeline.time import SECOND

Piece = tuple[int, int, int]
"""From, to (seconds), number."""


def linked(turns: Sequence[Piece], seen: Sequence[Piece], seconds: int = 120) -> dict[int, Speaking]:
    """The link of each voice that has one."""
    speakers = [Speaker(start=SECOND * a, end=SECOND * b, number=n, score=0.9) for a, b, n in turns]
    people = [Person(start=SECOND * a, end=SECOND * b, number=n, look=1, score=0.9) for a, b, n in seen]
    tables = made(Speakings(), movie(SECOND * seconds), tracks={Speaker: speakers, Person: people})
    return {row.speaker: row for row in rows(tables, Speaking)}


def test_whoever_is_shown_when_a_voice_is_heard_has_it():
    turns = [(i * 4, i * 4 + 3, i % 2 + 1) for i in range(20)]
    found = linked(turns, [(a, b, 10 + n) for a, b, n in turns])
    assert {n: row.person for n, row in found.items()} == {1: 11, 2: 12}
    assert all(row.score > 0.95 for row in found.values())
    assert (found[2].start, found[2].end) == (SECOND * 4, SECOND * 79)


def test_listeners_shown_now_and_then_do_not_take_the_voice():
    turns = [(i * 4, i * 4 + 3, i % 2 + 1) for i in range(24)]
    seen = [(a, b, 10 + (n if i % 4 < 3 else 3 - n)) for i, (a, b, n) in enumerate(turns)]
    found = linked(turns, seen)
    assert {n: row.person for n, row in found.items()} == {1: 11, 2: 12}


def test_two_who_are_always_together_are_never_certain():
    turns = [(i * 4, i * 4 + 3, 1) for i in range(25)]
    found = linked(turns, [(a, b, n) for a, b, _ in turns for n in (1, 2)])
    assert all(row.score <= 0.5 for row in found.values())


def test_a_voice_over_pictures_of_everybody_is_nobodys():
    turns = [(i * 4, i * 4 + 3, 1) for i in range(24)]
    seen = [(a, b, i % 6 + 1) for i, (a, b, _) in enumerate(turns)]
    assert linked(turns, seen) == {}


def test_one_short_turn_proves_little():
    found = linked([(5, 6, 1)], [(4, 7, 1)])
    assert all(row.score < 0.75 for row in found.values())


PIECES = st.lists(st.tuples(st.integers(0, 110), st.integers(1, 9), st.integers(1, 4)), max_size=30).map(
    lambda found: [(a, a + b, n) for a, b, n in sorted(found)]
)


@settings(max_examples=60, deadline=None)
@given(turns=PIECES, seen=PIECES)
def test_links_name_voices_and_people_that_are_there(turns: list[Piece], seen: list[Piece]):
    found = linked(turns, seen)
    for speaker, row in found.items():
        assert speaker in {n for *_, n in turns}
        assert row.person in {n for *_, n in seen}
        assert np.isfinite(row.score)
        assert 0.3 <= row.score <= 1
    assert linked(turns, seen) == found
