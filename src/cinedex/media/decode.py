"""The pass: one decode of a film, or of a stretch of it, for any number of consumers at their own sizes and rates.

The thread that calls `run` demuxes and decodes; each consumer reads its own bounded queue in its own thread. The
slowest consumer paces the decoder, one that leaves early is no longer served, and an error reaches everybody.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias

import av
import av.error
import numpy as np

from cinedex.errors import CancelledError, CinedexError, MediaError
from cinedex.media.container import JUMPS, Clock, opened, picture_stream, sound_streams
from cinedex.media.convert import ANCHOR, PictureMaker, SoundMaker, geometry
from cinedex.media.views import Chunk, FrameChunk, Frames, PixelFormat, SampleChunk, Samples
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, ZERO, Span, Time

_PREROLL = Time.from_seconds(0.5)
"""Sound decoded before a stretch, so that codecs and the resampler have settled when it starts."""

_SEEK_BACK = (0, 2, 10, 60, 1_000_000)
"""Seconds further back to seek when a seek landed too late."""

_BAD_MAX = 2_000
"""Undecodable packets after which a film is given up."""


@dataclass
class PassReport:
    """What a pass met: pictures and samples delivered, undecodable packets skipped, where its time went (seconds)."""

    frames: int = 0
    samples: int = 0
    damaged: int = 0
    decode_seconds: float = 0.0
    convert_seconds: float = 0.0
    wait_seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


class Outlet:
    """A consumer's end of a bounded queue: an iterator of chunks that may be closed at any time."""

    def __init__(self, depth: int) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=depth)
        self._closed = threading.Event()
        self._over = False

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        if self._over or self._closed.is_set():
            raise StopIteration
        item: Chunk | Exception | None = self._queue.get()
        if item is None or isinstance(item, Exception):
            self._over = True
            if item is not None:
                raise item
            raise StopIteration
        return item

    def close(self) -> None:
        """Leave: nothing more is delivered, and the decoder no longer waits for this consumer."""
        self._closed.set()
        while not self._queue.empty():
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    @property
    def open(self) -> bool:
        """Whether the consumer still listens."""
        return not self._closed.is_set()

    def put(self, item: Chunk | Exception | None, stop: threading.Event) -> None:
        """Hand an item over, waiting while the queue is full, but not past `stop` or the consumer's leaving."""
        while self.open:
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                if stop.is_set() and not isinstance(item, Exception):
                    return
            else:
                return


_Geometry: TypeAlias = tuple[int, int, PixelFormat]

_Held: TypeAlias = tuple[Time, int, bool, Any]
"""A picture whose end is not known yet: start, time stamp, key frame or not, the frame."""


class Pass:
    """One dense decode. `views` names the consumers; `span` limits it to a stretch; `depth` is the queues' length.

    With a span, a picture belongs to it by its start, and pictures and samples are those of an uninterrupted pass.
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
        self._outlets = {name: Outlet(depth) for name in views}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for outlet in self._outlets.values():
            outlet.close()

    def open(self, name: str) -> Outlet:
        """A consumer's chunks. Consume them in a thread of their own, and close them when leaving early."""
        return self._outlets[name]

    def run(self) -> PassReport:
        """Decode to the end, or until every consumer has left. Raises MediaError, which consumers get as well."""
        last: Exception | None = None
        try:
            self._run()
            if self.stop.is_set():
                last = CancelledError("interrupted", film=self.movie.name)
        except CinedexError as error:
            last = error
            raise
        except (av.error.FFmpegError, OSError, MemoryError, ValueError) as error:
            last = MediaError(f"decoding failed: {error}", film=self.movie.name, remedy="The file may be damaged.")
            raise last from error
        finally:
            for outlet in self._outlets.values():
                outlet.put(last, self.stop)
        return self.report

    def _run(self) -> None:
        for back in _SEEK_BACK:
            with opened(self.movie.uri, name=self.movie.name) as container:
                reader = _Reader(self, container)
                if reader.read(back):
                    return

    def outlets(self, names: list[str]) -> list[Outlet]:
        """Those of the named consumers that still listen."""
        return [self._outlets[n] for n in names if self._outlets[n].open]

    @property
    def wanted(self) -> bool:
        """Whether anybody still listens."""
        return not self.stop.is_set() and any(o.open for o in self._outlets.values())


