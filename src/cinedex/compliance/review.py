"""Review: the flags of films in the order in which people should look at them, and deciding about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from cinedex.compliance.judge import Judge
from cinedex.compliance.log import ReviewLog
from cinedex.compliance.model import CATEGORIES, Evidence, Judgement, Pack
from cinedex.compliance.places import VERBS, Decision, Decisions, Place
from cinedex.errors import NotFoundError, UsageError
from cinedex.people.decisions import named, noted
from cinedex.stages.wordlists import STRENGTHS
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline

STATES = ("open", "accepted", "rejected", "corrected")

_SHORTEST_ID = 4
_UNKNOWN = STRENGTHS.index("moderate") + 0.5
"""Where a strength that is not known stands: above moderate, for it is not known to be milder."""


@dataclass(frozen=True, slots=True)
class ReviewFlag:
    """A flag to look at: its id, what it is for and where, as people have decided; which clauses rest on it.

    `pending` says whether any of the clauses did not pass.
    """

    id: str
    movie: Movie
    place: Place
    evidence: Evidence
    clauses: tuple[str, ...]
    pending: bool

    @property
    def decision(self) -> Decision | None:
        """What was decided about it, unless that was taken back."""
        found = self.evidence.decision
        return found if found is not None and found.do != "reopen" else None

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return self.decision.state if self.decision is not None else "open"

    @property
    def doubt(self) -> float:
        """How unsure the machine is, 0 to 1: most where its score says nothing either way."""
        return 1 - abs(2 * min(max(self.evidence.score, 0.0), 1.0) - 1)

    @property
    def order(self) -> tuple[float, float, str, Time]:
        """What comes first sorts first: what is strongest, then what is most in doubt."""
        strength = self.evidence.strength
        rank = STRENGTHS.index(strength) if strength else _UNKNOWN
        return -rank, -self.doubt, self.movie.name.casefold(), self.evidence.span.start


@dataclass(frozen=True, slots=True)
class Change:
    """What a correction changes; None stays as the machine has it."""

    start: Time | None = None
    end: Time | None = None
    category: str | None = None
    strength: str | None = None

    def __bool__(self) -> bool:
        return any(v is not None for v in (self.start, self.end, self.category, self.strength))


NOTHING = Change()


def flags_of(movie: Movie, judged: Iterable[Judgement], decisions: Decisions) -> list[ReviewFlag]:
    """Every place that findings rest on, once each, in the order of review."""
    found: dict[Place, tuple[Evidence, list[str], bool]] = {}
    for j in judged:
        for finding in j.findings:
            for e in finding.evidence:
                if e.place is None:
                    continue
                _, clauses, pending = found.get(e.place, (e, [], False))
                clauses.append(f"{j.pack.name}/{finding.clause.id}")
                found[e.place] = e, clauses, pending or finding.outcome != "pass"
    flags = [
        ReviewFlag(_id(movie.id, place, e.decision, decisions), movie, place, e, tuple(dict.fromkeys(clauses)), pending)
        for place, (e, clauses, pending) in found.items()
    ]
    return sorted(flags, key=lambda f: f.order)


def _id(film: str, place: Place, decision: Decision | None, decisions: Decisions) -> str:
    if decision is not None:
        return decision.flag
    # The name may be that of a flag that has moved since it was decided about: this one is another.
    own = place.id(film)
    return own if own not in decisions.latest else place.id(f"{film} beside {own}")


class Reviewer:
    """Reviewing a library's films. `by` says who decides."""

    def __init__(
        self, log: ReviewLog, timeline: Callable[[Movie], Timeline], known: Callable[[], Iterable[Pack]], *, by: str
    ) -> None:
        self.log, self.by, self._timeline, self._known = log, by, timeline, known

    def as_by(self, by: str) -> Reviewer:
        """The same for somebody else."""
        return Reviewer(self.log, self._timeline, self._known, by=by)

    def decisions(self, movie: Movie) -> Decisions:
        """A film's decisions that are in force."""
        return Decisions(d for d in self.log.decisions() if d.film == movie.id)

    def by_film(self) -> Callable[[Movie], Decisions]:
        """The decisions of every film, with the log read once."""
        films: dict[str, list[Decision]] = {}
        for decision in self.log.decisions():
            films.setdefault(decision.film, []).append(decision)
        return lambda movie: Decisions(films.get(movie.id, ()))

    def flags(self, movie: Movie, packs: Iterable[Pack] = ()) -> tuple[list[ReviewFlag], tuple[Decision, ...]]:
        """A film's flags by packs (else those that come with Cinedex), and decisions that none of them meets."""
        decisions = self.decisions(movie)
        judge = Judge(self._timeline(movie), most=None, decisions=decisions)
        judged = [judge.judge(pack) for pack in packs or self._known()]
        return flags_of(movie, judged, decisions), decisions.unmet

    def queue(
        self, movies: Iterable[Movie], packs: Sequence[Pack] = (), states: Collection[str] = ("open",)
    ) -> list[ReviewFlag]:
        """The flags of films that are in one of the states; of open ones, those on which a clause hangs."""
        found = (f for movie in movies for f in self.flags(movie, packs)[0])
        wanted = (f for f in found if f.state in states and (f.pending or f.state != "open"))
        return sorted(wanted, key=lambda f: f.order)

    def decide(
        self, movie: Movie, flag: str, do: str, change: Change = NOTHING, *, note: str = "", packs: Iterable[Pack] = ()
    ) -> ReviewFlag:
        """Decide about a flag, by its id or the beginning of it; gives the flag as it then is.

        Raises NotFoundError for a flag that there is not, UsageError for a correction that changes nothing, or to
        something impossible.
        """
        verb = next((v for v in VERBS if v == do), None)
        if verb is None:
            raise UsageError(f"there is no decision {do!r}", remedy=f"There are: {', '.join(VERBS)}.")
        if (verb == "correct") != bool(change):
            what = "a correction changes nothing" if verb == "correct" else f"{verb} changes nothing of the flag"
            raise UsageError(what, remedy="Correct its start, end, category or severity.")
        packs = [*packs] or [*self._known()]
        meant = self._meant(movie, flag, packs)
        decision = Decision(
            number=0,
            film=movie.id,
            flag=meant.id,
            place=meant.place,
            do=verb,
            note=noted(note, "a note"),
            by=named(self.by),
            at="",
            span=_span(movie, meant, change),
            category=_among("category", change.category, {*CATEGORIES, *(c.about for p in packs for c in p.clauses)}),
            strength=_among("severity", change.strength, STRENGTHS),
        )
        self.log.append(decision)
        return self._meant(movie, meant.id, packs)

    def _meant(self, movie: Movie, flag: str, packs: Sequence[Pack]) -> ReviewFlag:
        there = self.flags(movie, packs)[0]
        exact = [f for f in there if f.id == flag]
        meant = exact or [f for f in there if len(flag) >= _SHORTEST_ID and f.id.startswith(flag)]
        if len(meant) > 1:
            raise UsageError(f"{len(meant)} flags begin with {flag}", film=movie.name, remedy="Write more of the id.")
        if not meant:
            raise NotFoundError(
                f"there is no flag {flag!r}", film=movie.name, remedy="The review queue lists the flags of now."
            )
        return meant[0]


def _span(movie: Movie, flag: ReviewFlag, change: Change) -> Span | None:
    if change.start is None and change.end is None:
        return None
    start = flag.evidence.span.start if change.start is None else change.start
    end = flag.evidence.span.end if change.end is None else change.end
    if not ZERO <= start < end or end > movie.duration + SECOND:
        raise UsageError(
            f"{start.clock} to {end.clock} is no place of this film",
            film=movie.name,
            remedy=f"It lasts {movie.duration.clock}; the start lies before the end.",
        )
    return Span(start, min(end, max(movie.duration, flag.evidence.span.end)))


def _among(what: str, value: str | None, known: Iterable[str]) -> str | None:
    there = [k for k in known if k]
    if value is not None and value not in there:
        listed = there if what == "severity" else sorted(there)
        raise UsageError(f"there is no {what} {value!r}", remedy=f"There are: {', '.join(listed)}.")
    return value
