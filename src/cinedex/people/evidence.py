"""What a film's tracks say about who is seen in it: tracklets with their prints, characters and places, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cinedex.people.decisions import Anchor, Sighting
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Face, Faceprint, Person, Row, Tracklet
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Track

Floats = npt.NDArray[np.float32]

KINDS: tuple[type[Row], ...] = (Face, Tracklet, Faceprint, Person)
"""What is read of a film to say who is in it."""

ANCHORS = 64
"""Most anchors that a decision about a whole character keeps: the longest tracklets, which any analysis finds again."""

_NEAR = 0.12
"""How far apart, in picture widths and heights, the middles of one face may be in two analyses."""

_ALIKE = 0.3
"""Share of the longer span that two tracklets have in common at least to be one."""

NOBODY = -1


@dataclass(frozen=True, eq=False)
class Evidence:
    """A film's tracklets in order of start, with the character and look that the machine gives each (or NOBODY).

    `prints` are unit vectors [tracklets, dim] of one `space`, zero where a tracklet has none; `middles` [tracklets, 2].
    """

    movie: Movie
    key: str
    """Names the analysis: tracklets and characters have these numbers in no other."""
    numbers: npt.NDArray[np.int64]
    spans: Spans
    character: npt.NDArray[np.int64]
    look: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64]
    quality: npt.NDArray[np.float64]
    prints: Floats
    space: str
    middles: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """Seconds of every tracklet, a moment at least."""
        return np.asarray(np.maximum(self.spans.ends - self.spans.starts, 1) / int(Time.from_seconds(1)), np.float64)

    @cached_property
    def places(self) -> dict[int, int]:
        """Where each tracklet number stands in the arrays."""
        return {number: place for place, number in enumerate(self.numbers.tolist())}

    def anchors(self, chosen: Iterable[int], most: int | None = None) -> tuple[Anchor, ...]:
        """Anchors at tracklets (by place), in time order; the `most` longest of them where that is given."""
        places = sorted(chosen)
        if most is not None:
            places = sorted(sorted(places, key=lambda p: -self.lengths[p])[:most])
        return tuple(
            Anchor(
                Time(int(self.spans.starts[p])),
                Time(int(self.spans.ends[p])),
                int(self.numbers[p]),
                *(round(float(v), 3) for v in self.middles[p]),
            )
            for p in places
        )

    def found(self, sighting: Sighting) -> list[int]:
        """The tracklets (by place) at a sighting's anchors: by number in its own analysis, else by time and place."""
        if sighting.film != self.movie.id:
            return []
        if sighting.key == self.key:
            if sighting.longest:
                return np.flatnonzero(self.character == sighting.number).tolist()
            return [self.places[a.tracklet] for a in sighting.anchors if a.tracklet in self.places]
        return sorted({p for anchor in sighting.anchors for p in self.at(anchor)})

    def at(self, anchor: Anchor, *, every: bool = False) -> list[int]:
        """The tracklets that are the one seen at an anchor; with `every`, also those that only may be."""
        own = self.places.get(anchor.tracklet)
        if own is not None and self.spans[own] == Span(anchor.start, anchor.end) and self._near(own, anchor):
            return [own]
        shared = np.minimum(self.spans.ends, int(anchor.end)) - np.maximum(self.spans.starts, int(anchor.start))
        shorter = np.minimum(self.spans.ends - self.spans.starts, int(anchor.end - anchor.start))
        longer = np.maximum(self.spans.ends - self.spans.starts, int(anchor.end - anchor.start))
        # A tracklet may since be cut in two, or be part of a longer one: then most of the shorter is shared.
        alike = (shared >= np.maximum(shorter * 0.5, 1)) & ((shared >= longer * _ALIKE) | (shared >= shorter * 0.8))
        near = np.flatnonzero(alike)
        placed = (self.middles[near, 0] >= 0) & (anchor.x >= 0)
        apart = np.abs(self.middles[near] - (anchor.x, anchor.y)).max(axis=1, initial=0.0)
        if every:
            return [int(p) for p in near[~placed | (apart <= _NEAR)]]
        sure = near[placed & (apart <= _NEAR)]
        if len(sure) or (placed.all() and len(near)):
            return [int(p) for p in sure]
        return [int(near[0])] if len(near) == 1 else []

    def _near(self, place: int, anchor: Anchor) -> bool:
        x, y = self.middles[place]
        return bool(x < 0 or anchor.x < 0 or max(abs(x - anchor.x), abs(y - anchor.y)) <= _NEAR)


