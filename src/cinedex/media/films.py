"""Films as users name them: files, folders of them, and films of a library by name, a part of it, path or id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from cinedex.errors import NotFoundError, UsageError
from cinedex.timeline.movie import Movie

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


_SHORTEST_ID = 4
"""Letters of an id that may stand for it."""

_TOLD = 5
"""Films that are named where several are meant."""


def film_meant(text: str, movies: Sequence[Movie], library: str, *, exactly: bool = False) -> Movie:
    """The film of a library that a path, a name or the beginning of an id means; else, a part of one name alone.

    The beginning of a name goes before what stands elsewhere in it; capitals do not matter. `exactly` allows no parts.
    Raises NotFoundError, and UsageError where several fit.
    """
    path, part = str(Path(text).absolute()), "" if exactly else text.casefold().strip()
    names = [(Path(m.name).stem.casefold(), m) for m in movies] if part else []
    for found in (
        [m for m in movies if m.uri in {text, path}],
        [m for m in movies if text in {m.name, Path(m.name).stem}],
        [m for m in movies if len(text) >= _SHORTEST_ID and text in {m.id[: len(text)], m.id[3 : 3 + len(text)]}],
        [m for name, m in names if name.startswith(part)],
        [m for name, m in names if part in name],
    ):
        if len(found) > 1:
            ids = ", ".join(f"{m.name} ({m.id[:16]})" for m in found[:_TOLD])
            more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
            raise UsageError(
                f"{text!r} fits {len(found)} films: {ids}{more}",
                remedy="Give more of its name, or the beginning of its id.",
            )
        if found:
            return found[0]
    raise NotFoundError(f"no film {text!r} in the library {library}", remedy="`cinedex add` it first.")
