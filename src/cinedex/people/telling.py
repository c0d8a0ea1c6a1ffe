"""A film's people as people have decided: merged, split and named, without those who are hidden or were deleted.

The machine's rows are never changed; this is a view of them for the report, the charts and the terminal.
"""

from __future__ import annotations

from dataclasses import replace

from cinedex.people.view import Gallery
from cinedex.timeline.rows import Person
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Track


def told(timeline: Timeline, gallery: Gallery) -> tuple[Timeline, dict[int, str]]:
    """The timeline with `person` rows renumbered, one number a character, and what each number is called."""
    if not gallery.characters:
        return timeline, {}
    numbers = {id(character): number for number, character in enumerate(gallery.shown, 1)}
    tracks = dict(timeline.tracks)
    for (stage, kind), track in timeline.tracks.items():
        if kind != Person.kind:
            continue
        rows = []
        for row in track:
            character = gallery.of_row(row)
            if character is not None and id(character) in numbers:
                rows.append(replace(row, number=numbers[id(character)]))
        tracks[stage, kind] = Track.of(Person, rows, track.maker)
    names = {number: character.title for number, character in enumerate(gallery.shown, 1)}
    return replace(timeline, tracks=tracks), names
