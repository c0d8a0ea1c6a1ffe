"""The library that the options before a command name, and how commands print for programs and for people."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cinedex.library import Library
from cinedex.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

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
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent, default=str) + "\n")
    sys.stdout.flush()
