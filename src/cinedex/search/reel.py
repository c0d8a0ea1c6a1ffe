"""Reels: the stretches of a film that show it in a minute, chosen by what is known of them and cut where nobody speaks.

What is chosen among are shots, joined where somebody is cut into and parted where they are long. Each is worth what is
said in it, who is seen, what happens and what is heard; one that looks like another already chosen, or is of the same
part of the film, is worth less. Everything is made from tracks: the film itself is not opened.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cinedex.errors import NotFoundError, UsageError
from cinedex.search.columns import LOOK
from cinedex.search.sights import pooled
from cinedex.search.stems import stem
from cinedex.search.terms import TELLS_NOTHING, words_of
from cinedex.timeline.rows import Cue, Event, Flag, Row, Scene, Shot, Sound, Text, Tracklet, Vector, Word
from cinedex.timeline.time import SECOND, Rate, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

Purpose = Literal["highlights", "previously"]

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""What a reel is for: the film's best moments, or what one must know to go on watching."""

SHORTEST, LONGEST = SECOND, SECOND * 10
"""Of a clip. Longer shots are parted; what is shorter is left out."""

_PAUSE = SECOND // 5
"""Silence between two words that is long enough to cut in where a line has to be parted."""

_WORTH: dict[Purpose, dict[str, float]] = {
    "highlights": {"what happens": 0.5, "what is heard": 0.3, "what is said": 0.3, "speech": 0.1, "faces": 0.2},
    "previously": {"what happens": 0.3, "what is heard": 0.1, "what is said": 0.6, "speech": 0.3, "faces": 0.3},
}
"""What a clip is worth for each thing in it that is fully there."""

_BASE = 0.05
"""What any clip is worth, so that films of which hardly anything is known have reels, too."""

_ALIKE = 0.7
"""What a clip loses by looking exactly like one that is chosen."""

_SAME_PART = 0.6
"""What is left of a clip's worth for every one chosen from the same part of the film."""

_PARTS = 12
"""Parts of a film whose scenes are not known."""

_COMMON = frozenset({"speech", "silence", "music"})
"""Sounds that are no reason to show something."""

_EMPTY = frozenset({"black", "freeze"})
"""Flags of pictures that show nothing."""

