"""Subtitle files as plain entries, by pysubs2: of whatever bytes come times and words, or a reason."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from cinedex.timeline.time import SECOND, Span, Time

MOST = 20_000
"""Entries that are read of one file."""

_LONGEST = 60_000
"""Milliseconds that an entry may stand."""

Entry = tuple[Span, str]


def entries(data: bytes) -> list[Entry]:
    """Spans and texts in order. Raises ValueError for what is no subtitle file."""
    import pysubs2  # noqa: PLC0415 - only films with side-cars need it

    try:
        file = pysubs2.SSAFile.from_string(_decoded(data))
    except Exception as wrong:  # the parsers raise whatever their formats' oddities bring about
        raise ValueError(f"not read as subtitles ({type(wrong).__name__})") from wrong
    found = sorted(_shown(file), key=lambda e: (e[0].start, e[0].end))
    if not found:
        raise ValueError("no line of it has times and words")
    return found


def _shown(file: object) -> Iterator[Entry]:
    for event in list(file)[:MOST]:  # type: ignore[call-overload]  # pysubs2 has no types
        start, end = int(event.start), int(event.end)
        if event.is_comment or end <= start or start < 0 or not event.plaintext.strip():
            continue
        yield Span(_time(start), _time(min(end, start + _LONGEST))), str(event.plaintext)


def _time(milliseconds: int) -> Time:
    return Time(milliseconds * int(SECOND) // 1000)


def _decoded(data: bytes) -> str:
    """Text by its byte order mark, as UTF-8, or as the code page that most old files are in."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
