"""Shots as clips in OpenTimelineIO (imported here only), with scenes, cues, events and flags as markers.

A marker keeps its row's own facts and exact times beside its name. What it does not carry: words, tags beyond each
shot's strongest, people, text, objects, measures, vectors, stills; those stay in our own JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cinedex.compliance.edits import EditList
from cinedex.errors import UsageError
from cinedex.formats.edits.listed import Listed
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Event, Flag, Row, Scene, Shot, Tag
from cinedex.timeline.time import ZERO, Rate, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

_MARKED: tuple[tuple[type[Row], str], ...] = ((Scene, "GREEN"), (Cue, "CYAN"), (Event, "PURPLE"), (Flag, "RED"))
"""What becomes markers, in order of kind, and in which of the colours that editing programs know."""

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

    if movie.video is None:
        raise UsageError(
            "an editing timeline needs pictures", film=movie.name, remedy="Export json, srt or vtt instead."
        )
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


def write_edited(edits: EditList) -> str:
    """The film without what is skipped, as clips of picture and sound; muted stretches are gaps, blurred ones effects.

    The timeline plays what is left. Raises UsageError for a film without pictures.
    """
    import opentimelineio as otio  # noqa: PLC0415 - only exports need it

    movie = edits.movie
    if movie.video is None:
        raise UsageError("an editing timeline needs pictures", film=movie.name, remedy="Write kodi or mcf instead.")
    clock = _Clock(otio, _rate(movie))
    whole = otio.schema.Timeline(name=f"{movie.name} edited", metadata={"cinedex": {"movie": movie.id}})
    kept = Spans.of(edits.spans("skip")).gaps(movie.span)
    for name, changed in (("Picture", "blur"), ("Sound", "mute")):
        if name == "Sound" and not movie.audio:
            continue
        track = otio.schema.Track(name=name, kind=_track_kind(otio, name))
        cut = Spans.of(e.span for e in edits.edits if e.act == changed)
        parts = sorted([*((s, True) for s in kept.intersect(cut)), *((s, False) for s in _without(kept, cut))])
        track.extend(_clips(otio, clock, movie, parts, changed))
        whole.tracks.append(track)
    return str(otio.adapters.write_to_string(whole, "otio_json"))


def read_edited(text: str, name: str = "otio") -> list[Listed]:
    """The edits of such a timeline, by its clips, gaps and effects. Raises UsageError for a file that is none."""
    import opentimelineio as otio  # noqa: PLC0415 - only imports need it

    try:
        whole = otio.adapters.read_from_string(text, "otio_json")
        found = [listed for track in whole.tracks for listed in _listed(otio, track)]
    except (otio.exceptions.OTIOError, ValueError, AttributeError, TypeError, KeyError) as wrong:
        raise UsageError(
            f"{name}: not a timeline of edits ({wrong})", remedy="Give one that was written so."
        ) from wrong
    return sorted(set(found), key=lambda f: (f.span, f.act))


def _rate(movie: Movie) -> Rate:
    video = movie.video
    return video.rate if video is not None and video.rate is not None and not video.variable else Rate(_TICKS)


def _track_kind(otio: Any, name: str) -> Any:
    return otio.schema.TrackKind.Video if name == "Picture" else otio.schema.TrackKind.Audio


def _without(spans: Spans, other: Spans) -> Iterator[Span]:
    for span in spans:
        yield from other.gaps(span)


def _clips(otio: Any, clock: _Clock, movie: Movie, parts: list[tuple[Span, bool]], changed: str) -> Iterator[Any]:
    for span, marked in parts:
        source = clock.range(span)
        if marked and changed == "mute":
            yield otio.schema.Gap(source_range=source)
            continue
        media = otio.schema.ExternalReference(target_url=movie.uri, available_range=clock.range(movie.span))
        clip = otio.schema.Clip(name=movie.name, media_reference=media, source_range=source)
        if marked:
            clip.effects.append(otio.schema.Effect(name="Blur", effect_name="Blur"))
        yield clip


def _listed(otio: Any, track: Any) -> Iterator[Listed]:
    spans: list[Span] = []
    for item in track:
        source = item.source_range
        span = Span(*(_flicks(t) for t in (source.start_time, source.end_time_exclusive())))
        if isinstance(item, otio.schema.Gap):
            yield Listed(span, "mute")
        elif item.effects:
            yield Listed(span, "blur")
        spans.append(span)
    media = next((c.media_reference for c in track if isinstance(c, otio.schema.Clip)), None)
    last = media.available_range if media is not None else None
    end = _flicks(last.end_time_exclusive()) if last is not None else max((s.end for s in spans), default=ZERO)
    yield from (Listed(gap, "skip") for gap in Spans.of(spans).gaps(Span(ZERO, end)))


def _flicks(at: Any) -> Time:
    return Time.from_seconds(at.value / at.rate)


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
