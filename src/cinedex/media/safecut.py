"""A copy of a film without parts of it: stretches left out, muted or blurred, with picture and sound in step.

The film is read once, front to back; what is held is a few pictures and a second of sound, however long it is. The
copy is H.264 and AAC in MP4, with the film's first sound alone; subtitles and chapters, whose times would be wrong and
whose words were perhaps to be left out, are not copied.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.video.frame import PictureType
from av.video.reformatter import Interpolation

from cinedex.errors import MediaError, UsageError
from cinedex.media.reading import Reading, reading
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, ZERO, Rate, Span, Time

Samples = npt.NDArray[np.float32]

QUALITY = {"preset": "veryfast", "crf": "18"}
"""Of the pictures: at this rate factor a copy is hard to tell from its film."""

_CLOCK = 90_000
_BLOCKS = 12
"""Squares across the picture that are left of one that is blurred; nothing in it can be made out again."""

_RAMP = 0.005
"""Seconds over which sound falls to nothing before it is cut or muted, and rises after it: no clicks."""

_GAP = 0.03
"""Seconds by which sound may come early or late before silence is put in or some is dropped."""

_RATES = {8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000}
_LAYOUTS = {"mono", "stereo", "5.1"}


def safe_copy(
    movie: Movie,
    to: Path,
    *,
    skip: Sequence[Span] = (),
    mute: Sequence[Span] = (),
    blur: Sequence[Span] = (),
    seen: Callable[[Time], None] = lambda _: None,
) -> Path:
    """Write the copy as MP4; `seen` is told how far the film is read. Spans of one sort may not overlap.

    A picture is left out or blurred where it begins inside a span; sound is cut to the sample. `to` appears only when
    it is whole. Raises MediaError for a film that cannot be read, UsageError where `to` is the film or nothing is left.
    """
    if "://" not in movie.uri and to.exists() and to.samefile(movie.uri):
        raise UsageError("a copy would take the film's own place", film=movie.name, remedy="Name another file.")
    cuts = Cuts(skip)
    if cuts.before(movie.duration) >= movie.duration:
        raise UsageError("nothing of the film would be left", film=movie.name, remedy="Skip less.")
    whole = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        with reading(movie, video=movie.video is not None, sounds=(0,) if movie.audio else ()) as source:
            _write(source, whole, cuts, mute, blur, seen)
        whole.replace(to)
    except (FFmpegError, OSError) as wrong:
        raise MediaError(f"the copy cannot be written: {wrong}", film=movie.name, remedy="Check the place.") from wrong
    finally:
        whole.unlink(missing_ok=True)
    return to


class Cuts:
    """Stretches that are left out, in order, and where moments of the film come to lie without them."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = sorted(s for s in spans if s.duration)
        if any(b.start < a.end for a, b in zip(self.spans, self.spans[1:], strict=False)):
            raise UsageError("two stretches overlap", remedy="Join them.")
        self._starts = [s.start for s in self.spans]
        self._gone = [ZERO]
        for span in self.spans:
            self._gone.append(self._gone[-1] + span.duration)

    def __contains__(self, at: Time) -> bool:
        number = bisect_right(self._starts, at) - 1
        return number >= 0 and at < self.spans[number].end

    def before(self, at: Time) -> Time:
        """How much is left out before a moment."""
        number = bisect_right(self._starts, at)
        if not number:
            return ZERO
        last = self.spans[number - 1]
        return self._gone[number] - max(last.end - at, ZERO)


