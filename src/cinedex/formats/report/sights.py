"""What can be seen, as the page's data: scenes, people, places, events, text, objects, framing, colours, boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cinedex.formats import colours as of_colours
from cinedex.formats.report.compact import IMAGES, Labels, curve, ends, rows_of, score, text, url
from cinedex.formats.seen import (
    Character,
    Names,
    SceneFacts,
    characters,
    cuts_a_minute,
    portraits_of,
    scenes_of,
    shares,
    stretches,
)
from cinedex.media.image import smaller
from cinedex.timeline.rows import (
    KINDS,
    Area,
    Concern,
    Event,
    Face,
    Framing,
    Motion,
    Object,
    Palette,
    Person,
    Place,
    Portrait,
    Row,
    Scene,
    Shot,
    Text,
)
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Ticks, Track

KINDS_SEEN: tuple[type[Row], ...] = (
    *(Scene, Person, Place, Event, Text, Object, Framing, Palette, Motion, Portrait, Area, Face, Concern),
)
"""The kinds whose state the page tells because it shows them here."""

PEOPLE = 500
"""Most people named on a page, longest on screen first; what is left out is said on it."""

PORTRAITS = 300
PORTRAIT_BYTES = 2 * 2**20
"""About how many bytes portraits may take; where they take more, they are made smaller."""

PORTRAIT_HEIGHT = 96

BOXES = 40_000
"""Most boxes of faces that can be shown on the picture."""

EVIDENCE = 12
"""Most rows named as evidence of one event."""

REASONS = 6

_BINS = 720
"""Points of the rhythm and motion curves; finer ones would tell nothing at the width of a page."""

_HEAVY = frozenset(
    {"frame", "vector", "sight", "picture", "portrait", "faceprint", "voiceprint", "quality", "motion", "glance"}
)
"""Kinds whose rows say nothing to people, or too much: as evidence only their time is shown."""


@dataclass(frozen=True)
class Sights:
    """The page's data of what can be seen: `facts`, `portraits` as tails of data URLs, `hidden` rows by kind."""

    facts: dict[str, Any]
    portraits: list[str] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)


def sights(timeline: Timeline, most: int, names: Names | None = None) -> Sights:
    """All that is seen, at most `most` rows of a kind."""
    labels: Labels[str] = Labels()
    everybody = characters(timeline, names)
    people = everybody[:PEOPLE]
    index = {number: i for i, p in enumerate(people) for number in p.numbers}
    faces, portraits = _portraits(timeline, people)
    told = scenes_of(timeline, people)[:most]
    objects = _objects(timeline, labels)
    facts: dict[str, Any] = {
        "scenes": _scenes(timeline, told, index),
        "people": [_person(p, faces) for p in people],
        "appear": [
            [*ends(r), index[r.number], r.look, score(r.score)]
            for r in rows_of(timeline, Person, most)
            if r.number in index
        ],
        "places": [[*ends(s.span), a, labels.number(s.label), score(s.score)] for a, s in _places(timeline)[:most]],
        "events": _events(timeline, most, names),
        "concerns": _concerns(timeline, most, names),
        "texts": [
            [*ends(t), text(t.text), t.role, t.language, score(t.score), *_box(t.x, t.y, t.width, t.height)]
            for t in rows_of(timeline, Text, most)
        ],
        "objects": objects[:most],
        "framing": _framing(timeline, labels),
        "shares": {a: [[text(n), round(s, 4), c] for n, s, c in shares(timeline, a)] for a in ("scale", "camera")},
        "boxes": _boxes(timeline, index),
        "areas": [[*ends(a), *_box(a.x, a.y, a.width, a.height)] for a in rows_of(timeline, Area, most)],
        "palette": _flat(of_colours.palette(timeline.find(Palette), 10)),
        **_curves(timeline),
    }
    facts["names"] = [text(label) for label in labels.known]
    shown: dict[type[Row], int] = {
        Person: len(facts["appear"]),
        Object: sum(o[4] for o in objects[:most]),
        Face: len(facts["boxes"]),
    }
    hidden = {kind.kind: _rows(timeline, kind) - n for kind, n in shown.items() if _rows(timeline, kind) > n}
    return Sights(facts, portraits, hidden)


