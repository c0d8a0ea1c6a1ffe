"""Jobs over HTTP, and the key that a browser keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Analyst, Given, Reader, found_film, known
from cinedex.app.server.shapes import AskedJob, Body, Job, Jobs
from cinedex.errors import UsageError

router = APIRouter(prefix="/v1", tags=["jobs"], generate_unique_id_function=operation)

_BEAT_SECONDS = 15


class NewJob(Body):
    """An analysis to queue."""

    film: str = Field(min_length=1, max_length=200, description="A film of the library: its id or name.")
    stages: list[Annotated[str, Field(max_length=60)]] = Field(
        default=[], max_length=100, description="None: all of them."
    )
    priority: int = Field(default=0, ge=-100, le=100, description="The higher, the sooner.")
    most_seconds: float | None = Field(
        default=None, gt=0, le=1e9, description="Refuse it if it is thought to take longer."
    )


@router.post("/jobs", status_code=202, response_model=AskedJob)
def ask(
    new: NewJob,
    service: Given,
    who: Analyst,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> dict[str, Any]:
    """Queue an analysis. With an `Idempotency-Key`, asking again gives the same job."""
    movie = found_film(service, new.film)
    plan = service.library.plan(movie, new.stages or None)
    seconds = plan.seconds(service.library.settings.cores)
    if new.most_seconds is not None and seconds > new.most_seconds:
        raise UsageError(
            f"the analysis is thought to take {seconds:.0f} s, and {new.most_seconds:g} s are allowed",
            remedy="Ask for fewer stages, or allow more.",
        )
    asked = None if idempotency_key is None else f"{service.name}:{who.number}:{idempotency_key}"
    job = service.jobs.ask(movie.id, movie.name, new.stages, priority=new.priority, asked=asked)
    service.state.note(who.name, "ask for analysis", f"{job['id']} {movie.id}")
    service.worker.wake()
    return job | {"estimated_seconds": round(seconds, 1)}


@router.get("/jobs", response_model=Jobs)
def jobs(
    service: Given,
    _: Reader,
    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None,
    before: Annotated[float | None, Query(ge=0, le=1e12, description="`made` of the last of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Jobs, the latest first."""
    return {"jobs": service.jobs.list(state=state, limit=limit, before=before)}


@router.get("/jobs/{job}", response_model=Job)
def one(job: str, service: Given, _: Reader) -> dict[str, Any]:
    """One job: its state, how far it and each of its stages is, and why it failed."""
    return service.jobs.get(job)


@router.post("/jobs/{job}/cancel", response_model=Job)
def cancel(job: str, service: Given, who: Analyst) -> dict[str, Any]:
    """End a job; what it has made is kept, and asking again goes on from there."""
    found = service.jobs.cancel(job)
    service.state.note(who.name, "cancel job", job)
    return found


class Urgency(Body):
    """What of a waiting job can be changed."""

    priority: int = Field(ge=-100, le=100, description="The higher, the sooner.")


@router.patch("/jobs/{job}", response_model=Job)
def urge(job: str, new: Urgency, service: Given, who: Analyst) -> dict[str, Any]:
    """Let a job come sooner or later than others."""
    found = service.jobs.urge(job, new.priority)
    service.state.note(who.name, "urge job", f"{job} {new.priority}")
    return found


@router.post("/jobs/{job}/retry", response_model=Job)
def retry(job: str, service: Given, who: Analyst) -> dict[str, Any]:
    """Queue an ended job again."""
    found = service.jobs.retry(job)
    service.state.note(who.name, "retry job", job)
    service.worker.wake()
    return found


@router.get(
    "/jobs/{job}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`job` whenever it has changed."}},
)
async def events(job: str, service: Given, _: Reader) -> StreamingResponse:
    """How the job goes on, as server-sent events, until it has ended."""
    await run_in_threadpool(service.jobs.get, job)

    async def told() -> AsyncIterator[str]:
        async for text in service.following.told(job, _BEAT_SECONDS):
            yield f"event: job\ndata: {text}\n\n" if text else ": still here\n\n"

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


class EnteredKey(Body):
    """A key, to be kept by the browser."""

    key: str = Field(min_length=1, max_length=200)


@router.post("/session", status_code=204)
def enter(entry: EnteredKey, service: Given, request: Request, response: Response) -> None:
    """Let a browser keep a key in a cookie that no script can read and no other site can send."""
    known(service, entry.key, request)
    secure = request.url.scheme == "https"
    response.set_cookie("cinedex_key", entry.key, httponly=True, samesite="strict", secure=secure, max_age=30 * 86400)


@router.delete("/session", status_code=204)
def leave(response: Response) -> None:
    """Forget the key."""
    response.delete_cookie("cinedex_key")