def _write(
    source: Reading, to: Path, cuts: Cuts, mute: Sequence[Span], blur: Sequence[Span], seen: Callable[[Time], None]
) -> None:
    with av.open(str(to), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        video, heard = source.video, source.sounds.get(0)
        pictures = _Pictures(film, source, cuts, Cuts(blur)) if video is not None else None
        sound = _Sound(film, source, cuts, mute) if heard is not None else None
        for packet in source.packets():
            streams = [s for s in (video, heard) if s is not None and (packet is None or packet.stream is s)]
            for stream in streams:
                for frame in source.drain(stream) if packet is None else source.decode(packet):
                    at = source.at(frame, stream)
                    if stream is video and pictures is not None:
                        pictures.put(frame, at)
                    elif sound is not None:
                        sound.put(frame, at)
                    seen(at or ZERO)
        for part in (pictures, sound):
            if part is not None:
                part.end()


class _Pictures:
    """The picture stream of a copy."""

    def __init__(self, film: Any, source: Reading, cuts: Cuts, blurred: Cuts) -> None:
        self.film, self.cuts, self.blurred = film, cuts, blurred
        video = source.movie.video
        rate = (video.rate if video is not None else None) or Rate(25)
        context = source.video.codec_context if source.video is not None else None
        self.size = tuple(max(2, side & ~1) for side in (context.width, context.height)) if context else (2, 2)
        self.format = "yuv420p10le" if video is not None and video.bits > 8 else "yuv420p"
        self.stream: Any = film.add_stream("libx264", rate=rate.fraction, options=dict(QUALITY))
        self.stream.width, self.stream.height = self.size
        self.stream.pix_fmt = self.format
        out = self.stream.codec_context
        out.time_base = Fraction(1, _CLOCK)
        for name in ("color_range", "color_primaries", "color_trc", "colorspace", "sample_aspect_ratio"):
            value = getattr(context, name, None)
            if value:
                setattr(out, name, value)
        if video is not None and video.rotation and not video.mirrored:
            self.stream.set_display_rotation(-video.rotation)  # FFmpeg counts the other way round
        self._last = -1

    def put(self, frame: Any, at: Time | None) -> None:
        """Write a picture of the film, unless it is left out."""
        if at is None or at in self.cuts:
            return
        if at in self.blurred:
            frame = self._blurred(frame)
        frame = frame.reformat(*self.size, format=self.format, threads=1)
        shown = max(int(at - self.cuts.before(at)) * _CLOCK // FLICKS_PER_SECOND, self._last + 1)
        frame.pts, frame.time_base, frame.pict_type = shown, Fraction(1, _CLOCK), PictureType.NONE
        self._last = shown
        self.film.mux(self.stream.encode(frame))

    def _blurred(self, frame: Any) -> Any:
        down = max(2, round(_BLOCKS * self.size[1] / self.size[0] / 2) * 2)
        small = frame.reformat(_BLOCKS, down, format=self.format, interpolation=Interpolation.AREA, threads=1)
        return small.reformat(*self.size, interpolation=Interpolation.BICUBIC, threads=1)

    def end(self) -> None:
        """Write what the encoder still holds."""
        self.film.mux(self.stream.encode(None))


class _Sound:
    """The sound of a copy: the samples of the film's clock from 0 on, less those that are left out."""

    def __init__(self, film: Any, source: Reading, cuts: Cuts, mute: Sequence[Span]) -> None:
        told = source.movie.audio[0]
        self.film = film
        self.rate = told.rate if told.rate in _RATES else 48_000
        self.layout = told.layout if told.layout in _LAYOUTS else ("mono" if told.channels == 1 else "stereo")
        self.stream: Any = film.add_stream("aac", rate=self.rate, layout=self.layout)
        self.stream.bit_rate = 96_000 * self.stream.codec_context.layout.nb_channels
        self._resampler = AudioResampler(format="fltp", layout=self.layout, rate=self.rate)
        self._left_out = [self._numbers(s) for s in cuts.spans]
        self._quiet = sorted([*(self._numbers(s) for s in mute), *self._left_out])
        self._next = self._written = 0

    def _numbers(self, span: Span) -> tuple[int, int]:
        return self._number(span.start), self._number(span.end)

    def _number(self, at: Time) -> int:
        return (int(at) * self.rate + int(SECOND) // 2) // int(SECOND)

    def put(self, frame: Any, at: Time | None) -> None:
        """Write a block of the film's sound."""
        late = self._number(at) - self._next if at is not None else 0
        if late > _GAP * self.rate:
            for first in range(self._next, self._next + late, self.rate):
                width = min(self.rate, self._next + late - first)
                self._put(np.zeros((self.stream.codec_context.layout.nb_channels, width), np.float32), first)
            self._next += late
        drop = -late if late < -_GAP * self.rate else 0
        for part in self._resampler.resample(frame):
            samples: Any = part.to_ndarray()
            gone = min(drop, samples.shape[1])
            drop -= gone
            self._put(samples[:, gone:], self._next)
            self._next += samples.shape[1] - gone

    def _put(self, samples: Samples, first: int) -> None:
        """Write samples that begin at a number of the film's, in the pieces that are left of them."""
        samples = samples * self._gain(first, samples.shape[1])
        for start, end in self._kept(first, first + samples.shape[1]):
            piece = np.ascontiguousarray(samples[:, start - first : end - first])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=self.layout)
            frame.sample_rate, frame.pts, frame.time_base = self.rate, self._written, Fraction(1, self.rate)
            self._written += end - start
            self.film.mux(self.stream.encode(frame))

    def _kept(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        for start, end in self._left_out:
            if start >= last:
                break
            if end > first:
                if start > first:
                    yield first, start
                first = end
        if first < last:
            yield first, last

    def _gain(self, first: int, count: int) -> Samples:
        """1 for what is heard, 0 inside what is muted or left out, between them near it."""
        ramp = max(1, round(_RAMP * self.rate))
        gain = np.ones(count, dtype=np.float32)
        at = np.arange(first, first + count)
        for start, end in self._quiet:
            if start - ramp < first + count and end + ramp > first:
                away = np.maximum(start - at, at - end + 1)
                np.minimum(gain, np.clip(away / ramp, 0, 1).astype(np.float32), out=gain)
        return gain

    def end(self) -> None:
        """Write what the resampler and the encoder still hold."""
        for part in self._resampler.resample(None):
            samples: Any = part.to_ndarray()
            self._put(samples, self._next)
            self._next += samples.shape[1]
        self.film.mux(self.stream.encode(None))