def _rows(timeline: Timeline, kind: type[Row]) -> int:
    track: Track[Row] | None = timeline.find(kind)
    return 0 if track is None else len(track)


def _scenes(timeline: Timeline, told: Sequence[SceneFacts], index: Mapping[int, int]) -> list[list[Any]]:
    """[start, end, number, score, reasons, still's shot, first shot, last shot + 1, places, people, palette]."""
    track = timeline.find(Scene)
    if track is None:
        return []
    swatches = of_colours.palettes(timeline.find(Palette), track.spans)
    return [
        [
            *ends(one.scene),
            one.scene.number,
            score(one.scene.score),
            [text(reason) for reason in one.scene.reasons[:REASONS]],
            one.still,
            *one.shots,
            [text(place) for place in one.place],
            [index[n] for n in one.people if n in index],
            _flat(swatches[i]),
        ]
        for i, one in enumerate(told)
    ]


def _person(person: Character, faces: Mapping[int, int]) -> list[Any]:
    """[number, name, portrait or -1, seconds on screen, times, when best seen]."""
    at = round(int(person.at) / FLICKS_PER_SECOND, 3)
    face = faces.get(person.number, -1)
    return [person.number, text(person.name), face, round(person.seconds, 2), person.times, at]


def _portraits(timeline: Timeline, people: Sequence[Character]) -> tuple[dict[int, int], list[str]]:
    """Which portrait is whose, and the portraits, made smaller where together they would be heavy."""
    found = portraits_of(timeline, people[:PORTRAITS])
    usable = {n: p for n, p in found.items() if p.format in IMAGES}
    heavy = sum(len(p.data) for p in usable.values()) > PORTRAIT_BYTES
    return {n: i for i, n in enumerate(usable)}, [_portrait(p, heavy=heavy) for p in usable.values()]


def _portrait(portrait: Portrait, *, heavy: bool) -> str:
    if not heavy:
        return url(portrait.format, portrait.data)
    try:
        return url("jpeg", smaller(portrait.data, PORTRAIT_HEIGHT))
    except ValueError:  # no picture at all: the person is shown by its number
        return url("jpeg", b"")


def _places(timeline: Timeline) -> list[tuple[str, Any]]:
    track = timeline.find(Place)
    if track is None or not len(track):
        return []
    made: list[tuple[str, Any]] = []
    both = [f"{a}\n{b}" for a, b in zip(*(track.table.column(n).to_pylist() for n in ("aspect", "label")), strict=True)]
    for stretch in stretches(track, both):
        aspect, _, label = stretch.label.partition("\n")
        made.append((aspect, type(stretch)(stretch.span, label, stretch.score, stretch.rows)))
    return made


def _objects(timeline: Timeline, labels: Labels[str]) -> list[list[Any]]:
    """[start, end, label, best score, pictures in which it was seen], joined where it goes on being seen."""
    track = timeline.find(Object)
    if track is None or not len(track):
        return []
    found = stretches(track, track.table.column("label").to_pylist(), FLICKS_PER_SECOND)
    return [[*ends(s.span), labels.number(s.label), score(s.score), s.rows] for s in found]


