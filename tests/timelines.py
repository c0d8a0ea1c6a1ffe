"""Made-up timelines: a plausible film of any size, the same for the same arguments, with small painted stills."""

from __future__ import annotations

import io
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image
from tests.seen_rows import Colours, Seen, defects, make_settings, seen_rows

from cinedex.timeline.movie import AudioStream, Movie, VideoStream
from cinedex.timeline.rows import (
    Area,
    Concern,
    Cue,
    Event,
    Face,
    Faceprint,
    Flag,
    Frame,
    Framing,
    Glance,
    Motion,
    Object,
    Palette,
    Person,
    Picture,
    Place,
    Portrait,
    Quality,
    Row,
    Scene,
    Shot,
    Tag,
    Text,
    Tracklet,
    Transition,
    Voice,
    Word,
)
from cinedex.timeline.time import ZERO, Rate, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

RATE = Rate(24)

MAKERS: dict[str, Maker] = {
    "frames": Maker("frames", 1, "a" * 64),
    "transitions": Maker("transitions", 1, "b" * 64, ("transnetv2",)),
    "shots": Maker("shots", 1, "c" * 64),
    "quality": Maker("quality", 1, "d" * 64),
    "faults": Maker("faults", 1, "e" * 64),
    "pictures": Maker("pictures", 1, "f" * 64),
    "tags": Maker("tags", 1, "0" * 64, ("efficientnet-lite2",)),
    "voice": Maker("voice", 1, "1" * 64, ("silero-vad",)),
    "speech": Maker("speech", 1, "2" * 64, ("whisper-base",)),
    "glances": Maker("glances", 1, "3" * 64),
    "motion": Maker("motion", 1, "4" * 64),
    "defects": Maker("defects", 1, "5" * 64),
    "palette": Maker("palette", 1, "6" * 64),
    "framing": Maker("framing", 1, "7" * 64),
    "faces": Maker("faces", 1, "8" * 64, ("a-face-finder",)),
    "people": Maker("people", 1, "9" * 64),
    "objects": Maker("objects", 1, "ab" * 32),
    "text": Maker("text", 1, "bc" * 32),
    "places": Maker("places", 1, "cd" * 32),
    "scenes": Maker("scenes", 1, "de" * 32),
    "events": Maker("events", 1, "ef" * 32),
    "concerns": Maker("concerns", 1, "fe" * 32),
}

STAGE_OF: dict[type[Row], str] = {
    Frame: "frames",
    Transition: "transitions",
    Shot: "shots",
    Quality: "quality",
    Flag: "faults",
    Picture: "pictures",
    Tag: "tags",
    Voice: "voice",
    Cue: "speech",
    Word: "speech",
    Glance: "glances",
    Motion: "motion",
    Area: "defects",
    Palette: "palette",
    Framing: "framing",
    Face: "faces",
    Tracklet: "faces",
    Faceprint: "faces",
    Portrait: "faces",
    Person: "people",
    Object: "objects",
    Text: "text",
    Place: "places",
    Scene: "scenes",
    Event: "events",
    Concern: "concerns",
}

BEHIND = (Frame, Glance, Tracklet, Faceprint, Concern)
"""Kinds that nobody was asked for unless they are there."""

MEASURES = ("red", "green", "blue", "luma", "change")

LABELS = [
    *("seashore", "lakeside", "alp", "valley", "street sign", "cab", "bicycle", "restaurant", "bookshop", "umbrella"),
    *("steam locomotive", "lighthouse", "fountain", "streetcar", "suit", "trench coat", "candle", "piano"),
    *("window shade", "library", "dining table", "sailboat"),
]

LINES = (
    "It was the best of times, it was the worst of times.",
    "You said the train would leave at nine.",
    "I said it might.",
    "There is a house by the water, and nobody has lived in it since the spring.",
    "Listen.",
    "We can't go back the way we came, not before the light goes.",
    "Do you remember what she told us about the bridge?",
    "No. I remember the rain, and the man with the bicycle.",
    "Then we wait here until somebody opens the door.",
    "All right.",
)


def make_movie(seconds: float = 60.0, *, name: str = "The Long Harbour.mp4", **changes: Any) -> Movie:
    """A 24 fps film with stereo sound; `changes` replace fields (video=None: a film without pictures)."""
    duration = Time.from_seconds(seconds)
    video = VideoStream(
        index=0, codec="h264", width=1920, height=1080, display=(1920, 1080), rotation=0, rate=RATE, variable=False,
        start=ZERO, duration=duration, frames=RATE.count(duration), pixel_format="yuv420p", bits=8, interlaced=False,
        color_range="tv", color_space="bt709", color_transfer="bt709", hdr=None,
    )  # fmt: skip
    audio = AudioStream(1, "aac", 48_000, 2, "stereo", "en", None, ZERO, duration, default=True)
    movie = Movie("sha256-" + "5" * 64, f"/films/{name}", name, 1_234_567, "mov,mp4", duration, video, (audio,))
    return replace(movie, **changes)


