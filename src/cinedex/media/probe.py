"""What a file holds: its streams as they really are, exact duration and rate, marks and tags."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from cinedex.errors import MediaError
from cinedex.media.container import has_index, opened
from cinedex.media.extent import Extent, extent
from cinedex.media.identity import content_id, size_of
from cinedex.media.sidecars import sidecars
from cinedex.media.trial import Trial, codec_name
from cinedex.timeline.movie import AudioStream, Chapter, Movie, SubtitleStream, VideoStream
from cinedex.timeline.time import SECOND, ZERO, Span, Time

__all__ = ["content_id", "display_size", "probe"]

_TEXT_SUBTITLES = {"subrip", "ass", "ssa", "webvtt", "mov_text", "ttml", "text", "eia_608"}
_ROLES = {
    av.stream.Disposition.comment: "commentary",
    av.stream.Disposition.visual_impaired: "description",
    av.stream.Disposition.descriptions: "description",
    av.stream.Disposition.karaoke: "karaoke",
    av.stream.Disposition.clean_effects: "effects",
}
_RANGES = {1: "limited", 2: "full"}
_SPACES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
_TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 13: "srgb", 14: "bt2020-10", 16: "pq", 18: "hlg"}
_HDR = {"pq": "PQ", "hlg": "HLG"}
_CHAPTERS_MAX = 1_000
_TAGS_MAX = 64


def probe(uri: str | Path) -> Movie:
    """What a media file holds. Raises MediaError, with what to do, for what cannot be used as a film."""
    text = str(uri)
    name = text.rstrip("/").rsplit("/", 1)[-1] if "://" in text else Path(text).name
    place = text if "://" in text else str(Path(text).absolute())
    size = size_of(place, name)
    if size == 0:
        raise MediaError("the file is empty", film=name, remedy="Copy or download it again.")
    with opened(place, name=name) as container:
        trial = Trial(container, place, name)
        if not trial.streams:
            raise trial.refusal()
        origin = min(trial.starts.values())
        found = _Ends(container, trial, place, origin)
        return Movie(
            id=content_id(place),
            uri=place,
            name=name,
            size=size,
            container=container.format.name,
            duration=found.duration,
            video=_video(trial.video, trial, origin, found) if trial.video is not None else None,
            audio=tuple(_audio(s, trial, origin, found) for s in trial.sounds),
            subtitles=tuple(_subtitle(s) for s in container.streams.subtitles),
            chapters=tuple(_chapters(container, origin, found.duration)),
            tags=_tags(container.metadata),
            origin=origin,
            warnings=tuple(trial.warnings),
            joined=found.extent.jumps > 0,
            sidecars=sidecars(place),
        )


class _Ends:
    """Where each stream and the film end: what the file tells, corrected by what its last packets show."""

    def __init__(self, container: Any, trial: Trial, uri: str, origin: Time) -> None:
        self.trial, self.origin = trial, origin
        told = max((self._told(s) or ZERO for s in trial.streams), default=ZERO)
        if told <= 0 and container.duration:
            told = Time.from_pts(container.duration, Fraction(1, av.time_base))
            if "matroska" in container.format.name and ZERO < origin < told:
                told -= origin  # Matroska counts its duration from time stamp 0, whatever the first time stamp is
        self.extent: Extent = extent(uri, trial.name, [s.index for s in trial.streams], origin, told)
        self.ends = {s.index: self._end(s) for s in trial.streams}
        self.duration = max(self.ends.values())
        if self.duration <= 0:
            raise MediaError("it lasts no time at all", film=trial.name, remedy="The file may be damaged or cut off.")
        if has_index(container) and told - self.duration > SECOND:
            trial.warnings.append(f"it breaks off at {self.duration.clock}; its header tells of {told.clock}")
        elif self.extent.broken:
            trial.warnings.append(f"it breaks off at {self.duration.clock}: {self.extent.broken}")
        if self.extent.jumps:
            trial.warnings.append("its clock restarts on the way; the parts are joined up")

    def _told(self, stream: Any) -> Time | None:
        if not stream.duration or stream.duration <= 0:
            return None
        return self.trial.starts[stream.index] - self.origin + Time.from_pts(stream.duration, stream.time_base)

    def _end(self, stream: Any) -> Time:
        told, read = self._told(stream), self.extent.ends.get(stream.index)
        start = self.trial.starts[stream.index] - self.origin
        if read is None:
            return start if self.extent.whole or told is None else max(start, min(told, self.extent.end))
        lasts = self.extent.lasts[stream.index]
        if stream is self.trial.video and self.trial.rate is not None:
            step = self.trial.rate.time(1)
            if lasts * 2 < step:  # packets without a length of their own
                read, lasts = read - lasts + step, step
        if told is not None and read - lasts < told <= read + 2 * lasts:
            return told  # an edit list may leave out the end of the last packet, which may have no time stamp
        return max(read, start)


def _video(stream: Any, trial: Trial, origin: Time, found: _Ends) -> VideoStream:
    frame, context = trial.first[stream.index], stream.codec_context
    rotation, mirrored = _turned(frame)
    transfer = _TRANSFERS.get(int(frame.color_trc or 0) or int(context.color_trc or 0), "unspecified")
    shape = frame.format.components
    start = trial.starts[stream.index] - origin
    space = int(frame.colorspace if frame.colorspace is not None else 2)
    return VideoStream(
        index=stream.index,
        codec=codec_name(stream),
        width=frame.width,
        height=frame.height,
        display=display_size(frame.width, frame.height, stream.sample_aspect_ratio, rotation),
        rotation=rotation,
        rate=trial.rate,
        variable=trial.variable,
        start=start,
        duration=found.ends[stream.index] - start,
        frames=_frames(stream, trial, found.ends[stream.index] - start),
        pixel_format=frame.format.name,
        bits=shape[0].bits if shape else 8,
        interlaced=bool(frame.interlaced_frame),
        color_range=_RANGES.get(int(frame.color_range or 0), "unspecified"),
        color_space=_SPACES.get(space, "unspecified"),
        color_transfer=transfer,
        hdr="Dolby Vision" if _side_data(frame, "DOVI_METADATA") is not None else _HDR.get(transfer),
        mirrored=mirrored,
    )


def _frames(stream: Any, trial: Trial, duration: Time) -> int | None:
    """The number of pictures that the container tells, unless rate and duration speak against it."""
    told = int(stream.frames)
    likely = trial.rate is None or trial.variable or abs(told - duration / trial.rate.time(1)) < 3
    return told if told and likely else None


def _side_data(frame: Any, kind: str) -> Any | None:
    try:
        return next((d for d in frame.side_data if d.type.name == kind), None)
    except ValueError:  # PyAV does not know every kind that FFmpeg does
        return None


def _turned(frame: Any) -> tuple[Any, bool]:
    """Clockwise rotation to the nearest quarter, and whether the picture is turned upside down before it."""
    data = _side_data(frame, "DISPLAYMATRIX")
    if data is None:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].astype(np.float64)
    if not (a or b) or not (c or d):
        return 0, False
    return round(float(np.degrees(np.arctan2(b, a))) / 90) % 4 * 90, bool(a * d - b * c < 0)


def display_size(width: int, height: int, pixel: Fraction | None, rotation: int) -> tuple[int, int]:
    """Width and height upright with square pixels; absurd pixel shapes are taken as square."""
    shape = Fraction(pixel) if pixel else Fraction(1)
    if not Fraction(1, 8) <= shape <= 8:
        shape = Fraction(1)
    across = max(1, round(width * shape))
    return (height, across) if rotation in {90, 270} else (across, height)


def _audio(stream: Any, trial: Trial, origin: Time, found: _Ends) -> AudioStream:
    frame = trial.first[stream.index]
    start = trial.starts[stream.index] - origin
    return AudioStream(
        index=stream.index,
        codec=codec_name(stream),
        rate=frame.sample_rate,
        channels=frame.layout.nb_channels,
        layout=frame.layout.name,
        language=_language(stream),
        title=_title(stream),
        start=start,
        duration=found.ends[stream.index] - start,
        default=bool(stream.disposition & av.stream.Disposition.default),
        role=next((role for mark, role in _ROLES.items() if stream.disposition & mark), ""),
    )


def _subtitle(stream: Any) -> SubtitleStream:
    codec = codec_name(stream)
    return SubtitleStream(
        index=stream.index,
        codec=codec,
        language=_language(stream),
        title=_title(stream),
        text=codec in _TEXT_SUBTITLES,
        default=bool(stream.disposition & av.stream.Disposition.default),
        forced=bool(stream.disposition & av.stream.Disposition.forced),
    )


def _chapters(container: Any, origin: Time, duration: Time) -> Iterable[Chapter]:
    for chapter in container.chapters()[:_CHAPTERS_MAX]:
        unit = chapter["time_base"]
        if unit is None:
            continue
        start = max(Time.from_pts(chapter["start"], unit) - origin, ZERO)
        end = min(Time.from_pts(chapter["end"], unit) - origin, duration)
        if start < end:
            yield Chapter(Span(start, end), str(chapter["metadata"].get("title", ""))[:200])


def _tags(metadata: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(k)[:64], str(v)[:500]) for k, v in sorted(metadata.items())[:_TAGS_MAX])


def _language(stream: Any) -> str | None:
    language = stream.metadata.get("language")
    return str(language)[:16] if language and language != "und" else None


def _title(stream: Any) -> str | None:
    title = stream.metadata.get("title") or stream.metadata.get("handler_name")
    return str(title)[:200] if title else None
