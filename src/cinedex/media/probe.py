"""What a file holds: streams, exact duration and rate, and an id that follows its content, not its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error
import fsspec
import numpy as np

from cinedex.errors import MediaError
from cinedex.media.container import JUMPS, LARGEST_SIDE, Clock, film_time, opened, picture_stream, sound_streams
from cinedex.timeline.movie import AudioStream, Chapter, Movie, SubtitleStream, VideoStream
from cinedex.timeline.time import ZERO, Rate, Span, Time

_BLOCK = 1 << 20
_WHOLE = 64 * _BLOCK
_TRIAL_PACKETS = 4_000
_TRIAL_PICTURES = 250
_LEAST_BITS = 500
"""Bits a second below which a header's duration is not believed."""
_TEXT_SUBTITLES = {"subrip", "ass", "ssa", "webvtt", "mov_text", "ttml", "text", "eia_608"}
_RANGES = {1: "limited", 2: "full"}
_SPACES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
_TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 13: "srgb", 14: "bt2020-10", 16: "pq", 18: "hlg"}
_HDR = {16: "PQ", 18: "HLG"}


def content_id(uri: str | Path) -> str:
    """An id of the bytes: 'm1-' and 40 hex digits of SHA-256 over the size and the content.

    Files up to 64 MiB are hashed whole. Of larger ones 64 blocks of 1 MiB are, evenly spread from the first byte to
    the last, so that it takes a moment for a file of any size; two large files of the same size that differ only
    between those blocks get the same id, which an edit or another encoding of a film practically never does.
    """
    with _bytes_of(str(uri)) as file:
        size = file.seek(0, 2)
        digest = hashlib.sha256(f"cinedex content 1 {size}\n".encode())
        starts = [0] if size <= _WHOLE else [round(i * (size - _BLOCK) / 63) for i in range(64)]
        for start in starts:
            file.seek(start)
            left = size if size <= _WHOLE else _BLOCK
            while left > 0 and (data := file.read(min(left, _BLOCK))):
                digest.update(data)
                left -= len(data)
    return f"m1-{digest.hexdigest()[:40]}"


def probe(uri: str | Path) -> Movie:
    """What a media file holds. Raises MediaError, with what to do, for what cannot be used as a film."""
    text = str(uri)
    name = text.rstrip("/").rsplit("/", 1)[-1] if "://" in text else Path(text).name
    place = text if "://" in text else str(Path(text).absolute())
    size = _size(place, name)
    if size == 0:
        raise MediaError("the file is empty", film=name, remedy="Copy or download it again.")
    with opened(place, name=name) as container:
        trial = _Trial(container, name)
        video = trial.video
        sounds = trial.sounds
        if video is None and not sounds:
            raise MediaError(*trial.nothing)
        origin = min(trial.starts.values(), default=ZERO)
        duration = _duration(container, trial, origin)
        return Movie(
            id=content_id(place),
            uri=place,
            name=name,
            size=size,
            container=container.format.name,
            duration=duration,
            video=_video(video, trial, origin, duration) if video is not None else None,
            audio=tuple(_audio(s, trial, origin, duration) for s in sounds),
            subtitles=tuple(_subtitle(s) for s in container.streams.subtitles),
            chapters=tuple(_chapters(container, origin, duration)),
            tags=_tags(container.metadata),
            origin=origin,
            warnings=tuple(trial.warnings),
        )


