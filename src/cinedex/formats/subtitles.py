"""A film's subtitles as files: made to keep the style guide, in the language spoken most, for adults who hear.

Of other choices there is `cinedex subtitles`; both write by `cinedex.subtitles.files`.
"""

from __future__ import annotations

from pathlib import Path

from cinedex.subtitles.files import spelled
from cinedex.subtitles.film import film_subtitles
from cinedex.timeline.timeline import Timeline


def write_srt(timeline: Timeline, to: Path) -> None:
    """Write SubRip, UTF-8. Raises LookupError where cues were not computed."""
    _write(timeline, to, "srt")


def write_vtt(timeline: Timeline, to: Path) -> None:
    """Write WebVTT. Raises LookupError where cues were not computed."""
    _write(timeline, to, "vtt")


def write_ass(timeline: Timeline, to: Path) -> None:
    """Write Advanced SubStation Alpha, UTF-8. Raises LookupError where cues were not computed."""
    _write(timeline, to, "ass")


def write_ttml(timeline: Timeline, to: Path) -> None:
    """Write TTML as IMSC 1.1 text. Raises LookupError where cues were not computed."""
    _write(timeline, to, "ttml")


def _write(timeline: Timeline, to: Path, form: str) -> None:
    made = film_subtitles(timeline)
    to.write_text(spelled(made.subtitles, form, made.guide.language), encoding="utf-8", newline="\n")
