"""Small films made of lines and labels, for tests of the index and of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.timelines import make_movie

from cinedex.models.tasks import Floats
from cinedex.search.filters import ANYWHERE, Where
from cinedex.search.index import Index
from cinedex.timeline.rows import Cue, Shot, Tag
from cinedex.timeline.time import ZERO, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

Scene = tuple[str, Sequence[tuple[str, float]]]
"""What is said in a shot, and what is seen, as (label, score)."""


def film(
    *shots: Scene, id_: str = "m1-aa", name: str = "A.mp4", seconds: float = 5.0, made: str = "1", gap: bool = False
) -> Timeline:
    """One shot of `seconds` for each scene; `made` stands for the tracks' keys; `gap` puts an empty shot after each."""
    told = [x for shot in shots for x in ((shot, ("", ())) if gap else (shot,))]
    rows: dict[type, list[object]] = {Shot: [], Cue: [], Tag: []}
    at = ZERO
    for number, (said, seen) in enumerate(told):
        end = at + Time.from_seconds(seconds)
        rows[Shot].append(Shot(start=at, end=end, number=number, opening="cut", score=1.0))
        if said:
            rows[Cue].append(Cue(start=at, end=end, text=said, language="en", score=1.0, source="speech"))
        rows[Tag] += [Tag(start=at, end=end, label=label, vocabulary="v", score=score) for label, score in seen]
        at = end
    movie = replace(make_movie(at.seconds, name=name), id=id_)
    tracks = {(k.kind, k.kind): Track.of(k, r, Maker(k.kind, 1, made * 64)) for k, r in rows.items()}
    return Timeline(movie, tracks)


def by_text(index: Index, text: str, limit: int, where: Where = ANYWHERE) -> list[dict[str, Any]]:
    """The moments of the full-text list."""
    return [row for found in index.lists(text, {}, limit, where).values() for row, _ in found]


def by_vector(index: Index, column: str, vector: Floats, limit: int, where: Where = ANYWHERE) -> list[dict[str, Any]]:
    """The moments of a vector's list."""
    return [row for found in index.lists("", {column: vector}, limit, where).values() for row, _ in found]