_TELLING = 6
"""Words of a line that count; longer ones are worth no more for their length."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the film in a reel, and what spoke for it, the weightiest first."""

    start: Time
    end: Time
    worth: float
    why: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """When it is in the film."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Reel:
    """Clips of a film in order of time. `notes` say what could not be taken into account."""

    movie: str
    name: str
    purpose: Purpose
    clips: tuple[Clip, ...]
    notes: tuple[str, ...] = ()

    @property
    def duration(self) -> Time:
        """How long it plays."""
        return Time(sum(int(c.end - c.start) for c in self.clips))


def reel(timeline: Timeline, seconds: float = 60.0, purpose: Purpose = "highlights") -> Reel:
    """At most `seconds` of a film. Raises NotFoundError where shots are not known, UsageError for no time at all."""
    movie = timeline.movie
    if not (math.isfinite(seconds) and seconds >= SHORTEST.seconds):
        raise UsageError(f"a reel of {seconds:g} s cannot be cut", remedy="Give it a second at least.")
    shots = timeline.find(Shot)
    if shots is None or not len(shots):
        raise NotFoundError(f"shots of {movie.name} are not known", remedy="Analyse the film first.")
    units = [u for u in _units(timeline) if u.duration >= SHORTEST]
    worth, reasons = _worths(timeline, units, purpose)
    chosen = _chosen(timeline, units, worth, int(Time.from_seconds(seconds)))
    clips = tuple(Clip(units[i].start, units[i].end, round(float(worth[i]), 4), reasons[i]) for i in sorted(chosen))
    missing = [
        name for name, kind in (("lines", Cue), ("faces", Tracklet), ("sounds", Sound)) if timeline.find(kind) is None
    ]
    notes = (f"chosen without {', '.join(missing)}: not known of this film",) if missing else ()
    return Reel(movie.id, movie.name, purpose, clips, notes)


# Where to cut


def _units(timeline: Timeline) -> Iterator[Span]:
    """Stretches that may be shown: of shots, with no edge inside a line, or inside a word where a line is too long."""
    spoken = _covered(timeline, Cue, Word).support()
    words = _covered(timeline, Word).support() if timeline.find(Word) else spoken
    shots = timeline.track(Shot).spans
    edges = np.unique(np.concatenate([shots.starts, shots.ends]))
    free = edges[~_inside(edges, spoken)]
    grid = _grid(timeline)
    for start, end in zip(free[:-1].tolist(), free[1:].tolist(), strict=True):
        yield from _parted(Span(Time(start), Time(end)), edges, (spoken, words), grid)


def _parted(span: Span, cuts: npt.NDArray[np.int64], busy: Sequence[Spans], grid: Rate | None) -> Iterator[Span]:
    """Pieces of at most `LONGEST`, parted between lines, or else between words; longer where nobody ever pauses."""
    start = span.start
    while span.end - start > LONGEST:
        left = Span(start, span.end)
        edge = next((e for level in busy if (e := _edge(left, cuts, level, grid)) is not None), None)
        if edge is None:
            break
        yield Span(start, edge)
        start = edge
    yield Span(start, span.end)


def _edge(left: Span, cuts: npt.NDArray[np.int64], busy: Spans, grid: Rate | None) -> Time | None:
    """The best place to part: a cut in a pause, else the pause nearest to where an even part would end."""
    reach = Span(left.start + SECOND * 2, min(left.start + LONGEST, left.end - SHORTEST))
    even = int(left.start) + int(left.duration) // -(-int(left.duration) // int(LONGEST))
    near = cuts[(cuts >= int(reach.start)) & (cuts <= int(reach.end))]
    near = near[~_inside(near, busy)]
    if len(near):
        return Time(int(near[np.abs(near - even).argmin()]))
    found = [p for gap in busy.gaps(reach) if (p := _on_grid(gap, even, grid)) is not None]
    return min(found, key=lambda p: (abs(int(p) - even), p), default=None)


def _on_grid(gap: Span, even: int, grid: Rate | None) -> Time | None:
    """A time in a pause at which a picture begins: the one nearest to `even` with half a short pause on each side."""
    if gap.duration < _PAUSE:
        return None
    room = gap.grow(Time(-int(_PAUSE) // 2))
    wanted = Time(min(max(even, int(room.start)), int(room.end)))
    if grid is None:
        return wanted
    number = grid.count(wanted)
    return next((t for t in (grid.time(number), grid.time(number + 1)) if gap.start <= t <= gap.end), None)


def _grid(timeline: Timeline) -> Rate | None:
    video = timeline.movie.video
    return video.rate if video is not None and not video.variable else None


def _covered(timeline: Timeline, *kinds: type[Row]) -> Spans:
    tracks = [t for kind in kinds if (t := timeline.find(kind)) is not None]
    return Spans.of(span for track in tracks for span in track.spans)


def _inside(times: npt.NDArray[np.int64], busy: Spans) -> npt.NDArray[np.bool_]:
    """Which times have something of `busy`, which do not overlap, on both sides of them."""
    if not len(busy):
        return np.zeros(len(times), bool)
    place = np.searchsorted(busy.starts, times, side="left") - 1
    found: npt.NDArray[np.bool_] = (place >= 0) & (busy.ends[np.maximum(place, 0)] > times)
    return found


# What it is worth


def _worths(
    timeline: Timeline, units: Sequence[Span], purpose: Purpose
) -> tuple[npt.NDArray[np.float64], list[tuple[str, ...]]]:
    """What each stretch is worth, and what for."""
    where = Spans.of(units)
    lengths = np.maximum(where.ends - where.starts, 1)

    def share(spans: Spans) -> npt.NDArray[np.float64]:
        return np.asarray(where.overlap(spans) / lengths, np.float64)

    things = {
        "what happens": _strongest(timeline, Event, where),
        "what is heard": _strongest(timeline, Sound, where),
        "what is said": _telling(timeline, where),
        "speech": share(_covered(timeline, Cue)),
        "faces": share(_covered(timeline, Tracklet)),
    }
    weights = _WORTH[purpose]
    flags, texts = timeline.find(Flag) or (), timeline.find(Text) or ()
    nothing = [f.span for f in flags if f.label in _EMPTY] + [t.span for t in texts if t.role == "credit"]
    empty = share(Spans.of(nothing))
    worth = (_BASE + sum(weights[name] * there for name, there in things.items())) * (1 - empty)
    reasons = []
    for place in range(len(units)):
        parts = {name: weights[name] * float(there[place]) for name, there in things.items()}
        reasons.append(tuple(sorted((n for n, part in parts.items() if part >= _BASE), key=lambda n: (-parts[n], n))))
    return np.asarray(worth, np.float64), reasons


def _strongest(timeline: Timeline, kind: type[Event | Sound], where: Spans) -> npt.NDArray[np.float64]:
    """The best score of a row in each stretch, of sounds only those that are not always there."""
    found = np.zeros(len(where))
    track = timeline.find(kind)
    if track is not None:
        scores = np.array([0.0 if row.label in _COMMON else row.score for row in track], np.float64)
        left, right = where.join(track.spans)
        np.maximum.at(found, left, scores[right])
    return found


def _telling(timeline: Timeline, where: Spans) -> npt.NDArray[np.float64]:
    """How rare the words of the lines in each stretch are in this film, as a share of the most telling stretch."""
    cues = timeline.find(Cue)
    found = np.zeros(len(where))
    if cues is None or not len(cues):
        return found
    stems = [{stem(w, "en") for w in words_of(c.text) if w.casefold() not in TELLS_NOTHING} for c in cues]
    common = Counter(w for own in stems for w in own)
    for place, number in zip(*(a.tolist() for a in where.join(cues.spans)), strict=True):
        rarity = sorted((math.log1p(len(cues) / (1 + abs(common[w] - 2))) for w in stems[number]), reverse=True)
        found[place] = max(found[place], sum(rarity[:_TELLING]))
    return found / max(float(found.max()), 1e-9)


# What to take


def _chosen(timeline: Timeline, units: Sequence[Span], worth: npt.NDArray[np.float64], budget: int) -> list[int]:
    """The worthiest stretches that fit into a budget (flicks), each weighed against those already taken."""
    looks = pooled(timeline, Vector, *LOOK, units) if units else None
    parts = _parts(timeline, units)
    left, taken = np.ones(len(units), bool), list[int]()
    alike, crowd = np.zeros(len(units)), np.zeros(len(units), np.int64)
    lengths = np.array([int(u.duration) for u in units], np.int64)
    while (fits := left & (lengths <= budget)).any():
        gain = worth * (1 - _ALIKE * np.clip(alike, 0, 1)) * _SAME_PART**crowd
        best = int(np.where(fits, gain, -1.0).argmax())
        if gain[best] <= 0:
            break
        taken.append(best)
        left[best] = False
        budget -= int(lengths[best])
        crowd += parts == parts[best]
        if looks is not None:
            alike = np.maximum(alike, looks @ looks[best])
    return taken


def _parts(timeline: Timeline, units: Iterable[Span]) -> npt.NDArray[np.int64]:
    """The scene of each stretch, or which twelfth of the film it is in."""
    scenes = timeline.find(Scene)
    middles = np.array([int(u.middle) for u in units], np.int64)
    if scenes is not None and len(scenes) > 1:
        return np.asarray(scenes.spans.at(middles), np.int64)
    return np.asarray(middles * _PARTS // max(int(timeline.movie.duration), 1), np.int64)
