"""The edit decision lists of MPlayer and Kodi: start, end and a number for the act on each line, in seconds.

MPlayer knows 0 (skip) and 1 (mute); Kodi 0 (cut), 1 (mute), 2 (scene marker) and 3 (commercial break), and also reads
hh:mm:ss.mmm. Written from http://www.mplayerhq.hu/DOCS/HTML/en/edl.html and kodi.wiki/view/Edit_decision_list.
"""

from __future__ import annotations

from cinedex.compliance.edits import Act, EditList
from cinedex.errors import UsageError
from cinedex.formats.edits.listed import Listed, lines, placed, stretch

_NUMBERS: dict[Act, int] = {"skip": 0, "mute": 1}
_ACTS: dict[str, Act | None] = {"0": "skip", "1": "mute", "2": None, "3": "skip"}


def write_edl(edits: EditList) -> str:
    """What is skipped and muted; blurring has no number and is left out."""
    rows = placed(edits, 1000, _NUMBERS)
    return "".join(f"{p.start / 1000:.3f}\t{p.end / 1000:.3f}\t{_NUMBERS[p.edit.act]}\n" for p in rows)


def read_edl(text: str, name: str = "edl") -> list[Listed]:
    """The edits of a list of either player. Raises UsageError with the line for one that says something else."""
    found = []
    for number, line in enumerate(lines(text, name), start=1):
        parts, where = line.split(), f"{name}, line {number}"
        if not parts:
            continue
        if parts[0].startswith("#"):
            raise UsageError(f"{where}: frame numbers", remedy="Write times: frames are not of one length everywhere.")
        if len(parts) != 3 or parts[2] not in _ACTS:
            raise UsageError(f"{where}: not an edit", remedy="Write START END 0 (skip) or 1 (mute).")
        act = _ACTS[parts[2]]
        if act is not None:
            found.append(Listed(stretch(parts[0], parts[1], where), act))
    return found