def make_timeline(
    shots: int = 12,
    *,
    average: float = 4.0,
    words: int | None = None,
    without: Collection[type[Row]] = (),
    empty: Collection[type[Row]] = (),
    failures: Mapping[str, str] | None = None,
    extra: Iterable[Row] = (),
    seed: int = 7,
    name: str = "The Long Harbour.mp4",
    still_width: int = 160,
    seen: Seen | None = None,
) -> Timeline:
    """A film of `shots` shots, `average` seconds long each, fully analysed.

    `without` kinds were never computed, `empty` ones have no rows, `failures` (stage to reason) take away what the
    stage makes; `extra` rows are added to their kinds. `words` is about how many are spoken (default: 40 in a minute).
    `seen` adds what can be seen: scenes, people, places and all that; without it those kinds were never computed.
    """
    rng = random.Random(seed)
    cuts = _cuts(rng, shots, average)
    movie = make_movie(RATE.time(cuts[-1]).seconds, name=name)
    spans = [Span(RATE.time(a), RATE.time(b)) for a, b in pairwise(cuts)]
    wanted = words if words is not None else int(movie.duration.seconds / 60 * 40)
    cues, spoken = _speech(rng, movie.duration, wanted)
    palettes = [_palette(rng) for _ in spans]
    settings = []
    if seen is not None:
        settings = make_settings(rng, seen, shots, palettes)
        moods = [s.colours for s in settings for _ in range(s.first, s.last)]
        palettes = [_near(rng, mood) for mood in moods]
    rows: dict[type[Row], Sequence[Row]] = {
        Shot: _shots(rng, spans),
        Transition: [t for s, t in zip(spans[1:], _transitions(rng, spans), strict=True) if s],
        Cue: cues,
        Word: spoken,
        Voice: [Voice(start=c.start, end=c.end, score=0.9) for c in cues],
        Tag: _tags(rng, spans),
        Picture: [_picture(s, p, still_width) for s, p in zip(spans, palettes, strict=True)],
        Quality: list(_quality(rng, spans, palettes)),
        Flag: _flags(spans),
    }
    if seen is not None:
        rows |= seen_rows(rng, spans, settings, seen)
        rows[Flag] = [*rows[Flag], *defects(spans)]
        rows[Concern] = []
    failures = dict(failures or {})
    tracks: dict[tuple[str, str], Track[Any]] = {}
    for kind, made in rows.items():
        stage = STAGE_OF[kind]
        if kind in without or stage in failures:
            continue
        more = [row for row in extra if type(row) is kind]
        tracks[stage, kind.kind] = Track.of(kind, [] if kind in empty else [*made, *more], MAKERS[stage])
    makers = {kind.kind: (stage,) for kind, stage in STAGE_OF.items() if kind in rows or kind not in BEHIND}
    return Timeline(movie, tracks, failures, makers)


def _cuts(rng: random.Random, shots: int, average: float) -> list[int]:
    cuts = [0]
    for _ in range(shots):
        cuts.append(cuts[-1] + max(8, round(rng.lognormvariate(0, 0.7) * average * 0.78 * 24)))
    return cuts


def _shots(rng: random.Random, spans: Sequence[Span]) -> list[Shot]:
    shots = []
    for number, span in enumerate(spans):
        opening = "start" if number == 0 else "gradual" if number % 11 == 0 else "cut"
        score = 1.0 if number == 0 else round(rng.uniform(0.6, 1), 3)
        shots.append(Shot(start=span.start, end=span.end, number=number, opening=opening, score=score))  # type: ignore[arg-type] # mypy widens the three literals to str
    return shots


def _transitions(rng: random.Random, spans: Sequence[Span]) -> list[Transition]:
    made = []
    for number, span in enumerate(spans[1:], 1):
        gradual = number % 11 == 0
        end = span.start + RATE.time(12 if gradual else 1)
        how = "gradual" if gradual else "cut"
        made.append(Transition(start=span.start, end=end, how=how, score=round(rng.uniform(0.6, 1), 3)))  # type: ignore[arg-type] # as above
    return made


