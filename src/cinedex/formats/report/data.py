"""A timeline as the page's data: compact JSON of seconds, text and numbers, bounded in size whatever the film holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.formats.facts import measured, stills
from cinedex.media.image import smaller
from cinedex.timeline.rows import Cue, Flag, Picture, Quality, Row, RowType, Shot, Sound, Tag, Transition, Word
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Ticks

ROWS = 100_000
"""Most rows of one kind on a page; what is left out is said on it."""

TEXT = 2_000
"""Most characters of one cue, label or note."""

BINS = 8_192
"""Most points of a curve over the film."""

STILL_BYTES = 16 * 2**20
"""About how many bytes stills may take; where they take more, they are made smaller."""

STILL_HEIGHT = 90
"""Smaller than this they would show nothing."""

TAGS_PER_SHOT = 8

Numbers = npt.NDArray[np.float64]

_IMAGES = frozenset({"jpeg", "png", "webp", "avif"})

_SHOWN: tuple[type[Row], ...] = (Shot, Transition, Cue, Word, Sound, Tag, Flag, Quality)


@dataclass(frozen=True)
class PageData:
    """What the page's script reads: `facts`, and `stills` as the tails of data URLs; `hidden` rows by kind."""

    facts: dict[str, Any]
    stills: list[str]
    hidden: dict[str, int]


def page_data(timeline: Timeline) -> PageData:
    """All that the page draws. Rows are short arrays: start and end in seconds, then the kind's own values."""
    movie, rate = timeline.movie, timeline.movie.video.rate if timeline.movie.video else None
    labels = _Labels()
    pictures = _stills(timeline)
    facts = {
        "duration": _seconds(movie.duration),
        "rate": float(rate) if rate else None,
        "aspect": movie.video.display[0] / max(movie.video.display[1], 1) if movie.video else None,
        "states": {kind.kind: timeline.state(kind).value for kind in _SHOWN},
        "shots": _shots(timeline, pictures, labels),
        "gradual": [_ends(t) for t in _rows(timeline, Transition) if t.how == "gradual"],
        "cues": [[*_ends(c), _text(c.text), _score(c.score), c.source] for c in _rows(timeline, Cue)],
        "words": [[*_ends(w), _text(w.text), _score(w.score)] for w in _rows(timeline, Word)],
        "sounds": [[*_ends(s), _text(s.label), _score(s.score)] for s in _rows(timeline, Sound)],
        "flags": [[*_ends(f), _text(f.label), _score(f.score), _text(f.note)] for f in _rows(timeline, Flag)],
        "tags": [[*_ends(t), labels.number(t), _score(t.score)] for t in _rows(timeline, Tag)],
        "chapters": [[*_ends(c.span), _text(c.title)] for c in movie.chapters[:ROWS]],
        **_curves(timeline),
    }
    facts["labels"] = [[_text(label), _text(vocabulary)] for label, vocabulary in labels.known]
    tracks = {kind.kind: timeline.find(kind) for kind in _SHOWN}
    hidden = {kind: len(track) - ROWS for kind, track in tracks.items() if track is not None and len(track) > ROWS}
    return PageData(facts, _urls([p for p in pictures if p is not None]), hidden)


