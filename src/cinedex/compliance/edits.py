"""What to skip, mute or blur in a film: made from a judge's findings so that words stay whole and cuts are kept to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from cinedex.compliance.model import CATEGORIES, Evidence, Judgement
from cinedex.errors import UsageError
from cinedex.stages.wordlists import STRENGTHS
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Shot, Word
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans

Act: TypeAlias = Literal["skip", "mute", "blur"]
ACTS: tuple[Act, ...] = get_args(Act)


@dataclass(frozen=True, slots=True)
class Flagged:
    """A place that somebody may want to miss: of which sort, how strong ('' where that is not known), and why."""

    span: Span
    category: str
    strength: str
    note: str
    score: float
    clause: str
    ref: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What to do with flags of a category, from a strength and a score on.

    A flag of unknown strength is meant by every wish for its category: it is not known to be milder.
    """

    act: Act
    category: str
    strength: str = STRENGTHS[0]
    score: float = 0.0

    def means(self, flag: Flagged) -> bool:
        """Whether it is about this flag."""
        strong = not flag.strength or STRENGTHS.index(flag.strength) >= STRENGTHS.index(self.strength)
        return flag.category == self.category and strong and flag.score >= self.score


_QUARTER, _HALF = Time(SECOND // 4), Time(SECOND // 2)


@dataclass(frozen=True, slots=True)
class Margins:
    """How edits are placed. `pad` is added on both sides; an edge that lies within `near` of a cut goes to the cut.

    Edits of one sort that lie no further apart than `join` become one: what would be left is no film.
    """

    pad: Time = _QUARTER
    near: Time = SECOND
    join: Time = _HALF


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch to skip, mute or blur, and the flags in it."""

    span: Span
    act: Act
    flags: tuple[Flagged, ...]

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """Each category in it with its greatest known strength ('' for none), the strongest first."""
        found: dict[str, str] = {}
        for flag in self.flags:
            found[flag.category] = max(found.get(flag.category, ""), flag.strength, key=_rank)
        return tuple(sorted(found.items(), key=lambda c: (-_rank(c[1]), c[0])))


@dataclass(frozen=True, slots=True)
class EditList:
    """A film's edits in order of time; none of one sort overlap, and nothing is muted or blurred that is skipped.

    `unlooked` says, clause by clause, what could not be looked for: of that nothing is left out.
    """

    movie: Movie
    edits: tuple[Edit, ...]
    unlooked: tuple[str, ...] = ()

    def spans(self, act: Act) -> tuple[Span, ...]:
        """Where that is done."""
        return tuple(e.span for e in self.edits if e.act == act)

    @property
    def left(self) -> Time:
        """How long the film is when it has been edited."""
        return self.movie.duration - sum((s.duration for s in self.spans("skip")), ZERO)


def wished(act: Act, text: str, known: Iterable[str] = CATEGORIES) -> list[Wish]:
    """The wishes of a text such as 'violence:strong,nudity'. Raises UsageError for what there is not."""
    wishes = []
    known = sorted(set(known))
    for part in (p.strip() for p in text.split(",")):
        category, _, strength = part.partition(":")
        if not part:
            continue
        if category not in known:
            raise UsageError(f"there is no category {category!r}", remedy=f"There are: {', '.join(known)}.")
        if strength and strength not in STRENGTHS:
            raise UsageError(f"there is no strength {strength!r}", remedy=f"There are: {', '.join(STRENGTHS)}.")
        wishes.append(Wish(act, category, strength or STRENGTHS[0]))
    return wishes


def flagged(timeline: Timeline, judged: Iterable[Judgement], added: Iterable[Evidence] = ()) -> list[Flagged]:
    """Every place that findings rest on, and those that people `added`, once each, but for those that they rejected.

    A word of a cue is where it is said, if that was timed and nobody has said where it is.
    """
    said = _Said(timeline)
    found: dict[tuple[Span, str, str], Flagged] = {}
    for finding in (f for j in judged for f in j.findings):
        for e in finding.evidence:
            if e.rejected:
                continue
            for span in said.where(e.span, e.note) if _worded(e) else (e.span,):
                flag = Flagged(span, e.category, e.strength, e.note, e.score, finding.clause.id, e.ref)
                found.setdefault((span, e.category, e.note), flag)
    there = {(f.span, f.category) for f in found.values()}
    for e in added:
        if (e.span, e.category) not in there:
            found[e.span, e.category, e.note] = Flagged(e.span, e.category, e.strength, e.note, e.score, "", e.ref)
    return sorted(found.values(), key=lambda f: (f.span, f.category, f.note))


def _worded(evidence: Evidence) -> bool:
    corrected = evidence.decision is not None and evidence.decision.span is not None
    return evidence.category == "language" and not corrected


def edit_list(
    timeline: Timeline,
    judged: Sequence[Judgement],
    wishes: Sequence[Wish],
    margins: Margins | None = None,
    added: Iterable[Evidence] = (),
) -> EditList:
    """The edits that wishes ask for. The findings are to hold all their evidence, not the first of it.

    `added` are places that people have added, whether or not a clause counts them.
    """
    flags = flagged(timeline, judged, added)
    place = _Places(timeline, margins or Margins())
    made: dict[Act, list[Edit]] = {act: [] for act in ACTS}
    for act in ACTS:
        meant = (f for f in flags if any(w.act == act and w.means(f) for w in wishes))
        made[act] = _joined((Edit(place.edges(f.span, act), act, (f,)) for f in meant), place.margins.join)
    gone = Spans.of(e.span for e in made["skip"])
    kept = [Edit(part, e.act, e.flags) for act in ("mute", "blur") for e in made[act] for part in gone.gaps(e.span)]
    edits = sorted([*made["skip"], *kept], key=lambda e: (e.span, e.act))
    return EditList(timeline.movie, tuple(edits), _unlooked(judged, wishes))


def _unlooked(judged: Iterable[Judgement], wishes: Iterable[Wish]) -> tuple[str, ...]:
    wanted = {w.category for w in wishes}
    lost = [f for j in judged for f in j.findings if f.value is None and f.signed is None and f.clause.about in wanted]
    return tuple(dict.fromkeys(f"{f.clause.about}: {f.clause.id}: {f.why}" for f in lost))


def _joined(edits: Iterable[Edit], within: Time) -> list[Edit]:
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda e: e.span):
        if edit.span.start >= edit.span.end:
            continue
        if found and edit.span.start - found[-1].span.end <= within:
            last = found.pop()
            found.append(Edit(last.span | edit.span, edit.act, (*last.flags, *edit.flags)))
        else:
            found.append(edit)
    return found


def _rank(strength: str) -> int:
    return STRENGTHS.index(strength) + 1 if strength else 0


class _Said:
    """Where the words of cues are said."""

    def __init__(self, timeline: Timeline) -> None:
        track = timeline.find(Word)
        self._words = track.rows if track is not None else ()
        self._starts = [w.start for w in self._words]
        self._longest = max((w.end - w.start for w in self._words), default=ZERO)

    def where(self, cue: Span, text: str) -> Sequence[Span]:
        """The words of a stretch that hold the text, or the whole stretch where none does."""
        found = [w.span for w in self._around(cue) if w.span.overlaps(cue) and text.casefold() in w.text.casefold()]
        return found if text and found else (cue,)

    def _around(self, span: Span) -> Iterator[Word]:
        first = bisect_left(self._starts, span.start - self._longest)
        yield from self._words[first : bisect_left(self._starts, span.end)]


class _Places:
    """Where the edges of edits may lie: never in a word where sound is taken, on a cut where one is near."""

    def __init__(self, timeline: Timeline, margins: Margins) -> None:
        self.movie, self.margins = timeline.movie, margins
        shots, words = timeline.find(Shot), timeline.find(Word)
        self._cuts = sorted({s.start for s in shots or ()} | {s.end for s in shots or ()})
        self._words = _whole(w.span for w in words or ())
        self._begins = [w.start for w in self._words]

    def edges(self, span: Span, act: Act) -> Span:
        """The stretch that an edit for `span` takes; it always covers it."""
        pad, end = self.margins.pad, self.movie.duration
        start = self._edge(max(span.start - pad, ZERO), act, (ZERO, span.start), span.start)
        return Span(start, max(start, self._edge(min(span.end + pad, end), act, (span.end, end), span.end)))

    def _edge(self, wish: Time, act: Act, bounds: tuple[Time, Time], flag: Time) -> Time:
        """The best place within bounds; of a word there, its end on the flag's side, so that it is left whole."""
        low, high = bounds
        cuts = [] if act == "mute" else self._near(wish)
        cuts = [c for c in cuts if low <= c <= high and not (act == "skip" and self._word(c))]
        if cuts:
            return min(cuts, key=lambda c: (abs(c - wish), c))
        word = self._word(wish) if act != "blur" else None
        if word is None:
            return wish
        ends = [t for t in (word.start, word.end) if low <= t <= high]
        return min(ends, key=lambda t: abs(t - flag)) if ends else min(max(wish, low), high)

    def _near(self, at: Time) -> list[Time]:
        near = self.margins.near
        return self._cuts[bisect_left(self._cuts, at - near) : bisect_right(self._cuts, at + near)]

    def _word(self, at: Time) -> Span | None:
        """The words that a moment lies in."""
        number = bisect_left(self._begins, at) - 1
        word = self._words[number] if number >= 0 else None
        return word if word is not None and word.start < at < word.end else None


def _whole(words: Iterable[Span]) -> list[Span]:
    """Words in order, those that are said over each other as one; words that only touch stay two."""
    found: list[Span] = []
    for word in sorted(words):
        if found and word.start < found[-1].end:
            found[-1] = found[-1] | word
        elif word.start < word.end:
            found.append(word)
    return found