class _Reader:
    """One reading of the container for a pass."""

    def __init__(self, owner: Pass, container: Any) -> None:
        self.owner, self.container, self.report = owner, container, owner.report
        movie, views = owner.movie, owner.views
        self.pictures: list[_Picture] = []
        self.sounds: dict[int, list[_Sound]] = {}
        self.video = picture_stream(container) if movie.video is not None else None
        frames: dict[Frames, list[str]] = {}
        samples: dict[Samples, list[str]] = {}
        for name, view in views.items():
            if isinstance(view, Frames):
                frames.setdefault(view, []).append(name)
            else:
                samples.setdefault(view, []).append(name)
        if frames and self.video is not None:
            self.clock = Clock(self.video, movie.origin)
            self.pictures = [_Picture(owner, view, names) for view, names in frames.items()]
            self.video.thread_type = "AUTO"
            self.video.codec_context.thread_count = owner.threads
        else:
            self.video = None
        by_index = {s.index: s for s in sound_streams(container)}
        for wanted, names in samples.items():
            stream = by_index[movie.audio[wanted.stream].index]
            self.sounds.setdefault(stream.index, []).append(_Sound(owner, wanted, names, stream))
        self.streams = [*([self.video] if self.video is not None else []), *(by_index[i] for i in self.sounds)]
        for stream in container.streams:
            if stream not in self.streams:
                stream.discard = av.stream.Discard.all

    def read(self, back: int) -> bool:
        """Decode from the span's start on; False if the seek landed after it and a longer one is worth trying."""
        span, movie = self.owner.span, self.owner.movie
        start, end = (span.start, span.end) if span is not None else (ZERO, None)
        sought = start > 0 and not any(JUMPS in w for w in movie.warnings) and self._seek(start - SECOND * back)
        unsure = sought and self.video is not None and back != _SEEK_BACK[-1]
        held: _Held | None = None
        for frame, stream in self._frames():
            if stream is not self.video:
                self._hear(frame, stream)
                if self.video is None and self._sounds_done():
                    break
                continue
            at = self._shown(frame, held)
            if unsure and at > start:
                return False
            unsure = False
            if held is not None:
                self._deliver(held, at)
            held = (at, frame.pts if frame.pts is not None else -1, frame.key_frame, frame)
            if end is not None and at >= end and self._sounds_done():
                held = None
                break
        if held is not None:
            self._deliver(held, held[0] + self._step(held[3]))
        if self.owner.wanted:
            self._finish()
        return True

    def _hear(self, frame: Any, stream: Any) -> None:
        for sound in self.sounds[stream.index]:
            sound.push(frame)

    def _sounds_done(self) -> bool:
        return all(s.done for group in self.sounds.values() for s in group)

    def _seek(self, to: Time) -> bool:
        lead = self.video if self.video is not None else self.streams[0]
        if self.sounds:
            to = Time(int(to) // int(ANCHOR) * int(ANCHOR)) - _PREROLL
        goal = max(to, ZERO) + self.owner.movie.origin
        if goal <= self.owner.movie.origin:
            return False
        try:
            self.container.seek(
                int(int(goal) * lead.time_base.denominator // (lead.time_base.numerator * SECOND)), stream=lead
            )
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def _shown(self, frame: Any, held: _Held | None) -> Time:
        """When a picture is shown, later than the one before it whatever its time stamp says."""
        step = self._step(frame)
        if frame.pts is None:
            return held[0] + step if held is not None else ZERO
        at = self.clock.film(frame.pts, step)
        return at if held is None or at > held[0] else held[0] + step

    def _step(self, frame: Any) -> Time:
        if frame.duration:
            return max(Time.from_pts(frame.duration, frame.time_base), Time(1))
        rate = self.owner.movie.video.rate if self.owner.movie.video is not None else None
        return rate.time(1) if rate is not None else SECOND

    def _frames(self) -> Iterator[tuple[Any, Any]]:
        """Decoded frames with their stream; undecodable packets are counted and skipped."""
        packets = self.container.demux(self.streams)
        decoded = 0
        while self.owner.wanted:
            began = time.perf_counter()
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError) as broken:
                self.report.warnings.append(f"the file breaks off: {broken}")
                packet = None
            if packet is None:
                break
            frames: list[Any] = []
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError) as bad:
                self.report.damaged += 1
                if isinstance(bad, av.error.EOFError):
                    continue
                if self.report.damaged > _BAD_MAX and decoded < self.report.damaged // 10:
                    raise MediaError("almost nothing of it can be decoded", film=self.owner.movie.name) from bad
            self.report.decode_seconds += time.perf_counter() - began
            for frame in frames:
                decoded += 1
                yield frame, packet.stream

    def _deliver(self, held: _Held, end: Time) -> None:
        at, pts, key, frame = held
        self.report.frames += 1
        made: dict[_Geometry, Any] = {}
        for picture in self.pictures:
            picture.push(at, end, pts, key, frame, made)

    def _finish(self) -> None:
        for picture in self.pictures:
            picture.flush()
        for group in self.sounds.values():
            for sound in group:
                sound.finish()
        if self.report.damaged:
            self.report.warnings.append(f"{self.report.damaged} damaged packets were skipped")


