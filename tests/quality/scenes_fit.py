"""Learns the weights of scene evidence from the tuning part: `python -m tests.quality.scenes_fit` prints them.

The chain of `scene_chain` is a conditional random field over the ways to part a film, so its weights are those that
make the partings that people marked most probable (L2 of 1, L-BFGS). What is set beside them, how many scenes
there are and the calibration, comes from films that a fit has not seen: the tuning part in two halves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from tests.quality.scenes_fixtures import Marked, marked
from tests.quality.scenes_score import average_precision, f1, fco

from cinedex.stages import scene_evidence as evidence_of
from cinedex.stages.scene_chain import best, borders, occupancy

Values = npt.NDArray[np.float64]

PRIOR = 1.0


@dataclass(frozen=True, eq=False)
class Example:
    """What the weights are for, of one film, and where its shots stand in the parting that people marked."""

    film: Marked
    staying: Values
    beginning: Values
    ages: npt.NDArray[np.int64]

    def scores(self, weights: Values) -> tuple[Values, Values]:
        """Those of the chain."""
        split = self.staying.shape[2]
        return self.staying @ weights[:split], self.beginning @ weights[split:]


def example(film: Marked) -> Example:
    """From a film."""
    alike, _ = evidence_of.fused(film.evidence)
    opens = np.isin(np.arange(len(alike)), film.borders)
    ages = np.zeros(len(alike), dtype=np.int64)
    for i in range(1, len(ages)):
        ages[i] = 0 if opens[i] else min(ages[i - 1] + 1, evidence_of.REACH)
    beginning = np.stack(list(evidence_of.beginning_of(film.evidence, alike).values()), axis=1)
    return Example(film, evidence_of.staying_of(alike), beginning, ages)


def fit(examples: Sequence[Example]) -> Values:
    """The most probable weights: of staying, then of beginning."""

    def loss(weights: Values) -> tuple[float, Values]:
        value, slope = PRIOR * float(weights @ weights), 2 * PRIOR * weights
        for one in examples:
            more, steeper = _surprise(one, weights)
            value, slope = value + more, slope + steeper
        return value, slope

    size = examples[0].staying.shape[2] + examples[0].beginning.shape[1]
    return np.asarray(minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x)


def _surprise(one: Example, weights: Values) -> tuple[float, Values]:
    """Minus the log probability of the marked parting, and its slope."""
    stay, begin = one.scores(weights)
    shares = occupancy(stay, begin)
    later = np.arange(1, len(begin))
    seen, opens = one.ages[1:], one.ages[1:] == 0
    expected = np.concatenate((
        np.einsum("nb,nbk->k", shares[1:, 1:], one.staying[1:]), shares[1:, 0] @ one.beginning[1:],
    ))  # fmt: skip
    stayed = later[~opens]
    marked_ = np.concatenate((one.staying[stayed, seen[~opens] - 1].sum(axis=0), one.beginning[1:][opens].sum(axis=0)))
    return _log_total(stay, begin) - float(marked_ @ weights), expected - marked_


def _log_total(stay: Values, begin: Values) -> float:
    count, reach = stay.shape
    now = np.full(reach + 1, -np.inf)
    now[0] = 0.0
    for i in range(1, count):
        first = np.logaddexp.reduce(now) + begin[i]
        last = np.logaddexp(now[reach - 1], now[reach]) + stay[i, reach - 1]
        now[1:reach] = now[: reach - 1] + stay[i, : reach - 1]
        now[reach], now[0] = last, first
    return float(np.logaddexp.reduce(now))


FINER = (0.6, 0.8, 1.0, 1.2, 1.4)


def main() -> None:
    """Print the weights, and how they do on halves of the tuning part that they were not learned from."""
    examples = [example(film) for film in marked() if film.tuning]
    chances, truths = [], []
    tried: dict[float, list[tuple[float, ...]]] = {finer: [] for finer in FINER}
    for half in (0, 1):
        weights = fit(examples[half::2])
        for one in examples[1 - half :: 2]:
            stay, begin = one.scores(weights)
            share, marks, count = borders(stay, begin), one.film.borders, len(begin)
            chances.append(share[1:])
            truths.append(np.isin(np.arange(1, count), marks))
            precision = average_precision(share, marks)
            for finer in FINER:
                found = best(stay, begin, evidence_of.expected(share, finer))[1:]
                figures = (f1(found, marks, 0), f1(found, marks, 1), fco(found, marks, count))
                tried[finer].append((*figures, precision, len(found) / len(marks)))
    print("finer: F1, F1 within a shot, Fco, AP, found/true")  # noqa: T201 - what it is for
    for finer, figures in tried.items():
        print(f"{finer:.2f}:", np.mean(figures, axis=0).round(3))  # noqa: T201 - as above
    print("calm", calmed(np.concatenate(chances), np.concatenate(truths)).round(2))  # noqa: T201 - as above
    one = examples[0]
    names = ["like", "young", "log age", *evidence_of.beginning_of(one.film.evidence, one.staying[:, :, 0])]
    print(dict(zip(names, fit(examples).round(2).tolist(), strict=True)))  # noqa: T201 - as above


def calmed(said: Values, true: npt.NDArray[np.bool_]) -> Values:
    """Slope and offset of the log odds that make what was said the most probable."""
    chance = said.clip(1e-6, 1 - 1e-6)
    odds = np.log(chance) - np.log1p(-chance)

    def off(line: Values) -> float:
        return float(np.logaddexp(0, np.where(true, -1, 1) * (line[0] * odds + line[1])).sum())

    return np.asarray(minimize(off, np.array([1.0, 0.0])).x)


if __name__ == "__main__":
    main()
