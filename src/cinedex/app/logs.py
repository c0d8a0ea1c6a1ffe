"""The log as lines of JSON for programs, or as text for people; each line knows the request, job, film and stage."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, get_args

from cinedex.errors import CinedexError, UsageError

Form = Literal["text", "json"]

_AT: ContextVar[dict[str, str]] = ContextVar("cinedex_at")
"""What this thread or task works on: `request`, `job`, `film`, `stage`, `trace`."""

_LONGEST = 16_000
"""Letters of one message or traceback."""


@contextmanager
def at(**what: str) -> Iterator[None]:
    """Whatever is logged inside carries these too."""
    token = _AT.set(_AT.get({}) | {name: value for name, value in what.items() if value})
    try:
        yield
    finally:
        _AT.reset(token)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; control characters are escaped, so that no file name makes a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
        }
        facts |= getattr(record, "at", None) or _AT.get({})
        more = getattr(record, "facts", None)
        if isinstance(more, dict):
            facts |= more
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            facts["error"] = type(error).__name__
            facts["traceback"] = self.formatException(record.exc_info)[-_LONGEST:]
            if isinstance(error, CinedexError):
                facts |= {n: str(v) for n in ("film", "stage") if (v := getattr(error, n, None))}
        return json.dumps(facts, ensure_ascii=True, default=str)


def set_up(form: str = "text", level: str | None = None) -> None:
    """Send the log to standard error in a form; `level` defaults to CINEDEX_LOG, else WARNING for text, INFO for JSON.

    Raises UsageError for another form or level.
    """
    if form not in get_args(Form):
        raise UsageError(f"there is no form of log {form!r}", remedy=f"Say {' or '.join(get_args(Form))}.")
    name = (level or os.environ.get("CINEDEX_LOG") or ("INFO" if form == "json" else "WARNING")).upper()
    if name not in logging.getLevelNamesMapping():
        raise UsageError(f"CINEDEX_LOG={name} is no level", remedy="Say DEBUG, INFO, WARNING or ERROR.")
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "ours", False)]:
        root.removeHandler(old)
    handler = logging.StreamHandler()
    handler.ours = True  # type: ignore[attr-defined]  # so that the second call replaces what the first set up
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    if form == "json" or not root.handlers:  # whoever embeds us may have a log of their own
        root.addHandler(handler)
    root.setLevel(name if form == "text" else "WARNING")
    for own in ("cinedex", "uvicorn.error"):
        logging.getLogger(own).setLevel(name)
