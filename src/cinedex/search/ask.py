"""Questions: read into one of a few plans, carried out by small tools over tracks and index, answered with evidence.

No text is ever obeyed: a plan comes from the form of the user's question alone, and what films say is only quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cinedex.errors import CinedexError, UsageError
from cinedex.search.answer import (
    Answer,
    Claim,
    Coverage,
    Evidence,
    Writing,
    claims_of,
    speaks_to_a_machine,
    verified,
)
from cinedex.search.finder import Finder
from cinedex.search.follow import Following, Spot, Turn, following
from cinedex.search.resolve import called
from cinedex.search.sessions import Sessions, checked
from cinedex.search.syntax import LONGEST_QUERY
from cinedex.search.tools import Tools
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Cue, Face, Object, Place, Row, Sight, Sound, Tag, Text, Voice

LOOKED: frozenset[type[Row]] = frozenset({Face, Object, Place, Sight, Tag, Text})
LISTENED: frozenset[type[Row]] = frozenset({Cue, Sound, Voice})
"""Kinds that tell that a film's pictures were looked at, or its sound listened to."""

Looked = Callable[[Movie], tuple[bool, bool]]
"""Whether a film's pictures have been looked at, and its sound listened to."""


class Asker:
    """Answers questions about a library. `looked` is for coverage; `writing` phrases answers, if there is a writer."""

    def __init__(self, finder: Finder, looked: Looked, writing: Writing | None = None) -> None:
        self._finder = finder
        self._looked = looked
        self._writing = writing
        self._movies = {m.id: m for m in finder.movies()}
        self._tools = Tools(finder)

    def ask(self, question: str, movie: Movie | None = None, before: Turn | None = None) -> Answer:
        """An answer that makes only claims which cite evidence. Raises UsageError for no question.

        `before` is what the question before was about: what "she", "there" and "after that" mean.
        """
        text = " ".join(question[: LONGEST_QUERY * 4].split())[:LONGEST_QUERY].strip(" ?!.¿¡")
        if not re.search(r"\w", text):
            raise UsageError("there is no question", remedy="Ask, for example: who is in holiday?")
        follow = following(text, before, self._finder.name_of, self._called) if before is not None else Following(text)
        near: tuple[Evidence, ...] = ()
        done = self._tools.there(follow)
        if done is not None:
            plan, (claims, evidence, notes) = done
        else:
            plan, (claims, evidence, notes), near = self._tools.answered(follow.text, movie)
        plan, notes = [*follow.taken, *plan], [*follow.notes, *notes]
        kept, dropped = verified(claims, evidence)
        if claims and not kept:
            notes = [*notes, "what was found cannot be told as claims that its words bear out"]
        written = False
        if kept and self._writing is not None:
            phrased, lost, why = _phrased(self._writing, text, evidence)
            kept, dropped, written = (phrased, dropped + lost, True) if phrased else (kept, dropped + lost, False)
            notes += why
        cited = {n for c in kept for n in c.cites}
        shown = tuple(e for e in evidence if e.number in cited)
        return Answer(text, tuple(plan), kept, shown, self._coverage(movie), tuple(notes), dropped, written, near)

    def ask_in(self, sessions: Sessions, name: str, question: str, movie: Movie | None = None) -> Answer:
        """An answer in a session: the question may lean on the one before it, the next one on this."""
        before = sessions.turn(checked(name)) or Turn()
        answer = self.ask(question, movie, before)
        sessions.put(name, self.turn(answer, before))
        return answer

    def turn(self, answer: Answer, before: Turn | None = None) -> Turn:
        """What an answer was about, for the question after it; what is not asked about again stays as it was."""
        told = " ".join([answer.question, *answer.plan])
        people = self._finder.named_in(told) or (before.people if before else ())
        spots = tuple(Spot(e.movie, e.start, e.end) for e in answer.evidence)
        ahead = any(step.startswith("the minute after") for step in answer.plan)
        spots = spots[::-1] if ahead else spots
        return Turn(spots or (before.spots if before else ()), people)

    def _called(self, film: str) -> str:
        return called(self._movies[film]) if film in self._movies else ""

    def _coverage(self, movie: Movie | None) -> Coverage:
        movies = [movie] if movie else [*self._movies.values()]
        seconds = [(m.duration.seconds, *self._looked(m)) for m in movies]
        return Coverage(
            len(movies),
            sum(s for s, _, _ in seconds),
            sum(s for s, looked, _ in seconds if looked),
            sum(s for s, _, listened in seconds if listened),
        )


def _phrased(writing: Writing, question: str, evidence: Sequence[Evidence]) -> tuple[tuple[Claim, ...], int, list[str]]:
    """What a writer makes of the evidence, as far as that bears it out; how much it does not, and what to say of it.

    What speaks to a writer is not sent to it, so that it cannot be cited by one either.
    """
    sent = [e for e in evidence if not speaks_to_a_machine(e)]
    notes = (
        ["evidence that speaks to a writer like an instruction was not sent to it"] if len(sent) < len(evidence) else []
    )
    if not sent:
        return (), 0, notes
    try:
        text = writing(question, [f"[{e.number}] ({e.kind} in {e.name}) {e.text}" for e in sent])
    except CinedexError as error:
        return (), 0, [*notes, f"not phrased by the writer: {error}"]
    kept, lost = verified(claims_of(text), sent)
    return kept, lost, notes if kept else [*notes, "nothing that the writer wrote was borne out by the evidence"]
