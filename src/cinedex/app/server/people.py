"""People over HTTP: who is in a film and in the library, portraits, and deciding who is who.

No print of a face or voice is given out. Recognition from film to film is off until somebody with the scope `admin`
switches it on and says by which right; naming and hiding the characters of a film work without it. Deleting somebody
cannot be undone, so that it takes that scope too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from cinedex.app.people_tables import act_says, character_facts, gallery_facts, somebody_facts
from cinedex.app.server.answering import cached
from cinedex.app.server.keys import Caller
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Admin, Film, Given, Reader, Reviewer, Service
from cinedex.app.server.shapes import Body, CharacterShape, Decided, DeletedPerson, GalleryShape, People, Recognising
from cinedex.errors import NotFoundError
from cinedex.people.cast import Cast
from cinedex.people.decisions import Entry
from cinedex.people.keeping import KEEP_DAYS, Keeper
from cinedex.people.view import Character
from cinedex.timeline.movie import Movie

router = APIRouter(prefix="/v1", tags=["people"], generate_unique_id_function=operation)

Who = Annotated[str, Field(min_length=1, max_length=400, description="A name, a person's id, or FILM#3.")]


class _About(Body):
    who: Who


class Naming(_About):
    """Who somebody is."""

    name: str = Field(min_length=1, max_length=200)


class Merging(_About):
    """Two who are one."""

    other: Who


class Splitting(_About):
    """A part of a character that is somebody else: a look, or tracklets."""

    look: int | None = Field(default=None, ge=0, le=1 << 31)
    tracklets: list[Annotated[int, Field(ge=0, le=1 << 62)]] = Field(default=[], max_length=10_000)
    name: str = Field(default="", max_length=200, description="Who it is, if that is known.")


class Whom(_About):
    """Whom it is about."""


class Judging(_About):
    """A character, and a person whom the machine may be right about."""

    person: str | None = Field(default=None, max_length=400, description="Else whom the machine holds likeliest.")


class Undoing(Body):
    """An entry of the log."""

    entry: str | None = Field(default=None, min_length=1, max_length=100, description="Else the last one.")


class Switching(Body):
    """Whether people are recognised from film to film."""

    on: bool
    basis: str = Field(default="", max_length=4000, description="By which right: releases, a contract, a law.")
    keep_days: int = Field(default=KEEP_DAYS, ge=1, le=KEEP_DAYS, description="Days to keep what is not used.")


@router.get("/people", response_model=People)
def everybody(
    service: Given,
    _: Reader,
    after: Annotated[int, Query(ge=0, le=1 << 31, description="How many to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    hidden: Annotated[bool, Query(description="Also those who are hidden.")] = False,
) -> dict[str, Any]:
    """Everybody who is known in the library, and strangers seen in several films."""
    movies = {m.id: m for m in service.library.movies()}
    found = [p for p in service.library.cast.everybody() if hidden or not p.hidden]
    page = [_somebody(somebody_facts(p, movies), p.characters) for p in found[after : after + limit]]
    following = after + limit if after + limit < len(found) else None
    return {"recognition": service.library.cast.on, "people": page, "total": len(found), "next": following}


def _somebody(facts: dict[str, Any], characters: tuple[Character, ...]) -> dict[str, Any]:
    for told, character in zip(facts["seen"], characters, strict=True):
        told["portrait"] = _portrait(character)
    return facts


@router.get("/people/recognition", response_model=Recognising)
def recognition(service: Given, _: Reader) -> dict[str, Any]:
    """Whether people are recognised from film to film; it is off until somebody switches it on."""
    return _recognition(service)


def _recognition(service: Service) -> dict[str, Any]:
    found = service.library.cast.register.recognition
    return {"on": found.on, "basis": found.basis, "keep_days": found.keep_days or KEEP_DAYS}


@router.put("/people/recognition", response_model=Recognising)
def switch(new: Switching, service: Given, who: Admin) -> dict[str, Any]:
    """Switch recognition on, saying by which right, or off. What was named stays."""
    keeper = Keeper(_cast(service, who), service.library.keeper.unlist)
    if new.on:
        keeper.switch_on(new.basis, keep_days=new.keep_days)
    else:
        keeper.switch_off()
    service.state.note(who.name, "switch recognition", f"{'on' if new.on else 'off'} {new.basis}".strip())
    return _recognition(service)


@router.get("/films/{film}/people", response_model=GalleryShape)
def gallery(
    movie: Film,
    service: Given,
    hidden: Annotated[bool, Query(description="Also those who are hidden.")] = False,
    after: Annotated[int, Query(ge=0, le=1 << 31, description="How many to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> dict[str, Any]:
    """Who is in a film, who is seen longest first, with whom the machine thinks that they may be."""
    found = service.library.people(movie)
    chosen = found.characters if hidden else found.shown
    page = [character_facts(c) | {"portrait": _portrait(c)} for c in chosen[after : after + limit]]
    return gallery_facts(found) | {"characters": page, "total": len(chosen)}


def _portrait(character: Character) -> str | None:
    if not character.looks:
        return None
    return f"/v1/films/{quote(character.film)}/people/{quote(character.label, safe='')}/portrait"


@router.get("/films/{film}/people/{label}", response_model=CharacterShape)
def character(label: str, movie: Film, service: Given) -> dict[str, Any]:
    """One character of a film."""
    found = _character(label, movie, service)
    return character_facts(found) | {"portrait": _portrait(found)}


def _character(label: str, movie: Movie, service: Service) -> Character:
    found = next((c for c in service.library.people(movie).characters if c.label == label), None)
    if found is None:
        raise NotFoundError("this film has no such person", film=movie.name, remedy="`.../people` lists them.")
    return found


@router.get(
    "/films/{film}/people/{label}/portrait",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The picture."},
        304: {"description": "It is the same."},
    },
)
def portrait(
    label: str,
    movie: Film,
    service: Given,
    request: Request,
    look: Annotated[int | None, Query(ge=1, le=10_000, description="Which look of theirs; else the first.")] = None,
    tracklet: Annotated[int | None, Query(ge=0, le=1 << 62, description="As they look in this tracklet.")] = None,
) -> Response:
    """A character's face where it is seen best."""
    found = service.library.people(movie, portraits=True)
    one = next((c for c in found.characters if c.label == label), None)
    looks = [k for k in one.looks if look in {None, k.number}] if one is not None else []
    wanted = [k.best for k in looks] if tracklet is None else [t for k in looks for t in k.tracklets if t == tracklet]
    best = next((found.portraits[t] for t in wanted if t in found.portraits), None)
    if best is None:
        raise NotFoundError("there is no portrait of them", film=movie.name)
    return cached(best.data, f"image/{best.format}", request)


