"""Made-up rows of what can be seen in a film: scenes, people, places, events, text, objects, framing, motion, colours.

They agree with each other as those of a real film do: a scene has one place, one light, one mood and a few people.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from cinedex.timeline.rows import (
    Area,
    Event,
    Face,
    Faceprint,
    Flag,
    Framing,
    Glance,
    Motion,
    Object,
    Palette,
    Person,
    Place,
    Portrait,
    Row,
    Scene,
    Text,
    Tracklet,
)
from cinedex.timeline.time import Span, Time

Colour = tuple[int, int, int]
Colours = tuple[Colour, Colour, Colour]

PLACES = (
    ("interior", "night", "bar"),
    ("exterior", "day", "street"),
    ("interior", "day", "kitchen"),
    ("exterior", "night", "harbour"),
    ("exterior", "day", "beach"),
    ("interior", "day", "train carriage"),
    ("interior", "night", "bedroom"),
    ("exterior", "day", "forest"),
)

SCALES = ("extreme close-up", "close-up", "medium close-up", "medium", "medium long", "long", "extreme long")
CAMERAS = ("static", "static", "static", "pan-left", "pan-right", "tilt-up", "zoom-in", "handheld")
THINGS = ("person", "chair", "cup", "car", "bottle", "book", "bicycle", "boat", "dog", "clock", "umbrella")
EVENTS = ("dialogue", "car-chase", "crowd", "embrace", "driving", "rain", "phone-call", "meal", "explosion")
REASONS = ("place changes", "other people", "picture changes", "sound falls silent", "light changes", "colours change")
SIGNS = ("HARBOUR STREET", "Hotel Bellevue", "NO ENTRY", "Bakery", "TICKETS", "Platform 9")


@dataclass(frozen=True)
class Seen:
    """How much is to be seen: about so many scenes, people and objects a glance."""

    scenes: int = 5
    people: int = 6
    objects: int = 2


@dataclass(frozen=True)
class Setting:
    """One scene as it is made up: its shots, place, cast and colours."""

    first: int
    last: int
    place: tuple[str, str, str]
    cast: tuple[int, ...]
    colours: Colours


def make_settings(rng: random.Random, seen: Seen, shots: int, moods: Sequence[Colours]) -> list[Setting]:
    """Cut the shots into scenes; a few people are in many of them, most in one or two."""
    cuts = sorted(rng.sample(range(1, shots), min(seen.scenes, shots) - 1)) if shots > 1 else []
    settings = []
    for number, (first, last) in enumerate(pairwise([0, *cuts, shots])):
        size = rng.choice([0, 1, 2, 2, 3, 3, 4]) if seen.people else 0
        weights = [1 / (1 + p) for p in range(seen.people)]
        cast = tuple(dict.fromkeys(rng.choices(range(seen.people), weights, k=size))) if size else ()
        extra = number * seen.people // max(seen.scenes, 1)
        cast = tuple(dict.fromkeys((*cast, extra))) if cast else ()
        settings.append(Setting(first, last, PLACES[rng.randrange(len(PLACES))], cast, moods[number % len(moods)]))
    return settings


def seen_rows(
    rng: random.Random, spans: Sequence[Span], settings: Sequence[Setting], seen: Seen
) -> dict[type[Row], list[Row]]:
    """Rows of every kind of what can be seen, for shots `spans` in scenes `settings`."""
    rows: dict[type[Row], list[Row]] = {
        kind: []
        for kind in (
            *(Glance, Motion, Area, Palette, Framing, Face, Tracklet, Faceprint, Portrait, Person),
            *(Object, Text, Place, Scene, Event),
        )
    }
    whole = Span(spans[0].start, spans[-1].end)
    rows[Area] = [Area(start=whole.start, end=whole.end, x=0, y=0.128, width=1, height=0.744)]
    for number, setting in enumerate(settings):
        own = spans[setting.first : setting.last]
        _people(rng, rows, own, setting)
        for span in own:
            _shot(rng, rows, span, setting, seen)
        _scene(rng, rows, number, own, setting)
    _titles(rng, rows, whole, spans)
    return rows


def defects(spans: Sequence[Span]) -> list[Flag]:
    """Faults of the picture, besides black and freeze."""
    middle = spans[len(spans) // 2]
    return [
        Flag(start=middle.start, end=middle.end, label="blur", score=0.7, note="sharpness 0.04, usually 0.31"),
        Flag(start=spans[0].start, end=spans[-1].end, label="letterbox", score=1, note="bars of 13 % above and below"),
    ]


def _people(rng: random.Random, rows: dict[type[Row], list[Row]], own: Sequence[Span], setting: Setting) -> None:
    for span in own:
        shown = [p for p in setting.cast if rng.random() < 0.5]
        for place, person in enumerate(shown[:3]):
            number = len(rows[Tracklet])
            start = span.start + (span.end - span.start) * rng.randrange(3) // 12
            best = Span(start, span.end).middle
            quality = round(rng.uniform(0.3, 0.95), 3)
            tracklet = Tracklet(
                start=start, end=span.end, number=number, seen=rng.randint(1, 9), best=best, quality=quality, score=0.9
            )
            about = {"start": start, "end": span.end}
            x, wide = 0.14 + 0.27 * place, rng.uniform(0.08, 0.16)
            rows[Tracklet].append(tracklet)
            rows[Face].append(
                Face(
                    **about,
                    x=x,
                    y=0.24,
                    width=wide,
                    height=wide * 2.2,
                    points=(0.5,) * 10,
                    score=0.93,
                    quality=quality,
                    tracklet=number,
                )
            )
            rows[Faceprint].append(Faceprint(**about, tracklet=number, space="face-test", values=(0.6, 0.8)))
            rows[Person].append(
                Person(**about, number=person + 1, look=rng.randrange(2), score=0.88, refs=(tracklet.ref,))
            )
            if quality > 0.5 or number < 3:
                rows[Portrait].append(_portrait(tracklet, person, setting.colours))


def _portrait(tracklet: Tracklet, person: int, colours: Colours) -> Portrait:
    """A head and shoulders before the scene's colours."""
    rng = random.Random(person * 7919 + 5)
    size = 96
    y, x = np.mgrid[0:size, 0:size] / size
    image = np.array(colours[1], float) + (np.array(colours[2], float) - np.array(colours[1], float)) * y[..., None]
    skin = np.array([224, 178, 150]) * rng.uniform(0.38, 1.04)
    hair = np.array(rng.choice([(42, 30, 24), (96, 62, 34), (176, 138, 82), (128, 126, 124), (24, 22, 26)]), float)
    coat = np.array([rng.randrange(30, 190) for _ in range(3)], float)
    image[((x - 0.5) / 0.42) ** 2 + ((y - 1.08) / 0.34) ** 2 < 1] = coat
    image[((x - 0.5) / 0.27) ** 2 + ((y - 0.42) / rng.uniform(0.31, 0.4)) ** 2 < 1] = hair
    image[(abs(x - 0.5) < 0.08) & (y > 0.6) & (y < 0.8)] = skin * 0.86
    face = ((x - 0.5) / 0.2) ** 2 + ((y - 0.48) / 0.26) ** 2 < 1
    image[face] = skin * (1.04 - 0.2 * np.abs(x - 0.42)[face][:, None])
    for eye in (0.42, 0.58):
        image[((x - eye) / 0.025) ** 2 + ((y - 0.46) / 0.018) ** 2 < 1] = (28, 24, 22)
    image[(abs(x - 0.5) < 0.06) & (abs(y - 0.62) < 0.008)] = skin * 0.55
    out = io.BytesIO()
    Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=80)
    return Portrait(
        start=tracklet.start,
        end=tracklet.end,
        tracklet=tracklet.number,
        at=tracklet.best,
        width=size,
        height=size,
        format="jpeg",
        data=out.getvalue(),
    )


