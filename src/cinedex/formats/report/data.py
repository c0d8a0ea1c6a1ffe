"""A timeline as the page's data: compact JSON of seconds, text and numbers, bounded in size whatever the film holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cinedex.formats import heard
from cinedex.formats.facts import measured, stills
from cinedex.formats.report.compact import (
    IMAGES,
    Labels,
    as_bytes,
    curve,
    ends,
    packed,
    rows_of,
    score,
    seconds,
    text,
    url,
)
from cinedex.formats.report.sights import KINDS_SEEN, sights
from cinedex.formats.seen import Names
from cinedex.formats.spoken import utterers
from cinedex.media.image import smaller
from cinedex.people.voices import said_by
from cinedex.stages.flicker.judge import pace
from cinedex.stages.flicker.profiles import profile
from cinedex.timeline.rows import (
    Concern,
    Cue,
    Event,
    Flag,
    Flash,
    Loudness,
    Picture,
    Quality,
    Row,
    RowType,
    Scene,
    Shot,
    Sound,
    Speaker,
    Tag,
    Text,
    Transition,
    Voice,
    Word,
)
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Ticks

ROWS = 100_000
"""Most rows of one kind on a page; what is left out is said on it."""

BINS = 8_192
"""Most points of a curve over the film."""

STILL_BYTES = 16 * 2**20
"""About how many bytes stills may take; where they take more, they are made smaller."""

STILL_HEIGHT = 90
"""Smaller than this they would show nothing."""

TAGS_PER_SHOT = 8

_SHOWN: tuple[type[Row], ...] = (Shot, Transition, Cue, Word, Voice, Speaker, Sound, Tag, Flag, Quality)

_TOLD: tuple[type[Row], ...] = (*_SHOWN, Loudness, *KINDS_SEEN)
"""Kinds of which the page says whether they were computed."""


@dataclass(frozen=True)
class PageData:
    """What the page's script reads: `facts`, and stills and portraits as tails of data URLs; `hidden` rows by kind."""

    facts: dict[str, Any]
    stills: list[str]
    portraits: list[str]
    hidden: dict[str, int]


def page_data(timeline: Timeline, names: Names | None = None) -> PageData:
    """All that the page draws, with people called by `names`.

    Rows are short arrays: start and end in seconds, then the kind's own values.
    """
    movie, rate = timeline.movie, timeline.movie.video.rate if timeline.movie.video else None
    labels = _Labels()
    pictures = _stills(timeline)
    seen = sights(timeline, ROWS, names)
    voices = {u.number: i for i, u in enumerate(utterers(timeline, names))}
    facts = {
        "duration": seconds(movie.duration),
        "rate": float(rate) if rate else None,
        "aspect": movie.video.display[0] / max(movie.video.display[1], 1) if movie.video else None,
        "states": {kind.kind: timeline.state(kind).value for kind in _TOLD},
        "shots": _shots(timeline, pictures, labels),
        "gradual": [ends(t) for t in _rows(timeline, Transition) if t.how == "gradual"],
        "cues": [
            [*ends(c), text(c.text), score(c.score), c.source, -1 if who is None else voices[who]]
            for c, who in zip(_rows(timeline, Cue), said_by(timeline), strict=False)
        ],
        "speakers": [[text(u.name), round(u.seconds, 2)] for u in utterers(timeline, names)],
        "turns": [[*ends(t), voices[t.number], score(t.score)] for t in _rows(timeline, Speaker)],
        "words": [[*ends(w), text(w.text), score(w.score)] for w in _rows(timeline, Word)],
        "voice": [[*ends(v), score(v.score)] for v in _rows(timeline, Voice)],
        "sounds": [[*ends(s), text(s.label), score(s.score)] for s in _rows(timeline, Sound)],
        "flags": [[*ends(f), text(f.label), score(f.score), text(f.note)] for f in _rows(timeline, Flag)],
        "tags": [[*ends(t), labels.number((t.label, t.vocabulary)), score(t.score)] for t in _rows(timeline, Tag)],
        "chapters": [[*ends(c.span), text(c.title)] for c in movie.chapters[:ROWS]],
        **_curves(timeline),
        **_sound(timeline),
        **seen.facts,
    }
    facts["labels"] = [[text(label), text(vocabulary)] for label, vocabulary in labels.known]
    kinds: tuple[type[Row], ...] = (*_SHOWN, Scene, Text, Event, Concern)
    tracks = {kind.kind: timeline.find(kind) for kind in kinds}
    hidden = {kind: len(track) - ROWS for kind, track in tracks.items() if track is not None and len(track) > ROWS}
    shown = _urls([p for p in pictures if p is not None])
    return PageData(facts, shown, seen.portraits, hidden | seen.hidden)


