"""One reading of a film's file: the streams wanted, from a place on, decoded; damage is counted and skipped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import av
import av.error

from cinedex.errors import MediaError
from cinedex.media.container import Clock, film_time, opened
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, Rate, Time

_HOPELESS = 2_000
"""Undecodable packets after which a film of which next to nothing could be decoded is given up."""

_HELD_BYTES = 64 << 20
"""Packets held at most while looking for the key frame to start from."""

BACK = tuple(SECOND * s for s in (0, 2, 10, 60, 1 << 20))
"""How much further back to seek each time a seek landed too late; the last one means the film's start."""


@contextmanager
def reading(movie: Movie, *, video: bool = False, sounds: Sequence[int] = (), threads: int = 0) -> Iterator[Reading]:
    """Open a film to read its pictures and/or some of its sound streams (by their place). Raises MediaError."""
    with opened(movie.uri, name=movie.name) as container:
        yield Reading(movie, container, video=video, sounds=sounds, threads=threads)


class Reading:
    """The open file. Frames carry time stamps that `at` turns into film time; so do packets, unless `reordered`.

    Where stamps are `misdated` after a seek, they come right within a second or so.
    """

    def __init__(self, movie: Movie, container: Any, *, video: bool, sounds: Sequence[int], threads: int) -> None:
        self.movie, self.container = movie, container
        self.video = self._stream(movie.video.index, "video") if video and movie.video is not None else None
        self.sounds = {i: self._stream(movie.audio[i].index, "audio") for i in sounds}
        self.streams = [*([self.video] if self.video is not None else []), *self.sounds.values()]
        self.damaged = self.decoded = 0
        self.broken = ""
        self._from: Time | None = None
        self.reordered = container.format.name == "avi"
        # In a program stream not every picture has a stamp: after a seek, those up to the first that has are misdated.
        self.misdated = container.format.name == "mpeg"
        self._display = _DisplayOrder()
        self._read = {s.index for s in self.streams}
        if movie.joined:  # the clock is mended by all that the film plays, whoever reads it
            self._read |= {s.index for s in movie.audio}
            self._read |= {movie.video.index} if movie.video is not None else set()
        for stream in container.streams:
            if stream.index not in self._read:
                stream.discard = av.stream.Discard.all
        if self.video is not None:
            self.video.thread_type = "AUTO"
            self.video.codec_context.thread_count = threads

    def _stream(self, index: int, kind: str) -> Any:
        streams = self.container.streams
        if index >= len(streams) or streams[index].type != kind or streams[index].codec_context is None:
            raise MediaError("the file is not the one that was added", film=self.movie.name, remedy="Add it again.")
        return streams[index]

    def at(self, frame: Any, stream: Any) -> Time | None:
        """The film time of a frame or packet, if it has any."""
        return None if frame.pts is None else film_time(frame.pts, stream, self.movie.origin)

    def seek(self, to: Time) -> bool:
        """Go to the last place at or before `to` where decoding can start; False where only reading on is possible.

        Seeks may land too late; look at what comes. They go by the picture stream where it is read.
        """
        self._display = _DisplayOrder()
        if to <= 0:
            return False
        if self.movie.joined:
            self._from = to
            return True
        lead = self.streams[0]
        goal = Fraction(to + self.movie.origin, SECOND) / lead.time_base
        try:
            self.container.seek(goal.numerator // goal.denominator, stream=lead)
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def packets(self) -> Iterator[Any]:
        """The streams' packets, then None once, when decoders are to be drained. Where the file breaks off they end."""
        found = self._mended() if self.movie.joined else self.container.demux(self.streams)
        try:
            for packet in found:
                if packet.size:
                    yield packet
        except (av.error.FFmpegError, OSError) as broken:
            self.broken = str(getattr(broken, "strerror", None) or broken).lower()
        yield None

    def decode(self, packet: Any, decoder: Any = None) -> list[Any]:
        """A packet's frames; none if it is damaged. Raises MediaError when nearly everything is.

        `decoder` takes the place of the stream's own.
        """
        frames = self._counted((lambda: decoder.decode(packet)) if decoder is not None else packet.decode)
        return self._display(frames) if self.reordered and packet.stream is self.video else frames

    def drain(self, stream: Any, decoder: Any = None) -> list[Any]:
        """The frames that a stream's decoder still holds."""
        frames = self._counted(lambda: (decoder or stream).decode(None))
        return self._display(frames) if self.reordered and stream is self.video else frames

    def frames(self, stream: Any) -> Iterator[Any]:
        """The decoded frames of one stream, to its end."""
        for packet in self.packets():
            if packet is None:
                yield from self.drain(stream)
            elif packet.stream is stream:
                yield from self.decode(packet)

    def _counted(self, decode: Any) -> list[Any]:
        try:
            frames: list[Any] = decode()
        except av.error.EOFError:
            return []
        except (av.error.FFmpegError, ValueError) as bad:
            self.damaged += 1
            if self.damaged > _HOPELESS and self.decoded < self.damaged // 10:
                raise MediaError("almost nothing of it can be decoded", film=self.movie.name) from bad
            return []
        self.decoded += len(frames)
        self.damaged += sum(f.is_corrupt for f in frames)
        return frames

    def warnings(self) -> list[str]:
        """What the user should know about how the reading went."""
        found = []
        if self.damaged:
            found.append(f"{self.damaged} damaged packets or pictures were met")
        if self.broken:
            found.append(f"the file breaks off: {self.broken}")
        return found

    def _mended(self) -> Iterator[Any]:
        """Packets on one clock from the film's start; those before the last key frame ahead of the place are passed."""
        clock = Clock(self.container)
        held: deque[Any] = deque()
        size = 0
        for packet in self.container.demux([s for s in self.container.streams if s.index in self._read]):
            clock.mend(packet)
            if packet.stream not in self.streams:
                continue
            if self._from is None:
                yield packet
                continue
            late = packet.pts is not None and film_time(packet.pts, packet.stream, self.movie.origin) > self._from
            if packet.is_keyframe and packet.stream is self.streams[0] and not late:
                held, size = deque(p for p in held if p.stream is not self.streams[0]), 0
                while len(held) > 1000:
                    held.popleft()
            held.append(packet)
            size += packet.size
            if (late and packet.stream is self.streams[0]) or size > _HELD_BYTES:
                self._from = None
                yield from held
        yield from held if self._from is not None else ()


class _DisplayOrder:
    """Gives pictures of AVI files their times: its packets are stamped in the order they are decoded, not shown."""

    def __init__(self) -> None:
        self._shift: int | None = None
        self._last = 0
        self._step = 1

    def __call__(self, frames: list[Any]) -> list[Any]:
        for frame in frames:
            stamp = self._last + self._step
            if frame.dts is None and self._shift is None:  # a key frame at the very end, drained: its own is all it has
                stamp = frame.pts if frame.pts is not None else stamp
            elif frame.dts is not None:
                if self._shift is None:  # the first picture is a key frame, which is decoded and shown first
                    self._shift = frame.dts - (frame.pts if frame.pts is not None else frame.dts)
                stamp = frame.dts - self._shift
            self._last, self._step = stamp, max(stamp - self._last, 1)
            frame.pts, frame.duration = stamp, self._step
        return frames


def step_of(frame: Any, stream: Any, rate: Rate | None) -> Time:
    """How long a picture is shown by its own account, else by the film's rate, else a second."""
    if frame.duration:
        return max(Time.from_pts(frame.duration, stream.time_base), Time(1))
    return rate.time(1) if rate is not None else SECOND
