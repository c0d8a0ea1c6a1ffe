"""Whose voices a film's are: the characters, as people have decided, that its voices are linked to; and who says what.

Everything here is derived from tracks when it is asked for and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cinedex.people.view import Character, Gallery
from cinedex.timeline.rows import Cue, Person, Speaker, Speaking
from cinedex.timeline.time import Span
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

SURE = 0.5
"""From this score on, a voice is taken for its character's."""

_SHARE = 0.3
"""Of a cue, that one voice must speak through for the cue to be its."""


@dataclass(frozen=True, eq=False)
class Owned:
    """Voice `number` of a film is that of `character`; `score` is how sure that is, 0..1."""

    number: int
    character: Character
    score: float


def owned(timeline: Timeline, gallery: Gallery) -> list[Owned]:
    """The voices whose character is sure enough and neither hidden nor deleted.

    Where a character of the machine's was split, its voice goes to the part that is on screen longest while it speaks.
    """
    links, people, turns = timeline.find(Speaking), timeline.find(Person), timeline.find(Speaker)
    found = []
    for link in links or ():
        if link.score < SURE or people is None or turns is None:
            continue
        spoken = Spans.of(t.span for t in turns if t.number == link.speaker).support()
        seen: dict[str, tuple[Character, list[Span]]] = {}
        for row in people:
            one = gallery.of_row(row) if row.number == link.person else None
            if one is not None and not one.hidden:
                seen.setdefault(one.label, (one, []))[1].append(row.span)
        if seen:
            best = max(seen, key=lambda label: (Spans.of(seen[label][1]).intersect(spoken).total, label))
            found.append(Owned(link.speaker, seen[best][0], link.score))
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
