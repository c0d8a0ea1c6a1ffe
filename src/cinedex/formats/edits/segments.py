"""Media segments as Jellyfin (from 10.10 on) lists them: `GET /MediaSegments/{item}`, times in ticks of 100 ns.

Players skip a segment by its type: what they do with each is the viewer's setting. There is none for muting.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from cinedex.compliance.edits import Act, EditList
from cinedex.errors import UsageError
from cinedex.formats.edits.listed import Listed, lines, placed
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time

TYPES = ("Unknown", "Commercial", "Preview", "Recap", "Outro", "Intro")

_TICKS = 10_000_000
_NAMES = uuid.UUID("6f0f5f4e-3f0c-5d53-9a39-0c6cf2a5d1b7")
_NO_ITEM = "0" * 32
_SAID: tuple[Act, ...] = ("skip",)


def write_segments(edits: EditList, *, item: str = _NO_ITEM, type_: str = "Commercial") -> str:
    """The stretches that are skipped. `item` is the film's id in Jellyfin; the ids of segments are made of the film's.

    They are 'Commercial' unless another of the types is given: players offer to skip those by themselves.
    """
    rows = [
        {
            "Id": uuid.uuid5(_NAMES, f"{edits.movie.id} {p.start} {p.end}").hex,
            "ItemId": item,
            "Type": type_,
            "StartTicks": p.start,
            "EndTicks": p.end,
        }
        for p in placed(edits, _TICKS, _SAID)
    ]
    return json.dumps({"Items": rows, "TotalRecordCount": len(rows), "StartIndex": 0}, indent=1) + "\n"


def read_segments(text: str, name: str = "segments") -> list[Listed]:
    """The segments of an answer of Jellyfin's, all of them as something to skip. Raises UsageError."""
    try:
        return [Listed(_span(item), "skip") for item in json.loads("\n".join(lines(text, name)))["Items"]]
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise UsageError(f"{name}: not media segments ({wrong})", remedy="Give Jellyfin's JSON.") from wrong


def _span(item: dict[str, Any]) -> Span:
    start, end = item["StartTicks"], item["EndTicks"]
    if not isinstance(start, int) or not isinstance(end, int) or item["Type"] not in TYPES:
        raise ValueError(f"{item!r} is no segment"[:200])
    return Span(*(Time(t * FLICKS_PER_SECOND // _TICKS) for t in (start, end)))
