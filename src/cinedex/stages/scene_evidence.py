"""What speaks for and against a scene beginning at a shot, from arrays alone: likeness, people, places, speech, light.

How alike two shots are is said on a film's own scale, so that it means the same for any sort of picture vector: 0 is
the middle of all pairs at most `REACH` shots apart, and it ends at -1.5 and 1.5. A source that is missing for a pair
leaves it to the others; a pair of which nothing is known says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

REACH = 24
"""Shots that are compared with each other at most this far apart; longer scenes are recognised by their last ones."""

FADING = 4.0
"""Of the shots of a scene, one this many shots back counts 1/e as much as the last."""

MOST = 1.5
"""The ends of the scale of likeness."""

SAME = 0.985
"""From this likeness on (cosine, Bhattacharyya) two shots show the same, whatever is usual in the film."""

USUAL, SPREAD, DOUBT = 0.4, 0.2, 12
"""Likeness of two shots as it is in films at large, worth this many pairs: what is usual in a film of few shots."""

SIDE = 4
"""Shots on either side of a border whose people and places are compared."""

STAY = {"like": 0.77, "young": 0.78, "log age": 0.03}
"""Weights of what speaks for a shot staying in a scene, learned (docs/decisions/0010-scenes.md)."""

BEGIN = {
    "any": -3.13,
    "gradual": 0.82,
    "across 1": -0.50,
    "across 4": -1.42,
    "across 12": 1.03,
    "before 4": 1.02,
    "after 4": -0.23,
    "length": 0.32,
    "length before": 0.31,
}
"""Weights of what speaks for a shot beginning a scene, learned likewise."""

SET = {"people": 0.9, "places": 0.9, "talk": -1.2, "pause": 0.6, "dark": 1.5}
"""The same for sources that the films learned from lack: set by hand, never above what a learned one can say."""

CALM = (0.97, -0.10)
"""Slope and offset, in log odds, from what the chain says of a border to how often it is true, learned likewise."""

DOUBTFUL, READY = 0.03, 0.8
"""A border that is less probable than this does not count; others count by their probability to the power of this.

Both were chosen on the tuning part. The best parting of any number has far fewer scenes than people mark, since what is
unsure everywhere is nowhere in it; so the number comes from the chances of all borders, and the best is then sought
among the partings of that number.
"""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of n consecutive shots. Every array but `starts` and `ends` (seconds) may be left out.

    `looks` gives by source, such as 'pictures', a vector for each shot [n, any], of which the cosine tells how alike
    two are, and its weight; rows of zeros are unknown. `gradual`, `dark`, `talk` and `pause` [n] are of the border
    before each shot, 0..1: whether the change is gradual, whether the picture goes through black, whether somebody
    talks across it, whether speech pauses there. `people` and `places` give what is seen in each shot [n, any], 0..1.
    """

    starts: Scores
    ends: Scores
    looks: Mapping[str, tuple[npt.NDArray[np.float32], float]] = field(default_factory=dict)
    gradual: Scores | None = None
    dark: Scores | None = None
    talk: Scores | None = None
    pause: Scores | None = None
    people: Scores | None = None
    places: tuple[Scores, ...] = ()

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, eq=False)
class Weighed:
    """The scores of the chain, and what each piece of evidence adds to a border (by its name, [n])."""

    stay: Scores
    begin: Scores
    parts: Mapping[str, Scores]
    alike: Scores


def weighed(evidence: Evidence) -> Weighed:
    """The scores for `scene_chain`."""
    alike, shares = fused(evidence)
    staying, beginning = staying_of(alike), beginning_of(evidence, alike)
    stay: Scores = staying @ np.array(list(STAY.values()))
    parts = {name: weight * beginning[name] for name, weight in BEGIN.items()}
    others = {name: SET[name] * value for name, value in others_of(evidence).items()}
    begin = sum([*parts.values(), *others.values()], start=np.zeros(len(evidence)))
    told = {name: -_drop(own) * share for name, (own, share) in shares.items()}
    told |= {"gradual": parts["gradual"], "length": parts["length"] + parts["length before"]}
    return Weighed(stay, begin, told | others, alike)


