"""Shots as an editing timeline in OpenTimelineIO (imported here only): clips, with cues and flags as markers.

What it does not carry: words, tags beyond each shot's strongest, measures, vectors, stills; those stay in our own JSON.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cinedex.errors import UsageError
from cinedex.timeline.rows import Cue, Flag, Row, Shot, Tag
from cinedex.timeline.time import Rate, Span, Time
from cinedex.timeline.timeline import Timeline

_TICKS = 90_000
"""Clock of films without a constant rate, whose times are not frame numbers."""


def write_otio(timeline: Timeline, to: Path) -> None:
    """Write `.otio` JSON. Raises LookupError where shots were not computed, UsageError for a film without pictures."""
    import opentimelineio as otio  # noqa: PLC0415 - only exports need it

    movie = timeline.movie
    if movie.video is None:
        raise UsageError(
            "an editing timeline needs pictures", film=movie.name, remedy="Export json, srt or vtt instead."
        )
    rate = movie.video.rate if movie.video.rate is not None and not movie.video.variable else Rate(_TICKS)
    clock = _Clock(otio, rate)
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
    for row, colour in ((Cue, "CYAN"), (Flag, "RED")):
        found: Any = timeline.find(row)
        track.markers.extend(_marker(otio, clock, r, colour) for r in found or ())
    whole = otio.schema.Timeline(name=movie.name, metadata={"cinedex": {"movie": movie.id}})
    whole.tracks.append(track)
    to.write_text(otio.adapters.write_to_string(whole, "otio_json"), encoding="utf-8")


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
    name = row.text if isinstance(row, Cue) else row.label if isinstance(row, Flag) else row.kind
    return otio.schema.Marker(
        name=name[:200], marked_range=clock.range(row.span), color=getattr(otio.schema.MarkerColor, colour)
    )
