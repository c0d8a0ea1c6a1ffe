"""Review: the flags of films in the order in which people should look at them, deciding about them, and signing off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from cinedex.compliance.judge import Judge
from cinedex.compliance.log import ReviewLog
from cinedex.compliance.marking import Mark, among, evidence_of, marked, place_within
from cinedex.compliance.model import CATEGORIES, Evidence, Finding, Judgement, Outcome, Pack
from cinedex.compliance.places import VERBS, Decision, Decisions, Place
from cinedex.compliance.signing import WORDS, SignOff, Word, address, digest, looked_at
from cinedex.errors import NotFoundError, UsageError
from cinedex.people.decisions import named, noted
from cinedex.stages.wordlists import STRENGTHS
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Span, Time
from cinedex.timeline.timeline import Timeline

STATES = ("open", "accepted", "rejected", "corrected", "added")

_SHORTEST_ID = 4

_WAITS: tuple[Outcome, ...] = ("needs a human", "not measured", "fail", "not applicable", "pass")
"""Clauses as they wait for people."""

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
        """One of `STATES`, or 'withdrawn' for one that was added and is no more."""
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
                found[e.place] = e, clauses, pending or not finding.settled
    for added in decisions.added:
        if not any(e.decision is added for e, *_ in found.values()):
            found[added.place] = evidence_of(added), [], False
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
        return self.by_film()(movie)

    def by_film(self) -> Callable[[Movie], Decisions]:
        """The decisions of every film, with the log read once."""
        films: dict[str, list[Decision]] = {}
        signed: dict[str, list[SignOff]] = {}
        for entry in self.log.entries():
            if isinstance(entry, Decision):
                films.setdefault(entry.film, []).append(entry)
            else:
                # Another cut of a film is another film in the same place.
                for name in {entry.film, entry.where}:
                    signed.setdefault(name, []).append(entry)

        def of(movie: Movie) -> Decisions:
            there = {s.number: s for n in (movie.id, address(movie.uri)) for s in signed.get(n, ())} if signed else {}
            return Decisions(films.get(movie.id, ()), there.values(), movie.id)

        return of

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
        verb = next((v for v in VERBS if v == do and v != "add"), None)
        if verb is None:
            there = ", ".join(v for v in VERBS if v != "add")
            raise UsageError(f"there is no decision {do!r}", remedy=f"There are: {there}.")
        if (verb == "correct") != bool(change):
            what = "a correction changes nothing" if verb == "correct" else f"{verb} changes nothing of the flag"
            raise UsageError(what, remedy="Correct its start, end, category or severity.")
        packs = [*packs] or [*self._known()]
        meant = self._meant(movie, flag, packs)
        if (meant.state == "added") != (verb == "withdraw") and not (meant.state == "added" and verb == "correct"):
            by_people = meant.state == "added"
            what = "somebody added this place" if by_people else "the machine flagged this place"
            raise UsageError(
                what, film=movie.name, remedy=f"{'Withdraw' if by_people else 'Reject'} it if it is wrong."
            )
        if meant.state == "added" and verb == "correct":
            return self._mark(movie, _changed(meant, change), note, packs, meant.id)
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
            category=among("category", change.category, {*CATEGORIES, *(c.about for p in packs for c in p.clauses)}),
            strength=among("severity", change.strength, STRENGTHS),
        )
        made = self.log.append(decision)
        if verb == "withdraw":
            return replace(meant, evidence=replace(meant.evidence, decision=made, counts=False), pending=False)
        return self._meant(movie, meant.id, packs)

    def add(self, movie: Movie, mark: Mark, *, note: str = "", packs: Iterable[Pack] = ()) -> ReviewFlag:
        """Mark a place that the machine has missed; it counts from now on. Raises UsageError for an impossible one."""
        return self._mark(movie, mark, note, [*packs] or [*self._known()], "")

    def _mark(self, movie: Movie, mark: Mark, note: str, packs: Sequence[Pack], flag: str) -> ReviewFlag:
        made = self.log.append(marked(movie, mark, packs, note=note, by=self.by, flag=flag))
        return self._meant(movie, made.flag, packs)

    # Clauses as a whole

    def clauses(self, movie: Movie, packs: Iterable[Pack] = ()) -> list[tuple[Pack, Finding]]:
        """What every clause comes to for a film, with all its places, those first that wait for a person."""
        judge = Judge(self._timeline(movie), most=None, decisions=self.decisions(movie))
        found = [(pack, f) for pack in packs or self._known() for f in judge.judge(pack).findings]
        return sorted(found, key=lambda one: _WAITS.index(one[1].outcome) if one[1].signed is None else len(_WAITS))

    def sign(
        self, movie: Movie, clause: str, do: str, *, note: str = "", times: Iterable[tuple[Time, Time]] = (),
        packs: Iterable[Pack] = (),
    ) -> tuple[Pack, Finding]:  # fmt: skip
        """Sign off a clause (PACK/CLAUSE) as a whole, or reopen it; gives what it then comes to.

        `do` is 'pass', 'fail', 'not applicable', 'waive' (a fail that somebody answers for) or 'reopen'. Raises
        NotFoundError for a clause that there is not, UsageError for what cannot be said of it: what was measured to
        fail does not pass by anybody's word.
        """
        packs = [*packs] or [*self._known()]
        pack, found = self._clause(movie, clause, packs)
        word = next((w for w in WORDS if w == do), None)
        if word is None:
            raise UsageError(f"a clause cannot be signed {do!r}", remedy=f"There are: {', '.join(WORDS)}.")
        said = noted(note, "a note")
        _check_signing(movie, clause, found, word, said)
        self.log.append(
            SignOff(
                number=0,
                film=movie.id,
                where=address(movie.uri),
                pack=pack.name,
                version=pack.version,
                clause=found.clause.id,
                clause_digest=digest(found.clause),
                do=word,
                note=said,
                by=named(self.by),
                at="",
                measured=found.measured,
                value=found.value,
                looked=looked_at(e.place for e in found.evidence if e.place is not None and e.counts),
                times=tuple(place_within(movie, start, end) for start, end in times),
            )
        )
        return self._clause(movie, clause, packs)

    def _clause(self, movie: Movie, name: str, packs: Sequence[Pack]) -> tuple[Pack, Finding]:
        wanted, _, of = name.partition("/")
        chosen = [p for p in packs if p.name == wanted]
        found = [one for one in self.clauses(movie, chosen) if one[1].clause.id == of] if chosen else []
        if not found:
            raise NotFoundError(
                f"there is no clause {name!r}", film=movie.name, remedy="Write PACK/CLAUSE, as reports name it."
            )
        return found[0]

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
    return place_within(movie, start, end, max(movie.duration, flag.evidence.span.end))


def _changed(flag: ReviewFlag, change: Change) -> Mark:
    """A place that was added, as corrected. What it is of another category is of the category's own kind."""
    e, place = flag.evidence, flag.place
    return Mark(
        start=e.span.start if change.start is None else change.start,
        end=e.span.end if change.end is None else change.end,
        category=change.category or place.category,
        strength=change.strength or e.strength,
        label="" if place.label == place.category else place.label,
        kind=place.kind if change.category in {None, place.category} else "",
    )


def _check_signing(movie: Movie, clause: str, found: Finding, word: Word, note: str) -> None:
    """Refuse what cannot be said of a clause."""
    if word == "reopen":
        if found.signed is None and found.before is None:
            raise UsageError(f"{clause} was not signed off", film=movie.name)
        return
    if not note:
        raise UsageError("a sign-off needs a note", film=movie.name, remedy="Say what was looked at, and why it is so.")
    if found.measured == "fail" and word in {"pass", "not applicable"}:
        raise UsageError(
            f"{clause} was measured to fail",
            film=movie.name,
            remedy="Reject the flags that are wrong, or waive it: it is then told as a fail that you waived.",
        )
    if (found.measured, word) == ("pass", "pass"):
        raise UsageError(f"{clause} passes already", film=movie.name)
    if word == "waive" and found.measured != "fail":
        raise UsageError(f"{clause} does not fail", film=movie.name, remedy="Only a fail that was measured is waived.")