def _speech(rng: random.Random, duration: Time, wanted: int) -> tuple[list[Cue], list[Word]]:
    cues: list[Cue] = []
    spoken: list[Word] = []
    pause = max(0.2, duration.seconds / max(wanted, 1) - 0.33)
    at = 0.5
    while len(spoken) < wanted:
        line = LINES[rng.randrange(len(LINES))].split()
        if at + 0.33 * len(line) > duration.seconds:
            break
        start, words = at, []
        for text in line:
            length = 0.12 + 0.03 * len(text)
            score = round(min(1.0, rng.betavariate(8, 1)), 3)
            begin, end = Time.from_seconds(at), Time.from_seconds(at + length)
            words.append(Word(start=begin, end=end, text=text, language="en", score=score))
            at += length + 0.05
        mean = sum(w.score for w in words) / len(words)
        begin, end = Time.from_seconds(start), words[-1].end
        cues.append(Cue(start=begin, end=end, text=" ".join(line), language="en", score=mean, source="speech"))
        spoken += words
        at += pause * len(line) * rng.uniform(0.4, 1.6)
    return cues, spoken


def _tags(rng: random.Random, spans: Sequence[Span]) -> list[Tag]:
    tags = []
    for span in spans:
        for rank, label in enumerate(rng.sample(LABELS, rng.randint(0, 4))):
            score = round(rng.uniform(0.2, 0.9) / (rank + 1), 3)
            tags.append(Tag(start=span.start, end=span.end, label=label, vocabulary="imagenet-1k", score=score))
    return tags


def _flags(spans: Sequence[Span]) -> list[Flag]:
    first, later = spans[0], spans[len(spans) * 2 // 3]
    black = Flag(
        start=first.start, end=first.start + (first.end - first.start) // 4, label="black", score=1.0,
        note="luma at most 0.03 for 0.5 s",
    )  # fmt: skip
    freeze = Flag(start=later.start, end=later.end, label="freeze", score=0.8, note="no change above 0.001")
    return [black] if len(spans) < 3 else [black, freeze]


def _palette(rng: random.Random) -> Colours:
    mood = rng.choice([(210, 0.5), (28, 0.6), (190, 0.3), (95, 0.25), (345, 0.35), (40, 0.15)])
    light = rng.choice([0.18, 0.35, 0.5, 0.62])
    return (
        _rgb(mood[0] + rng.uniform(-14, 14), mood[1], light + 0.14),
        _rgb(mood[0] + rng.uniform(10, 60), mood[1] * 0.8, light),
        _rgb(mood[0] + rng.uniform(-30, 30), mood[1] * 0.7, light * 0.45),
    )


def _near(rng: random.Random, mood: Colours) -> Colours:
    """The colours of a scene as one of its shots has them: a little lighter or darker."""
    by = rng.uniform(0.75, 1.2)
    first, second, third = (tuple(min(255, round(part * by)) for part in colour) for colour in mood)
    return (first, second, third)  # type: ignore[return-value] # three parts each


def _rgb(hue: float, saturation: float, light: float) -> tuple[int, int, int]:
    chroma = saturation * min(light, 1 - light)

    def part(n: int) -> int:
        k = (n + hue / 30) % 12
        return round(255 * (light - chroma * max(-1, min(k - 3, 9 - k, 1))))

    return part(0), part(8), part(4)


def _picture(span: Span, palette: Colours, width: int) -> Picture:
    """A sky, a sun and two hills in the colours of the shot."""
    height = width * 9 // 16
    seed = int(span.start) // 29_400_000
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    sky, far, near = (np.array(c, float) for c in palette)
    image = sky + (far - sky) * y[..., None] * 0.9
    sun = ((x - 0.2 - seed % 7 / 10) ** 2 * 3.2 + (y - 0.15 - seed % 5 / 12) ** 2) < 0.012 + seed % 3 / 100
    image[sun] = 255 - (255 - sky) * 0.45
    image[y > 0.62 + 0.14 * np.sin(x * (2 + seed % 3) + seed % 6)] = far * 0.7
    image[y > 0.78 + 0.10 * np.sin(x * (3 + seed % 4) + seed % 9)] = near
    out = io.BytesIO()
    Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=72)
    middle = span.middle
    return Picture(
        start=span.start, end=span.end, at=middle, role="thumbnail", width=width, height=height, format="jpeg",
        data=out.getvalue(),
    )  # fmt: skip


def _quality(rng: random.Random, spans: Sequence[Span], palettes: Sequence[Colours]) -> Iterable[Quality]:
    """Mean colour, luma and change twice a second."""
    step = Time.from_seconds(0.5)
    for span, palette in zip(spans, palettes, strict=True):
        base = np.array(palette, float).mean(axis=0) / 255
        for piece in span.cut(step):
            red, green, blue = (float(v) for v in (base * rng.uniform(0.9, 1.1)).clip(0, 1))
            luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
            change = rng.uniform(0.3, 0.5) if piece.start == span.start else rng.uniform(0, 0.05)
            for measure, value in zip(MEASURES, (red, green, blue, luma, change), strict=True):
                yield Quality(start=piece.start, end=piece.end, measure=measure, value=round(value, 4))
