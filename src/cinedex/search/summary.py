"""Summaries: a film, a scene, a person or a topic in a few cited lines, chosen from what the film says and shows.

Nothing is phrased here: lines are quoted, or listed from facts, so that each can be checked at its time.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cinedex.errors import NotFoundError
from cinedex.search.answer import cut
from cinedex.search.columns import UNTOLD
from cinedex.search.filters import Where, touching
from cinedex.search.finder import Finder
from cinedex.search.stems import stem
from cinedex.search.terms import TELLS_NOTHING, words_of
from cinedex.timeline.rows import Scene
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.timeline import Timeline

Length = Literal["short", "medium", "long"]

LENGTHS: dict[Length, int] = {"short": 5, "medium": 12, "long": 30}
"""Lines at most."""

_CHAPTER = SECOND * 60
"""Chapters of a film whose scenes are not known."""

_TOLD = 6
"""Words of telling length of which a line is worth more; longer lines are worth no more for their length."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary and where it is from. `kind` is 'said', 'read', 'seen' or 'heard'."""

    start: Time
    end: Time
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of the film with what can be said of it: places, things and events, and who is in it."""

    start: Time
    end: Time
    title: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A film, or what of it is asked for: lines and chapters in order of time."""

    movie: str
    name: str
    about: str
    lines: tuple[Line, ...]
    chapters: tuple[Chapter, ...]
    moments: int
    notes: tuple[str, ...] = ()


def summarise(
    finder: Finder,
    timeline: Timeline,
    *,
    length: Length = "short",
    scene: int | None = None,
    person: str = "",
    topic: str = "",
    most: int | None = None,
) -> Summary:
    """Of a film as a whole, or of its scene `scene`, of where `person` is on screen, of moments about `topic`.

    It has `most` lines at most, if that is given in place of a length.

    Raises NotFoundError for a scene or person that the film does not have.
    """
    movie = timeline.movie
    where = Where(movies=(movie.id,))
    about, notes = ["the film"], list[str]()
    every = finder.index.within(where)
    rows = every
    if scene is not None:
        rows = [r for r in rows if r["scene"] == scene]
        about = [f"scene {scene}"]
        if not rows:
            raise NotFoundError(f"{movie.name} has no scene {scene}", remedy="`cinedex show` counts its scenes.")
    if person:
        spans = finder.presence(person)
        if movie.id not in spans:
            raise NotFoundError(
                f"nobody called {person} is in {movie.name}", remedy="`cinedex people FILM` says who is."
            )
        there = touching(rows, spans)
        rows = [r for r in rows if r["id"] in there]
        about.append(person)
    if topic:
        hits = finder.search(topic, limit=200, movie=movie).hits
        rows = [r for r in rows if any(h.start <= r["start"] < h.end for h in hits)]
        about.append(f"“{topic}”")
        notes += [] if rows else [f"nothing in {movie.name} is about “{topic}”"]
    if not every:
        notes.append("nothing is known of this film yet; analyse it first")
    lines = _lines(rows, every, LENGTHS[length] if most is None else most)
    chapters = _chapters(finder, timeline, rows)
    told = tuple(about[1:] or about) if scene is None else tuple(about)
    return Summary(movie.id, movie.name, ", ".join(told), lines, chapters, len(rows), tuple(notes))


def lines_of(rows: Sequence[dict[str, Any]], most: int) -> tuple[Line, ...]:
    """The most telling lines of a film's moments, so many at most, in order of time."""
    return _lines(rows, rows, most)


def _lines(rows: Sequence[dict[str, Any]], every: Sequence[dict[str, Any]], most: int) -> tuple[Line, ...]:
    """The most telling line of each of `most` parts about equally long, so that all of the film has its say."""
    common = Counter(w for r in every for w in set(_stems(_all(r))))
    total = max(len(every), 1)
    parts = _parts(rows, most)
    chosen = []
    for part in parts:
        lines = [(_worth(line, common, total), line) for row in part for line in _of(row)]
        if lines:
            chosen.append(max(lines, key=lambda pair: (pair[0], -int(pair[1].start)))[1])
    return tuple(dict.fromkeys(sorted(chosen, key=lambda line: line.start)))


def _parts(rows: Sequence[dict[str, Any]], most: int) -> list[Sequence[dict[str, Any]]]:
    count = min(most, len(rows))
    edges = [round(i * len(rows) / count) for i in range(count + 1)] if count else []
    return [rows[a:b] for a, b in itertools.pairwise(edges)]


def _of(row: dict[str, Any]) -> Iterable[Line]:
    start, end = Time(row["start"]), Time(row["end"])
    seen = ", ".join(x for x in (row["tags"], row["things"]) if x)
    for kind, text in (
        ("said", row["english"] or row["words"]),
        ("read", row["screen"]),
        ("seen", seen),
        ("heard", row["heard"]),
    ):
        if text:
            yield Line(start, end, kind, cut(text))


def _worth(line: Line, common: Counter[str], total: int) -> float:
    """How much a line tells: the rarity of its words in this film, a little of each that comes back (TF-IDF)."""
    stems = set(_stems(line.text))
    rarity = sorted((math.log1p(total / (1 + abs(common[w] - 2))) for w in stems), reverse=True)[:_TOLD]
    return sum(rarity) * {"said": 1.0, "read": 0.8, "seen": 0.4, "heard": 0.3}[line.kind]


def _stems(text: str) -> list[str]:
    return [stem(w, "en") for w in words_of(text) if w.casefold() not in TELLS_NOTHING and len(w) > 2]


def _all(row: dict[str, Any]) -> str:
    return " ".join(row[c] for c in ("words", "english", "screen", "tags", "things"))


def _chapters(finder: Finder, timeline: Timeline, rows: Sequence[dict[str, Any]]) -> tuple[Chapter, ...]:
    """The film's scenes, or else its minutes, as far as they have any of the moments."""
    scenes = timeline.find(Scene)
    whole = timeline.movie.span
    spans = (
        [s.span for s in scenes]
        if scenes is not None and len(scenes)
        else list(whole.cut(_CHAPTER))
        if whole.duration
        else []
    )
    people = list(finder.people_of(timeline.movie))
    found = []
    for span in spans:
        own = [r for r in rows if span.start <= (r["start"] + r["end"]) // 2 < span.end]
        if own:
            found.append(
                Chapter(span.start, span.end, _title(own), tuple(c.title for c in people if _in(c.spans, span)))
            )
    return tuple(found)


def _in(spans: Iterable[Span], where: Span) -> bool:
    return any(s.start < where.end and where.start < s.end for s in spans)


def _title(rows: Sequence[dict[str, Any]]) -> str:
    """What comes up most: events and places first, then things and tags."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update({f for f in row["facets"] if f.partition(":")[0] in _WEIGHT and f not in UNTOLD})
    best = sorted(counts, key=lambda f: (-counts[f] * _WEIGHT[f.partition(":")[0]], f))[:4]
    return ", ".join(dict.fromkeys(f.partition(":")[2] for f in best)) or "nothing that has a name"


_WEIGHT = {"event": 4, "place": 2, "object": 1, "tag": 1, "sound": 1}
