"""A Movie: one media file as watched. Plain values; `media.probe` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cinedex.timeline.time import ZERO, Rate, Span, Time


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A picture stream. `width` x `height` are as stored; `display` is upright with square pixels."""

    index: int
    codec: str
    width: int
    height: int
    display: tuple[int, int]
    rotation: Literal[0, 90, 180, 270]
    rate: Rate | None
    """Frames per second where the stream is constant, its average where it varies."""
    variable: bool
    start: Time
    duration: Time
    frames: int | None
    pixel_format: str
    bits: int
    interlaced: bool
    color_range: str
    color_space: str
    color_transfer: str
    hdr: str | None
    """'PQ', 'HLG', 'Dolby Vision' or None."""
    mirrored: bool = False
    """Whether the picture is to be turned upside down before it is rotated."""


@dataclass(frozen=True, slots=True)
class AudioStream:
    """A sound stream; `layout` as FFmpeg names it ('stereo', '5.1(side)')."""

    index: int
    codec: str
    rate: int
    channels: int
    layout: str
    language: str | None
    title: str | None
    start: Time
    duration: Time
    default: bool
    role: str = ""
    """What it is beside the programme, as marked: 'commentary', 'description', 'karaoke', 'effects'; else ''."""


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """An embedded subtitle stream; `text` is False for bitmap subtitles."""

    index: int
    codec: str
    language: str | None
    title: str | None
    text: bool
    default: bool
    forced: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter mark of the container."""

    span: Span
    title: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file beside the film, as it was when the film was taken in: `digest` is the SHA-256 of its bytes."""

    name: str
    uri: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Movie:
    """One media file. Film time 0 is the start of its earliest played stream, whatever time stamps it carries."""

    id: str
    uri: str
    name: str
    size: int
    container: str
    duration: Time
    video: VideoStream | None
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    origin: Time = ZERO
    """The container time of film time 0."""
    warnings: tuple[str, ...] = ()
    joined: bool = False
    """Whether the container's clock restarts on the way: film time joins it up, and seeks by it are not possible."""
    sidecars: tuple[Sidecar, ...] = ()
    """Subtitle files that lay beside it when it was last taken in."""

    @property
    def span(self) -> Span:
        """The whole film."""
        return Span(ZERO, self.duration)