def _framing(timeline: Timeline, labels: Labels[str]) -> list[list[int]]:
    """For every shot the numbers of its scale and of its camera's movement, -1 where not known."""
    shots, track = timeline.find(Shot), timeline.find(Framing)
    if shots is None or track is None or not len(track) or not len(shots):
        return []
    made: list[tuple[list[str], list[str]]] = [([], []) for _ in range(len(shots))]
    where = shots.spans.at((track.spans.starts + track.spans.ends) // 2)
    for shot, row in zip(where.tolist(), track, strict=True):
        if shot >= 0 and row.aspect in {"scale", "camera"}:
            made[shot][row.aspect == "camera"].append(row.label)
    return [[labels.number(", ".join(both)) if both else -1 for both in shot] for shot in made]


def _boxes(timeline: Timeline, index: Mapping[int, int]) -> list[list[Any]]:
    """[start, end, person or -1, x, y, width, height] of faces as they were seen."""
    people = timeline.find(Person)
    whose = {ref.rpartition("#")[2]: r.number for r in people or () for ref in r.refs if ref.startswith("tracklet@")}
    made = []
    for face in rows_of(timeline, Face, BOXES):
        person = index.get(whose.get(str(face.tracklet), -1), -1)
        made.append([*ends(face), person, *_box(face.x, face.y, face.width, face.height)])
    return made


def _events(timeline: Timeline, most: int, names: Names | None) -> list[list[Any]]:
    """[start, end, label, score, rule, evidence as [kind, when, what]]."""
    events = rows_of(timeline, Event, most)
    named = {ref for event in events for ref in event.refs[:EVIDENCE]}
    known = _named(timeline, named)
    return [
        [
            *ends(e),
            text(e.label),
            score(e.score),
            text(e.rule),
            _rests_on(e, known, names),
        ]
        for e in events
    ]


def _concerns(timeline: Timeline, most: int, names: Names | None) -> list[list[Any]]:
    """[start, end, label, score, rule, evidence as of events, category, strength]."""
    concerns = rows_of(timeline, Concern, most)
    known = _named(timeline, {ref for concern in concerns for ref in concern.refs[:EVIDENCE]})
    return [
        [
            *ends(c),
            text(c.label),
            score(c.score),
            text(c.rule),
            _rests_on(c, known, names),
            text(c.category),
            c.strength,
        ]
        for c in concerns
    ]


def _rests_on(row: Row, known: Mapping[str, Row], names: Names | None) -> list[list[Any]]:
    return [told for ref in row.refs[:EVIDENCE] if (told := _evidence(ref, known, names)) is not None]


def _named(timeline: Timeline, refs: Iterable[str]) -> dict[str, Row]:
    """The rows that refs name, of the kinds that say something to people."""
    wanted = set(refs)
    kinds = {ref.partition("@")[0] for ref in wanted} - _HEAVY
    found: dict[str, Row] = {}
    for kind in sorted(kinds & KINDS.keys()):
        track = timeline.find(KINDS[kind])
        found |= {row.ref: row for row in track or () if row.ref in wanted}
    return found


def _evidence(ref: str, known: Mapping[str, Row], names: Names | None) -> list[Any] | None:
    kind, _, rest = ref.partition("@")
    start = rest.partition("#")[0]
    if not kind or not start.isdecimal() or len(start) > 18:
        return None
    row = known.get(ref)
    return [text(kind), round(int(start) / FLICKS_PER_SECOND, 4), text(_says(row, names)) if row else ""]


def _says(row: Row, names: Names | None) -> str:
    if isinstance(row, Person):
        return (names or {}).get(row.number) or f"Person {row.number}"
    if isinstance(row, Shot | Scene):
        return str(row.number + 1)
    return str(getattr(row, "text", getattr(row, "label", "")))


def _curves(timeline: Timeline) -> dict[str, Any]:
    """Curves as [bytes, value at the top]; warmth runs from -1 to 1 and is stored as its distance from -1."""
    duration = int(timeline.movie.duration)
    nothing = {"motion": None, "shake": None, "warmth": None, "cuts": None}
    if not duration:
        return nothing
    edges = _edges(duration)
    moved, shake = of_colours.movement(timeline, edges)
    warmth = of_colours.over_time(timeline.find(Palette), "warmth", edges)
    shots = timeline.find(Shot)
    cuts = cuts_a_minute(shots.spans.starts[1:], edges) if shots is not None and len(shots) > 1 else None
    return {
        "motion": curve(moved, _top(moved, 0.05)),
        "shake": curve(shake, _top(shake, 0.002)),
        "warmth": curve(warmth + 1, 2.0),
        "cuts": curve(cuts, float(max(cuts.max(), 1.0))) if cuts is not None else None,
    }


def _edges(duration: int) -> Ticks:
    bins = min(_BINS, max(int(duration / FLICKS_PER_SECOND * 2), 1))
    return np.linspace(0, duration, bins + 1).astype(np.int64)


def _top(values: Any, least: float) -> float:
    """What a curve is scaled to: few values are above it, so that one jolt does not flatten all the rest."""
    return max(float(np.nanpercentile(values, 98)), least) if np.isfinite(values).any() else least


def _flat(swatches: Sequence[of_colours.Swatch]) -> list[list[float]]:
    return [[*s.colour, round(s.share, 4)] for s in swatches]


def _box(*sides: float) -> list[float]:
    return [round(min(max(float(v), 0.0), 1.0), 3) if np.isfinite(v) else 0.0 for v in sides]