def expected(chances: Scores, finer: float = 1.0) -> int:
    """How many scenes to part a film into of whose shots each begins a scene with such a chance."""
    likely = chances[1:][chances[1:] >= DOUBTFUL] ** READY
    return min(1 + round(finer * float(likely.sum())), len(chances))


def fused(evidence: Evidence) -> tuple[Scores, dict[str, tuple[Scores, float]]]:
    """How alike each shot and the d-th before it are [n, REACH], d from 1 on; NaN where nothing is known.

    With it, by source, its own such table and its part of the whole, 0..1.
    """
    count = len(evidence)
    total, weights = np.zeros((count, REACH)), np.zeros((count, REACH))
    own: dict[str, tuple[Scores, float]] = {}
    for name, (vectors, weight) in evidence.looks.items():
        table = likeness(vectors)
        known = np.isfinite(table)
        if known.any():
            own[name] = (table, weight)
            total += np.where(known, weight * table, 0.0)
            weights += weight * known
    whole = sum(weight for _, weight in own.values()) or 1.0
    return np.where(weights > 0, total / np.maximum(weights, 1e-9), np.nan), {
        name: (table, weight / whole) for name, (table, weight) in own.items()
    }


def likeness(vectors: npt.NDArray[np.float32]) -> Scores:
    """How alike each shot and the d-th before it are, on the film's own scale; NaN where one is unknown or missing."""
    count = len(vectors)
    lengths = np.sqrt(np.einsum("nk,nk->n", vectors, vectors, dtype=np.float64))
    known = np.isfinite(lengths) & (lengths > 0)
    unit = np.where(known[:, None], vectors, 0) / np.where(known, lengths, 1)[:, None].astype(np.float32)
    table = np.full((count, REACH), np.nan)
    for by in range(1, min(REACH, count - 1) + 1):
        both = known[by:] & known[:-by]
        table[by:, by - 1] = np.where(both, np.einsum("nk,nk->n", unit[by:], unit[:-by]), np.nan)
    values = table[np.isfinite(table)]
    if not len(values):
        return table
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    trust = len(values) / (len(values) + DOUBT)
    middle, spread = trust * middle + (1 - trust) * USUAL, max(0.02, trust * spread + (1 - trust) * SPREAD)
    return np.asarray(np.where(table >= SAME, MOST, MOST * np.tanh((table - middle) / spread / 2)))


def staying_of(alike: Scores) -> Scores:
    """What `STAY` weighs: [n, REACH, 3]; the last axis in its order."""
    count = len(alike)
    fading = np.exp(-np.arange(REACH) / FADING)
    known = np.isfinite(alike)
    weight = np.cumsum(known * fading, axis=1)
    like = np.cumsum(np.where(known, alike, 0.0) * fading, axis=1) / np.maximum(weight, 1e-9)
    age = np.arange(1, REACH + 1)
    young, log_age = (np.broadcast_to(x, (count, REACH)) for x in ((age == 1) * 1.0, np.log(age)))
    return np.stack([like, young, log_age], axis=2)


def beginning_of(evidence: Evidence, alike: Scores) -> dict[str, Scores]:
    """What `BEGIN` weighs, each [n]: one value for the border before each shot."""
    count = len(evidence)
    lengths = np.log(np.maximum(evidence.ends - evidence.starts, 0.1))
    lengths -= np.median(lengths) if count else 0.0
    return {
        "any": np.ones(count),
        "gradual": np.zeros(count) if evidence.gradual is None else evidence.gradual,
        "across 1": across(alike, 1),
        "across 4": across(alike, 4),
        "across 12": across(alike, 12),
        "before 4": inside(alike, -4, 0),
        "after 4": inside(alike, 0, 4),
        "length": lengths,
        "length before": np.concatenate(([0.0], lengths[:-1]))[:count],
    }


