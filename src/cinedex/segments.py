"""One call for a stretch of a film: what is seen and said in it, one vector of both, and tags.

Only the stretch is decoded, from the key frame before it on; nothing of it stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from cinedex.canonical import plain
from cinedex.errors import CinedexError, UsageError
from cinedex.library import EMBEDDER, Library
from cinedex.media.probe import probe
from cinedex.media.segment import cut_segment
from cinedex.models.tasks import Floats
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import (
    Cue,
    Event,
    Framing,
    Motion,
    Object,
    Place,
    Row,
    Shot,
    Sight,
    Sound,
    Tag,
    Text,
    Vector,
    Word,
)
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline

SEEN: tuple[type[Row], ...] = (Shot, Object, Text, Place, Framing, Motion, Event)
"""Kinds of the visual analysis."""

LONGEST = 600.0
"""Seconds of a stretch; longer ones are for `Library.analyze`, which resumes."""

_ROWS = 2_000
"""Rows of one kind that are given."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a film, processed. Rows are plain, their `start` and `end` in seconds of the film."""

    film: str
    start: float
    end: float
    visual: dict[str, list[dict[str, Any]]]
    """Rows of shots, objects, texts, places, framings, motions and events; a kind that failed is left out."""
    transcription: dict[str, Any]
    """`language`, `text`, `cues` and `words`."""
    embedding: dict[str, Any]
    """`parts`, a unit vector for each space, and `values`, all of them as one: its cosine is the mean of theirs."""
    tags: list[dict[str, Any]]
    """`label`, `kind` (tag, place, object, sound, event) and the best `score`, surest first."""
    notes: tuple[str, ...]
    """Stages that failed, and why; rows that were left out."""


def process_movie_segment(
    video: str | Path | Movie, start: float, end: float, *, library: Library | None = None
) -> Segment:
    """Look at and listen to `video` from `start` to `end` (seconds): what is seen, said, meant, and tags for it.

    `library` lends its models and settings; nothing is put into it. Raises UsageError for a stretch that there is not
    or that is longer than ten minutes, MediaError for what is no film.
    """
    if not 0 <= start < end <= 1e6 or end - start > LONGEST:
        raise UsageError(
            f"{start:g} to {end:g} seconds is no stretch to process", remedy=f"Ask for 0 < end - start <= {LONGEST:g}."
        )
    movie = video if isinstance(video, Movie) else probe(video)
    if Time.from_seconds(start) >= movie.duration:
        raise UsageError(f"the film ends before {start:g} s", film=movie.name, remedy=f"It lasts {movie.duration}.")
    span = Span(Time.from_seconds(start), min(Time.from_seconds(end), movie.duration))
    lender = library if library is not None else Library()
    with tempfile.TemporaryDirectory(prefix="cinedex-segment-") as folder:
        file = Path(folder) / "segment.mkv"
        begins = cut_segment(movie, span, file)
        own = _borrowing(lender, Path(folder) / "library")
        failed = [f"{e.stage or 'film'}: {e.error}" for e in own.run([file]) if e.error is not None]
        notes = [told.replace(str(folder), "segment") for told in failed]
        timeline = own.timeline(own.movies()[0])
    return _segment(lender, movie, span, timeline, begins, notes)


def _borrowing(lender: Library, folder: Path) -> Library:
    """A library for a moment, with the models and stages of another."""
    own = Library(folder, settings=lender.settings, stages=lender.stages)
    own.__dict__["pool"] = lender.pool
    own.__dict__["_obstacle"] = lender._obstacle  # noqa: SLF001 - what cannot run there cannot run here
    return own


def _segment(lender: Library, movie: Movie, span: Span, timeline: Timeline, shift: Time, notes: list[str]) -> Segment:
    rows = {kind: _rows(timeline, kind, span, shift) for kind in (*SEEN, Cue, Word, Tag, Sound, Vector, Sight)}
    visual = {}
    for kind in SEEN:
        if timeline.find(kind) is not None:
            visual[kind.kind] = [_told(row) for row in rows[kind][:_ROWS]]
            if len(rows[kind]) > _ROWS:
                notes.append(f"{kind.kind}: the first {_ROWS:,} of {len(rows[kind]):,}")
    cues: Sequence[Any] = rows[Cue]
    text = " ".join(c.text for c in cues)
    said = {
        "language": max((c.language for c in cues), key=[c.language for c in cues].count, default=""),
        "text": text,
        "cues": [_told(c) for c in cues],
        "words": [_told(w) for w in rows[Word]],
    }
    parts = _parts(lender, (*rows[Vector], *rows[Sight]), text, notes)
    return Segment(
        film=movie.id,
        start=float(span.start.seconds),
        end=float(span.end.seconds),
        visual=visual,
        transcription=said,
        embedding={"parts": parts, "values": _joint(parts)},
        tags=_tags(rows),
        notes=tuple(notes),
    )


def _rows(timeline: Timeline, kind: type[Row], span: Span, shift: Time) -> list[Any]:
    """The rows of a kind that lie in the stretch, cut to it, in film time."""
    track = timeline.find(kind)
    found = []
    for row in track if track is not None else ():
        start, end = max(row.start + shift, span.start), min(row.end + shift, span.end)
        if start < end:
            found.append(replace(row, start=start, end=end))
    return found


def _told(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = plain({f.name: getattr(row, f.name) for f in fields(row) if f.name != "refs"})
    return facts | {n: round(Time(facts[n]).seconds, 3) for n in ("start", "end", "at") if n in facts}


def _parts(lender: Library, rows: Iterable[Any], text: str, notes: list[str]) -> list[dict[str, Any]]:
    """A unit vector a space: the mean of the pictures, each for as long as it is shown, and of what is said."""
    spaces: dict[str, list[tuple[float, Floats]]] = {}
    for row in rows:
        spaces.setdefault(row.space, []).append((float(row.end - row.start), np.asarray(row.values, np.float32)))
    parts = []
    for space, found in sorted(spaces.items()):
        unit = [w * v / max(float(np.linalg.norm(v)), 1e-9) for w, v in found]
        parts.append(_part("picture", space, np.sum(unit, axis=0)))
    if text.strip():
        try:
            embedder = lender.pool.get(EMBEDDER)
            parts.append(_part("words", embedder.space, embedder.embed_texts([text[:8_000]])[0]))
        except CinedexError as missing:
            notes.append(f"no vector of what is said: {missing}")
    return parts


def _part(of: str, space: str, values: Floats) -> dict[str, Any]:
    unit = values / max(float(np.linalg.norm(values)), 1e-9)
    return {"of": of, "space": space, "values": [round(float(v), 6) for v in unit]}


def _joint(parts: Sequence[dict[str, Any]]) -> list[float]:
    scale = len(parts) ** -0.5 if parts else 1.0
    return [round(v * scale, 6) for part in parts for v in part["values"]]


def _tags(rows: dict[type[Row], list[Any]]) -> list[dict[str, Any]]:
    best: dict[tuple[str, str], float] = {}
    for kind in (Tag, Place, Object, Sound, Event):
        for row in rows[kind]:
            name = (row.label, kind.kind)
            best[name] = max(best.get(name, 0.0), float(row.score))
    ordered = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"label": label, "kind": kind, "score": round(score, 4)} for (label, kind), score in ordered]
