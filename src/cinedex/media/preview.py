"""A film for browsers that cannot play it: H.264 and AAC in fragments of four seconds, each made by itself on demand.

A fragment is cut at film time, begins with a key frame, and says when it is played (`tfdt`), so that any of them can
follow any other. Sound lies on one grid of frames for the whole film, and is encoded from a little before a fragment
on, so that fragments join without a gap. HDR is brought to SDR, pictures are upright with square pixels.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace

from cinedex.errors import MediaError
from cinedex.media.convert import geometry
from cinedex.media.decode import Pass
from cinedex.media.views import FrameChunk, Frames, Samples
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, ZERO, Rate, Span, Time

LENGTH = SECOND * 4
"""Of a fragment."""

HEIGHT = 720
"""Lines at most."""

_CLOCK = 90_000
_RATE, _GRID = 48_000, 1024
"""Samples a second, and in a frame of AAC."""

_LEAD = 3
"""Frames of sound encoded before a fragment's first and thrown away: an encoder begins with silence."""

_PICTURES = {"preset": "superfast", "crf": "24", "bf": "0", "g": "1000", "sc_threshold": "0", "profile": "main"}
_MUXER = {
    "movflags": "empty_moov+default_base_moof+frag_custom+frag_discont+skip_trailer",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
}

_CONTAINERS = {"mov", "mp4", "matroska", "webm", "ogg", "mp3", "wav", "flac"}
_VIDEO = {"h264", "vp8", "vp9", "av1"}
_SOUND = {"aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le"}


def playable(movie: Movie) -> bool:
    """Whether browsers in general play the file as it is: container, codecs and depth that Chromium knows."""
    video = movie.video
    seen = video is None or (
        video.codec in _VIDEO and not (video.codec == "h264" and (video.bits > 8 or "420" not in video.pixel_format))
    )
    heard = all(a.codec in _SOUND for a in movie.audio[:1])
    return seen and heard and not movie.joined and bool(_CONTAINERS & set(movie.container.split(",")))


@dataclass(frozen=True)
class Fragment:
    """`head` is the same for every fragment of a film (ftyp, moov); `body` is what is played (moof, mdat)."""

    head: bytes
    body: bytes