_Labels = Labels[tuple[str, str]]


def _rows(timeline: Timeline, kind: type[RowType]) -> Sequence[RowType]:
    return rows_of(timeline, kind, ROWS)


def _stills(timeline: Timeline) -> list[Picture | None]:
    """A still for every shot shown, None where there is none that a browser knows."""
    return [p if p is not None and p.format in IMAGES else None for p in stills(timeline)[:ROWS]]


def _urls(pictures: Sequence[Picture]) -> list[str]:
    """The stills as the tails of data URLs, smaller where together they would make the page heavy."""
    weight = sum(len(p.data) for p in pictures)
    if weight <= STILL_BYTES:
        return [url(p.format, p.data) for p in pictures]
    share = (STILL_BYTES / weight) ** 0.5
    return [url("jpeg", _smaller(p.data, max(round(p.height * share), STILL_HEIGHT))) for p in pictures]


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
        made.append([*ends(shot), shot.opening, score(shot.score), own, tagged.get(i, [])])
    return made


def _labels_of_shots(timeline: Timeline, labels: _Labels) -> dict[int, list[int]]:
    shots, tags = timeline.find(Shot), timeline.find(Tag)
    if shots is None or tags is None:
        return {}
    found: dict[int, list[Tag]] = {}
    for i, j in zip(*(side.tolist() for side in shots.spans.join(tags.spans)), strict=True):
        found.setdefault(i, []).append(tags.rows[j])
    best = {i: sorted(of, key=lambda t: -t.score) for i, of in found.items()}
    return {
        i: list(dict.fromkeys(labels.number((t.label, t.vocabulary)) for t in of))[:TAGS_PER_SHOT]
        for i, of in best.items()
    }


def _flashing(timeline: Timeline, edges: Ticks) -> list[Any] | None:
    """The most changes of light in a second, by the general rule, along time; None where there is nothing to draw."""
    track = timeline.find(Flash)
    if track is None:
        return None
    at, counts = pace(track, profile("iris").rules[0])
    if not counts.any():
        return None
    rates = np.zeros(len(edges) - 1)
    np.maximum.at(rates, np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(rates) - 1), counts / 2)
    return curve(rates, max(6.0, float(rates.max())))


def _curves(timeline: Timeline) -> dict[str, Any]:
    """Mean colour, and curves as [bytes, value at the top]: base64, 0..254, 255 where nothing was measured."""
    quality, duration = timeline.find(Quality), int(timeline.movie.duration)
    if quality is None or not len(quality) or not duration:
        return {"colour": None, "luma": None, "change": None, "flashing": None}
    edges = _edges(duration, quality.spans.ends - quality.spans.starts)
    colour = np.stack([as_bytes(measured(quality, name, edges)) for name in ("red", "green", "blue")], axis=1)
    change = measured(quality, "change", edges)
    # Cuts stand out of the change by far: the curve is scaled to what lies between them.
    top = float(np.nanpercentile(change, 95)) if np.isfinite(change).any() else 0.0
    return {
        "colour": packed(colour),
        "luma": curve(measured(quality, "luma", edges), 1.0),
        "change": curve(change, max(top, 0.02)),
        "flashing": _flashing(timeline, edges),
    }


def _sound(timeline: Timeline) -> dict[str, Any]:
    """The wave as magnitudes, loudness as heights between two LUFS that the page is told, and where the target is."""
    track, duration = timeline.find(Loudness), int(timeline.movie.duration)
    scale = [heard.LOWEST, heard.HIGHEST, heard.TARGET]
    if track is None or not len(track) or not duration:
        return {"wave": None, "momentary": None, "loudness": None, "lufs": scale}
    edges = _edges(duration, track.spans.ends - track.spans.starts)
    momentary, short = (heard.height(heard.along(timeline, edges, name)) for name in ("momentary", "short_term"))
    return {
        "wave": curve(10 ** (heard.along(timeline, edges, "peak") / 20), 1.0),
        "momentary": curve(momentary, 1.0),
        "loudness": curve(short, 1.0),
        "lufs": scale,
    }


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
