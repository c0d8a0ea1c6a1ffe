"""Shots as clips in OpenTimelineIO (imported here only), with scenes, cues, events and flags as markers.

A marker keeps its row's own facts and exact times beside its name. What it does not carry: words, tags beyond each
shot's strongest, people, text, objects, measures, vectors, stills; those stay in our own JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cinedex.errors import UsageError
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Event, Flag, Row, Scene, Shot, Tag
from cinedex.timeline.time import Rate, Span, Time
from cinedex.timeline.timeline import Timeline

_MARKED: tuple[tuple[type[Row], str], ...] = ((Scene, "GREEN"), (Cue, "CYAN"), (Event, "PURPLE"), (Flag, "RED"))
"""What becomes markers, in order of kind, and in which of the colours that editing programs know."""

_TICKS = 90_000
"""Clock of films without a constant rate, whose times are not frame numbers."""


def write_otio(timeline: Timeline, to: Path) -> None:
    """Write `.otio` JSON. Raises LookupError where shots were not computed, UsageError for a film without pictures."""
    import opentimelineio as otio  # noqa: PLC0415 - only exports need it

    movie = timeline.movie
    clock = _Clock(otio, _rate(movie))
    track = otio.schema.Track(name="Shots", kind=otio.schema.TrackKind.Video)
    tags = timeline.find(Tag)
    for shot in timeline.track(Shot):
        media = otio.schema.ExternalReference(target_url=movie.uri, available_range=clock.range(movie.span))
        labels = [t.label for t in sorted(tags.overlapping(shot.span), key=lambda t: -t.score)[:3]] if tags else []
        facts = {"number": shot.number, "opening": shot.opening, "score": shot.score, "tags": labels}
        clip = otio.schema.Clip(
            name=f"Shot {shot.number + 1}",
            media_reference=media,
            source_range=clock.range(shot.span),
            metadata={"cinedex": {**facts, "start_flicks": int(shot.start), "end_flicks": int(shot.end)}},
        )
        track.append(clip)
    for row, colour in _MARKED:
        found: Any = timeline.find(row)
        track.markers.extend(_marker(otio, clock, r, colour) for r in found or ())
    whole = otio.schema.Timeline(name=movie.name, metadata={"cinedex": {"movie": movie.id}})
    whole.tracks.append(track)
    to.write_text(otio.adapters.write_to_string(whole, "otio_json"), encoding="utf-8")


def write_clips(movie: Movie, clips: Sequence[tuple[Span, str]], name: str, to: Path) -> None:
    """Write stretches of a film, each with a remark, one after the other as `.otio` JSON.

    Raises UsageError for a film without pictures.
    """
    import opentimelineio as otio  # noqa: PLC0415 - only exports need it

    clock = _Clock(otio, _rate(movie))
    track = otio.schema.Track(name="Reel", kind=otio.schema.TrackKind.Video)
    for number, (span, remark) in enumerate(clips, 1):
        media = otio.schema.ExternalReference(target_url=movie.uri, available_range=clock.range(movie.span))
        facts = {"why": remark, "start_flicks": int(span.start), "end_flicks": int(span.end)}
        track.append(
            otio.schema.Clip(
                name=f"Clip {number}",
                media_reference=media,
                source_range=clock.range(span),
                metadata={"cinedex": facts},
            )
        )
    whole = otio.schema.Timeline(name=name, metadata={"cinedex": {"movie": movie.id}})
    whole.tracks.append(track)
    to.write_text(otio.adapters.write_to_string(whole, "otio_json"), encoding="utf-8")


def _rate(movie: Movie) -> Rate:
    if movie.video is None:
        raise UsageError(
            "an editing timeline needs pictures", film=movie.name, remedy="Export json, srt or vtt instead."
        )
    return movie.video.rate if movie.video.rate is not None and not movie.video.variable else Rate(_TICKS)


class _Clock:
    def __init__(self, otio: Any, rate: Rate) -> None:
        self.otio, self.rate = otio, rate

    def at(self, time: Time) -> Any:
        return self.otio.opentime.RationalTime(self._nearest(time), float(self.rate))

    def _nearest(self, time: Time) -> int:
        number = self.rate.count(time)
        return number + 1 if time - self.rate.time(number) > self.rate.time(number + 1) - time else number

    def range(self, span: Span) -> Any:
        start, end = self.at(span.start), self.at(span.end)
        return self.otio.opentime.range_from_start_end_time(start, end)


def _marker(otio: Any, clock: _Clock, row: Row, colour: str) -> Any:
    return otio.schema.Marker(
        name=_name(row)[:200],
        marked_range=clock.range(row.span),
        color=getattr(otio.schema.MarkerColor, colour),
        metadata={
            "cinedex": {"kind": row.kind, "start_flicks": int(row.start), "end_flicks": int(row.end), **_facts(row)}
        },
    )


def _name(row: Row) -> str:
    match row:
        case Cue():
            return row.text
        case Scene():
            return f"Scene {row.number + 1}"
        case Event() | Flag():
            return row.label
        case _:
            return row.kind


def _facts(row: Row) -> dict[str, Any]:
    match row:
        case Scene():
            return {"number": row.number, "score": row.score, "reasons": list(row.reasons), "at_flicks": int(row.at)}
        case Event():
            return {"score": row.score, "rule": row.rule, "evidence": list(row.refs)}
        case Flag():
            return {"score": row.score, "note": row.note}
        case _:
            return {}
