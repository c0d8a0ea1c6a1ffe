"""Answers as bytes: cached by their content, as files to keep, with the names that files may have."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from cinedex.timeline.movie import Movie
from cinedex.timeline.time import FLICKS_PER_SECOND

ARROW = "application/vnd.apache.arrow.stream"


def cached(body: bytes, kind: str, request: Request, **headers: str) -> Response:
    """An answer with an ETag; 304 where the caller has it already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    told = {"ETag": tag, "Cache-Control": "private, no-cache", **headers}
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=told)
    return Response(body, media_type=kind, headers=told)


def cached_json(value: Any, request: Request, kind: str = "application/json", **headers: str) -> Response:
    """The same of what JSON can say."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:  # JSON has no infinities, and loudness has
        text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    return cached(text.encode("utf-8", "replace"), kind, request, **headers)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _finite(v) for n, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def kept(movie: Movie, ending: str) -> dict[str, str]:
    """The header that lets browsers keep an answer as a file."""
    return {"Content-Disposition": f'attachment; filename="{ascii_name(movie)}.{ending}"'}


def ascii_name(movie: Movie) -> str:
    """A film's name as a file's, without anything that means something to a shell, a path or a header."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in Path(movie.name).stem)
    return stem.strip("-.") or movie.id[:16]


def seconds(*ticks: int) -> tuple[float, ...]:
    """Times for people."""
    return tuple(round(t / FLICKS_PER_SECOND, 3) for t in ticks)


def links(movie: str, start: float, end: float) -> dict[str, str]:
    """Where a moment is played and seen."""
    return {
        "play": f"/v1/films/{movie}/media#t={start:g},{end:g}",
        "still": f"/v1/films/{movie}/still?at={start + min(0.5, (end - start) / 2):.3f}",
    }
