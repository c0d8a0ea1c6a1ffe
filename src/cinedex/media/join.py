"""Joins clips and a sound into a new film (H.264 and AAC in MP4). `safecut` is the other place that writes media.

The same clips give the same bytes with the same build of PyAV, so that a film made here can stand in a test. Pictures
less than 64 lines high are the exception: x264's macroblock tree then reads memory that it has not written.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from cinedex.errors import MediaError
from cinedex.timeline.time import FLICKS_PER_SECOND, ZERO, Rate, Span, Time

Picture = npt.NDArray[np.uint8]
"""RGB, uint8 [height, width, 3]."""

SOUND_RATE = 48_000
"""Samples per second of the written sound."""

KEY_FRAMES = 2
"""Seconds between key frames at most: seeks in the film stay cheap."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A media file, or a stretch of it, that becomes part of a film."""

    path: Path
    span: Span | None = None


def join(
    clips: Sequence[Piece], sound: Piece, to: Path, *, size: tuple[int, int], rate: Rate, fade: Time = ZERO
) -> Path:
    """Write a film of the clips' pictures, one after another, under one sound; it lasts as long as the longer of both.

    `size` is (width, height), even; pictures keep their shape between black bars. The last `fade` of the last clip
    darkens, what follows it is black. The sound is held in memory (11 MiB a minute). Raises MediaError for a file
    that cannot be read. `to` appears only when it is whole.
    """
    heard = _sound(sound)
    length = -(-len(heard) * rate.num // (SOUND_RATE * rate.den))
    shown = _dimmed(_pictures(clips, size, rate), rate.count(fade))
    whole = to.with_name(f".{to.name}.{os.getpid()}.part")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(_padded(shown, length, size), heard, whole, size, rate)
        whole.replace(to)
    finally:
        whole.unlink(missing_ok=True)
    return to


def _pictures(clips: Iterable[Piece], size: tuple[int, int], rate: Rate) -> Iterator[Picture]:
    for clip in clips:
        number = 0
        for picture, end in _decoded(clip, size):
            while rate.time(number) < end:
                yield picture
                number += 1


def _decoded(clip: Piece, size: tuple[int, int]) -> Iterator[tuple[Picture, Time]]:
    """The clip's pictures with the time, from the clip's first, at which each stops being shown."""
    span = clip.span
    with _opened(clip.path, "video") as source:
        stream = source.streams.video[0]
        base = Fraction(stream.time_base)
        lasting = Time.from_seconds(1 / Fraction(stream.average_rate or 25))
        first = span.start if span else ZERO
        origin: int | None = None
        held: Picture | None = None
        at = ZERO
        for frame in _decode(source, stream, clip.path):
            origin = frame.pts if origin is None else origin
            at = Time.from_pts(frame.pts - origin, base)
            if span is not None and at >= span.end:
                break
            if held is not None and at > first:
                yield held, at - first
            held = _fitted(frame, size)
        else:
            at = at + lasting
        if held is not None:
            yield held, min(at, span.end) - first if span else at - first


def _fitted(frame: Any, size: tuple[int, int]) -> Picture:
    width, height = size
    scale = min(Fraction(width, frame.width), Fraction(height, frame.height))
    inner = (max(2, round(frame.width * scale / 2) * 2), max(2, round(frame.height * scale / 2) * 2))
    small = frame.reformat(*inner, format="rgb24", interpolation="AREA").to_ndarray()
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    picture[top : top + inner[1], left : left + inner[0]] = small
    return picture


def _dimmed(pictures: Iterable[Picture], count: int) -> Iterator[Picture]:
    """The pictures, the last `count` of them ever darker."""
    waiting: deque[Picture] = deque()
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) > count:
            yield waiting.popleft()
    for left in range(len(waiting), 0, -1):
        yield (waiting.popleft().astype(np.uint16) * left // (count + 1)).astype(np.uint8)


def _padded(pictures: Iterable[Picture], length: int, size: tuple[int, int]) -> Iterator[Picture]:
    count = 0
    for picture in pictures:
        count += 1
        yield picture
    black = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    for _ in range(count, length):
        yield black


def _sound(piece: Piece) -> npt.NDArray[np.float32]:
    resampler = AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE)
    blocks: list[npt.NDArray[np.float32]] = []
    with _opened(piece.path, "audio") as source:
        for frame in _decode(source, source.streams.audio[0], piece.path):
            blocks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    blocks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    samples = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
    if piece.span is None:
        return samples
    start, end = (int(t) * SOUND_RATE // FLICKS_PER_SECOND for t in (piece.span.start, piece.span.end))
    return samples[start:end]


def _write(
    pictures: Iterable[Picture], heard: npt.NDArray[np.float32], to: Path, size: tuple[int, int], rate: Rate
) -> None:
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(to), "w", format="mp4", options=options) as film:
        picture_options = {"preset": "veryfast", "crf": "23", "threads": "1"}
        video: Any = film.add_stream("libx264", rate=rate.fraction, options=picture_options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.gop_size = KEY_FRAMES * -(-rate.num // rate.den)
        audio: Any = film.add_stream("aac", rate=SOUND_RATE, layout="mono", bit_rate=96_000)
        written = 0
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate.fraction
            film.mux(video.encode(frame))
            # Sound keeps pace with the picture: players read both from one place of the file.
            until = min(len(heard), (number + 1) * SOUND_RATE * rate.den // rate.num)
            written = _write_sound(film, audio, heard, written, until)
        _write_sound(film, audio, heard, written, len(heard))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def _write_sound(film: Any, audio: Any, heard: npt.NDArray[np.float32], start: int, end: int) -> int:
    if end > start:
        frame = av.AudioFrame.from_ndarray(heard[np.newaxis, start:end].copy(), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        film.mux(audio.encode(frame))
    return end


def _opened(path: Path, kind: str) -> Any:
    try:
        source = av.open(str(path))
    except (FFmpegError, OSError) as error:
        raise MediaError(f"cannot be opened: {error}", film=path.name) from error
    if not any(stream.type == kind for stream in source.streams):
        source.close()
        raise MediaError(f"has no {kind} to join", film=path.name)
    return source


def _decode(source: Any, stream: Any, path: Path) -> Iterator[Any]:
    try:
        yield from source.decode(stream)
    except FFmpegError as error:
        raise MediaError(f"cannot be decoded: {error}", film=path.name) from error