def others_of(evidence: Evidence) -> dict[str, Scores]:
    """What `SET` weighs: of every source that is there, one value for the border before each shot, -1..1."""
    found = {name: getattr(evidence, name) for name in ("talk", "pause", "dark")}
    found = {name: value for name, value in found.items() if value is not None}
    if evidence.people is not None and evidence.people.size:
        found["people"] = others(evidence.people > 0)
    known = [elsewhere(scores) for scores in evidence.places if scores.size]
    if known:
        found["places"] = np.mean(known, axis=0)
    return found


def across(alike: Scores, side: int) -> Scores:
    """Mean likeness of pairs, one of the `side` shots before each border and one of the `side` after it; 0 for none."""
    pairs = [(by, max(0, by - side), min(by, side) - 1) for by in range(1, min(2 * side - 1, REACH) + 1)]
    return _mean(alike, pairs)


def inside(alike: Scores, first: int, last: int) -> Scores:
    """Mean likeness of pairs among the shots from `first` to before `last`, counted from each border; 0 for none."""
    return _mean(alike, [(by, first + by, last - 1) for by in range(1, min(last - first, REACH + 1))])


def _mean(alike: Scores, pairs: list[tuple[int, int, int]]) -> Scores:
    """For each shot i, the mean over (by, low, high) of all `alike[i + low .. i + high, by - 1]` that are known."""
    count = len(alike)
    known = np.isfinite(alike)
    place = np.arange(count)
    zero = np.zeros((1, alike.shape[1]))
    sums = np.concatenate((zero, np.cumsum(np.where(known, alike, 0.0), axis=0)))
    counts = np.concatenate((zero, np.cumsum(known, axis=0)))
    total, number = np.zeros(count), np.zeros(count)
    for by, low, high in pairs:
        first = np.clip(place + low, 0, count)
        last = np.maximum(np.clip(place + high + 1, 0, count), first)
        total += sums[last, by - 1] - sums[first, by - 1]
        number += counts[last, by - 1] - counts[first, by - 1]
    return total / np.maximum(number, 1)


def others(seen: Flags) -> Scores:
    """1 where nobody seen in the `SIDE` shots before a border is seen after it, down to -1 where all of the fewer are.

    0 where either side shows none.
    """
    earlier, later = _sides(seen.astype(np.float64))
    before, after = earlier > 0, later > 0
    fewer = np.minimum(before.sum(axis=1), after.sum(axis=1))
    shared = (before & after).sum(axis=1)
    return np.where(fewer > 0, np.where(shared > 0, -shared / np.maximum(fewer, 1), 1.0), 0.0)


def elsewhere(scores: Scores) -> Scores:
    """1 where the places of the `SIDE` shots before a border share nothing with those after it, -1 where they are so.

    0 where either side shows none.
    """
    before, after = _sides(scores)
    one, other = before.sum(axis=1, keepdims=True), after.sum(axis=1, keepdims=True)
    shared = np.minimum(before / np.maximum(one, 1e-9), after / np.maximum(other, 1e-9)).sum(axis=1)
    return np.where((one > 0)[:, 0] & (other > 0)[:, 0], 1 - 2 * shared, 0.0)


def _sides(values: Scores) -> tuple[Scores, Scores]:
    """Sums of [n, k] over the `SIDE` rows before each row, and over the `SIDE` from it on."""
    count = len(values)
    sums = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    place = np.arange(count)
    before = sums[place] - sums[np.maximum(place - SIDE, 0)]
    after = sums[np.minimum(place + SIDE, count)] - sums[place]
    # Sums of floats leave crumbs where nothing is.
    return np.where(before > 1e-6, before, 0.0), np.where(after > 1e-6, after, 0.0)


def _drop(alike: Scores) -> Scores:
    """How alike the shots on both sides of a border are, against how alike they are among themselves."""
    return across(alike, 4) - 0.5 * (inside(alike, -4, 0) + inside(alike, 0, 4))
