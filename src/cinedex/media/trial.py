"""Trying a file out: the first packets of every stream, decoded, show what works, where it starts and how it runs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av.error
import numpy as np

from cinedex.errors import MediaError
from cinedex.media.container import check_size, film_time, opened, picture_stream, sound_streams
from cinedex.timeline.time import ZERO, Rate, Time

_PACKETS = 4_000
_PICTURES = 250
_LATE_PACKETS = 200
_STANDARD = [
    Fraction(n, d)
    for n, d in [(24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1), (48, 1)]
]
_STANDARD += [Fraction(r) for r in ("10", "12", "25/2", "15", "100", "120000/1001", "120")]
_FASTEST = 240
"""Pictures a second above which a told rate is a clock's, not a film's."""

_UNEVEN = 0.03
"""Share of pictures that may be shown for longer or shorter than the others in a film of constant rate."""

_ENCRYPTED = ("encryption_info", "encryption_init_info")


class Trial:
    """What a short reading from the file's start showed. Raises MediaError for pictures too large to decode."""

    def __init__(self, container: Any, uri: str, name: str) -> None:
        self.name = name
        self.warnings: list[str] = []
        self.first: dict[int, Any] = {}
        self.starts: dict[int, Time] = {}
        self._stamps: list[tuple[int | None, int | None]] = []
        self.encrypted = False
        self.packets: dict[int, int] = {}
        video = picture_stream(container)
        sounds = sound_streams(container)
        self.seen = [*([video] if video is not None else []), *sounds]
        if video is not None:
            video.thread_type = "SLICE"
        self._read(container, video)
        for stream in self.seen:
            if stream.index not in self.packets:
                self._read_late(uri, stream)
        self.video = video if video is not None and video.index in self.first else None
        self.sounds = [s for s in sounds if s.index in self.first]
        self._tell()
        for stream in self.streams:
            self.starts[stream.index] = self._start(stream)

    @property
    def streams(self) -> list[Any]:
        """The picture stream and sound streams that can be decoded."""
        return [*([self.video] if self.video is not None else []), *self.sounds]

    def _read(self, container: Any, video: Any) -> None:
        wanted = {s.index for s in self.seen}
        read = 0
        try:
            for packet in container.demux(self.seen):
                read += 1
                if video is not None and packet.stream_index == video.index and packet.size:
                    self._stamps.append((packet.pts, packet.dts))
                self._try(packet)
                enough = video is None or len(self._stamps) >= _PICTURES
                if read >= _PACKETS or (enough and wanted <= self.first.keys()):
                    break
        except (av.error.FFmpegError, OSError) as broken:
            reason = str(getattr(broken, "strerror", None) or broken).lower()
            self.warnings.append(f"reading its start stopped early: {reason}")

    def _read_late(self, uri: str, stream: Any) -> None:
        """Look for a stream that does not begin with the film, such as a commentary."""
        with opened(uri, name=self.name) as container:
            same = container.streams[stream.index]
            for other in container.streams:
                if other is not same:
                    other.discard = av.stream.Discard.all
            try:
                for read, packet in enumerate(container.demux(same)):
                    self._try(packet)
                    if same.index in self.first or read >= _LATE_PACKETS:
                        break
            except (av.error.FFmpegError, OSError):
                return

    def _try(self, packet: Any) -> None:
        index = packet.stream_index
        if packet.size:
            self.packets[index] = self.packets.get(index, 0) + 1
            self.encrypted = self.encrypted or any(packet.has_sidedata(kind) for kind in _ENCRYPTED)
        if index in self.first:
            return
        try:
            for frame in packet.decode():
                if hasattr(frame, "width"):
                    check_size(frame.width, frame.height, self.name)
                self.first.setdefault(index, frame)
        except (av.error.FFmpegError, MemoryError, ValueError):
            return

    def _tell(self) -> None:
        for stream in self.seen:
            if stream.index in self.first:
                continue
            what = "picture" if stream.type == "video" else "sound"
            why = "cannot be decoded" if stream.index in self.packets else "is empty"
            self.warnings.append(f"{what} stream {stream.index} ({codec_name(stream)}) {why} and is left out")

    def _start(self, stream: Any) -> Time:
        pts = self.first[stream.index].pts
        if pts is None:
            pts = min(self._shown()[:32], default=0) if stream is self.video else stream.start_time or 0
        return film_time(pts, stream, ZERO)

    def _shown(self) -> list[int]:
        """The pictures' time stamps in order; formats as old as AVI tell only when pictures are decoded."""
        shown = [pts for pts, _ in self._stamps if pts is not None]
        if len(shown) < len(self._stamps):
            shown = [dts for _, dts in self._stamps if dts is not None] or shown
        return sorted(set(shown))

    @property
    def _steps(self) -> Any:
        """Ticks between pictures, in the order shown; the last few may wait for pictures not read yet."""
        shown = self._shown()
        return np.diff(shown)[: -4 if len(shown) > 16 else None]

    @property
    def variable(self) -> bool:
        """Whether pictures are shown for different times, beyond the rounding of time stamps and a few lost ones."""
        steps = self._steps
        if len(steps) < 3 or self.video is None:
            return False
        usual = np.median(steps)
        slack = max(0.0021 / float(self.video.time_base), 1.5)
        uneven = float((np.abs(steps - usual) > slack).mean()) > _UNEVEN
        measured, told = self._measured(), self.video.average_rate
        whole = told is not None and told <= _FASTEST and self.video.frames > _PICTURES
        return uneven or (whole and abs(measured / told - 1) > 0.01)

    def _measured(self) -> Fraction:
        steps, base = self._steps, Fraction(self.video.time_base if self.video is not None else 1)
        count = int(np.rint(steps / np.median(steps)).sum())
        return Fraction(count) / (int(steps.sum()) * base)

    @property
    def rate(self) -> Rate | None:
        """Pictures a second: as told where that is what was measured, else the standard rate that was."""
        if self.video is None:
            return None
        told = self.video.average_rate or self.video.guessed_rate or self.video.base_rate
        steps = self._steps
        if len(steps) < 3 or (self.variable and told and told <= _FASTEST):
            return Rate.of(told) if told else None
        measured = self._measured()
        slack = Fraction(2, int(steps.sum())) + Fraction(1, 10_000)
        if told and abs(told / measured - 1) <= slack:
            return Rate.of(next((r for r in _STANDARD if abs(told / r - 1) < Fraction(1, 10_000)), told))
        near = min(_STANDARD, key=lambda r: abs(r / measured - 1))
        return Rate.of(near if abs(near / measured - 1) <= slack else measured.limit_denominator(1001))

    def refusal(self) -> MediaError:
        """Why nothing of the file can be used, and what to do."""
        names = ", ".join(sorted({codec_name(s) for s in self.seen}))
        if self.encrypted:
            return MediaError("the film is encrypted", film=self.name, remedy="Use an unprotected copy.")
        if not self.seen:
            return MediaError(
                "it holds neither pictures nor sound that can be decoded", film=self.name, remedy="Give another file."
            )
        if not self.packets:
            return MediaError(
                f"it tells of {names} but holds no pictures or sound",
                film=self.name,
                remedy="It is the header of a longer film or cut off: use the complete file.",
            )
        return MediaError(
            f"nothing in it can be decoded ({names}); it is damaged or encrypted",
            film=self.name,
            remedy="Try a complete, unprotected copy.",
        )


def codec_name(stream: Any) -> str:
    """The codec by FFmpeg's name for the format ('av1', 'mp3'), whichever decoder reads it."""
    return str(stream.codec_context.codec.canonical_name) if stream.codec_context is not None else "unknown"
