"""Moments: the stretches that search returns, each with what is said, seen and flagged in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cinedex.search import facets as made_facets
from cinedex.timeline.rows import Concern, Cue, Flag, Picture, Row, RowType, Scene, Shot, Sight, Tag, Text, Vector
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Ticks

SHORTEST = SECOND * 2
"""Shots shorter than this are joined with what follows; the last one with what goes before."""

LONGEST = SECOND * 30
"""Longer shots are divided, between cues where they leave a place for it."""

_MOST_TAGS = 12

_MOST_WORDS = 4000
"""Characters of a moment's words: some ten times what is said in half a minute, and little enough to embed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a film of some 2 to 30 seconds. `tags` are (label, score), the strongest first."""

    span: Span
    words: str = ""
    language: str = ""
    tags: tuple[tuple[str, float], ...] = ()
    flags: tuple[str, ...] = ()
    picture_at: Time = Time(-1)  # noqa: RUF009 - a Time is as frozen as the int that it is
    """Where the still is to be taken; -1 where there is none."""
    english: str = ""
    """What is said, in English, where it was said in another language and has been translated."""
    screen: str = ""
    """What stands in the picture; subtitles in it are not counted."""
    scene: int = -1
    """The number of the scene that most of it is in; -1 where scenes are not known."""
    facets: tuple[str, ...] = ()
    """What it can be filtered by, as 'key:label', in order."""


def moments(timeline: Timeline) -> list[Moment]:
    """The film's moments, in order. A cue belongs whole to the moment in which most of it is heard."""
    cells = list(_cells(timeline))
    if not cells:
        return []
    where = Spans.of(cells)
    cues = _most_in(timeline, Cue, where)
    tags = _touching(timeline, Tag, where)
    flags = _touching(timeline, Flag, where)
    concerns = _touching(timeline, Concern, where)
    stills = _touching(timeline, Picture, where)
    screen = _touching(timeline, Text, where)
    translated = _translated(timeline, where)
    scenes = timeline.find(Scene)
    middles = (where.starts + where.ends) // 2
    numbers = scenes.spans.at(middles).tolist() if scenes is not None else [-1] * len(cells)
    has = made_facets.facets(timeline, where)
    for own, said, read in zip(has, cues, screen, strict=True):
        own.update(made_facets.facet("lang", c.language) for c in said if c.language)
        own.update(x for x, there in (("has:dialogue", said), ("has:text", read)) if there)
    return [
        Moment(
            span=span,
            words=" ".join(c.text for c in cues[i])[:_MOST_WORDS],
            language=cues[i][0].language if cues[i] else "",
            tags=_strongest(tags[i]),
            flags=tuple(dict.fromkeys([*(f.label for f in flags[i]), *(c.category for c in concerns[i])])),
            picture_at=next((p.at for p in stills[i] if p.at in span), Time(-1)),
            english=translated[i][:_MOST_WORDS],
            screen=_read(screen[i])[:_MOST_WORDS],
            scene=scenes[numbers[i]].number if scenes is not None and numbers[i] >= 0 else -1,
            facets=tuple(sorted(has[i])),
        )
        for i, span in enumerate(cells)
    ]


def _translation() -> type[Row] | None:
    return made_facets.kind("translation")


def _kinds() -> tuple[type[Row], ...]:
    own = (Shot, Cue, Tag, Flag, Picture, Sight, Vector, Text, Scene, *made_facets.SOURCES)
    return tuple(dict.fromkeys((*own, *filter(None, [_translation()]))))


SOURCES = _kinds()
"""The kinds that moments are made of, with their vectors. None of them tells who somebody is."""


def source_key(timeline: Timeline) -> str:
    """A name of exactly the tracks that the moments are made of."""
    kinds = {row.kind for row in SOURCES}
    made = ((kind, t.maker.key) for (_, kind), t in timeline.tracks.items() if kind in kinds)
    return key_of(timeline.movie.name, made)


def key_of(name: str, made: Iterable[tuple[str, str]]) -> str:
    """The same from a film's name and the (kind, key) of those tracks, which are known without reading them."""
    lines = [_SCHEME, *sorted(f"{kind} {key}" for kind, key in made), name]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:32]


_SCHEME = "moments/5"


def _cells(timeline: Timeline) -> Iterator[Span]:
    shots, cues = timeline.find(Shot), timeline.find(Cue)
    quiet = _between(cues.spans) if cues is not None else np.empty(0, np.int64)
    for span in _lengthy(shots.spans if shots is not None and len(shots) else _heard(timeline)):
        yield from _divided(span, quiet)


