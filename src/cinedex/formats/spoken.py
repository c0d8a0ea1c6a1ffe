"""Whose words are whose: the film's voices, what they are called, and which of them says a cue.

Everything here is derived from tracks when it is shown and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cinedex.formats.seen import Names, person_name
from cinedex.timeline.rows import Cue, Speaker, Speaking
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

SURE = 0.5
"""From this score on, a voice is called by its character."""

_SHARE = 0.3
"""Of a cue, that one voice must speak through for the cue to be its."""


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


def said_by(timeline: Timeline) -> list[int | None]:
    """For each cue the number of the voice that speaks longest in it, None where none speaks long enough to tell."""
    cues, turns = timeline.find(Cue), timeline.find(Speaker)
    if cues is None:
        return []
    if turns is None or not len(turns):
        return [None] * len(cues)
    shared: list[dict[int, int]] = [{} for _ in range(len(cues))]
    numbers, spoken, shown = turns.column("number").tolist(), turns.spans, cues.spans
    for i, j in zip(*(side.tolist() for side in shown.join(spoken)), strict=True):
        both = min(shown.ends[i], spoken.ends[j]) - max(shown.starts[i], spoken.starts[j])
        shared[i][numbers[j]] = shared[i].get(numbers[j], 0) + int(both)
    return [_longest(of, int(end - start)) for of, start, end in zip(shared, shown.starts, shown.ends, strict=True)]


def _longest(shared: Mapping[int, int], whole: int) -> int | None:
    if not shared:
        return None
    number = min(shared, key=lambda n: (-shared[n], n))
    return number if shared[number] >= _SHARE * whole else None


def _people(timeline: Timeline) -> dict[int, int]:
    """The characters of voices whose link is sure enough."""
    links = timeline.find(Speaking)
    return {link.speaker: link.person for link in links if link.score >= SURE} if links is not None else {}