def count(movie: Movie) -> int:
    """How many fragments a film has."""
    return -(-int(movie.duration) // int(LENGTH))


def span_of(movie: Movie, number: int) -> Span:
    """The film time of a fragment."""
    return Span(LENGTH * number, min(LENGTH * (number + 1), movie.duration))


def fragment(movie: Movie, number: int, *, threads: int = 0) -> Fragment:
    """Make a fragment. Raises MediaError where the film cannot be read."""
    span = span_of(movie, number)
    out = io.BytesIO()
    try:
        with av.open(out, "w", format="mp4", options=_MUXER) as film:
            pictures = _Pictures(film, movie, threads) if movie.video is not None else None
            sound = _Sound(film, movie) if movie.audio else None
            film.start_encoding()
            made = chain(pictures.made(span) if pictures else (), sound.made(span) if sound else ())
            for packet in sorted(made, key=lambda p: p.dts * p.time_base):
                film.mux(packet)
    except (FFmpegError, ValueError) as wrong:
        raise MediaError(
            f"no preview can be made ({wrong})", film=movie.name, at=span.start, remedy="The file may be damaged."
        ) from wrong
    return _parted(out.getvalue())


def _parted(data: bytes) -> Fragment:
    """The boxes that every fragment has in common, and its own (ISO/IEC 14496-12)."""
    head, body, at = b"", b"", 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        size = int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else (size or len(data) - at)
        box = data[at : at + size]
        if kind in {b"ftyp", b"moov"}:
            head += box
        elif kind in {b"moof", b"mdat"}:
            body += box
        at += max(size, 8)
    return Fragment(head, body)


def _read(movie: Movie, view: Frames | Samples, span: Span, take: Callable[[Any], None]) -> None:
    """Read a stretch of one stream; `take` gets its chunks in a thread of their own, the decoder waits for it."""
    failed: list[Exception] = []

    def consume() -> None:
        try:
            for chunk in taken:
                take(chunk)
        except Exception as error:  # noqa: BLE001 - it is raised where the stretch was asked for
            failed.append(error)
        finally:
            taken.close()  # the decoder must not wait for who has gone

    with Pass(movie, {"it": view}, span=span, depth=2) as reading:
        taken = reading.open("it")
        consumer = threading.Thread(target=consume, name="preview", daemon=True)
        consumer.start()
        reading.run()
        consumer.join()
    if failed:
        raise failed[0]


class _Pictures:
    """The picture stream of a fragment."""

    def __init__(self, film: Any, movie: Movie, threads: int) -> None:
        video = movie.video
        if video is None:
            raise ValueError("the film has no pictures")
        self.movie = movie
        tall = min(HEIGHT, video.display[1]) // 2 * 2 or 2
        self.size = (max(2, geometry(video, tall, None)[0] // 2 * 2), tall)
        self.stream: Any = film.add_stream("libx264", rate=(video.rate or Rate(25)).fraction, options=dict(_PICTURES))
        self.stream.width, self.stream.height, self.stream.pix_fmt = *self.size, "yuv420p"
        context = self.stream.codec_context
        context.time_base = Fraction(1, _CLOCK)
        context.thread_count = threads
        context.color_range, context.colorspace = 1, 1
        context.color_primaries, context.color_trc = 1, 1
        self._packets: list[Any] = []
        self._ends: dict[int, int] = {}

    def made(self, span: Span) -> Iterator[Any]:
        """Its packets, in order; how long each is shown is known from the film."""
        view = Frames(height=self.size[1], width=self.size[0], chunk=8)
        _read(self.movie, view, span, self._put)
        self._packets += self.stream.encode(None)
        for packet in self._packets:
            packet.duration = max(self._ends[packet.pts] - packet.pts, 1)
            yield packet

    def _put(self, chunk: FrameChunk) -> None:
        for start, end, pixels in zip(chunk.starts, chunk.ends, chunk.pixels, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p",
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
                dst_colorspace=Colorspace.ITU709,
                threads=1,
            )
            frame.pts, frame.time_base = int(start) * _CLOCK // FLICKS_PER_SECOND, Fraction(1, _CLOCK)
            frame.pict_type = PictureType.I if not self._ends else PictureType.NONE
            self._ends[frame.pts] = int(end) * _CLOCK // FLICKS_PER_SECOND
            self._packets += self.stream.encode(frame)


class _Sound:
    """The sound stream of a fragment: stereo, or mono where the film is."""

    def __init__(self, film: Any, movie: Movie) -> None:
        self.movie = movie
        self.number = next((n for n, a in enumerate(movie.audio) if a.default), 0)
        heard = movie.audio[self.number]
        self.layout = "mono" if heard.channels == 1 else "stereo"
        self.stream: Any = film.add_stream("aac", rate=_RATE, layout=self.layout)
        self.stream.bit_rate = 96_000 * self.stream.codec_context.layout.nb_channels
        self._mixer = AudioResampler(format="fltp", layout=self.layout, rate=_RATE)
        self._source = heard.layout

    def made(self, span: Span) -> Iterator[Any]:
        """Its packets: whole frames of the film's grid that begin in the fragment."""
        first, last = _grid(span.start), _grid(span.end)
        lead = max(first - _LEAD, 0)
        samples = self._samples(lead * _GRID, (last + 2) * _GRID)
        for at in range(0, samples.shape[1], _GRID):
            frame = av.AudioFrame.from_ndarray(samples[:, at : at + _GRID], format="fltp", layout=self.layout)
            frame.sample_rate, frame.pts, frame.time_base = _RATE, lead * _GRID + at, Fraction(1, _RATE)
            yield from self._kept(self.stream.encode(frame), first, last)
        yield from self._kept(self.stream.encode(None), first, last)

    def _kept(self, packets: list[Any], first: int, last: int) -> Iterator[Any]:
        for packet in packets:
            if packet.pts is not None and first * _GRID <= packet.pts < last * _GRID:
                packet.duration = _GRID
                yield packet

    def _samples(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """The film's samples by number, float32 [channels, n]; silence where it has none."""
        rows = 1 if self.layout == "mono" else 2
        made = np.zeros((rows, last - first), dtype=np.float32)
        span = Span(_time(first), min(_time(last), self.movie.duration))
        if span.start >= span.end:
            return made
        view = Samples(rate=_RATE, stream=self.number, mixed=rows == 1)

        def put(chunk: Any) -> None:
            mixed = self._mixed(chunk.samples)
            at = round(int(chunk.start) * _RATE / FLICKS_PER_SECOND) - first
            mixed = mixed[:, max(-at, 0) : made.shape[1] - at]
            made[:, max(at, 0) : max(at, 0) + mixed.shape[1]] = mixed

        _read(self.movie, view, span, put)
        return made

    def _mixed(self, samples: npt.NDArray[np.float32]) -> Any:
        if samples.ndim == 1 or self.layout == "mono":
            return samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=self._source)
        frame.sample_rate = _RATE
        return np.concatenate([part.to_ndarray() for part in self._mixer.resample(frame)], axis=1)


def _grid(at: Time) -> int:
    """The first frame of sound that begins at a time or after it."""
    return -(-int(at) * _RATE // (FLICKS_PER_SECOND * _GRID))


def _time(sample: int) -> Time:
    return max(Rate(_RATE).time(sample), ZERO)
