"""Listening to stretches of a film: random access to one stream's sound, the same whatever was asked before."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import av
import av.error
import numpy as np

from cinedex.errors import MediaError
from cinedex.media.container import JUMPS, Clock, opened, sound_streams
from cinedex.media.convert import ANCHOR, Floats, SoundMaker
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, ZERO, Span, Time

_PREROLL = Time.from_seconds(0.5)


class Listener:
    """Gives float32 mono samples of any span at `rate` a second; silence where the stream has nothing."""

    def __init__(self, movie: Movie, *, rate: int = 16_000, stream: int = 0) -> None:
        self.movie, self.rate, self.stream = movie, rate, stream
        self._stack = ExitStack()
        self._container: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stack.close()
        self._container = None

    def __call__(self, span: Span) -> Floats:
        """The samples whose times lie in the span. Raises MediaError where the stream cannot be read at all."""
        first = -(-int(span.start) * self.rate // FLICKS_PER_SECOND)
        last = -(-int(span.end) * self.rate // FLICKS_PER_SECOND)
        try:
            parts = [chunk.samples for chunk in self._chunks(span)]
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise MediaError(f"the sound cannot be read: {error}", film=self.movie.name, at=span) from error
        samples = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
        short = last - first - len(samples)
        return np.pad(samples, (0, short)) if short > 0 else samples[: last - first]

    def _chunks(self, span: Span) -> Any:
        if self._container is None:
            self._container = self._stack.enter_context(opened(self.movie.uri, name=self.movie.name))
        container = self._container
        index = self.movie.audio[self.stream].index
        stream = next(s for s in sound_streams(container) if s.index == index)
        for other in container.streams:
            other.discard = av.stream.Discard.default if other is stream else av.stream.Discard.all
        jumps = any(JUMPS in w for w in self.movie.warnings)
        start = ZERO if jumps else Time(int(span.start) // int(ANCHOR) * int(ANCHOR)) - _PREROLL
        goal = max(start, ZERO) + self.movie.origin
        base = stream.time_base
        container.seek(int(int(goal) * base.denominator // (base.numerator * SECOND)), stream=stream)
        maker = SoundMaker(self.rate, Clock(stream, self.movie.origin), 1 << 16, span.start, span.end)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                continue  # a damaged packet is silence; the next time stamp puts things right
            for frame in frames:
                yield from maker.push(frame)
            if maker.done:
                break
        yield from maker.finish()
