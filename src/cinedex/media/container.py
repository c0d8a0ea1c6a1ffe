"""Opening media files safely: what may be opened, with which limits, and how FFmpeg's complaints reach the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
import fsspec

from cinedex.errors import MediaError
from cinedex.timeline.time import ZERO, Time

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,asf,avi,av1,caf,dv,eac3,flac,flv,gxf,h264,hevc,ivf,loas,m4v,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,vc1,w64,wav,wtv,yuv4mpegpipe"
)
"""Demuxers that may open a file. Playlists (HLS, DASH, concat) are not among them: they name other files."""

LARGEST_SIDE = 16_384
"""Pictures wider or higher than this are refused."""

STREAMS_MAX = 256
"""Files with more streams than this are refused."""

av.logging.set_level(None)  # FFmpeg writes to stderr past us; what matters is raised or counted


@contextmanager
def opened(uri: str, *, name: str | None = None) -> Iterator[Any]:
    """An input container for a local path or an fsspec URL, closed at the end. Raises MediaError."""
    film = name or Path(uri).name
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file,subfile"}
    remote: Any = None
    try:
        if "://" in uri:
            remote = fsspec.open(uri, "rb").open()
            container = av.open(remote, "r", options=options, metadata_errors="replace")
        else:
            # The prefix keeps names like 'concat:a|b' or '-i' from meaning anything.
            container = av.open(f"file:{Path(uri).absolute()}", "r", options=options, metadata_errors="replace")
    except FileNotFoundError:
        raise MediaError("there is no such file", film=film, remedy="Check the path.") from None
    except IsADirectoryError:
        raise MediaError("this is a folder, not a file", film=film, remedy="Give the film itself.") from None
    except PermissionError:
        raise MediaError("the file may not be read", film=film, remedy="Check its rights.") from None
    except (av.error.FFmpegError, ValueError) as wrong:
        raise MediaError(
            f"not a media file that can be opened ({_reason(wrong)})",
            film=film,
            remedy="Check that the download or copy is complete, and that it is a film or a sound file.",
        ) from wrong
    try:
        with container:
            if len(container.streams) > STREAMS_MAX:
                raise MediaError(f"{len(container.streams)} streams, more than the {STREAMS_MAX} allowed", film=film)
            yield container
    finally:
        if remote is not None:
            remote.close()


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.removeprefix("[Errno ").strip().lower()


def picture_stream(container: Any) -> Any | None:
    """The first picture stream that is a film and not a cover picture or thumbnail."""
    still = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & still and s.codec_context is not None]
    return next(iter(sorted(streams, key=lambda s: not s.disposition & av.stream.Disposition.default)), None)


def sound_streams(container: Any) -> list[Any]:
    """The sound streams that some decoder here understands, in the file's order."""
    return [s for s in container.streams.audio if s.codec_context is not None]


def film_time(pts: int, stream: Any, origin: Time) -> Time:
    """A stream's time stamp as film time."""
    return Time.from_pts(pts, stream.time_base) - origin


JUMPS = "they are joined up"
"""How a film's warning says that its time stamps jump; such a film is read from its start, never sought in."""

_JUMP = Time.from_seconds(10)


class Clock:
    """One stream's time stamps as film time that never runs backwards; a jump of over 10 s is closed up.

    Broadcast recordings restart their clocks; a film that pauses for ten seconds between two pictures does not exist.
    """

    def __init__(self, stream: Any, origin: Time) -> None:
        self.stream, self.shift = stream, -origin
        self.last: Time | None = None
        self.jumps = 0

    def film(self, pts: int, step: Time = ZERO) -> Time:
        """The film time of a time stamp; after a jump the stream goes on `step` after its last one."""
        at = Time.from_pts(pts, self.stream.time_base) + self.shift
        if self.last is not None and abs(int(at - self.last)) > _JUMP:
            self.shift += self.last + step - at
            at = self.last + step
            self.jumps += 1
        self.last = at
        return at
