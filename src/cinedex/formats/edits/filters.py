"""Filters for players that let each viewer choose: MovieContentFilter (.mcf, 1.1.0) and VideoSkip (.skp).

Both name a category and one of three severities for each stretch. Written from moviecontentfilter.com/specification
and from how VideoSkip reads its files (github.com/fruiz500/VideoSkip).
"""

from __future__ import annotations

import re

from cinedex.compliance.edits import Act, EditList
from cinedex.errors import UsageError
from cinedex.formats.edits.listed import Listed, clock, later, lines, placed, stretch, told

_HEADER = "WEBVTT MovieContentFilter 1.1.0"

_MCF = {
    "alcohol": "alcohol", "blood": "violence", "dangerous-acts": "accident", "discrimination": "discrimination",
    "drugs": "drugs", "language": "language", "nudity": "nudity", "sex": "sex", "threat": "fear",
    "tobacco": "cigarettes", "violence": "violence", "weapons": "weapons",
}  # fmt: skip
"""Their names for our categories; what they have no name for is 'dispensable', with ours in the comment."""

_SKP = {
    "alcohol": "alcohol", "blood": "gore", "discrimination": "hate", "drugs": "drugs", "flashing": "intense",
    "language": "profane", "nudity": "nudity", "sex": "sex", "threat": "scary", "tobacco": "smoking",
    "violence": "violence", "weapons": "violence",
}  # fmt: skip
"""Words that VideoSkip looks for; anything else is 'other'."""

_LEVELS = {"": 2, "mild": 1, "moderate": 2, "strong": 3, "very-strong": 3}
_SEVERITIES = ("low", "medium", "high")
_STRENGTHS = ("mild", "moderate", "strong")
_CHANNELS: dict[Act, str] = {"skip": "both", "mute": "audio", "blur": "video"}
_ACT_OF: dict[str, Act] = {channel: act for act, channel in _CHANNELS.items()}
_ASPECTS: dict[Act, str] = {"skip": "", "mute": " word", "blur": " image"}
_ARROW = re.compile(r"(\S+)\s*-+>\s*(\S+)\Z")


def write_mcf(edits: EditList) -> str:
    """Every edit as a cue with its categories; skipping is both channels, muting audio, blurring video."""
    title = told(edits.movie.name) or edits.movie.id[:16]
    end = clock(later(edits.movie.duration, 1000), 1000)
    parts = [f"{_HEADER}\n\nNOTE\nTITLE {title}\n\nNOTE\nSTART {clock(0, 1000)}\nEND {end}\n"]
    for place in placed(edits, 1000):
        edit, times = place.edit, [clock(t, 1000) for t in (place.start, place.end)]
        rows = {
            _MCF.get(category, "dispensable"): (_SEVERITIES[_LEVELS[strength] - 1], told(category))
            for category, strength in reversed(edit.sorts)
        }
        said = [f"{name}={level}={_CHANNELS[edit.act]} # {ours}\n" for name, (level, ours) in sorted(rows.items())]
        parts.append(f"{times[0]} --> {times[1]}\n{''.join(said)}")
    return "\n".join(parts)


def read_mcf(text: str, name: str = "mcf") -> list[Listed]:
    """The cues of a filter; the sorts have its own names for categories. Raises UsageError with the line."""
    rows = lines(text, name)
    if not re.match(r"WEBVTT MovieContentFilter 1\.\d+\.\d+\Z", rows[0]):
        raise UsageError(f"{name}: not a MovieContentFilter file", remedy=f"It begins with {_HEADER}.")
    found: list[Listed] = []
    for number, block in _blocks(rows):
        where = f"{name}, line {number}"
        arrow = _ARROW.match(block[0])
        if block[0] == "NOTE" or block[0].startswith(_HEADER[:6]):
            continue
        if not arrow:
            raise UsageError(f"{where}: neither a note nor a cue", remedy="Write START --> END.")
        said: dict[Act, list[tuple[str, str]]] = {}
        for line in block[1:]:
            category, _, rest = line.partition(" #")[0].strip().partition("=")
            severity, _, channel = rest.partition("=")
            if severity not in _SEVERITIES or channel not in {"", *_ACT_OF}:
                raise UsageError(f"{where}: {line[:40]!r} says nothing", remedy="Write category=severity=channel.")
            strength = _STRENGTHS[_SEVERITIES.index(severity)]
            said.setdefault(_ACT_OF[channel or "both"], []).append((category, strength))
        span = stretch(arrow[1], arrow[2], where)
        found += [Listed(span, act, tuple(sorts)) for act, sorts in said.items()]
    return found


def write_skp(edits: EditList) -> str:
    """Every edit with its strongest category, a level from 1 to 3, and 'word' or 'image' where it is not skipped."""
    parts = []
    for place in placed(edits, 100):
        edit, times = place.edit, [clock(t, 100, pad=1) for t in (place.start, place.end)]
        category, strength = edit.sorts[0]
        said = f"{_SKP.get(category, 'other')}{_ASPECTS[edit.act]} {_LEVELS[strength]}"
        parts.append(f"{times[0]} --> {times[1]}\n{said} ({told(category)})\n")
    return "\n".join(parts)


def read_skp(text: str, name: str = "skp") -> list[Listed]:
    """The stretches of a skip file; a picture at its end and what stands before the first stretch are passed over."""
    found: list[Listed] = []
    rows = lines(text.partition("data:image/")[0], name)
    for number, block in _blocks(rows):
        arrow = _ARROW.match(block[0])
        if arrow is None:
            continue
        label = re.sub(r"\(.*\)", "", " ".join(block[1:]).lower())
        if label.lstrip().startswith("//"):
            continue
        act: Act = "mute" if re.search("aud|sou|spe|wor", label) else "skip"
        act = "blur" if act == "skip" and re.search("vid|ima|img", label) else act
        level = re.search(r"[1-3]", label)
        category = (label.split() or ["other"])[0]
        strength = _STRENGTHS[int(level[0]) - 1] if level else "mild"
        found.append(Listed(stretch(arrow[1], arrow[2], f"{name}, line {number}"), act, ((category, strength),)))
    return found


def _blocks(rows: list[str]) -> list[tuple[int, list[str]]]:
    """Lines that stand together, each with the number of the first."""
    found: list[tuple[int, list[str]]] = []
    last = ""
    for number, row in enumerate(rows, start=1):
        line = row.strip()
        if line and not last:
            found.append((number, [line]))
        elif line:
            found[-1][1].append(line)
        last = line
    return found
