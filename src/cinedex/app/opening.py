"""The library that the options before a command name, and how commands print for programs and for people."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from cinedex.library import Library
from cinedex.settings import Settings


class _Plain(Console):
    """A console that obeys nobody but us: what a terminal would obey in a text is shown as spaces."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control is None and _OBEYED.search(segment.text):
                yield Segment(_OBEYED.sub(" ", segment.text), segment.style)
            else:
                yield segment


_OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for the end of a line, and what turns the direction of writing."""

out = _Plain(highlight=False)
err = _Plain(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class Common:
    """What the options before the command said."""

    library: str | None = None
    offline: bool | None = None
    glossary: Path | None = None
    sound: str | None = None


def open_library() -> Library:
    """The library that is meant."""
    env = os.environ | ({"CINEDEX_SOUND": Common.sound} if Common.sound else {})
    settings = Settings.from_env(env, library=Common.library, offline=Common.offline, glossary=Common.glossary)
    return Library(settings=settings)


def print_json(value: Any, indent: int | None = 1) -> None:
    """Write a value for programs."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    sys.stdout.write(re.sub(r"[\x7f-\x9f]", lambda c: f"\\u{ord(c[0]):04x}", text) + "\n")
    sys.stdout.flush()
