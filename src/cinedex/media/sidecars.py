"""Subtitle files beside a film: which there are, and exactly what was in them, so that a result can name it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cinedex.timeline.movie import Sidecar

SUFFIXES = frozenset({".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp", ".scc"})
"""Names that a side-car may end in."""

LARGEST = 8 << 20
"""Bytes of a file of subtitles; a larger one is something else."""

MOST = 64
"""Files beside one film that are looked at, in order of name."""


def sidecars(place: str) -> tuple[Sidecar, ...]:
    """Files named as the film is, with or without a language: `night.srt`, `night.de.srt`. None for a URL."""
    if "://" in place:
        return ()
    film = Path(place)
    try:
        beside = sorted(p for p in film.parent.iterdir() if p.suffix.lower() in SUFFIXES and _named(p, film))
    except OSError:
        return ()
    found = []
    for path in beside[:MOST]:
        data = content(path)
        if data:
            found.append(Sidecar(path.name, str(path), len(data), hashlib.sha256(data).hexdigest()))
    return tuple(found)


def content(path: Path) -> bytes:
    """The bytes of a side-car; none where it cannot be read, is no plain file or is too large."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return b""
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        return b""
    return data if len(data) <= LARGEST else b""


def _named(path: Path, film: Path) -> bool:
    """Whether a file's name is the film's, or the film's and a word or two behind a dot."""
    rest = path.name.removesuffix(path.suffix)
    return path != film and (rest in {film.stem, film.name} or rest.startswith(f"{film.stem}."))
