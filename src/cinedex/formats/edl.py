"""Stretches of a film as an edit decision list (CMX 3600), which every editing program reads.

Times are counted in frames from the first of the film, without drop frames, at the rate rounded up: 00:00:00:00 is
where the file starts, whatever timecode it carries. A list names one reel and has at most 999 events.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cinedex.errors import UsageError
from cinedex.formats.editorial import write_clips
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Rate, Span, Time

MOST_EVENTS = 999

_LONGEST_NAME = 120


def write_cut(movie: Movie, clips: Sequence[tuple[Span, str]], title: str, to: Path) -> Path:
    """Write stretches of a film, each with a remark, one after the other: as .edl or .otio, by the file's name."""
    if to.suffix.lower() == ".edl":
        to.write_text(edl(movie, clips, title), encoding="utf-8", newline="\n")
    elif to.suffix.lower() == ".otio":
        write_clips(movie, clips, title, to)
    else:
        raise UsageError(f"a reel is written as .edl or .otio, not as {to.name}")
    return to


def edl(movie: Movie, clips: Sequence[tuple[Span, str]], title: str) -> str:
    """An edit decision list of (stretch, remark), one after the other. Each is of whole frames, the nearest ones.

    Raises UsageError where frames cannot be counted (no pictures, or no constant rate), and for too many events.
    """
    rate = rate_of(movie)
    if len(clips) > MOST_EVENTS:
        raise UsageError(
            f"an EDL has at most {MOST_EVENTS} events, not {len(clips)}", film=movie.name, remedy="Write .otio instead."
        )
    channel = "AA/V" if movie.audio else "V   "
    lines = [f"TITLE: {_plain(title)}", "FCM: NON-DROP FRAME", ""]
    at = 0
    for number, (span, remark) in enumerate(clips, 1):
        first, end = frame_of(rate, span.start), frame_of(rate, span.end)
        source = f"{_timecode(rate, first)} {_timecode(rate, end)}"
        record = f"{_timecode(rate, at)} {_timecode(rate, at + end - first)}"
        lines.append(f"{number:03d}  AX       {channel}  C        {source} {record}")
        lines.append(f"* FROM CLIP NAME: {_plain(movie.name)}")
        lines += [f"* COMMENT: {_plain(remark)}"] if remark else []
        at += end - first
    return "\n".join([*lines, ""])


def rate_of(movie: Movie) -> Rate:
    """The film's frames a second. Raises UsageError where they cannot be counted."""
    if movie.video is None:
        raise UsageError("an edit decision list needs pictures", film=movie.name, remedy="Write chapters instead.")
    if movie.video.rate is None or movie.video.variable:
        raise UsageError(
            "an edit decision list counts frames, and this film has no constant rate",
            film=movie.name,
            remedy="Write .otio instead.",
        )
    return movie.video.rate


def frame_of(rate: Rate, at: Time) -> int:
    """The number of the frame that begins nearest to a time."""
    number = rate.count(at)
    return number + 1 if at - rate.time(number) > rate.time(number + 1) - at else number


def _timecode(rate: Rate, frame: int) -> str:
    return rate.timecode(rate.time(frame))


def _plain(text: str) -> str:
    """One line that cannot begin anything new in a list."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_NAME]
