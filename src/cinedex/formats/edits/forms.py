"""The formats of edits: each has a writer, a reader, and acts that it can say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cinedex.compliance.edits import Act, EditList
from cinedex.errors import UsageError
from cinedex.formats.editorial import read_edited, write_edited
from cinedex.formats.edits.edl import read_edl, write_edl
from cinedex.formats.edits.ffmpeg import read_ffmpeg, write_ffmpeg
from cinedex.formats.edits.filters import read_mcf, read_skp, write_mcf, write_skp
from cinedex.formats.edits.listed import Listed
from cinedex.formats.edits.segments import read_segments, write_segments


@dataclass(frozen=True, slots=True)
class EditForm:
    """A format of edits: how its files end, what it can say, and its writer and reader."""

    ending: str
    acts: tuple[Act, ...]
    write: Callable[[EditList], str]
    read: Callable[[str], list[Listed]]


EDIT_FORMS = {
    "kodi": EditForm("edl", ("skip", "mute"), write_edl, read_edl),
    "mplayer": EditForm("edl", ("skip", "mute"), write_edl, read_edl),
    "jellyfin": EditForm("segments.json", ("skip",), write_segments, read_segments),
    "mcf": EditForm("mcf", ("skip", "mute", "blur"), write_mcf, read_mcf),
    "videoskip": EditForm("skp", ("skip", "mute", "blur"), write_skp, read_skp),
    "otio": EditForm("edited.otio", ("skip", "mute", "blur"), write_edited, read_edited),
    "ffmpeg": EditForm("filters.txt", ("skip", "mute", "blur"), write_ffmpeg, read_ffmpeg),
}
"""Every format that edits are written in, by name."""


def write_edits(edits: EditList, form: str, to: Path) -> int:
    """Write a file of edits; gives how many the format has no way to say, which are not in it. Raises UsageError."""
    if form not in EDIT_FORMS:
        raise UsageError(f"there is no format {form!r} of edits", remedy=f"There are: {', '.join(EDIT_FORMS)}.")
    known = EDIT_FORMS[form]
    try:
        to.write_text(known.write(edits), encoding="utf-8", newline="\n")
    except OSError as wrong:
        raise UsageError(f"{to}: cannot be written ({wrong})", remedy="Name a file that you may write.") from wrong
    return sum(e.act not in known.acts for e in edits.edits)
