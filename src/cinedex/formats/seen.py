"""What the report, the charts and the terminal say of what can be seen: people, scenes, places, how shots are taken.

Everything here is derived from tracks when it is shown and stored nowhere. Names of people are the caller's: a film
knows its people by number only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.timeline.rows import Framing, Person, Place, Portrait, Row, Scene, Shot, Tracklet
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Ticks, Track

Names = Mapping[int, str]
"""What the people of a film are called, by number, as far as somebody has said so."""

SCALES = (
    *("extreme close up", "close up", "medium close up", "medium", "medium shot", "medium long", "full", "full shot"),
    *("long", "long shot", "extreme long", "extreme long shot"),
)
"""Shot scales as words from near to far, as far as they are known here; others stand after them by name."""

PLACE_ASPECTS = ("setting", "light", "place")

_SCENE_PEOPLE = 12


def person_name(number: int, names: Names | None = None) -> str:
    """What a person is called: the name given, or 'Person 3'."""
    return (names or {}).get(number) or f"Person {number}"


def words(label: str) -> str:
    """A label as words: 'car-chase' is 'car chase'."""
    return label.replace("-", " ").replace("_", " ")


@dataclass(frozen=True)
class Character:
    """One person of a film: how long and how often on screen, where, and the tracklet that shows the face best."""

    number: int
    numbers: tuple[int, ...]
    """All its numbers in the film: several where the same name was given to several."""
    name: str
    seconds: float
    spans: Spans
    """Where on screen, overlaps joined."""
    times: int
    """How often it appears: stretches with more than a second between them."""
    best: int | None
    """The number of the tracklet whose face was seen best, of those with a portrait where there is one."""
    at: Time
    """When that face was seen."""


def characters(timeline: Timeline, names: Names | None = None) -> list[Character]:
    """The people of a film, longest on screen first; those to whom one name was given are one."""
    people, tracklets, portraits = timeline.find(Person), timeline.find(Tracklet), timeline.find(Portrait)
    if people is None or not len(people):
        return []
    known = {t.ref: t for t in tracklets} if tracklets is not None else {}
    shown = set(portraits.column("tracklet").tolist()) if portraits is not None and len(portraits) else set()
    rows: dict[int | str, list[Person]] = {}
    for person in people:
        rows.setdefault((names or {}).get(person.number) or person.number, []).append(person)
    found = [_character(own, known, shown, names) for own in rows.values()]
    return sorted(found, key=lambda c: (-c.seconds, c.number))


def _character(
    rows: Sequence[Person], known: Mapping[str, Tracklet], shown: set[int], names: Names | None
) -> Character:
    spans = Spans.of(r.span for r in rows)
    union = spans.support()
    faces = [known[ref] for row in rows for ref in row.refs if ref in known]
    best = max(faces, key=lambda t: (t.number in shown, t.quality, -t.number), default=None)
    numbers = tuple(sorted({r.number for r in rows}))
    return Character(
        numbers[0],
        numbers,
        person_name(numbers[0], names),
        int((union.ends - union.starts).sum()) / FLICKS_PER_SECOND,
        union,
        max(len(spans.support(FLICKS_PER_SECOND)), 1),
        best.number if best else None,
        best.best if best else rows[0].start,
    )


def portraits_of(timeline: Timeline, people: Iterable[Character]) -> dict[int, Portrait]:
    """The portrait of each person that has one, by the person's number."""
    track = timeline.find(Portrait)
    if track is None or not len(track):
        return {}
    where = {tracklet: index for index, tracklet in reversed(list(enumerate(track.column("tracklet").tolist())))}
    return {p.number: track[where[p.best]] for p in people if p.best is not None and p.best in where}


@dataclass(frozen=True)
class SceneFacts:
    """A scene with what a person asks of it: its shots (first, one past the last), who is in it, where it is."""

    scene: Scene
    shots: tuple[int, int]
    still: int
    """The number of the shot whose still stands for it, or -1."""
    people: tuple[int, ...]
    """By time on screen in the scene."""
    place: tuple[str, ...]
    """Such as ('interior', 'night', 'bar'), what is not known left out."""


def scenes_of(timeline: Timeline, people: Sequence[Character] = ()) -> list[SceneFacts]:
    """The scenes in order."""
    scenes, shots = timeline.find(Scene), timeline.find(Shot)
    if scenes is None or not len(scenes):
        return []
    spans = scenes.spans
    firsts, lasts, stills = _shots_of(scenes, shots)
    overlaps = [(p.number, spans.overlap(p.spans)) for p in people]
    cast: list[list[tuple[int, int]]] = [[] for _ in range(len(scenes))]
    for number, overlap in overlaps:
        for index in np.flatnonzero(overlap).tolist():
            cast[index].append((-int(overlap[index]), number))
    places = places_of(timeline, spans)
    return [
        SceneFacts(
            scene,
            (firsts[i], lasts[i]),
            stills[i],
            tuple(number for _, number in sorted(cast[i])[:_SCENE_PEOPLE]),
            places[i],
        )
        for i, scene in enumerate(scenes)
    ]


def _shots_of(scenes: Track[Scene], shots: Track[Shot] | None) -> tuple[list[int], list[int], list[int]]:
    if shots is None or not len(shots):
        nothing = [0] * len(scenes)
        return nothing, nothing, [-1] * len(scenes)
    middles = (shots.spans.starts + shots.spans.ends) // 2
    firsts = np.searchsorted(middles, scenes.spans.starts, side="left").tolist()
    lasts = np.searchsorted(middles, scenes.spans.ends, side="left").tolist()
    return firsts, lasts, shots.spans.at(scenes.column("at")).tolist()


