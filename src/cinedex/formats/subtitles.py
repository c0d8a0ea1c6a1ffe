"""Cues as SubRip and WebVTT, by pysubs2 (imported here only). Both carry milliseconds: times are rounded to them."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from cinedex.timeline.rows import Cue
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import Timeline


def write_srt(timeline: Timeline, to: Path) -> None:
    """Write SubRip, UTF-8. Raises LookupError where cues were not computed."""
    _write(timeline, to, "srt")


def write_vtt(timeline: Timeline, to: Path) -> None:
    """Write WebVTT. Raises LookupError where cues were not computed."""
    _write(timeline, to, "vtt")


def _write(timeline: Timeline, to: Path, form: str) -> None:
    import pysubs2  # noqa: PLC0415 - only exports need it

    cues: Sequence[Cue] = timeline.track(Cue).rows
    file = pysubs2.SSAFile()
    for cue in cues:
        text = _line(cue.text)
        if form == "vtt":
            # WebVTT is markup: < & > in words must not become tags.
            text = html.escape(text, quote=False)
        event = pysubs2.SSAEvent(start=_ms(cue.start), end=max(_ms(cue.end), _ms(cue.start) + 1))
        event.text = text
        file.events.append(event)
    to.write_text(_spelled(file, form), encoding="utf-8")


def _spelled(file: object, form: str) -> str:
    # Braces would be read as formatting; what was said is text.
    return str(file.to_string(form, keep_html_tags=True, keep_ssa_tags=True, keep_unknown_html_tags=True))  # type: ignore[attr-defined]  # pysubs2 has no types


def _line(text: str) -> str:
    """One line of plain text: what films say must not end a cue, start another, or hide in control characters."""
    plain = "".join(c if unicodedata.category(c) != "Cc" else " " for c in text)
    return " ".join(plain.replace("-->", "->").split())


def _ms(at: Time) -> int:
    return (int(at) * 1000 + FLICKS_PER_SECOND // 2) // FLICKS_PER_SECOND
