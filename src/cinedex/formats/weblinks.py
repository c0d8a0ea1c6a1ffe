"""One track for the web: W3C Web Annotations, a page at a time, and WebVTT with a cue for each row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cinedex.timeline.time import Time

_TEXTS = ("text", "label", "name", "measure", "how", "reason")
_NUMBERED = ("number", "speaker", "tracklet", "shot")
_BOX = ("x", "y", "width", "height")


def words_for(kind: str, row: Mapping[str, Any]) -> str:
    """A row in a few words: its text or label, else its kind and number."""
    text = next((str(row[n]) for n in _TEXTS if row.get(n)), "")
    if text:
        return f"{text} {row['value']:g}" if isinstance(row.get("value"), float) else text
    number = next((row[n] for n in _NUMBERED if isinstance(row.get(n), int)), None)
    return kind if number is None else f"{kind} {number}"


def annotation_page(
    kind: str, rows: Sequence[Mapping[str, Any]], *, media: str, page: str, first: int, total: int, following: str
) -> dict[str, Any]:
    """A page of the collection of a track's annotations (W3C Web Annotation Data Model), for JSON.

    `media` and `page` are the film's address and this page's; `following` is the next page's, or ''.
    """
    collection = page.partition("?")[0]
    items = [_annotation(kind, row, f"{page}#{first + n}", media) for n, row in enumerate(rows)]
    made = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": page,
        "type": "AnnotationPage",
        "partOf": {"id": collection, "type": "AnnotationCollection", "label": kind, "total": total},
        "startIndex": first,
        "items": items,
    }
    return made | ({"next": following} if following else {})


def _annotation(kind: str, row: Mapping[str, Any], name: str, media: str) -> dict[str, Any]:
    fragment = f"t=npt:{_npt(row['start'])},{_npt(row['end'])}"
    if all(isinstance(row.get(n), float) for n in _BOX):
        fragment += "&xywh=percent:" + ",".join(f"{100 * row[n]:.3f}".rstrip("0").rstrip(".") for n in _BOX)
    facts = {n: v for n, v in row.items() if n not in {"start", "end", "data"} and not isinstance(v, bytes)}
    motive = "tagging" if row.get("label") else "describing"
    words: dict[str, Any] = {"type": "TextualBody", "value": words_for(kind, row), "format": "text/plain"}
    if row.get("language"):
        words["language"] = row["language"]
    return {
        "id": name,
        "type": "Annotation",
        "motivation": motive,
        "body": [words, {"type": "Dataset", "format": "application/json", "value": {"kind": kind} | facts}],
        "target": {
            "source": media,
            "selector": {
                "type": "FragmentSelector",
                "conformsTo": "http://www.w3.org/TR/media-frags/",
                "value": fragment,
            },
        },
    }


def _npt(ticks: int) -> str:
    return f"{Time(ticks).seconds:.3f}".rstrip("0").rstrip(".")


def track_vtt(kind: str, rows: Sequence[Mapping[str, Any]], *, facts: bool = False) -> str:
    """The track as WebVTT, times to the millisecond; with `facts` each cue is the row as JSON, for scripts."""
    parts = ["WEBVTT\n"]
    for number, row in enumerate(rows, 1):
        start, end = (_stamp(Time(row[n])) for n in ("start", "end"))
        if start == end:  # a cue lasts; an instant is shown for a moment
            end = _stamp(Time(row["end"] + 705_600))
        told = {n: v for n, v in row.items() if not isinstance(v, bytes)}
        text = json.dumps(told, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e") if facts else ""
        parts.append(f"{number}\n{start} --> {end}\n{text or _escaped(words_for(kind, row))}\n")
    return "\n".join(parts)


def _stamp(time: Time) -> str:
    hours, rest = time.clock.split(":", 1)
    return f"{int(hours):02d}:{rest}"


def _escaped(text: str) -> str:
    """Text that is words for WebVTT: no markup, no line that is empty or looks like a time."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