def evidence_of(timeline: Timeline) -> Evidence | None:
    """The evidence in a film's tracks; None where faces were never looked for."""
    tracklets = timeline.find(Tracklet)
    if tracklets is None:
        return None
    people = timeline.find(Person)
    key = "+".join(t.maker.key for t in (tracklets, people) if t is not None)
    numbers = tracklets.column("number").astype(np.int64)
    places = {n: p for p, n in enumerate(numbers.tolist())}
    prints, space = _prints(timeline.find(Faceprint), places)
    character, look, score = _characters(people, places)
    return Evidence(
        timeline.movie,
        key,
        numbers,
        tracklets.spans,
        character,
        look,
        score,
        tracklets.column("quality").astype(np.float64),
        prints,
        space,
        _middles(timeline.find(Face), places),
    )


def _prints(track: Track[Faceprint] | None, places: dict[int, int]) -> tuple[Floats, str]:
    if track is None or not len(track):
        return np.zeros((len(places), 0), np.float32), ""
    spaces = track.table.column("space").to_pylist()
    space = max(set(spaces), key=lambda s: (spaces.count(s), s))  # one film, one space, unless a plugin adds its own
    values = track.table.column("values").combine_chunks()
    own = [(places.get(n), row) for row, n in enumerate(track.column("tracklet").tolist()) if spaces[row] == space]
    dim = max(len(values[row]) for _, row in own)
    prints = np.zeros((len(places), dim), np.float32)
    for place, row in own:
        vector = np.asarray(values[row].values, np.float32)
        if place is not None and len(vector) == dim and np.isfinite(vector).all():
            prints[place] = unit(vector)
    return prints, space


def _characters(
    track: Track[Person] | None, places: dict[int, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    character = np.full(len(places), NOBODY, np.int64)
    look, score = np.zeros(len(places), np.int64), np.zeros(len(places))
    for row in track.rows if track is not None else ():
        for number in tracklets_in(row.refs):
            place = places.get(number)
            if place is not None:
                character[place], look[place], score[place] = row.number, row.look, row.score
    return character, look, score


def tracklets_in(refs: Sequence[str]) -> list[int]:
    """The numbers of the tracklets that a row refers to."""
    numbers = [ref.partition("#")[2] for ref in refs if ref.startswith(f"{Tracklet.kind}@")]
    return [int(n) for n in numbers if n.isdigit()]


def _middles(faces: Track[Face] | None, places: dict[int, int]) -> npt.NDArray[np.float64]:
    middles = np.full((len(places), 2), -1.0)
    if faces is None or not len(faces) or not places:
        return middles
    where = np.array([places.get(n, NOBODY) for n in faces.column("tracklet").tolist()])
    known = where >= 0
    sums, counts = np.zeros((len(places), 2)), np.zeros(len(places))
    for side, (corner, size) in enumerate((("x", "width"), ("y", "height"))):
        middle = faces.column(corner).astype(np.float64) + faces.column(size) / 2
        np.add.at(sums[:, side], where[known], middle[known])
    np.add.at(counts, where[known], 1)
    seen = counts > 0
    middles[seen] = sums[seen] / counts[seen, None]
    return middles


def unit(vector: npt.NDArray[np.floating]) -> Floats:
    """The vector with length 1; of length 0 where it has none."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector * 0, np.float32)
