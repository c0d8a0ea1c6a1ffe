"""A draft of an audio description: what is seen, in the gaps between speech that are long enough to say it.

WebVTT for a track of kind 'descriptions', to be rewritten by a person: the phrases are what stages found, nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from cinedex.formats.seen import characters, places_of, words
from cinedex.timeline.rows import Cue, Event, Object, RowType, Tag, Text, Voice
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Track

LEAST = SECOND * 2
"""A gap shorter than this is left to the sound."""

BREATH = Time(SECOND // 4)
"""What is kept free before and after speech."""

PACE = 160
"""Words a minute at which descriptions are spoken."""

MOST = SECOND * 12
"""A longer gap is described in pieces, since what is seen changes."""

_PEOPLE, _THINGS = 3, 3

_SURE = 0.5
"""Score below which a tag is not worth saying."""


def write_description(timeline: Timeline, to: Path) -> None:
    """Write the draft as WebVTT. Raises LookupError where neither voice nor cues were computed."""
    lines = ["WEBVTT", "", "NOTE Draft of an audio description, made from what was found; kind=descriptions"]
    for span, text in described(timeline):
        lines += ["", f"{_clock(span.start)} --> {_clock(span.end)}", _plain(text)]
    to.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def described(timeline: Timeline) -> list[tuple[Span, str]]:
    """What can be said in which gap: as many phrases as can be spoken in it, the most telling first."""
    gaps = _gaps(timeline)
    spans = Spans.of(gaps)
    people = characters(timeline)
    found: list[tuple[Span, str]] = []
    before = ""
    for gap, place in zip(gaps, places_of(timeline, spans), strict=True):
        room = int(gap.duration.seconds * PACE / 60)
        on = [p.name for p in people if len(p.spans.crop(gap))][:_PEOPLE]
        said: list[str] = []
        for phrase in _phrases(timeline, gap, place, on):
            count = len(phrase.split())
            if count <= room and phrase not in said:
                said.append(phrase)
                room -= count
        text = " ".join(said)
        if text and text != before:
            found.append((gap, text))
            before = text
    return found


def _gaps(timeline: Timeline) -> list[Span]:
    """Where nobody speaks for long enough, in pieces."""
    spoken = [t.spans for t in (timeline.find(Voice), timeline.find(Cue)) if t is not None]
    if not spoken:
        timeline.track(Voice)
    starts, ends = (np.concatenate([getattr(s, edge) for s in spoken]) for edge in ("starts", "ends"))
    speech = Spans(starts - int(BREATH), ends + int(BREATH)) if len(starts) else Spans(starts, ends)
    gaps = [g for g in speech.gaps(timeline.movie.span) if g.duration >= LEAST]
    pieces = chain.from_iterable(g.cut(MOST) for g in gaps)
    return [p for p in pieces if p.duration >= LEAST]


def _phrases(timeline: Timeline, gap: Span, place: tuple[str, ...], people: list[str]) -> Iterator[str]:
    """What is to be said of a gap: where, who, what happens, what is to be read, what is there."""
    if place:
        yield _sentence(", ".join(words(label) for label in reversed(place)))
    if people:
        yield _sentence(", ".join(people))
    for event in _over(timeline.find(Event), gap):
        yield _sentence(words(event.label))
    for text in _over(timeline.find(Text), gap):
        if text.role in {"title", "sign", "credit"}:
            yield f"Text reads: {' '.join(text.text.split())}."
    things = list(dict.fromkeys(words(o.label) for o in _over(timeline.find(Object), gap)))
    if not things:
        tags = sorted((t for t in _over(timeline.find(Tag), gap) if t.score >= _SURE), key=lambda t: -t.score)
        things = list(dict.fromkeys(words(t.label) for t in tags))
    if things:
        yield _sentence(", ".join(things[:_THINGS]))


def _over(track: Track[RowType] | None, gap: Span) -> Sequence[RowType]:
    return track.overlapping(gap) if track is not None else []


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _plain(text: str) -> str:
    """Text as one line that WebVTT takes for nothing else."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at: Time) -> str:
    whole = int(at) * 1000 // int(SECOND)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}.{whole % 1000:03d}"
