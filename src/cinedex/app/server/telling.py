"""Finding and answering over HTTP: search, questions (told as they are answered), summaries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from cinedex.app.server.answering import links, seconds
from cinedex.app.server.openapi import operation
from cinedex.app.server.problems import problem_facts
from cinedex.app.server.service import Film, Given, Reader, Service, found_film
from cinedex.app.server.shapes import AnswerShape, DigestShape, Found, SummaryShape
from cinedex.app.tables import result_facts
from cinedex.canonical import plain
from cinedex.errors import CinedexError, UsageError
from cinedex.search.answer import Answer
from cinedex.search.query import SearchResult
from cinedex.search.summary import Summary
from cinedex.timeline.movie import Movie
from cinedex.timeline.time import Time

router = APIRouter(prefix="/v1", tags=["finding and answering"], generate_unique_id_function=operation)

Session = Annotated[
    str, Query(pattern="^([a-z0-9][a-z0-9_-]{0,63})?$", description="Questions of one session may lean on each other.")
]
Name = Annotated[str | None, Query(max_length=200, description="Only in this film: its id or name.")]


@router.get("/search", response_model=Found)
async def search(
    service: Given,
    _: Reader,
    q: Annotated[
        str, Query(max_length=2000, description='Plain words, "phrases", and filters such as person: place: year:')
    ] = "",
    film: Name = None,
    more_like: Annotated[
        str | None, Query(max_length=220, description="FILM@SECONDS: a moment that the others are to be like.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """The moments that fit best, or none, and of how much that is said."""

    def found() -> bytes:
        movie = found_film(service, film) if film else None
        like = _moment(service, more_like) if more_like else None
        return _found(service.library.search(q, limit=limit, movie=movie, more_like=like))

    told: bytes = await service.searches.find((q, film, more_like, limit), found)
    return Response(told, media_type="application/json")


def _moment(service: Service, text: str) -> tuple[Movie, Time]:
    name, _, at = text.rpartition("@")
    try:
        time = Time.from_seconds(float(at))
    except (ValueError, OverflowError) as wrong:
        raise UsageError(f"{text!r} names no moment", remedy="Say FILM@SECONDS.") from wrong
    if not name or not 0 <= time.seconds <= 1e6:
        raise UsageError(f"{text!r} names no moment", remedy="Say FILM@SECONDS.")
    return found_film(service, name), time


def _found(result: SearchResult) -> bytes:
    """What is sent, spelled once for all who ask the same."""
    facts = result_facts(result)
    placed = facts | {"hits": [_placed(hit, hit["movie"]) for hit in facts["hits"]]}
    return Found.model_validate(placed).model_dump_json().encode()


@router.get("/ask", response_model=AnswerShape)
def ask(
    service: Given,
    _: Reader,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="A question in plain words.")],
    film: Name = None,
    session: Session = "",
) -> dict[str, Any]:
    """An answer of claims that cite evidence, or none where the library does not say."""
    return _answer(service.library.ask(q, movie=found_film(service, film) if film else None, session=session))


@router.get(
    "/ask/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "`evidence` for each piece, `claim` for each sentence, then `answer` with all of it, or "
            "`problem`.",
        }
    },
)
async def ask_events(
    service: Given,
    _: Reader,
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="A question in plain words.")],
    film: Name = None,
    session: Session = "",
) -> StreamingResponse:
    """The same as server-sent events: evidence first, then the claims that cite it, then the whole."""
    movie = await run_in_threadpool(found_film, service, film) if film else None

    async def told() -> AsyncIterator[str]:
        yield ": looking\n\n"  # proxies pass on what has begun
        try:
            answer = _answer(await run_in_threadpool(lambda: service.library.ask(q, movie=movie, session=session)))
        except CinedexError as error:
            yield _event("problem", problem_facts(error, request))
            return
        for piece in answer["evidence"]:
            yield _event("evidence", piece)
        for claim in answer["claims"]:
            yield _event("claim", claim)
        yield _event("answer", answer)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(told(), media_type="text/event-stream", headers=headers)


def _event(name: str, value: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"


def _answer(answer: Answer) -> dict[str, Any]:
    """An answer for programs: no path of this machine leaves it."""
    facts = dict(plain(answer))
    for part in ("evidence", "near"):
        facts[part] = [_placed(piece, piece["movie"]) for piece in facts[part]]
    facts["coverage"] |= {"says": str(answer.coverage)}
    return facts


def _placed(piece: dict[str, Any], movie: str) -> dict[str, Any]:
    start, end = seconds(piece["start"], piece["end"])
    return {n: v for n, v in piece.items() if n != "uri"} | {"seconds": (start, end)} | links(movie, start, end)


@router.get("/films/{film}/summary", response_model=SummaryShape)
def summary(
    movie: Film,
    service: Given,
    length: Literal["short", "medium", "long"] = "short",
    scene: Annotated[int | None, Query(ge=0, le=100_000, description="Only this scene.")] = None,
    person: Annotated[str, Query(max_length=200, description="Only where this person is on screen.")] = "",
    topic: Annotated[str, Query(max_length=400, description="Only moments that these words find.")] = "",
) -> dict[str, Any]:
    """A film in quoted lines and chapters, each with its time."""
    return _summary(service.library.summary(movie, length=length, scene=scene, person=person, topic=topic))


@router.get("/summary", response_model=DigestShape)
def digest(
    service: Given,
    _: Reader,
    length: Literal["short", "medium", "long"] = "short",
    person: Annotated[str, Query(max_length=200, description="Only where this person is on screen.")] = "",
    topic: Annotated[str, Query(max_length=400, description="Only moments that these words find.")] = "",
) -> dict[str, Any]:
    """What the library has of a topic or a person, film by film, in quoted lines with their times."""
    told = service.library.digest(length=length, person=person, topic=topic)
    return dict(plain(told)) | {"films": [_summary(film) for film in told.films]}


def _summary(told: Summary) -> dict[str, Any]:
    facts = dict(plain(told))
    for name in ("lines", "chapters"):
        facts[name] = [_placed(one, told.movie) for one in facts[name]]
    return facts