def _lengthy(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, the short ones joined with their neighbours."""
    ready: Span | None = None
    waiting: Span | None = None
    for span in spans:
        waiting = span if waiting is None else waiting | span
        if waiting.duration >= SHORTEST:
            if ready is not None:
                yield ready
            ready, waiting = waiting, None
    if waiting is not None and waiting.duration > 0:
        ready = waiting if ready is None else ready | waiting
    if ready is not None:
        yield ready


def _heard(timeline: Timeline) -> Iterator[Span]:
    """Stretches of a film without shots: cues close together, and what lies between them."""
    whole = timeline.movie.span
    cues = timeline.find(Cue)
    spoken = cues.spans.crop(whole).support(within=int(SHORTEST)) if cues is not None else Spans.of([])
    yield from Spans.of([*spoken, *spoken.gaps(whole)])


def _between(cues: Spans) -> Ticks:
    """Times at which nobody is within a cue: the middle of every pause, and where one cue takes over from another."""
    if not len(cues):
        return np.empty(0, np.int64)
    reach = np.maximum.accumulate(cues.ends)[:-1]
    pause = cues.starts[1:] >= reach
    return (reach[pause] + cues.starts[1:][pause]) // 2


def _divided(span: Span, quiet: Ticks) -> Iterator[Span]:
    """Parts of at most `LONGEST`, about equal, parted at the quiet time nearest to where an even cut would be."""
    start = span.start
    while (left := int(span.end - start)) > LONGEST:
        even = left // -(-left // int(LONGEST))
        low, high = int(start) + even // 2, min(int(start + LONGEST), int(span.end - SHORTEST))
        near = quiet[np.searchsorted(quiet, low) : np.searchsorted(quiet, high, side="right")]
        edge = Time(int(near[np.abs(near - (int(start) + even)).argmin()])) if len(near) else start + even
        yield Span(start, edge)
        start = edge
    yield Span(start, span.end)


def _most_in(timeline: Timeline, row: type[Cue], where: Spans) -> list[list[Cue]]:
    found: list[list[Cue]] = [[] for _ in range(len(where))]
    track = timeline.find(row)
    if track is None:
        return found
    # A subtitle may last no time at all; what it says still belongs somewhere.
    cues = Spans(track.spans.starts, np.maximum(track.spans.ends, track.spans.starts + 1))
    best: dict[int, tuple[int, int]] = {}
    left, right = cues.join(where)
    for cue, moment in zip(left.tolist(), right.tolist(), strict=True):
        shared = cues[cue] & where[moment]
        length = int(shared.duration) if shared is not None else 0
        best[cue] = max(best.get(cue, (-1, 0)), (length, -moment))
    for cue, (_, moment) in sorted(best.items()):
        found[-moment].append(track.rows[cue])
    return found


def _translated(timeline: Timeline, where: Spans) -> list[str]:
    """What is said in English, where that was translated."""
    row = _translation()
    track = timeline.find(row) if row is not None else None
    found: list[list[str]] = [[] for _ in range(len(where))]
    if track is not None:
        english = [r for r in track if getattr(r, "language", "") == "en"]
        places = where.at((np.array([int(r.start + r.end) for r in english], np.int64)) // 2)
        for one, place in zip(english, places.tolist(), strict=True):
            if place >= 0:
                found[place].append(str(getattr(one, "text", "")))
    return [" ".join(lines) for lines in found]


def _read(texts: Sequence[Text]) -> str:
    """What stands in the picture, each text once; subtitles are what is said."""
    return " ".join(dict.fromkeys(" ".join(t.text.split()) for t in texts if t.role != "subtitle"))


def _touching(timeline: Timeline, row: type[RowType], where: Spans) -> list[list[RowType]]:
    found: list[list[RowType]] = [[] for _ in range(len(where))]
    track = timeline.find(row)
    if track is not None:
        for moment, number in zip(*(a.tolist() for a in where.join(track.spans)), strict=True):
            found[moment].append(track.rows[number])
    return found


def _strongest(tags: Sequence[Tag]) -> tuple[tuple[str, float], ...]:
    scores: dict[str, float] = {}
    for tag in tags:
        scores[tag.label] = max(scores.get(tag.label, 0.0), tag.score)
    return tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:_MOST_TAGS])
