"""Search over whole films for what their pictures show, with queries made by hand from frame sheets: held out.

Nothing was ever chosen by these queries: they are scored, and that is all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.quality.search_score import DATA

from cinedex.library import Library
from cinedex.search.filters import ANYWHERE
from cinedex.search.hits import Candidate, Hit, hit_of
from cinedex.settings import Settings
from cinedex.timeline.time import Span, Time

COPIES = {"big_buck_bunny_252p_full.mp4": "big_buck_bunny_360p_full.mp4"}
"""Another copy of a film that the queries name, picture for picture the same."""

LISTED = 10

DEEP = 50
"""Hits that are asked for, so that the reciprocal rank knows of late ones."""


@dataclass(frozen=True)
class Asked:
    """A query, the film that answers it, and where."""

    text: str
    film: str
    answers: tuple[Span, ...]


@dataclass(frozen=True)
class Found:
    """Shares of all queries under one rule of what a right hit is. A query that finds nothing counts as not found.

    nDCG is of the first ten: a hit gains 1 where it is right of a range that no better hit was right of, and the ideal
    list has a right hit for every range, first of all.
    """

    first: float
    fifth: float
    tenth: float
    mrr: float
    ndcg: float
    answered: float
    queries: int

    def __str__(self) -> str:
        return (
            f"R@1 {self.first:.2f}  R@5 {self.fifth:.2f}  R@10 {self.tenth:.2f}  MRR {self.mrr:.2f}  "
            f"nDCG@10 {self.ndcg:.2f}  any answer {self.answered:.2f} of {self.queries}"
        )


Rule = Callable[[Span, Span], bool]
"""Whether a hit is right of a range."""


def plays(hit: Span, range_: Span) -> bool:
    """Half of the shorter of the two is in both: who plays the hit sees what was asked for."""
    shared = hit & range_
    return shared is not None and 2 * shared.duration >= min(hit.duration, range_.duration)


def fits(hit: Span, range_: Span) -> bool:
    """Intersection over union of at least 0.5: the hit is that moment, and not much else."""
    shared = hit & range_
    return shared is not None and 2 * shared.duration >= (hit | range_).duration


RULES: dict[str, Rule] = {"played (half of the shorter is shared)": plays, "bounded (IoU 0.5)": fits}


def queries() -> list[Asked]:
    """Every query with its ranges in film time."""
    told = json.loads((DATA / "retrieval" / "moment_queries.json").read_text("utf-8"))["queries"]
    return [
        Asked(
            one["query"],
            COPIES.get(one["video"], one["video"]),
            tuple(Span(Time.from_seconds(r["start"]), Time.from_seconds(r["end"])) for r in one["relevant"]),
        )
        for one in told
    ]


def films_library(folder: Path, ready: Path | None) -> Library:
    """A library of the films that the queries are about, analysed as users do; a copy of `ready`, where it is given."""
    if ready is not None:
        shutil.copytree(ready, folder, dirs_exist_ok=True)
    library = Library(folder, settings=Settings.from_env(offline=True))
    wanted = dict.fromkeys(q.film for q in queries())
    for other in library.movies():
        if other.name not in wanted:
            library.remove(other)
    for name in wanted:
        library.analyze(DATA / "film" / name)
    return library


Search = Callable[[str], Sequence[Hit]]


def score(search: Search, asked: Sequence[Asked]) -> dict[str, Found]:
    """Ask everything, and count by each rule."""
    answers = [search(q.text) for q in asked]
    return {name: _counted(answers, asked, rule) for name, rule in RULES.items()}


def _counted(answers: Sequence[Sequence[Hit]], asked: Sequence[Asked], right: Rule) -> Found:
    ranks, gains = [], []
    discounts = 1 / np.log2(np.arange(2, LISTED + 2))
    for hits, query in zip(answers, asked, strict=True):
        left, rank, gain = set(range(len(query.answers))), 0, 0.0
        for place, hit in enumerate(hits, 1):
            own = Span(hit.start, hit.end)
            matched = {n for n, range_ in enumerate(query.answers) if hit.name == query.film and right(own, range_)}
            rank = rank or (place if matched else 0)
            gain += float(discounts[place - 1]) if place <= LISTED and matched & left else 0.0
            left -= matched
        ranks.append(rank)
        gains.append(gain / float(discounts[: min(len(query.answers), LISTED)].sum()))
    found = np.array(ranks)
    within = [float(np.mean((found > 0) & (found <= n))) for n in (1, 5, LISTED)]
    return Found(
        *within,
        mrr=float(np.mean([1 / r if r else 0.0 for r in ranks])),
        ndcg=float(np.mean(gains)),
        answered=float(np.mean([bool(hits) for hits in answers])),
        queries=len(asked),
    )


def by_chance(library: Library, asked: Sequence[Asked], rounds: int = 50) -> dict[str, Found]:
    """The same of all moments in random order, on average: what the figures are worth where nothing is known."""
    random = np.random.default_rng(1)
    every = [hit_of(Candidate(row), []) for row in library.index.within(ANYWHERE)]
    runs = [score(lambda _: [every[i] for i in random.permutation(len(every))[:DEEP]], asked) for _ in range(rounds)]
    shares = ("first", "fifth", "tenth", "mrr", "ndcg", "answered")
    return {
        rule: Found(*(float(np.mean([getattr(run[rule], name) for run in runs])) for name in shares), len(asked))
        for rule in RULES
    }