class _Trial:
    """The first packets of every stream, decoded: what really works, where it starts, whether the rate is constant."""

    def __init__(self, container: Any, name: str) -> None:
        self.container, self.name = container, name
        self.warnings: list[str] = []
        self.first: dict[int, Any] = {}
        self.starts: dict[int, Time] = {}
        self.pts: list[int] = []
        self.interlaced = False
        video = picture_stream(container)
        sounds = sound_streams(container)
        self.seen = [*([video] if video is not None else []), *sounds]
        if video is not None:
            video.thread_type = "SLICE"
        self._read(video)
        self.video = video if video is not None and video.index in self.first else None
        self.sounds = [s for s in sounds if s.index in self.first]
        for stream in self.seen:
            if stream.index not in self.first:
                what = "picture" if stream is video else "sound"
                self.warnings.append(
                    f"{what} stream {stream.index} ({_codec(stream)}) cannot be decoded and is left out"
                )
        if self.video is not None:
            frame = self.first[self.video.index]
            if max(frame.width, frame.height) > LARGEST_SIDE:
                raise MediaError(f"pictures of {frame.width}x{frame.height} are too large", film=name)
        self._place()

    def _read(self, video: Any) -> None:
        wanted = {s.index for s in self.seen}
        packets = 0
        try:
            for packet in self.container.demux(self.seen):
                packets += 1
                stream = packet.stream
                if video is not None and stream.index == video.index and packet.pts is not None:
                    self.pts.append(packet.pts)
                if stream.index not in self.first:
                    self._decode(packet)
                enough = video is None or len(self.pts) >= _TRIAL_PICTURES
                if packets >= _TRIAL_PACKETS or (enough and wanted <= self.first.keys()):
                    break
        except (av.error.FFmpegError, OSError) as broken:
            self.warnings.append(f"reading stopped early: {broken}")

    def _decode(self, packet: Any) -> None:
        try:
            for frame in packet.decode():
                if frame.pts is not None or packet.stream.index not in self.first:
                    self.first.setdefault(packet.stream.index, frame)
        except (av.error.FFmpegError, MemoryError, ValueError):
            return

    def _place(self) -> None:
        for stream in [*([self.video] if self.video is not None else []), *self.sounds]:
            frame = self.first[stream.index]
            pts = [p for p in (frame.pts, stream.start_time) if p is not None]
            if stream is self.video and self.pts:
                pts.append(min(self.pts[:32]))
            self.starts[stream.index] = film_time(
                frame.pts if frame.pts is not None else min(pts, default=0), stream, ZERO
            )
        if self.video is not None:
            self.interlaced = bool(getattr(self.first[self.video.index], "interlaced_frame", False))

    @property
    def variable(self) -> bool:
        steps = np.diff(sorted(set(self.pts)))[:-1]
        if len(steps) < 3 or self.video is None:
            return False
        unit = self.video.time_base
        return float((steps.max() - steps.min()) * unit) > max(0.0021, 1.5 * float(unit))

    @property
    def nothing(self) -> tuple[str]:
        tags = {str(getattr(s.codec_context, "codec_tag", "")).lower() for s in self.seen}
        if tags & {"encv", "enca"}:
            why = "the film is encrypted"
        elif not self.seen:
            why = "it holds neither pictures nor sound that can be decoded"
        else:
            why = (
                f"nothing in it can be decoded ({', '.join(_codec(s) for s in self.seen)}); it is damaged or encrypted"
            )
        return (f"{self.name}: {why}. Try a complete, unprotected copy",)


def _duration(container: Any, trial: _Trial, origin: Time) -> Time:
    """Where the last stream ends: by the streams' own durations, else the container's, else by reading every packet."""
    streams = [s for s in (trial.video, *trial.sounds) if s is not None]
    ends = [
        trial.starts[s.index] + Time.from_pts(s.duration, s.time_base) - origin
        for s in streams
        if s.duration is not None and s.duration > 0
    ]
    told = max(ends, default=ZERO)
    if (len(ends) < len(streams) or told <= 0) and container.duration is not None and container.duration > 0:
        whole = Time.from_pts(container.duration, Fraction(1, av.time_base))
        # Matroska counts its duration from time stamp 0, whatever the first time stamp is.
        told = max(told, whole - origin if "matroska" in container.format.name and origin < whole else whole)
    thin = container.size > 0 and container.size * 8 < told.seconds * _LEAST_BITS
    if told <= 0 or (thin and trial.video is not None):
        return _read_duration(container, trial, streams, origin)
    return told


def _read_duration(container: Any, trial: _Trial, streams: list[Any], origin: Time) -> Time:
    end, clocks = ZERO, {s.index: Clock(s, origin) for s in streams}
    try:
        container.seek(0)
        for packet in container.demux(streams):
            if packet.pts is not None:
                clock = clocks[packet.stream.index]
                end = max(end, clock.film(packet.pts) + Time.from_pts(packet.duration or 0, packet.stream.time_base))
    except (av.error.FFmpegError, OSError):
        trial.warnings.append("reading stopped early; the film is as long as it can be read")
    if any(c.jumps for c in clocks.values()):
        trial.warnings.append(f"time stamps jump; {JUMPS}")
    return end