class _Labels:
    """Tag labels by number, so that a label is written once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}

    def number(self, tag: Tag) -> int:
        return self.known.setdefault((tag.label, tag.vocabulary), len(self.known))


def _rows(timeline: Timeline, kind: type[RowType]) -> Sequence[RowType]:
    track = timeline.find(kind)
    return [] if track is None else track.rows[:ROWS]


def _stills(timeline: Timeline) -> list[Picture | None]:
    """A still for every shot shown, None where there is none that a browser knows."""
    return [p if p is not None and p.format in _IMAGES else None for p in stills(timeline)[:ROWS]]


def _urls(pictures: Sequence[Picture]) -> list[str]:
    """The stills as the tails of data URLs, smaller where together they would make the page heavy."""
    weight = sum(len(p.data) for p in pictures)
    if weight <= STILL_BYTES:
        return [_url(p.format, p.data) for p in pictures]
    share = (STILL_BYTES / weight) ** 0.5
    return [_url("jpeg", _smaller(p.data, max(round(p.height * share), STILL_HEIGHT))) for p in pictures]


def _smaller(still: bytes, height: int) -> bytes:
    try:
        return smaller(still, height)
    except ValueError:  # no picture at all: its shot shows its mean colour
        return b""


def _shots(timeline: Timeline, pictures: Sequence[Picture | None], labels: _Labels) -> list[list[Any]]:
    """[start, end, opening, score, number of its still or -1, its labels, best first] of every shot."""
    tagged, still, made = _labels_of_shots(timeline, labels), -1, []
    for i, shot in enumerate(_rows(timeline, Shot)):
        still += pictures[i] is not None
        own = still if pictures[i] is not None else -1
        made.append([*_ends(shot), shot.opening, _score(shot.score), own, tagged.get(i, [])])
    return made


def _labels_of_shots(timeline: Timeline, labels: _Labels) -> dict[int, list[int]]:
    shots, tags = timeline.find(Shot), timeline.find(Tag)
    if shots is None or tags is None:
        return {}
    found: dict[int, list[Tag]] = {}
    for i, j in zip(*(side.tolist() for side in shots.spans.join(tags.spans)), strict=True):
        found.setdefault(i, []).append(tags.rows[j])
    best = {i: sorted(of, key=lambda t: -t.score) for i, of in found.items()}
    return {i: list(dict.fromkeys(labels.number(t) for t in of))[:TAGS_PER_SHOT] for i, of in best.items()}


def _curves(timeline: Timeline) -> dict[str, Any]:
    """Mean colour, and curves as [bytes, value at the top]: base64, 0..254, 255 where nothing was measured."""
    quality, duration = timeline.find(Quality), int(timeline.movie.duration)
    if quality is None or not len(quality) or not duration:
        return {"colour": None, "luma": None, "change": None}
    edges = _edges(duration, quality.spans.ends - quality.spans.starts)
    colour = np.stack([_bytes(measured(quality, name, edges)) for name in ("red", "green", "blue")], axis=1)
    change = measured(quality, "change", edges)
    # Cuts stand out of the change by far: the curve is scaled to what lies between them.
    top = float(np.nanpercentile(change, 95)) if np.isfinite(change).any() else 0.0
    return {
        "colour": _packed(colour),
        "luma": _curve(measured(quality, "luma", edges), 1.0),
        "change": _curve(change, max(top, 0.02)),
    }


def _curve(values: Numbers, top: float) -> list[Any] | None:
    packed = _packed(_bytes(values / top))
    return None if packed is None else [packed, round(top, 4)]


def script_json(value: Any) -> str:
    """JSON that may stand inside a <script> element: no character of it can end or open an element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _edges(duration: int, lengths: Ticks) -> Ticks:
    """Bin edges over the film: as fine as the rows are, at most BINS bins."""
    usual = max(int(np.median(lengths)), 1)
    bins = min(max(-(-duration // usual), 1), BINS)
    return np.linspace(0, duration, bins + 1).astype(np.int64)


def _bytes(values: Numbers) -> npt.NDArray[np.uint8]:
    known = np.isfinite(values)
    out = np.full(values.shape, 255, dtype=np.uint8)
    out[known] = np.rint(values[known].clip(0, 1) * 254).astype(np.uint8)
    return out


def _packed(values: npt.NDArray[np.uint8]) -> str | None:
    return None if bool((values == 255).all()) else base64.b64encode(values.tobytes()).decode()


def _seconds(time: Time) -> float:
    return round(int(time) / FLICKS_PER_SECOND, 4)


def _ends(held: Row | Span) -> list[float]:
    return [_seconds(held.start), _seconds(held.end)]


def _url(form: str, still: bytes) -> str:
    return f"{form};base64,{base64.b64encode(still).decode()}"


def _score(score: float) -> float:
    return round(float(score), 3) if np.isfinite(score) else 0.0


def _text(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"
