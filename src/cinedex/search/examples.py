"""Where in films somebody looks or sounds like an example, and where it sounds like one: stretches with their scores.

Faces and voices are biometric: both are compared only where recognition is on, with what is stored anyway, and nothing
of an example is kept. Whoever is hidden or was deleted is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.errors import UsageError
from cinedex.media.probe import probe
from cinedex.media.sound import Listener
from cinedex.models.tasks import FaceDetector, FaceEmbedder, Floats, SoundTagger, VoiceDetector, VoiceEmbedder
from cinedex.people.cast import Cast
from cinedex.people.photos import photo_at, print_of
from cinedex.people.scan import ReadTracks, scan
from cinedex.people.voices import SURE
from cinedex.stages.soundterms import grouped
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Hearing, Person, Speaker, Speaking, Voiceprint
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Spans

LONGEST = SECOND * 60
"""Of a sound that is listened to."""

VOICE_NEAR = 0.75
"""Cosine from which a voice counts as the example's: set on the tuning half of the readers in test_examples_quality."""

SOUND_NEAR = 0.85
"""The same of what a second of a film sounds like: set on the tuning half of the clips there."""

_CLIP = 5
"""Seconds of a voice that are compared at a time, as the speakers of films are."""

_SPOKEN = 0.5
"""Probability from which something is speech."""

_HEARD = 0.2
"""Score that some kind of sound must have in an example for it to be one of anything."""


