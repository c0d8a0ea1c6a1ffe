"""Places that people add: what a machine has missed, as a decision that brings its own place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cinedex.compliance.model import CATEGORIES, Evidence, Pack
from cinedex.compliance.places import Decision, Place
from cinedex.errors import UsageError
from cinedex.people.decisions import named, noted
from cinedex.stages.concerns import CATEGORIES as SIGNS
from cinedex.stages.wordlists import STRENGTHS, TOPICS
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Concern, Flag, Mention
from cinedex.timeline.time import SECOND, ZERO, Span, Time

FLASHING = "flashing"

KINDS = (Concern.kind, Mention.kind, Flag.kind, FLASHING)
"""What can be added: a sign of something, a word, a technical fault, flashing."""

LABEL_MAX = 100

_SAID = sorted({"language", *TOPICS} - {"profanity", "sexual", "tobacco-warning"})
_SEEN = sorted({*CATEGORIES, *SIGNS} - {FLASHING, "technical"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person has seen or heard: where, for which `category`, how strong, and which word, fault or sign.

    `kind` follows from the category where it is ''. A word and a fault need their `label`.
    """

    start: Time
    end: Time
    category: str
    strength: str = ""
    label: str = ""
    kind: str = ""


def place_within(movie: Movie, start: Time, end: Time, longest: Time | None = None) -> Span:
    """A stretch of a film, or UsageError. A second beyond the end is cut off, and no more (`longest`: the film)."""
    if not ZERO <= start < end or end > movie.duration + SECOND:
        raise UsageError(
            f"{start.clock} to {end.clock} is no place of this film",
            film=movie.name,
            remedy=f"It lasts {movie.duration.clock}; the start lies before the end.",
        )
    return Span(start, min(end, longest or movie.duration))


def among(what: str, value: str | None, known: Iterable[str]) -> str | None:
    """The value, or UsageError where it is not one that is known."""
    there = [k for k in known if k]
    if value is not None and value not in there:
        listed = there if what == "severity" else sorted(there)
        raise UsageError(f"there is no {what} {value!r}", remedy=f"There are: {', '.join(listed)}.")
    return value


def marked(movie: Movie, mark: Mark, packs: Iterable[Pack], *, note: str, by: str, flag: str = "") -> Decision:
    """The decision that a mark is; of a `flag` that was added before, the same flag anew. Raises UsageError."""
    kind = mark.kind or _kind(mark.category)
    among("kind", kind, KINDS)
    faults = {label for p in packs for c in p.clauses if c.kind == Flag.kind for label in c.labels}
    categories = {Concern.kind: _SEEN, Mention.kind: _SAID, Flag.kind: ["technical"], FLASHING: [FLASHING]}
    among(f"category of a {kind}", mark.category, categories[kind])
    label = noted(mark.label, "a label").casefold()
    if len(label) > LABEL_MAX:
        raise UsageError(f"a label of {len(label)} characters is too long", remedy=f"At most {LABEL_MAX} fit.")
    if kind == Flag.kind:
        among("fault", label, faults)
    if kind == Mention.kind and not label:
        raise UsageError("which word was it?", remedy="Give it as the label.")
    strength = among("severity", mark.strength or None, STRENGTHS)
    if strength is None and kind in {Concern.kind, Mention.kind}:
        raise UsageError("how strong is it?", remedy=f"Give a severity: {', '.join(STRENGTHS)}.")
    if mark.start >= movie.duration:
        raise UsageError(f"the film has ended by {mark.start.clock}", film=movie.name)
    place = Place(kind, mark.category, label or mark.category, place_within(movie, mark.start, mark.end))
    return Decision(
        number=0,
        film=movie.id,
        flag=flag or place.id(f"{movie.id} added"),
        place=place,
        do="add",
        note=noted(note, "a note"),
        by=named(by),
        at="",
        span=place.span,
        category=place.category,
        strength=strength,
    )


def _kind(category: str) -> str:
    known = {"technical": Flag.kind, FLASHING: FLASHING, "language": Mention.kind}
    return known.get(category, Concern.kind)


def evidence_of(added: Decision) -> Evidence:
    """An added place that no clause counts, as what reports and lists show."""
    place = added.place
    return Evidence(
        place.span, "", added.note or place.label, 1.0, place.category, added.strength or "", (), place, added
    )