def places_of(timeline: Timeline, spans: Spans) -> list[tuple[str, ...]]:
    """For each stretch the label of every aspect of place that weighs most (score x time) in it."""
    track = timeline.find(Place)
    found: list[dict[str, dict[str, float]]] = [{} for _ in range(len(spans))]
    if track is None or not len(track):
        return [()] * len(spans)
    aspects, labels, scores = (track.table.column(n).to_pylist() for n in ("aspect", "label", "score"))
    left, right = spans.join(track.spans)
    shared = np.minimum(spans.ends[left], track.spans.ends[right]) - np.maximum(
        spans.starts[left], track.spans.starts[right]
    )
    for i, j, time in zip(left.tolist(), right.tolist(), shared.tolist(), strict=True):
        sums = found[i].setdefault(aspects[j], {})
        sums[labels[j]] = sums.get(labels[j], 0.0) + scores[j] * time
    order = {aspect: number for number, aspect in enumerate(PLACE_ASPECTS)}
    return [
        tuple(max(of[a], key=lambda label: (of[a][label], label)) for a in sorted(of, key=lambda a: order.get(a, 9)))
        for of in found
    ]


@dataclass(frozen=True)
class Stretch:
    """Rows of one label that follow each other, as one: how many there were and the best score among them."""

    span: Span
    label: str
    score: float
    rows: int


def stretches(track: Track[Row] | None, label: Sequence[str], within: int = 0) -> list[Stretch]:
    """Rows joined where the same label goes on (`label` holds that of each row), at most `within` flicks apart."""
    if track is None or not len(track):
        return []
    scores = track.table.column("score").to_pylist()
    going: dict[str, list[float]] = {}
    made: list[Stretch] = []

    def close(name: str) -> None:
        start, end, score, rows = going.pop(name)
        made.append(Stretch(Span(Time(int(start)), Time(int(end))), name, float(score), int(rows)))

    for name, start, end, score in zip(
        label, track.spans.starts.tolist(), track.spans.ends.tolist(), scores, strict=True
    ):
        now = going.get(name)
        if now is not None and start - now[1] <= within:
            going[name] = [now[0], max(now[1], end), max(now[2], score), now[3] + 1]
            continue
        if now is not None:
            close(name)
        going[name] = [start, end, score, 1]
    for name in list(going):
        close(name)
    return sorted(made, key=lambda s: (s.span.start, s.span.end, s.label))


def shares(timeline: Timeline, aspect: str) -> list[tuple[str, float, int]]:
    """How shots are taken: for 'scale' or 'camera' every label, its share of the time judged, and its number of shots.

    A camera may do two things at once, so that shares may sum to more than 1.
    """
    track = timeline.find(Framing)
    if track is None:
        return []
    rows = [row for row in track if row.aspect == aspect]
    total = int(Spans.of(row.span for row in rows).total)
    if not total:
        return []
    sums: dict[str, list[int]] = {}
    for row in rows:
        both = sums.setdefault(row.label, [0, 0])
        both[0] += int(row.end - row.start)
        both[1] += 1
    near = {label: number for number, label in enumerate(SCALES)}
    if aspect == "scale":
        order = sorted(sums, key=lambda label: (near.get(words(label), len(near)), label))
    else:
        order = sorted(sums, key=lambda label: (-sums[label][0], label))
    return [(label, sums[label][0] / total, sums[label][1]) for label in order]


def binned(starts: Ticks, ends: Ticks, values: npt.NDArray[np.float64], edges: Ticks) -> npt.NDArray[np.float64]:
    """The mean of values in each bin between `edges` (flicks, increasing), NaN where there is none."""
    bins = len(edges) - 1
    means = np.full(bins, np.nan)
    usable = np.isfinite(values)
    starts, ends, values = starts[usable], ends[usable], values[usable]
    if not len(values):
        return means
    where = np.searchsorted(edges, (starts + ends) // 2, side="right") - 1
    inside = (where >= 0) & (where < bins)
    counts = np.bincount(where[inside], minlength=bins)
    sums = np.bincount(where[inside], weights=values[inside], minlength=bins)
    np.divide(sums, counts, out=means, where=counts > 0)
    # A row longer than a bin leaves bins without a middle of their own: those take the row that covers them.
    middles = (edges[:-1] + edges[1:]) // 2
    last = np.searchsorted(starts, middles, side="right") - 1
    covered = (counts == 0) & (last >= 0)
    covered[covered] = ends[last[covered]] > middles[covered]
    means[covered] = values[last[covered]]
    return means


def cuts_a_minute(starts: Ticks, edges: Ticks, window: float = 60.0) -> npt.NDArray[np.float64]:
    """Cutting rhythm: for each bin how many shots begin in the minute around it (less at the film's ends), a minute."""
    middles = (edges[:-1] + edges[1:]) / 2
    half = window / 2 * FLICKS_PER_SECOND
    low, high = np.maximum(middles - half, edges[0]), np.minimum(middles + half, edges[-1])
    found = np.searchsorted(starts, high, side="left") - np.searchsorted(starts, low, side="left")
    rate: npt.NDArray[np.float64] = found / np.maximum((high - low) / FLICKS_PER_SECOND / 60, 1e-9)
    return rate