@dataclass(frozen=True)
class Like:
    """Where films are like an example, by film; none where nothing is. `kind` is 'face', 'voice' or 'sound'."""

    kind: str
    found: Mapping[str, Sequence[tuple[Span, float]]] = field(default_factory=dict)
    """Stretches, each with how near the example it is, as a cosine."""

    @property
    def note(self) -> str:
        """What is to be said where there is nothing."""
        missing = {"face": "nobody here looks", "voice": "no voice here sounds", "sound": "nothing here sounds"}
        return "" if self.found else f"{missing[self.kind]} like that"

    def placed(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """The ids of the moments that share time with any of it, with how near it is there at most."""
        nearest: dict[str, float] = {}
        for film, scored in self.found.items():
            own = sorted((r for r in rows if r["movie"] == film), key=lambda r: (r["start"], r["end"]))
            ordered = sorted(scored, key=lambda one: (one[0].start, one[0].end))
            cells = Spans.of(Span(Time(r["start"]), Time(r["end"])) for r in own)
            for row, at in zip(*(s.tolist() for s in cells.join(Spans.of(s for s, _ in ordered))), strict=True):
                name = str(own[row]["id"])
                nearest[name] = max(nearest.get(name, -1.0), ordered[at][1])
        return nearest


def face_like(photo: Path, cast: Cast, models: Callable[[], tuple[FaceDetector, FaceEmbedder]]) -> Like:
    """Where somebody is on screen who may be the person of a photo: as near as who is recognised is.

    Raises UsageError where recognition is off, and for a photo without exactly one clear face.
    """
    _must_be_on(cast, "a face")
    asked = print_of(photo_at(photo), photo.name, *models())
    bounds = cast.sources.bounds(asked.space)
    if bounds is None:
        return Like("face")
    seen = scan(cast.sources, cast.register, cast.sources.movies())
    found: dict[str, list[tuple[Span, float]]] = {}
    for part, who in zip(seen.parts, seen.people, strict=True):
        looks = [look.print for look in part.looks if len(look.print) == len(asked.values)]
        near = max((float(print_ @ asked.values) for print_ in looks), default=-1.0)
        if part.evidence.space == asked.space and not who.hidden and near >= bounds.sure:
            found.setdefault(part.evidence.movie.id, []).extend((s, near) for s in part.spans)
    return Like("face", found)


def voice_like(
    sound: Path, cast: Cast, read: ReadTracks, models: Callable[[], tuple[VoiceDetector, VoiceEmbedder]]
) -> Like:
    """Where a voice speaks that may be that of a recording. Raises UsageError where recognition is off, or no voice."""
    _must_be_on(cast, "a voice")
    detector, embedder = models()
    asked = voice_of(_sound(sound, embedder.rate), detector, embedder)
    if asked is None:
        raise UsageError(f"{sound.name}: nobody is heard to speak", remedy="Give a second or more of one voice.")
    found: dict[str, list[tuple[Span, float]]] = {}
    for movie in cast.sources.movies():
        timeline = read(movie, (Voiceprint, Speaker, Speaking, Person))
        prints, turns = timeline.find(Voiceprint), timeline.find(Speaker)
        if prints is None or turns is None:
            continue
        unseen = {c.number for c in cast.film(movie).characters if c.hidden}
        links = timeline.find(Speaking)
        theirs = {link.speaker for link in links or () if link.score >= SURE and link.person in unseen}
        for row in prints:
            near = float(np.dot(row.values, asked)) if row.space == embedder.space else -1.0
            if near >= VOICE_NEAR and row.number not in theirs:
                own = [(turn.span, near) for turn in turns if turn.number == row.number]
                found.setdefault(movie.id, []).extend(own)
    return Like("voice", found)


def sound_like(sound: Path, movies: Sequence[Movie], read: ReadTracks, tagger: SoundTagger) -> Like:
    """Where it sounds like a recording: by how much both are like each kind of sound that films are heard for."""
    asked = sound_of(_sound(sound, tagger.rate), tagger)
    if asked is None:
        raise UsageError(f"{sound.name}: it is like no sound that is known here", remedy="Give a clear sound.")
    found: dict[str, list[tuple[Span, float]]] = {}
    for movie in movies:
        track = read(movie, (Hearing,)).find(Hearing)
        if track is None or not len(track):
            continue
        near = alike(np.array([row.scores for row in track], np.float32), asked)
        for place in np.flatnonzero(near >= SOUND_NEAR).tolist():
            found.setdefault(movie.id, []).append((track.rows[place].span, float(near[place])))
    return Like("sound", found)


def voice_of(samples: Floats, detector: VoiceDetector, embedder: VoiceEmbedder) -> Floats | None:
    """The unit vector of who speaks in a sound; None where less than a second is spoken."""
    speech = detector.voice(samples) >= _SPOKEN
    heard = samples[: len(speech) * detector.hop].reshape(-1, detector.hop)[speech].ravel()
    if len(heard) < embedder.rate:
        return None
    clips = np.array_split(heard, max(1, round(len(heard) / (_CLIP * embedder.rate))))
    mean = embedder.prints(clips).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def sound_of(samples: Floats, tagger: SoundTagger) -> Floats | None:
    """How much a sound is like each film term on average: [terms]; None where it is never like any."""
    step = tagger.window // 2
    whole = np.pad(samples, (0, max(0, tagger.window - len(samples))))
    starts = range(0, len(whole) - tagger.window + 1, step)
    scores = grouped(tagger.sounds(np.stack([whole[s : s + tagger.window] for s in starts])), tagger.labels)
    asked = np.asarray(scores.mean(axis=0), np.float32)
    return asked if scores.max() >= _HEARD else None


def alike(steps: Floats, asked: Floats) -> Floats:
    """The cosine of every step's scores [steps, terms] and the example's; 0 for a step that is like nothing."""
    lengths = np.linalg.norm(steps, axis=1)
    near = steps @ asked / np.maximum(lengths * np.linalg.norm(asked), 1e-9)
    return np.asarray(np.where(steps.max(axis=1, initial=0.0) >= _HEARD, near, 0.0), np.float32)


def _sound(path: Path, rate: int) -> Floats:
    movie = probe(path)
    if not movie.audio:
        raise UsageError(f"{path.name} has no sound", remedy="Give a file with sound.")
    with Listener(movie, rate=rate) as listen:
        return listen(Span(ZERO, Time(min(int(LONGEST), int(movie.duration)))))


def _must_be_on(cast: Cast, what: str) -> None:
    if not cast.on:
        raise UsageError(
            f"{what} cannot be looked for: recognition is off in this library",
            remedy='`cinedex people on --basis "..."` switches it on and says what that means.',
        )
