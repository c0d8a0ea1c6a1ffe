"""Sounds that exist only as arrays, and what the stages of loudness make of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tests.stage_films import made, movie, rows

from cinedex.media.views import SampleChunk
from cinedex.stages.loudness import LoudnessMeter
from cinedex.stages.programme import Programmes
from cinedex.stages.soundfaults import SoundFaults
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Flag, Level, Loudness, Programme, Voice
from cinedex.timeline.time import FLICKS_PER_SECOND, Rate, Span, Time

Channels = npt.NDArray[np.float32]

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def tone(decibels: float, seconds: float, rate: int = 48_000, pitch: float = 1000.0) -> Channels:
    """A sine of so many dBFS at its peak."""
    at = np.arange(round(seconds * rate)) / rate
    return np.asarray(10 ** (decibels / 20) * np.sin(2 * np.pi * pitch * at), dtype=np.float32)


def steps(levels: Sequence[tuple[float, float]], rate: int = 48_000) -> Channels:
    """Tones of (dBFS, seconds) one after the other, the same in two channels."""
    one = np.concatenate([tone(level, seconds, rate) for level, seconds in levels])
    return np.stack([one, one])


def film_of(sound: Channels, rate: int, layout: str | None = None, **changes: Any) -> Movie:
    """A film of nothing but this sound, [channels, n]."""
    lasting = Time(sound.shape[1] * FLICKS_PER_SECOND // rate)
    film = movie(lasting, video=False, audio=True)
    audio = replace(film.audio[0], rate=rate, channels=len(sound), layout=layout or LAYOUTS[len(sound)])
    return replace(film, audio=(audio,), **changes)


def chunks(sound: Channels, rate: int, around: Span, size: int) -> Iterator[SampleChunk]:
    """What a pass gives of a stretch."""
    first, last = (min(-(-int(t) * rate // FLICKS_PER_SECOND), sound.shape[1]) for t in (around.start, around.end))
    for at in range(first, last, size):
        yield SampleChunk(Rate(rate).time(at), rate, np.ascontiguousarray(sound[:, at : min(at + size, last)].T))


def measured(
    sound: Channels, rate: int = 48_000, layout: str | None = None, span: Span | None = None, *, size: int = 16_000
) -> dict[str, pa.Table]:
    """The tables of the meter for a stretch, fed as the runner feeds it."""
    film, stage = film_of(sound, rate, layout), LoudnessMeter()
    span = span or film.span
    around = span.grow(stage.halo or Time(0)) & film.span or span
    return made(stage, film, chunks(sound, rate, around, size), span=span)


def programme(sound: Channels, rate: int = 48_000, layout: str | None = None, **given: Any) -> dict[str, float]:
    """The measures of the whole sound, by name; `voice` lists stretches (seconds) of speech."""
    tracks: dict[Any, Any] = {Loudness: rows(measured(sound, rate, layout), Loudness)}
    if (voice := given.get("voice")) is not None:
        tracks[Voice] = [Voice(start=s.start, end=s.end, score=1) for a, b in voice for s in [Span.from_seconds(a, b)]]
    found = rows(made(Programmes(), film_of(sound, rate, layout), tracks=tracks), Programme)
    return {row.measure: row.value for row in found}


def faults(sound: Channels, rate: int = 48_000, layout: str | None = None, **changes: Any) -> list[Flag]:
    """The flags of a sound."""
    tracks = {Level: rows(measured(sound, rate, layout), Level)}
    return rows(made(SoundFaults(), film_of(sound, rate, layout, **changes), tracks=tracks), Flag)
