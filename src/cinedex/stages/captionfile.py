"""Subtitle files as plain entries: of whatever bytes come times and words, or a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cinedex.subtitles.files import parsed
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.time import SECOND, ZERO, Span

MOST = 20_000
"""Entries that are read of one file."""

_LONGEST = SECOND * 60
"""For how long an entry may stand."""

Entry = tuple[Span, str]


def entries(data: bytes) -> list[Entry]:
    """Spans and texts in order. Raises ValueError for what is no subtitle file."""
    found = sorted(_shown(parsed(data).subtitles), key=lambda e: (e[0].start, e[0].end))
    if not found:
        raise ValueError("no line of it has times and words")
    return found


def _shown(subtitles: Sequence[Subtitle]) -> Iterator[Entry]:
    for it in subtitles[:MOST]:
        if it.end > it.start >= ZERO and it.text.strip():
            yield Span(it.start, min(it.end, it.start + _LONGEST)), it.text
