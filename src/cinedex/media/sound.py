"""Listening to stretches of a film: random access to one stream's sound, the same whatever was asked before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Self

import av.error
import numpy as np

from cinedex.errors import MediaError
from cinedex.media.hearing import Floats, Hearing, in_time, listen_from
from cinedex.media.reading import BACK, Reading, reading
from cinedex.media.resample import SampleMaker
from cinedex.media.views import SampleChunk
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time


class Listener:
    """Gives float32 mono samples of any span at `rate` a second; silence where the stream has nothing.

    The file stays open between calls. Use it from one thread, and close it there.
    """

    def __init__(self, movie: Movie, *, rate: int = 16_000, stream: int = 0) -> None:
        self.movie, self.rate, self.stream = movie, rate, stream
        self._stack = ExitStack()
        self._source: Reading | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stack.close()
        self._source = None

    def __call__(self, span: Span) -> Floats:
        """The samples whose times lie in the span. Raises MediaError where the stream cannot be read at all."""
        first = -(-int(span.start) * self.rate // FLICKS_PER_SECOND)
        last = -(-int(span.end) * self.rate // FLICKS_PER_SECOND)
        try:
            parts = [chunk.samples for chunk in self._chunks(span)]
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise MediaError(f"the sound cannot be read: {error}", film=self.movie.name, at=span) from error
        samples = np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
        return np.pad(samples, (0, last - first - len(samples)))

    def _chunks(self, span: Span) -> Iterator[SampleChunk]:
        for back in BACK:
            place = listen_from(span.start) - back
            source = self._open(place)
            stream = source.sounds[self.stream]
            packets = source.packets()
            first = next(packets)
            at = source.at(first, stream) if first is not None else None
            if first is not None and place > 0 and not in_time(at, span.start, source, self.stream, back):
                continue
            hearing = Hearing(source, self.stream, span.start)
            maker = SampleMaker(self.movie.audio[self.stream], rate=self.rate, chunk=1 << 16, span=span)
            for packet in chain([first], packets):
                for heard in hearing.push(packet) if packet is not None else hearing.finish():
                    yield from maker.push(heard)
                if maker.done:
                    break
            yield from maker.finish()
            return

    def _open(self, place: Time) -> Reading:
        """The file, ready to be read from `place`."""
        afresh = self.movie.joined or place <= self.movie.audio[self.stream].start
        if self._source is None or afresh or not self._source.seek(place):
            self.close()
            self._source = self._stack.enter_context(reading(self.movie, sounds=[self.stream]))
            self._source.seek(place)
        return self._source
