"""Which files are films, where a folder is named instead of a film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cinedex.errors import UsageError

_SUFFIXES = """
.mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .m2ts .mts .vob .mxf .flv .wmv .3gp .ogv .mp3 .m4a .wav .flac .ogg .opus
"""

FILM_SUFFIXES = frozenset(_SUFFIXES.split())
"""What `analyze` takes from a folder; a file named by itself is tried whatever it is called."""


def films_in(paths: Iterable[str | Path]) -> Iterator[str | Path]:
    """Films named by paths: files as they are, folders searched through in order of name, URLs untouched."""
    for given in paths:
        path = Path(given)
        if "://" in str(given) or not path.is_dir():
            yield given
            continue
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in FILM_SUFFIXES and p.is_file())
        if not inside:
            raise UsageError(f"no film in the folder {given}", remedy=f"Looked for {', '.join(sorted(FILM_SUFFIXES))}.")
        yield from inside