def _video(stream: Any, trial: _Trial, origin: Time, duration: Time) -> VideoStream:
    frame = trial.first[stream.index]
    context = stream.codec_context
    rotation = round(-frame.rotation / 90) % 4 * 90
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    transfer = int(frame.color_trc or 0) or int(context.color_trc or 0)
    shape = frame.format.components
    start = trial.starts[stream.index] - origin
    lasts = Time.from_pts(stream.duration, stream.time_base) if stream.duration else duration - start
    return VideoStream(
        index=stream.index,
        codec=_codec(stream),
        width=frame.width,
        height=frame.height,
        display=display_size(frame.width, frame.height, stream.sample_aspect_ratio, rotation),
        rotation=rotation,
        rate=Rate.of(rate) if rate else None,
        variable=trial.variable,
        start=start,
        duration=lasts,
        frames=stream.frames or None,
        pixel_format=frame.format.name,
        bits=shape[0].bits if shape else 8,
        interlaced=trial.interlaced,
        color_range=_RANGES.get(int(frame.color_range or 0), "unspecified"),
        color_space=_SPACES.get(int(frame.colorspace or 0), "unspecified"),
        color_transfer=_TRANSFERS.get(transfer, "unspecified"),
        hdr=_HDR.get(transfer),
    )


def display_size(width: int, height: int, pixel: Fraction | None, rotation: int) -> tuple[int, int]:
    """Width and height upright with square pixels; absurd pixel shapes are taken as square."""
    shape = Fraction(pixel) if pixel else Fraction(1)
    if not Fraction(1, 8) <= shape <= 8:
        shape = Fraction(1)
    across = max(1, round(width * shape))
    return (height, across) if rotation in {90, 270} else (across, height)


def _audio(stream: Any, trial: _Trial, origin: Time, duration: Time) -> AudioStream:
    frame = trial.first[stream.index]
    start = trial.starts[stream.index] - origin
    lasts = Time.from_pts(stream.duration, stream.time_base) if stream.duration else duration - start
    return AudioStream(
        index=stream.index,
        codec=_codec(stream),
        rate=frame.sample_rate,
        channels=frame.layout.nb_channels,
        layout=frame.layout.name,
        language=_language(stream),
        title=_title(stream),
        start=start,
        duration=max(lasts, ZERO),
        default=bool(stream.disposition & av.stream.Disposition.default),
    )


def _subtitle(stream: Any) -> SubtitleStream:
    codec = _codec(stream)
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
    for chapter in container.chapters()[:1000]:
        unit = chapter["time_base"]
        if unit is None:
            continue
        start = max(Time.from_pts(chapter["start"], unit) - origin, ZERO)
        end = min(Time.from_pts(chapter["end"], unit) - origin, duration)
        if start < end:
            yield Chapter(Span(start, end), str(chapter["metadata"].get("title", ""))[:200])


def _tags(metadata: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(k)[:64], str(v)[:500]) for k, v in sorted(metadata.items())[:64])


def _codec(stream: Any) -> str:
    return str(stream.codec_context.name) if stream.codec_context is not None else "unknown"


def _language(stream: Any) -> str | None:
    language = stream.metadata.get("language")
    return str(language)[:16] if language and language != "und" else None


def _title(stream: Any) -> str | None:
    title = stream.metadata.get("title") or stream.metadata.get("handler_name")
    return str(title)[:200] if title else None


def _size(uri: str, name: str) -> int:
    with _bytes_of(uri, name) as file:
        return file.seek(0, 2)


def _bytes_of(uri: str, name: str | None = None) -> BinaryIO:
    film = name or uri.rsplit("/", 1)[-1]
    try:
        opened_file: BinaryIO = fsspec.open(uri, "rb").open() if "://" in uri else Path(uri).open("rb")  # noqa: SIM115
    except FileNotFoundError:
        raise MediaError("there is no such file", film=film, remedy="Check the path.") from None
    except IsADirectoryError:
        raise MediaError("this is a folder, not a file", film=film, remedy="Give the film itself.") from None
    except (OSError, ValueError, ImportError) as wrong:
        raise MediaError(f"cannot be read: {wrong}", film=film, remedy="Check the path and its rights.") from wrong
    return opened_file
