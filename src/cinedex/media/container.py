"""Opening media files safely: what may be opened, with which limits, and how FFmpeg's complaints reach the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
import fsspec

from cinedex.errors import MediaError
from cinedex.timeline.time import SECOND, Time

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,av1,avi,caf,dts,dtshd,dv,eac3,flac,flv,gif,gxf,h263,h264,hevc,iamf,ivf,"
    "loas,m4v,matroska,webm,mjpeg,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,truehd,tta,vc1,"
    "vvc,w64,wav,wtv,wv,yuv4mpegpipe"
)
"""Demuxers that may open a file. Playlists (HLS, DASH, concat) are not among them: they name other files."""

LARGEST_SIDE = 16_384
LARGEST_PICTURE = 1 << 27
"""Pictures wider or higher than LARGEST_SIDE, or of more pixels than this, are refused."""

STREAMS_MAX = 256
"""Files with more streams than this are refused."""

av.logging.set_level(None)  # FFmpeg writes to stderr past us; what matters is raised or counted


@contextmanager
def opened(uri: str, *, name: str | None = None) -> Iterator[Any]:
    """An input container for a local path or an fsspec URL, closed at the end. Raises MediaError."""
    film = name or Path(uri).name
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    remote: Any = None
    try:
        if "://" in uri:
            remote = fsspec.open(uri, "rb").open()
            container = av.open(remote, "r", options=options, metadata_errors="replace")
        else:
            # The prefix keeps names like 'concat:a|b' or '-i' from meaning anything.
            container = av.open(f"file:{Path(uri).absolute()}", "r", options=options, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, ImportError) as wrong:
        if remote is not None:
            remote.close()
        raise _refusal(wrong, film) from wrong
    try:
        with container:
            _check(container, film)
            yield container
    finally:
        if remote is not None:
            remote.close()


def _refusal(wrong: Exception, film: str) -> MediaError:
    """What the user is told about a file that does not open."""
    match wrong:
        case FileNotFoundError():
            return MediaError("there is no such file", film=film, remedy="Check the path.")
        case IsADirectoryError():
            return MediaError("this is a folder, not a file", film=film, remedy="Give the film itself.")
        case PermissionError():
            return MediaError("the file may not be read", film=film, remedy="Check its rights.")
        case ImportError():
            return MediaError(
                f"its address needs a package: {wrong}", film=film, remedy="Install it, or copy the film."
            )
    reason = str(getattr(wrong, "strerror", None) or wrong).lower()
    return MediaError(
        f"not a media file that can be opened ({reason})",
        film=film,
        remedy="Check that the download or copy is complete, and that it is a film or a sound file.",
    )


def _check(container: Any, film: str) -> None:
    if len(container.streams) > STREAMS_MAX:
        raise MediaError(f"{len(container.streams)} streams, more than the {STREAMS_MAX} allowed", film=film)
    for stream in container.streams.video:
        if stream.codec_context is not None:
            check_size(stream.codec_context.width, stream.codec_context.height, film)


def check_size(width: int, height: int, film: str) -> None:
    """Refuse pictures that no film has, before memory is taken for them. Raises MediaError."""
    if max(width, height) > LARGEST_SIDE or width * height > LARGEST_PICTURE:
        raise MediaError(f"pictures of {width}x{height} are too large", film=film, remedy="Make them smaller first.")


def picture_stream(container: Any) -> Any | None:
    """The first picture stream that is a film and not a cover picture or thumbnail; default ones come first."""
    still = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & still and s.codec_context is not None]
    return next(iter(sorted(streams, key=lambda s: not s.disposition & av.stream.Disposition.default)), None)


def sound_streams(container: Any) -> list[Any]:
    """The sound streams that some decoder here understands, in the file's order."""
    return [s for s in container.streams.audio if s.codec_context is not None]


def film_time(pts: int, stream: Any, origin: Time) -> Time:
    """A stream's time stamp as film time."""
    return Time.from_pts(pts, stream.time_base) - origin


_DISCONTINUOUS = 0x0200
_NO_INDEX = 0x0100


def has_index(container: Any) -> bool:
    """Whether the format tells where things are: its clock runs through and it can be sought in without reading it."""
    return not container.format.flags & (_DISCONTINUOUS | _NO_INDEX)


class Clock:
    """Mends the time stamps of a recording whose clock restarts: what follows a jump goes on where the rest ended.

    Broadcast recordings and joined files do this (formats that FFmpeg marks as discontinuous); elsewhere a jump is
    a gap or one very long picture, and only one of days, which no film has, is mended. Give it every packet in file
    order; streams that cross a jump at different packets are moved by the same amount.
    """

    def __init__(self, container: Any) -> None:
        loose = bool(container.format.flags & _DISCONTINUOUS)
        self._ahead = Time.from_seconds(10 if loose else 30 * 3600)
        self._back = Time.from_seconds(2 if loose else 30 * 3600)
        self._shifts = [0]
        self._ends: dict[int, int] = {}
        self._now: dict[int, int] = {}
        self._stamps: dict[int, int] = {}

    @property
    def jumps(self) -> int:
        """How often the clock restarted."""
        return len(self._shifts) - 1

    def mend(self, packet: Any) -> None:
        """Move a packet's time stamps."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None:
            return
        index, base = packet.stream.index, packet.stream.time_base
        at = int(Time.from_pts(stamp, base))
        shift = self._now.get(index)
        if shift is None:  # a stream's first packet is on one of the clocks that others are on
            others = max(self._ends.values(), default=at)
            shift = min(self._shifts, key=lambda s: abs(at + s - others))
        elif not self._near(at + shift - self._ends[index]):
            expected = self._ends[index]
            shift = next((s for s in reversed(self._shifts) if self._near(at + s - expected)), expected - at)
            if shift not in self._shifts:
                self._shifts.append(shift)
        self._now[index] = shift
        before, self._stamps[index] = self._stamps.get(index, at), at
        usual = at - before if 0 < at - before < SECOND else 0
        self._ends[index] = at + shift + (int(Time.from_pts(packet.duration, base)) if packet.duration else usual)
        if shift:
            ticks = round(Fraction(shift, SECOND) / base)
            if packet.pts is not None:
                packet.pts += ticks
            if packet.dts is not None:
                packet.dts += ticks

    def _near(self, off: int) -> bool:
        return -self._back < off < self._ahead