class _Picture:
    """One `Frames` view and those who want it."""

    def __init__(self, owner: Pass, view: Frames, names: list[str]) -> None:
        self.owner, self.view, self.names = owner, view, names
        video = owner.movie.video
        if video is None:
            raise MediaError("this film has no pictures", film=owner.movie.name)
        size = geometry(video, view.height, view.width)
        self.geometry: _Geometry = (*size, view.format)
        self.maker = PictureMaker(size, view.format, video.rotation)
        self.tick: int | None = None
        self.rows: list[tuple[int, int, int, bool]] = []
        self.pixels: list[Any] = []

    def push(self, at: Time, end: Time, pts: int, key: bool, frame: Any, made: dict[_Geometry, Any]) -> None:
        rate, span = self.view.rate, self.owner.span
        if rate is not None:
            before, self.tick = self.tick, rate.count(at)
            if before is not None and self.tick == before:
                return
        if span is not None and not span.start <= at < span.end:
            return
        if not self.owner.outlets(self.names):
            return
        if self.geometry not in made:
            began = time.perf_counter()
            made[self.geometry] = self.maker(frame)
            self.owner.report.convert_seconds += time.perf_counter() - began
        self.rows.append((int(at), int(end), pts, key))
        self.pixels.append(made[self.geometry])
        if len(self.rows) >= self.view.chunk:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        columns = np.array([r[:3] for r in self.rows], dtype=np.int64)
        pixels = np.stack(self.pixels)
        for array in (columns, pixels):
            array.flags.writeable = False
        keys = np.array([r[3] for r in self.rows], dtype=np.bool_)
        chunk = FrameChunk(columns[:, 0], columns[:, 1], columns[:, 2], keys, pixels)
        self.rows, self.pixels = [], []
        _send(self.owner, self.names, chunk)


class _Sound:
    """One `Samples` view and those who want it."""

    def __init__(self, owner: Pass, view: Samples, names: list[str], stream: Any) -> None:
        self.owner, self.names = owner, names
        span = owner.span
        first, last = (span.start, span.end) if span is not None else (ZERO, None)
        self.maker = SoundMaker(view.rate, Clock(stream, owner.movie.origin), view.chunk, first, last)

    @property
    def done(self) -> bool:
        return self.maker.done

    def push(self, frame: Any) -> None:
        if not self.maker.done:
            self._send(self.maker.push(frame))

    def finish(self) -> None:
        self._send(self.maker.finish())

    def _send(self, chunks: Iterator[SampleChunk]) -> None:
        for chunk in chunks:
            self.owner.report.samples += len(chunk)
            chunk.samples.flags.writeable = False
            _send(self.owner, self.names, chunk)


def _send(owner: Pass, names: list[str], chunk: Chunk) -> None:
    began = time.perf_counter()
    for outlet in owner.outlets(names):
        outlet.put(chunk, owner.stop)
    owner.report.wait_seconds += time.perf_counter() - began
