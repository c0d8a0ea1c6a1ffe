"""What this server is: its version, what the caller may do, its models with their licences."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cinedex import __version__
from cinedex.app.server.keys import SCOPES
from cinedex.app.server.openapi import operation
from cinedex.app.server.service import Given, Reader
from cinedex.app.server.shapes import About, ModelShape
from cinedex.app.server.tracks import GIVEN_OUT, exports
from cinedex.canonical import plain
from cinedex.models.fetch import present

router = APIRouter(prefix="/v1", tags=["server"], generate_unique_id_function=operation)


@router.get("/about", response_model=About)
def about(service: Given, who: Reader) -> dict[str, Any]:
    """What this server is, and what the caller may do."""
    library = service.library
    return {
        "version": __version__,
        "you": who.name,
        "scopes": [s for s in SCOPES if who.may(s)],
        "recognition": library.cast.on,
        "cores": library.settings.cores,
        "offline": library.settings.offline,
        "writes": bool(library.settings.writer),
        "exports": exports(service),
        "kinds": GIVEN_OUT,
        "stages": [s.name for s in library.stages],
        "upload_bytes": service.most_bytes,
    }


@router.get("/models", response_model=list[ModelShape])
def models(service: Given, _: Reader) -> list[dict[str, Any]]:
    """Every described model, under which licence it is, and whether its files are here."""
    cache = service.library.settings.cache / "models"
    return [
        {"name": m.name, "task": m.task, "tier": m.tier, "summary": m.summary, "bytes": m.size}
        | {"here": present(m, cache), "licence": plain(m.licence)}
        for m in service.library.models.values()
    ]
