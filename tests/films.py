"""Small films with known contents, made by the tests themselves: every picture carries its number as a bar code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

BITS = 12
"""Bits of a picture's number drawn along its top edge, most significant first, white for one."""


@dataclass(frozen=True)
class Sound:
    """A sound stream: 'tone' (a different pitch per channel), 'silence', or float samples [n] or [channels, n]."""

    what: str | npt.NDArray[np.float32] = "tone"
    rate: int = 48_000
    channels: int = 2
    codec: str = "pcm_s16le"
    start: float = 0.0
    language: str | None = None
    title: str | None = None
    marks: tuple[str, ...] = ()
    """Its dispositions by FFmpeg's names: 'default', 'comment', 'visual_impaired'."""


def picture(number: int, size: tuple[int, int], colour: tuple[int, int, int]) -> Pixels:
    """A picture of one colour with a moving block and its number as a bar code; size is (width, height)."""
    width, height = size
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[:] = colour
    x = number * 4 % max(width - 16, 1)
    pixels[height // 2 : height // 2 + 16, x : x + 16] = 255 - np.array(colour, dtype=np.uint8)
    bar = width // BITS
    for bit in range(BITS):
        pixels[: height // 6, bit * bar : (bit + 1) * bar] = 255 if number >> (BITS - 1 - bit) & 1 else 0
    return pixels


def number_of(pixels: Pixels) -> int:
    """The number that a picture (of any size, upright) carries."""
    height, width = pixels.shape[:2]
    row = (
        pixels[: max(1, height // 12)].reshape(-1, width, pixels.shape[2] if pixels.ndim == 3 else 1).mean(axis=(0, 2))
    )
    bar = width / BITS
    bits = [
        row[int((i + 0.3) * bar) : max(int((i + 0.7) * bar), int((i + 0.3) * bar) + 1)].mean() > 127
        for i in range(BITS)
    ]
    return sum(1 << (BITS - 1 - i) for i, one in enumerate(bits) if one)


def make_film(
    path: Path,
    *,
    seconds: float = 2.0,
    rate: Fraction = Fraction(24),
    size: tuple[int, int] = (192, 108),
    shots: Sequence[tuple[float, tuple[int, int, int]]] = (),
    sounds: Sequence[Sound] = (),
    codec: str | None = "libx264",
    gop: int = 12,
    pix_fmt: str = "yuv420p",
    times: Sequence[float] | None = None,
    rotation: int = 0,
    b_frames: int = 2,
    options: dict[str, str] | None = None,
    start: float = 0.0,
    signal: dict[str, int] | None = None,
    chapters: Sequence[tuple[float, float, str]] = (),
) -> Path:
    """Write a film. `shots` are (seconds, colour) in order; `times` gives each picture's own time (variable rate).

    `codec` None makes a film without pictures; `start` is the time stamp of its beginning, in seconds; `signal` sets
    `colorspace`, `color_range`, `color_trc`, `color_primaries` of the stream. The same arguments give the same film.
    """
    with av.open(str(path), "w") as out:
        if chapters:
            marks = [
                {"id": i, "start": round(a * 1000), "end": round(b * 1000), "time_base": Fraction(1, 1000)}
                | {"metadata": {"title": title}}
                for i, (a, b, title) in enumerate(chapters)
            ]
            out.set_chapters(marks)
        video = _video(out, codec, rate, size, gop, pix_fmt, b_frames, options, rotation) if codec else None
        for name, value in (signal or {}).items():
            setattr(video.codec_context, name, value)
        audio = [_audio(out, s) for s in sounds]
        if video is not None:
            base = Fraction(video.codec_context.time_base)
            plan = [(shots[0][1] if shots else (90, 120, 60))] * 1 if not shots else []
            for length, colour in shots:
                plan += [colour] * round(length * rate)
            count = len(times) if times is not None else (len(plan) if shots else round(seconds * rate))
            for i in range(count):
                colour = plan[min(i, len(plan) - 1)]
                frame = av.VideoFrame.from_ndarray(picture(i, size, colour), format="rgb24")
                for name, value in (signal or {}).items():
                    setattr(frame, name, value)
                at = Fraction(times[i]).limit_denominator(90_000) if times is not None else Fraction(i) / rate
                at += Fraction(start)
                frame.pts, frame.time_base = round(at / base), base
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
            length = float(count / rate) if times is None else max(times) + float(1 / rate)
        else:
            length = seconds
        for stream, sound in audio:
            _write_sound(out, stream, sound, length, start)
    return path


def _video(
    out: Any,
    codec: str,
    rate: Fraction,
    size: tuple[int, int],
    gop: int,
    pix_fmt: str,
    b_frames: int,
    options: dict[str, str] | None,
    rotation: int,
) -> Any:
    stream = out.add_stream(codec, rate=rate)
    stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
    stream.codec_context.gop_size = gop
    stream.codec_context.max_b_frames = b_frames
    stream.codec_context.time_base = 1 / rate if codec.startswith("mpeg") else Fraction(1, 90_000)
    stream.codec_context.thread_count = 1
    if codec == "libx264":
        stream.codec_context.options = {"preset": "veryfast", "crf": "12", "sc_threshold": "0", **(options or {})}
    elif options:
        stream.codec_context.options = options
    if rotation:
        stream.set_display_rotation(rotation)
    return stream


def _audio(out: Any, sound: Sound) -> tuple[Any, Sound]:
    layouts = {1: "mono", 2: "stereo", 6: "5.1"}
    stream = out.add_stream(sound.codec, rate=sound.rate, layout=layouts[sound.channels])
    if sound.language:
        stream.metadata["language"] = sound.language
    if sound.title:
        stream.metadata["title"] = sound.title
    for mark in sound.marks:
        stream.disposition |= av.stream.Disposition[mark]
    return stream, sound


def samples_of(sound: Sound, seconds: float) -> npt.NDArray[np.float32]:
    """The samples of a sound, float32 [channels, n]."""
    count = round(seconds * sound.rate)
    if isinstance(sound.what, np.ndarray):
        given = np.atleast_2d(sound.what).astype(np.float32)
        return np.repeat(given, sound.channels, axis=0) if len(given) == 1 else given
    if sound.what == "silence":
        return np.zeros((sound.channels, count), dtype=np.float32)
    at = np.arange(count) / sound.rate
    tones = [0.3 * np.sin(2 * np.pi * (220 * (c + 1) + 10 * at) * at) for c in range(sound.channels)]
    return np.array(tones, dtype=np.float32)


def _write_sound(out: Any, stream: Any, sound: Sound, seconds: float, begin: float) -> None:
    samples = samples_of(sound, seconds)
    step = 1024
    for start in range(0, samples.shape[1], step):
        part = samples[:, start : start + step]
        whole = np.clip(np.rint(part.T.reshape(1, -1) * 32767), -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(whole), format="s16", layout=stream.layout.name)
        frame.sample_rate, frame.time_base = sound.rate, Fraction(1, sound.rate)
        frame.pts = start + round((begin + sound.start) * sound.rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
