"""Chapters as lists that players and sites read: WebVTT, FFmpeg's metadata, and the text that YouTube takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cinedex.errors import NotFoundError, UsageError
from cinedex.timeline.movie import Chapter, Movie
from cinedex.timeline.time import SECOND, Span, Time

LONGEST_TITLE = 100
"""Characters of a title."""

_YOUTUBE_LEAST, _YOUTUBE_SHORTEST = 3, SECOND * 10
"""What YouTube asks of a list: so many chapters, each so long at least, the first at 0:00."""


def vtt(chapters: Sequence[Chapter]) -> str:
    """WebVTT, as a `track` of the kind 'chapters'."""
    parts = ["WEBVTT\n"]
    for number, one in enumerate(chapters, 1):
        text = _line(one.title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        parts.append(f"{number}\n{one.span.start.clock} --> {one.span.end.clock}\n{text}\n")
    return "\n".join(parts)


def ffmetadata(chapters: Sequence[Chapter]) -> str:
    """FFmpeg's metadata file, in milliseconds: `ffmpeg -i film.mp4 -i chapters.ffmeta -map_chapters 1 -c copy ...`."""
    parts = [";FFMETADATA1"]
    for one in chapters:
        start, end = (round(t.seconds * 1000) for t in (one.span.start, one.span.end))
        title = "".join(f"\\{c}" if c in "=;#\\" else c for c in _line(one.title))
        parts.append(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}")
    return "\n".join([*parts, ""])


def youtube(chapters: Sequence[Chapter]) -> str:
    """Lines for a description on YouTube. Chapters too short for it are joined with what goes before.

    Raises UsageError where fewer than three are left.
    """
    kept: list[Chapter] = []
    for one in chapters:
        if kept and min(kept[-1].span.duration, one.span.duration) < _YOUTUBE_SHORTEST:
            kept[-1] = Chapter(kept[-1].span | one.span, kept[-1].title)
        else:
            kept.append(one)
    if len(kept) < _YOUTUBE_LEAST:
        raise UsageError(
            f"YouTube takes chapters from three on, each of ten seconds; there are {len(kept)}",
            remedy="Write .vtt or .ffmeta instead.",
        )
    starts = [Time(0), *(c.span.start for c in kept[1:])]
    return "\n".join([*(f"{_short(t)} {_line(c.title)}" for t, c in zip(starts, kept, strict=True)), ""])


FORMS: dict[str, Callable[[Sequence[Chapter]], str]] = {"vtt": vtt, "ffmeta": ffmetadata, "txt": youtube}
"""How a list of chapters is written, by the ending of its file."""


def write_chapters(movie: Movie, told: Sequence[tuple[Span, str]], to: Path) -> Path:
    """Write stretches with their titles as chapters of a film, by the file's ending.

    Raises UsageError for another ending, NotFoundError where there are none.
    """
    form = to.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise UsageError(f"chapters are written as {', '.join(f'.{x}' for x in FORMS)}, not as {to.name}")
    if not told:
        raise NotFoundError(f"no chapters of {movie.name} are known", remedy="Analyse the film first.")
    chapters = filled([Chapter(span, title) for span, title in told], movie.span)
    to.write_text(FORMS[form](chapters), encoding="utf-8", newline="\n")
    return to


def filled(chapters: Sequence[Chapter], film: Span) -> list[Chapter]:
    """Chapters that follow one another from the film's first moment to its last."""
    starts = [film.start, *(c.span.start for c in chapters[1:])]
    ends = [*starts[1:], film.end]
    return [Chapter(Span(a, max(a, b)), c.title) for a, b, c in zip(starts, ends, chapters, strict=True)]


def _line(text: str) -> str:
    """A title on one line that is never empty."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_TITLE]
    return clean or "Chapter"


def _short(at: Time) -> str:
    seconds = int(at.seconds)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
