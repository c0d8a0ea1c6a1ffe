"""Review over HTTP: the flags of films in the order in which to look at them, deciding about them, and signing off."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from cinedex.app.review_tables import clause_facts, decision_facts, flag_facts
from cinedex.app.server.checks import chosen
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given, Reader, Reviewer
from cinedex.app.server.shapes import Body, ClauseRow, FilmClauses, FilmReview, ReviewQueue, ReviewRow
from cinedex.compliance.marking import Mark
from cinedex.compliance.review import STATES, Change
from cinedex.compliance.review import Reviewer as Reviewing
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1", tags=["review"], generate_unique_id_function=operation)

Packs = Annotated[str, Query(max_length=1000, description="Rule packs, with commas between; none: all.")]
State = Literal["open", "accepted", "rejected", "corrected", "added"]
Seconds = Annotated[float, Field(ge=0, le=1e7)]


class Reviewed(Body):
    """A decision about a flag; the last four are for corrections, and at least one of them is to be given there."""

    flag: str = Field(pattern="^[0-9a-f]{4,12}$", description="The flag's id, or the beginning of it.")
    decision: Literal["accept", "reject", "correct", "reopen", "withdraw"] = Field(
        description="`reopen` takes a decision back, `withdraw` takes out a place that somebody added."
    )
    note: str = Field(default="", max_length=4000)
    start: Seconds | None = None
    end: Seconds | None = None
    category: str | None = Field(default=None, max_length=60)
    severity: str | None = Field(default=None, max_length=60)


class Marked(Body):
    """A place that the machine has missed. A word and a fault need their label, signs and words a severity."""

    start: Seconds
    end: Seconds
    category: str = Field(max_length=60, description="As `violence`, `language`, `technical`, `flashing`.")
    severity: str = Field(default="", max_length=60)
    label: str = Field(default="", max_length=100, description="Which word, fault (`black`) or sign (`gunfire`).")
    kind: Literal["", "concern", "mention", "flag", "flashing"] = Field(default="", description="Else by the category.")
    note: str = Field(default="", max_length=4000)


class Stretch(Body):
    """A place of a film, in seconds."""

    start: Seconds
    end: Seconds


class Signed(Body):
    """What somebody says of a clause as a whole."""

    clause: str = Field(max_length=200, description="As PACK/CLAUSE.")
    decision: Literal["pass", "fail", "not applicable", "waive", "reopen"] = Field(
        description="`waive` answers for a measured fail, which stays one; `reopen` takes a sign-off back."
    )
    note: str = Field(default="", max_length=4000, description="Needed, but to reopen.")
    times: list[Stretch] = Field(default=[], max_length=100, description="Places that show it.")


@router.get("/films/{film}/review", response_model=FilmReview)
def film_review(movie: Film, service: Given, packs: Packs = "") -> dict[str, Any]:
    """A film's flags, decided and not, what is strongest and most in doubt first.

    `lost` are decisions whose flag is not among those of now: they are kept, and hold again when it is.
    """
    flags, lost = service.library.reviewer.flags(movie, chosen(packs))
    return {
        "film": movie.id,
        "flags": [flag_facts(f) for f in flags if f.pending or f.state != "open"],
        "lost": [decision_facts(d, movie.name) for d in lost],
    }


@router.get("/review/queue", response_model=ReviewQueue)
def queue(
    service: Given,
    _: Reader,
    packs: Packs = "",
    state: Annotated[list[State], Query(description="Which flags; may be repeated.")] = ["open"],  # noqa: B006 - FastAPI copies it
    after: Annotated[int, Query(ge=0, le=1 << 31, description="How many to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """The flags of all films that wait for a person, what is strongest and most in doubt first."""
    found = service.library.reviewer.queue(service.library.movies(), chosen(packs), set(state) & set(STATES))
    following = after + limit if after + limit < len(found) else None
    return {"flags": [flag_facts(f) for f in found[after : after + limit]], "total": len(found), "next": following}


@router.post("/films/{film}/review", response_model=ReviewRow)
def decide(new: Reviewed, movie: Film, service: Given, who: Reviewer) -> dict[str, Any]:
    """Decide about a flag; gives it as it then is. The decision holds in reports and edit lists from now on."""
    change = Change(_time(new.start), _time(new.end), new.category, new.severity)
    reviewer: Reviewing = service.library.reviewer.as_by(who.name)
    flag = reviewer.decide(movie, new.flag, new.decision, change, note=new.note)
    service.state.note(who.name, "review", f"{new.decision} {flag.id} of {movie.id[:16]}")
    return flag_facts(flag)


@router.post("/films/{film}/review/places", response_model=ReviewRow, status_code=201)
def add_place(new: Marked, movie: Film, service: Given, who: Reviewer) -> dict[str, Any]:
    """Mark a place that the machine has missed; it counts in reports and edit lists from now on."""
    mark = Mark(
        Time.from_seconds(new.start), Time.from_seconds(new.end), new.category, new.severity, new.label, new.kind
    )
    flag = service.library.reviewer.as_by(who.name).add(movie, mark, note=new.note)
    service.state.note(who.name, "review", f"add {flag.id} of {movie.id[:16]}")
    return flag_facts(flag)


@router.get("/films/{film}/review/clauses", response_model=FilmClauses)
def clauses(movie: Film, service: Given, packs: Packs = "") -> dict[str, Any]:
    """Every clause with what it comes to and who has signed it off; those first that wait for a person."""
    found = service.library.reviewer.clauses(movie, chosen(packs))
    return {"film": movie.id, "clauses": [clause_facts(movie, *one) for one in found]}


@router.post("/films/{film}/review/clauses", response_model=ClauseRow)
def sign(new: Signed, movie: Film, service: Given, who: Reviewer) -> dict[str, Any]:
    """Sign a clause off as a whole; it holds until the clause, the film, or what is found in it changes."""
    times = [(Time.from_seconds(t.start), Time.from_seconds(t.end)) for t in new.times]
    reviewer: Reviewing = service.library.reviewer.as_by(who.name)
    found = reviewer.sign(movie, new.clause, new.decision, note=new.note, times=times)
    service.state.note(who.name, "review", f"{new.decision} {new.clause} of {movie.id[:16]}")
    return clause_facts(movie, *found)


def _time(seconds: float | None) -> Time | None:
    return None if seconds is None else Time.from_seconds(seconds)
