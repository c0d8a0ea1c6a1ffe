"""The pass: one decode of a film, or of a stretch of it, for any number of consumers at their own sizes and rates.

The thread that calls `run` demuxes and decodes; each consumer reads its own bounded queue in its own thread. The
slowest consumer paces the decoder, one that leaves early is no longer served, and an error reaches everybody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

import av
import av.error
import numpy as np

from cinedex.errors import CancelledError, CinedexError, MediaError
from cinedex.media.convert import PictureMaker, geometry
from cinedex.media.hearing import Heard, Hearing, in_time, listen_from
from cinedex.media.outlet import Outlet
from cinedex.media.reading import BACK, Reading, reading, step_of
from cinedex.media.resample import SampleMaker
from cinedex.media.views import Chunk, FrameChunk, Frames, PixelFormat, SampleChunk, Samples
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, ZERO, Span, Time

_SKEW = SECOND * 10
"""How far apart in the file pictures and sound of the same moment may lie."""

_PICTURES_HELD, _PACKETS_HELD = 16, 4_096
"""Pictures and packets of sound held at most until the first of every stream shows that the place is right."""

_CHUNK_BYTES = 16 << 20
"""A chunk of pictures is handed over when it holds this much, however few pictures that is."""


@dataclass
class PassReport:
    """What a pass met: pictures decoded, samples delivered, damage, and where its time went (wall seconds)."""

    frames: int = 0
    samples: int = 0
    damaged: int = 0
    decode_seconds: float = 0.0
    convert_seconds: float = 0.0
    wait_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


_Geometry: TypeAlias = tuple[int, int, PixelFormat, bool]

_Held: TypeAlias = tuple[Time, int, bool, Any]
"""A picture whose end is not known yet: start, time stamp, key frame or not, the frame."""


class Pass:
    """One dense decode. `views` names the consumers; `span` limits it to a stretch; `depth` is the queues' length.

    With a span, a picture belongs to it by its start, and pictures and samples are those of an uninterrupted pass.
    Samples end with the film. `threads` is for decoding pictures, 0 lets FFmpeg choose.
    """

    def __init__(
        self,
        movie: Movie,
        views: Mapping[str, Frames | Samples],
        *,
        span: Span | None = None,
        threads: int = 0,
        depth: int = 4,
        stop: threading.Event | None = None,
    ) -> None:
        self.movie, self.views, self.span, self.threads = movie, dict(views), span, threads
        self.stop = stop or threading.Event()
        self.report = PassReport()
        self._outlets = {name: Outlet[Chunk](depth, self.stop) for name in views}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outlet in self._outlets.values():
            outlet.end(CancelledError("the pass was left before its end", film=self.movie.name))

    def open(self, name: str) -> Outlet[Chunk]:
        """A consumer's chunks. Consume them in a thread of their own, and close them when leaving early."""
        return self._outlets[name]

    def run(self) -> PassReport:
        """Decode to the end, or until every consumer has left. Raises MediaError, which consumers get as well."""
        with ending(self._outlets, self.movie, self.stop):
            for back in BACK:
                with reading(
                    self.movie,
                    video=any(isinstance(v, Frames) for v in self.views.values()),
                    sounds=sorted({v.stream for v in self.views.values() if isinstance(v, Samples)}),
                    threads=self.threads,
                ) as source:
                    if _Reel(self, source).read(back):
                        self.report.damaged = source.damaged
                        self.report.warnings = source.warnings()
                        break
        return self.report

    def outlets(self, names: list[str]) -> list[Outlet[Chunk]]:
        """Those of the named consumers that still listen."""
        return [self._outlets[n] for n in names if self._outlets[n].open]

    @property
    def wanted(self) -> bool:
        """Whether anybody still listens."""
        return not self.stop.is_set() and any(o.open for o in self._outlets.values())


class ending:  # noqa: N801 - reads as the context it is
    """However a reading ends, its consumers are told: the film's end, an interruption, or what went wrong."""

    def __init__(self, outlets: Mapping[str, Outlet[Any]], movie: Movie, stop: threading.Event) -> None:
        self.outlets, self.movie, self.stop = outlets, movie, stop

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last: BaseException | None = None
        raised = error
        if isinstance(error, CinedexError):
            last = error
        elif isinstance(error, av.error.FFmpegError | OSError | MemoryError | ValueError):
            last = raised = MediaError(
                f"decoding failed: {error}", film=self.movie.name, remedy="The file may be damaged."
            )
        elif error is not None:
            last = CancelledError(f"the pass was broken off by {type(error).__name__}", film=self.movie.name)
        elif self.stop.is_set():
            last = CancelledError("interrupted", film=self.movie.name)
        for outlet in self.outlets.values():
            outlet.end(last)
        if raised is not error and raised is not None:
            raise raised from error


