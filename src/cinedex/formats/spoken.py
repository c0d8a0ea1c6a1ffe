"""Whose words are whose: the film's voices, what they are called, and which of them says a cue.

Everything here is derived from tracks when it is shown and stored nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from cinedex.formats.seen import Names, person_name
from cinedex.people.voices import SURE
from cinedex.timeline.rows import Speaker, Speaking
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans


@dataclass(frozen=True)
class Utterer:
    """A voice of the film: its number, its character's (None where nobody knows), what it is called, and its turns."""

    number: int
    person: int | None
    name: str
    seconds: float
    spans: Spans


def utterers(timeline: Timeline, names: Names | None = None) -> list[Utterer]:
    """The voices of a film by number, which is the order of how long they speak."""
    turns = timeline.find(Speaker)
    if turns is None or not len(turns):
        return []
    people = _people(timeline)
    rows: dict[int, list[Speaker]] = {}
    for turn in turns:
        rows.setdefault(turn.number, []).append(turn)
    found = []
    for number, own in sorted(rows.items()):
        spans = Spans.of(r.span for r in own)
        person = people.get(number)
        name = f"Voice {number}" if person is None else person_name(person, names)
        found.append(Utterer(number, person, name, int(spans.support().total) / FLICKS_PER_SECOND, spans))
    return found


def _people(timeline: Timeline) -> dict[int, int]:
    """The characters of voices whose link is sure enough."""
    links = timeline.find(Speaking)
    return {link.speaker: link.person for link in links if link.score >= SURE} if links is not None else {}