# Decisions


@router.post("/people/name", response_model=Decided)
def name(new: Naming, service: Given, who: Reviewer) -> dict[str, Any]:
    """Say who a character is, or what somebody is called; search and every film know it at once."""
    return _decided(service, who, lambda cast: cast.name(new.who, new.name))


@router.post("/people/merge", response_model=Decided)
def merge(new: Merging, service: Given, who: Reviewer) -> dict[str, Any]:
    """Say that two are one; the first one's name stays."""
    return _decided(service, who, lambda cast: cast.merge(new.who, new.other))


@router.post("/people/split", response_model=Decided)
def split(new: Splitting, service: Given, who: Reviewer) -> dict[str, Any]:
    """Say that a part of a character is somebody else."""
    return _decided(
        service, who, lambda cast: cast.split(new.who, look=new.look, tracklets=new.tracklets, name=new.name)
    )


@router.post("/people/hide", response_model=Decided)
def hide(new: Whom, service: Given, who: Reviewer) -> dict[str, Any]:
    """Leave somebody out of galleries and lists."""
    return _decided(service, who, lambda cast: cast.hide(new.who))


@router.post("/people/show", response_model=Decided)
def show_again(new: Whom, service: Given, who: Reviewer) -> dict[str, Any]:
    """Show somebody again."""
    return _decided(service, who, lambda cast: cast.show_again(new.who))


@router.post("/people/confirm", response_model=Decided)
def confirm(new: Judging, service: Given, who: Reviewer) -> dict[str, Any]:
    """Say that the machine is right about a character."""
    return _decided(service, who, lambda cast: cast.confirm(new.who, new.person))


@router.post("/people/refuse", response_model=Decided)
def refuse(new: Judging, service: Given, who: Reviewer) -> dict[str, Any]:
    """Say that the machine is wrong about a character."""
    return _decided(service, who, lambda cast: cast.refuse(new.who, new.person))


@router.post("/people/undo", response_model=Decided)
def undo(new: Undoing, service: Given, who: Reviewer) -> dict[str, Any]:
    """Take a decision back; undoing an undo brings it again."""
    return _decided(service, who, lambda cast: cast.undo(new.entry))


@router.post("/people/delete", response_model=DeletedPerson)
def delete(whom: Whom, service: Given, who: Admin) -> dict[str, Any]:
    """Delete somebody: prints, portraits, names, decisions, what search knows, in every film. It cannot be undone."""
    library = service.library
    keeper = Keeper(_cast(service, who), library.keeper.unlist)
    with _meant(service):
        gone = keeper.delete(whom.who)
    service.state.note(who.name, "delete a person", gone.id)  # and not who it was
    films = sorted({seen.film for seen in gone.seen})
    return {"entry": gone.id, "films": films, "removed": dict(gone.removed or ())}


def _cast(service: Service, who: Caller) -> Cast:
    """The library's cast, deciding in the caller's name."""
    library = service.library
    return Cast(library.cast.sources, library.find, by=who.name)


def _decided(service: Service, who: Caller, decide: Callable[[Cast], Entry]) -> dict[str, Any]:
    library = service.library
    library.keeper.finish()
    with _meant(service):
        entry = decide(_cast(service, who))
    library.keeper.touch(people=entry.people & set(library.cast.register.people))
    acts = list(dict.fromkeys(act_says(a) for a in entry.acts))
    # Without names: the log of decisions has them, out of which a deletion takes them.
    kinds = dict.fromkeys(type(a).__name__.lower() for a in entry.acts)
    service.state.note(who.name, "decide about people", f"{entry.id} {', '.join(kinds)}")
    return {"entry": entry.id, "at": entry.at, "by": entry.by, "acts": acts}


@contextmanager
def _meant(service: Service) -> Iterator[None]:
    """What the library says where nobody is meant names its folder, which is nobody's business here."""
    try:
        yield
    except NotFoundError as missing:
        what = "there is nobody like that" if service.library.settings.library in missing.what else missing.what
        raise NotFoundError(what, remedy="Give a name, a person's id, or FILM#3.") from missing