class _Reel:
    """One attempt to read the stretch."""

    def __init__(self, owner: Pass, source: Reading) -> None:
        self.owner, self.source, self.report = owner, source, owner.report
        span, movie = owner.span, owner.movie
        self.start = span.start if span is not None else ZERO
        self.end = span.end if span is not None and span.end < movie.duration else None  # all that is left of the film
        frames: dict[Frames, list[str]] = {}
        samples: dict[Samples, list[str]] = {}
        for name, view in owner.views.items():
            if isinstance(view, Frames):
                frames.setdefault(view, []).append(name)
            else:
                samples.setdefault(view, []).append(name)
        self.pictures = [_Picture(owner, view, names) for view, names in frames.items()]
        self.sounds = {s.index: _Sound(owner, n, samples, source, self.start) for n, s in source.sounds.items()}
        self.rate = movie.video.rate if movie.video is not None else None
        self.held: _Held | None = None
        self.shown_all = source.video is None
        self.unsure: list[tuple[Any, Any]] | None = None
        self.seen: set[int] = set()

    def read(self, back: Time) -> bool:
        """Decode from the span's start on; False if the seek landed after it and a longer one is worth trying."""
        sought = self.start > 0 and self.source.seek(self._place() - back)
        self.unsure = [] if sought and back != BACK[-1] else None
        for item, stream in self._items():
            if self.unsure is None:
                self._take(item, stream)
                continue
            if stream.index not in self.seen and not self._in_time(item, stream, back):
                return False
            self.seen.add(stream.index)
            self.unsure.append((item, stream))
            pictures = sum(s is self.source.video for _, s in self.unsure)
            most = pictures >= _PICTURES_HELD or len(self.unsure) >= _PACKETS_HELD
            if most or len(self.seen) == len(self.source.streams):
                self._settle()
        if self.unsure is not None and self.source.video is not None and self.source.video.index not in self.seen:
            return False
        self._settle()
        if self.held is not None and not self.shown_all:
            self._deliver(self.held, self.held[0] + step_of(self.held[3], self.source.video, self.rate))
        if self.owner.wanted:
            self._finish()
        return True

    def _settle(self) -> None:
        """The place is right: take what was held back until that was sure."""
        waiting, self.unsure = self.unsure or [], None
        for item, stream in waiting:
            self._take(item, stream)

    def _first(self) -> Time:
        """When the first picture to decode is shown; whether one is the first of its tick depends on the one before."""
        return self.start - 1 if any(p.view.rate is not None for p in self.pictures) else self.start

    def _place(self) -> Time:
        """Where to seek to: at the first picture, and far enough before the first sample for decoders to settle."""
        return min(self._first(), listen_from(self.start)) if self.sounds else self._first()

    def _in_time(self, item: Any, stream: Any, back: Time) -> bool:
        """Whether the first picture or sound packet of a stream shows that reading started early enough."""
        at = self.source.at(item, stream)
        if stream is self.source.video:
            return at is not None and at <= self._first() and bool(item.key_frame)
        return in_time(at, self.start, self.source, self.sounds[stream.index].number, back)

    def _items(self) -> Iterator[tuple[Any, Any]]:
        """Decoded pictures and packets of sound with their stream, until nobody wants more."""
        source = self.source
        for packet in source.packets():
            if not self.owner.wanted or (self.shown_all and all(s.done for s in self.sounds.values())):
                return
            if packet is None:
                if source.video is not None and not self.shown_all:
                    for frame in source.drain(source.video):
                        yield frame, source.video
            elif packet.stream is not source.video:
                yield packet, packet.stream
            elif self.shown_all:
                if self._past(packet):
                    return
            else:
                with self._decoding():
                    frames = source.decode(packet)
                for frame in frames:
                    yield frame, source.video

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.report.decode_seconds += time.perf_counter() - began

    def _past(self, packet: Any) -> bool:
        """Whether the file is so far past the stretch that no sound of it can still come.

        Some files keep a stream's sound behind all their pictures: one that has yet to begin is waited for.
        """
        at = self.source.at(packet, packet.stream)
        far = self.end is not None and at is not None and at > self.end + _SKEW
        return far and not any(s.to_come for s in self.sounds.values())

    def _take(self, item: Any, stream: Any) -> None:
        if stream is self.source.video:
            self._show(item, stream)
        else:
            self.sounds[stream.index].push(item)

    def _show(self, frame: Any, stream: Any) -> None:
        """A picture's end is the start of the next, which is later, if only by a tick, whatever its time stamp says."""
        if self.shown_all:
            return
        at, held = self.source.at(frame, stream), self.held
        if at is None:
            at = held[0] + step_of(held[3], stream, self.rate) if held is not None else ZERO
        elif held is not None and at <= held[0]:
            at = held[0] + max(Time.from_pts(1, stream.time_base), Time(1))
        if held is not None:
            self._deliver(held, at)
        self.held = (at, frame.pts if frame.pts is not None else -1, bool(frame.key_frame), frame)
        if self.end is not None and at >= self.end:
            self.held, self.shown_all = None, True

    def _deliver(self, held: _Held, end: Time) -> None:
        at, pts, key, frame = held
        self.report.frames += 1
        made: dict[_Geometry, Any] = {}
        for picture in self.pictures:
            if picture.ticks(at) and at >= self.start:
                picture.push(at, end, pts, key, frame, made)

    def _finish(self) -> None:
        for picture in self.pictures:
            picture.flush()
        for sound in self.sounds.values():
            sound.finish()


