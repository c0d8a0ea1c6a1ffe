"""Judging many films at once, in several processes where that pays."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from cinedex.compliance.model import Judgement, Pack
from cinedex.library import Library
from cinedex.settings import Settings
from cinedex.timeline.movie import Movie

AT_ONCE = 16
"""Films that a process is given at a time."""

PAYS_FROM = 64
"""Films from which on starting further processes takes less time than it saves."""


def comply_all(
    library: Library, movies: Sequence[Movie], packs: Sequence[Pack], *, most: int = 3
) -> Iterator[tuple[Movie, list[Judgement]]]:
    """What packs say of films, in their order; nothing is analysed again. At most `most` places of a finding are told.

    Uses as many processes as the settings allow cores. A library in the memory of this process stays in it.
    """
    cores = min(library.settings.cores, len(movies) // AT_ONCE)
    if cores < 2 or len(movies) < PAYS_FROM or not library.shareable:
        decided = library.reviewer.by_film()
        for movie in movies:
            yield movie, library.comply(movie, packs, most=most, decisions=decided(movie))
        return
    parts = [movies[n : n + AT_ONCE] for n in range(0, len(movies), AT_ONCE)]
    with ProcessPoolExecutor(
        cores, multiprocessing.get_context("spawn"), initializer=_open, initargs=(library.settings, packs, most)
    ) as pool:
        for part, judged in zip(parts, pool.map(_judge, parts), strict=True):
            yield from zip(part, judged, strict=True)


class _Here:
    """What a process works with."""

    library: Library
    packs: Sequence[Pack]
    most: int


def _open(settings: Settings, packs: Sequence[Pack], most: int) -> None:
    _Here.library, _Here.packs, _Here.most = Library(settings=settings), packs, most


def _judge(movies: Sequence[Movie]) -> list[list[Judgement]]:
    decided = _Here.library.reviewer.by_film()
    return [_Here.library.comply(m, _Here.packs, most=_Here.most, decisions=decided(m)) for m in movies]
