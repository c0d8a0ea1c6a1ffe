"""Stages, model adapters and formats by name, from entry points; our own come through the same door as anybody's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from cinedex.errors import UsageError

GROUPS = ("cinedex.stages", "cinedex.models", "cinedex.formats")
"""The entry point groups that Cinedex reads."""


def found(group: str, *, others: bool = True) -> dict[str, EntryPoint]:
    """The group's entry points by name. Ours win over another package's of the same name; `others` lets those in."""
    return {p.name: p for p, package in _points(group) if others or package == "cinedex"}


def load(group: str, name: str, *, others: bool = True) -> Any:
    """One object by name. Raises UsageError for an unknown name or one whose package does not import."""
    points = found(group, others=others)
    if name not in points:
        what = group.partition(".")[2].rstrip("s")
        raise UsageError(f"no {what} is called {name!r}", remedy=f"There are: {', '.join(sorted(points)) or 'none'}.")
    try:
        return points[name].load()
    except (ImportError, AttributeError) as broken:
        raise UsageError(
            f"{name!r} ({points[name].value}) of package {_package(points[name])} does not load: {broken}",
            remedy="Reinstall that package, or set CINEDEX_PLUGINS=0 to leave other packages' parts out.",
        ) from broken


@cache
def _points(group: str) -> tuple[tuple[EntryPoint, str], ...]:
    """The group's entry points with their packages, ours last. To ask for them is to read every package's metadata."""
    return tuple(sorted(((p, _package(p)) for p in entry_points(group=group)), key=lambda p: p[1] == "cinedex"))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else ""
