"""Facets: what a moment can be filtered by, written `key:label`, from whichever tracks of a film there are.

Who is on screen is not among them, and a voice is a number: whose it is is resolved when it is asked for, so that
nothing here identifies anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cinedex.timeline.rows import KINDS, Concern, Event, Flag, Framing, Object, Place, Row, Sound, Speaker, Tag
from cinedex.timeline.time import SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

KEYS = ("place", "sound", "flag", "event", "scale", "camera", "object", "tag", "voice", "lang", "has")
"""What stands before the colon, by which the index is filtered."""

_LEAST = {"object": 0.4, "sound": 0.2, "tag": 0.2}
"""Scores from which a moment is said to have a thing; the other kinds are decided by their stages."""

_HEARD = SECOND * 3 // 10
"""How long a voice speaks in a moment at least to be one of it: turns rarely end exactly at a cut."""

_SEPARATE = re.compile(r"[^\w\- ]+")

_Key = Callable[[Any], str]

_MADE_OF: tuple[tuple[type[Row], _Key], ...] = (
    (Place, lambda _: "place"),
    (Sound, lambda _: "sound"),
    (Flag, lambda _: "flag"),
    (Concern, lambda _: "flag"),
    (Event, lambda _: "event"),
    (Framing, lambda row: str(row.aspect)),
    (Object, lambda _: "object"),
    (Tag, lambda _: "tag"),
    (Speaker, lambda _: "voice"),
)

SOURCES: tuple[type[Row], ...] = tuple(row for row, _ in _MADE_OF)
"""The kinds that facets are made of."""


def label_of(text: str) -> str:
    """A label as it stands in facets: lower case, letters, digits, hyphens and single spaces."""
    return " ".join(_SEPARATE.sub(" ", text.casefold()).split())[:80]


def facet(key: str, label: str) -> str:
    """A facet's name."""
    return f"{key}:{label_of(label)}"


def facets(timeline: Timeline, where: Spans) -> list[set[str]]:
    """For each stretch, what it has."""
    found: list[set[str]] = [set() for _ in range(len(where))]
    for kind, key in _MADE_OF:
        track = timeline.find(kind)
        if track is None or not len(track):
            continue
        names = [tuple(_names(row, key(row))) for row in track]
        for moment, number in _together(where, track.spans, int(_HEARD) if kind is Speaker else 0):
            found[moment].update(names[number])
    for own in found:
        own.update(_had(own))
    return found


def _together(where: Spans, spans: Spans, least: int) -> Iterator[tuple[int, int]]:
    """Pairs of a stretch and a row that share at least `least` flicks, or else all of the row."""
    left, right = where.join(spans)
    shared = np.minimum(where.ends[left], spans.ends[right]) - np.maximum(where.starts[left], spans.starts[right])
    enough = shared >= np.minimum(least, (spans.ends - spans.starts)[right])
    yield from zip(left[enough].tolist(), right[enough].tolist(), strict=True)


def _names(row: Any, key: str) -> Iterator[str]:
    if key not in KEYS or getattr(row, "score", 1.0) < _LEAST.get(key, 0.0):
        return
    yield facet(key, str(row.number) if isinstance(row, Speaker) else row.label)
    if isinstance(row, Concern):
        yield facet(key, row.category)


def _had(own: set[str]) -> list[str]:
    pairs = (("sound:music", "has:music"), ("sound:singing", "has:music"), ("object:person", "has:people"))
    return [has for one, has in pairs if one in own]


def labels(own: Sequence[str] | set[str], *keys: str) -> str:
    """The labels under some keys, to be shown and to be searched as words."""
    return ", ".join(sorted({x.partition(":")[2] for x in own if x.partition(":")[0] in keys}))


def kind(name: str) -> type[Row] | None:
    """A kind of fact by name, where this build knows it: some come with stages that may not be there."""
    return KINDS.get(name)