def _shot(rng: random.Random, rows: dict[type[Row], list[Row]], span: Span, setting: Setting, seen: Seen) -> None:
    about = {"start": span.start, "end": span.end}
    camera = rng.choice(CAMERAS)
    scale = SCALES[min(len(SCALES) - 1, max(0, round(rng.gauss(2.6, 1.5))))]
    for aspect, label in (("scale", scale), ("camera", camera)):
        rows[Framing].append(
            Framing(**about, aspect=aspect, label=label, score=round(rng.uniform(0.5, 1), 3))  # type: ignore[arg-type] # the two literals
        )
    for aspect, label in zip(("setting", "light", "place"), setting.place, strict=True):
        rows[Place].append(Place(**about, aspect=aspect, label=label, score=round(rng.uniform(0.4, 0.95), 3)))  # type: ignore[arg-type] # the three literals
    warm = (setting.colours[0][0] - setting.colours[0][2]) / 255
    rows[Palette].append(
        Palette(
            **about,
            colours=tuple(c for colour in (*setting.colours, (16, 16, 20)) for c in colour),
            shares=(0.4, 0.3, 0.2, 0.1),
            warmth=max(-1.0, min(1.0, warm * 1.4 + rng.uniform(-0.1, 0.1))),
            contrast=0.4,
            saturation=0.3,
        )
    )
    for piece in span.cut(Time.from_seconds(1)):
        lively = rng.random() * (0.02 if camera == "static" else 0.3)
        rows[Motion].append(
            Motion(
                start=piece.start,
                end=piece.end,
                right=lively,
                down=lively / 3,
                zoom=0.01,
                turn=0.0,
                shake=lively / 6 if camera == "handheld" else 0.001,
                fit=0.9,
            )
        )
    for piece in span.cut(Time.from_seconds(2)):
        rows[Glance].append(Glance(start=piece.start, end=piece.end, shot=len(rows[Framing]) // 2 - 1))
        for label in rng.sample(THINGS, min(seen.objects, len(THINGS))):
            rows[Object].append(
                Object(
                    start=piece.start,
                    end=piece.end,
                    label=label,
                    vocabulary="coco-80",
                    score=round(rng.uniform(0.4, 0.95), 3),
                    x=round(rng.uniform(0, 0.7), 3),
                    y=0.4,
                    width=0.2,
                    height=0.3,
                )
            )


def _scene(
    rng: random.Random, rows: dict[type[Row], list[Row]], number: int, own: Sequence[Span], setting: Setting
) -> None:
    start, end = own[0].start, own[-1].end
    people = [p.ref for p in rows[Person] if start <= p.start < end]
    reasons = tuple(rng.sample(REASONS, rng.randint(1, 3))) if number else ()
    rows[Scene].append(
        Scene(
            start=start,
            end=end,
            number=number,
            score=round(rng.uniform(0.35, 0.98), 3) if number else 1.0,
            reasons=reasons,
            at=own[len(own) // 2].middle,
            refs=(f"shot@{int(own[0].start)}", *people[:6]),
        )
    )
    if len(setting.cast) > 1:
        rows[Event].append(
            Event(
                start=start,
                end=own[(len(own) - 1) // 2].end,
                label="dialogue",
                score=0.84,
                rule="dialogue/1",
                refs=(f"shot@{int(start)}", *people[:3]),
            )
        )
    if rng.random() < 0.4:
        shot = rng.choice(own)
        label = rng.choice(EVENTS)
        place = next((p.ref for p in rows[Place] if p.start == shot.start), f"place@{int(shot.start)}")
        rows[Event].append(
            Event(
                start=shot.start,
                end=shot.end,
                label=label,
                score=round(rng.uniform(0.4, 0.95), 3),
                rule=f"{label}/2",
                refs=(place, f"shot@{int(shot.start)}"),
            )
        )
    if rng.random() < 0.3:
        shot = rng.choice(own)
        rows[Text].append(_text(shot, rng.choice(SIGNS), "sign", 0.62, 0.2))


def _titles(rng: random.Random, rows: dict[type[Row], list[Row]], whole: Span, spans: Sequence[Span]) -> None:
    rows[Text].append(_text(spans[0], "THE LONG HARBOUR", "title", 0.3, 0.45))
    if len(spans) > 4:
        rows[Text].append(_text(spans[-1], "Directed by\nnobody in particular", "credit", 0.35, 0.4))
        rows[Event].append(
            Event(
                start=spans[-1].start,
                end=whole.end,
                label="end-credits",
                score=0.97,
                rule="end-credits/1",
                refs=(f"text@{int(spans[-1].start)}",),
            )
        )
        for span in rng.sample(list(spans), min(len(spans), 6)):
            rows[Text].append(_text(span, "Then we wait until somebody opens the door.", "subtitle", 0.2, 0.85))


def _text(span: Span, text: str, role: str, x: float, y: float) -> Text:
    return Text(
        start=span.start,
        end=span.end,
        text=text,
        language="en",
        role=role,
        score=0.91,
        x=x,
        y=y,
        width=0.3,  # type: ignore[arg-type] # one of the literals
        height=0.08,
    )
