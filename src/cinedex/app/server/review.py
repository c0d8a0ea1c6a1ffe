"""Review over HTTP: the flags of films in the order in which to look at them, and deciding about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from cinedex.app.review_tables import decision_facts, flag_facts
from cinedex.app.server.checks import chosen
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Film, Given, Reader, Reviewer
from cinedex.app.server.shapes import Body, FilmReview, ReviewQueue, ReviewRow
from cinedex.compliance.review import STATES, Change
from cinedex.compliance.review import Reviewer as Reviewing
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1", tags=["review"], generate_unique_id_function=operation)

Packs = Annotated[str, Query(max_length=1000, description="Rule packs, with commas between; none: all.")]
State = Literal["open", "accepted", "rejected", "corrected"]
Seconds = Annotated[float, Field(ge=0, le=1e7)]


class Reviewed(Body):
    """A decision about a flag; the last four are for corrections, and at least one of them is to be given there."""

    flag: str = Field(pattern="^[0-9a-f]{4,12}$", description="The flag's id, or the beginning of it.")
    decision: Literal["accept", "reject", "correct", "reopen"] = Field(description="`reopen` takes a decision back.")
    note: str = Field(default="", max_length=4000)
    start: Seconds | None = None
    end: Seconds | None = None
    category: str | None = Field(default=None, max_length=60)
    severity: str | None = Field(default=None, max_length=60)


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


def _time(seconds: float | None) -> Time | None:
    return None if seconds is None else Time.from_seconds(seconds)
