"""What happens while films are analysed: one small value for the progress bar, the server, the log and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Happening(StrEnum):
    """What an event reports."""

    STARTED = "started"
    PROGRESS = "progress"
    DONE = "done"
    SKIPPED = "skipped"
    """Stored already, or not possible because of what it needs; `why` says which."""
    FAILED = "failed"
    RETRY = "retry"
    FILM_DONE = "film-done"


@dataclass(frozen=True, slots=True)
class Event:
    """`fraction` is how much of the film the stage has answered for, 0..1; `why` is for people."""

    what: Happening
    film: str
    movie_id: str
    stage: str = ""
    fraction: float = 0.0
    rows: int = 0
    seconds: float = 0.0
    why: str = ""
    error: Exception | None = None