class _Picture:
    """One `Frames` view and those who want it."""

    def __init__(self, owner: Pass, view: Frames, names: list[str]) -> None:
        self.owner, self.view, self.names = owner, view, names
        video = owner.movie.video
        if video is None:
            raise MediaError("this film has no pictures", film=owner.movie.name)
        size = geometry(video, view.height, view.width)
        self.geometry: _Geometry = (*size, view.format, view.exact)
        self.maker = PictureMaker(video, size, view.format, exact=view.exact)
        self.most = max(1, min(view.chunk, _CHUNK_BYTES // (size[0] * size[1] * 3)))
        self.tick: int | None = None
        self.rows: list[tuple[int, int, int, bool]] = []
        self.pixels: list[Any] = []

    def ticks(self, at: Time) -> bool:
        """Whether the picture at a time is the first of its tick at the view's rate."""
        if self.view.rate is None:
            return True
        before, self.tick = self.tick, self.view.rate.count(at)
        return self.tick != before

    def push(self, at: Time, end: Time, pts: int, key: bool, frame: Any, made: dict[_Geometry, Any]) -> None:
        """Take a picture into the chunk; `made` shares conversions between views."""
        if not self.owner.outlets(self.names):
            return
        if self.geometry not in made:
            began = time.perf_counter()
            made[self.geometry] = self.maker(frame)
            self.owner.report.convert_seconds += time.perf_counter() - began
        self.rows.append((int(at), int(end), pts, key))
        self.pixels.append(made[self.geometry])
        if len(self.rows) >= self.most:
            self.flush()

    def flush(self) -> None:
        """Hand over what is there."""
        if not self.rows:
            return
        columns = np.array([r[:3] for r in self.rows], dtype=np.int64)
        keys = np.array([r[3] for r in self.rows], dtype=np.bool_)
        pixels = np.stack(self.pixels)
        for array in (columns, keys, pixels):
            array.flags.writeable = False
        self.rows, self.pixels = [], []
        _send(self.owner, self.names, FrameChunk(columns[:, 0], columns[:, 1], columns[:, 2], keys, pixels))


class _Sound:
    """One sound stream, decoded once for all `Samples` views of it."""

    def __init__(
        self, owner: Pass, number: int, views: Mapping[Samples, list[str]], source: Reading, start: Time
    ) -> None:
        self.owner, self.number = owner, number
        heard = {view: names for view, names in views.items() if view.stream == number}
        mono, channels = any(v.mixed for v in heard), not all(v.mixed for v in heard)
        self.hearing = Hearing(source, number, start, mono=mono, channels=channels)
        span, sound = owner.movie.span if owner.span is None else owner.span, owner.movie.audio[number]
        self.came = False
        self.sounds = sound.start < span.end and sound.start + sound.duration > span.start
        self.makers = [
            (SampleMaker(sound, rate=view.rate, chunk=view.chunk, span=span, mixed=view.mixed), names)
            for view, names in heard.items()
        ]

    @property
    def done(self) -> bool:
        """Whether every view is full, or nobody listens to it."""
        return all(maker.done or not self.owner.outlets(names) for maker, names in self.makers)

    @property
    def to_come(self) -> bool:
        """Whether nothing of it was met though by its own account it sounds in the stretch."""
        return not self.came and not self.done and self.sounds

    def push(self, packet: Any) -> None:
        """Take a packet in."""
        self.came = True
        if not self.done:
            self._hear(self.hearing.push(packet))

    def finish(self) -> None:
        """The stream has ended."""
        if not self.done:
            self._hear(self.hearing.finish())
        for maker, names in self.makers:
            self._send(maker.finish(), names)

    def _hear(self, heard: Iterator[Heard]) -> None:
        for sound in heard:
            for maker, names in self.makers:
                if not maker.done:
                    self._send(maker.push(sound), names)

    def _send(self, chunks: Iterator[SampleChunk], names: list[str]) -> None:
        for chunk in chunks:
            self.owner.report.samples += len(chunk)
            chunk.samples.flags.writeable = False
            _send(self.owner, names, chunk)


def _send(owner: Pass, names: list[str], chunk: Chunk) -> None:
    began = time.perf_counter()
    for outlet in owner.outlets(names):
        outlet.put(chunk)
    owner.report.wait_seconds += time.perf_counter() - began
