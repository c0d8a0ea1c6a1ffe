"""From what was heard of voices in overlapping windows to turns of speakers: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cinedex.stages.grouping import Floats, Labels, distances, grouped

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

_STEEPNESS = 0.06
"""Over which distance it changes whether two clips are of one voice."""

_LEAST = 0.05
"""What an answer at a window's very edge counts: enough to stand where no other window hears."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Windows of one piece of sound: their first answers in it (`starts`), and `likely` [windows, answers, voices].

    `who` [windows, voices] names the local voices by their places among all vectors, -1 where nobody speaks.
    """

    starts: Sequence[int]
    likely: Floats
    who: Labels

    @property
    def answers(self) -> int:
        """Of the whole piece."""
        return max(self.starts) + int(self.likely.shape[1])


@dataclass(frozen=True, slots=True)
class Voices:
    """The speaker of each vector, from 0, and how much more likely it is that one's than the nearest other's."""

    speakers: Labels
    scores: Numbers


def lonely(active: Flags) -> Flags:
    """Where a voice speaks and no other does, [answers, voices]."""
    return np.asarray(active & (active.sum(axis=1, keepdims=True) == 1))


def places(length: int, window: int, hop: int) -> list[int]:
    """Where windows begin, all in units of answers: every `hop`, the last one where it ends with the piece."""
    last = max(0, length - window)
    return [*range(0, last, hop), last]


def told_apart(
    vectors: Floats, seconds: Numbers, rooms: Labels, *, same: float, clear: float, least: float, most: int
) -> Voices:
    """Which vectors are one speaker's. Two of one room (a window) are never one's.

    Of the vectors of at least `clear` seconds the longest `most` decide, by average linkage up to the distance `same`;
    of the groups, those of less than `least` seconds in all are left; all others join the nearest speaker.
    """
    if not len(vectors):
        return Voices(np.zeros(0, np.int64), np.zeros(0))
    order = np.lexsort((np.arange(len(seconds)), -seconds))
    core = np.sort(order[seconds[order] >= clear][:most])
    if not len(core):
        core = order[:1]
    apart = distances(vectors[core], vectors[core])
    apart[rooms[core, None] == rooms[core][None]] = np.inf
    labels = grouped(apart, seconds[core], (same,))[0]
    names = np.unique(labels)
    lasting = np.array([seconds[core][labels == n].sum() for n in names])
    kept = names[lasting >= least] if (lasting >= least).any() else names[[int(lasting.argmax())]]
    means = np.stack([_mean(vectors[core][labels == n], seconds[core][labels == n]) for n in kept])
    far = distances(vectors, means)
    speakers = far.argmin(axis=1)
    for place, label in zip(core.tolist(), labels.tolist(), strict=True):
        if label in kept:
            speakers[place] = int(np.flatnonzero(kept == label)[0])
    likely = 1 / (1 + np.exp(np.clip((far - same) / _STEEPNESS, -60, 60)))
    rows = np.arange(len(vectors))
    mine = likely[rows, speakers]
    likely[rows, speakers] = 0
    return Voices(speakers.astype(np.int64), np.asarray(mine / np.maximum(mine + likely.max(axis=1), 1e-9)))


def _mean(vectors: Floats, weights: Numbers) -> Floats:
    mean = np.average(vectors, axis=0, weights=weights + 1e-6)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def spoken(heard: Heard, voices: Voices, count: int, onset: float) -> tuple[Flags, Floats]:
    """Who of `count` speakers speaks in a piece, and how sure that is: both [answers, speakers].

    At each answer as many speak as the windows there hear on average, and those that are heard best. A window counts
    by how far the answer lies from its nearer edge: there it has heard only one side of what it judges.
    """
    weights = _inwards(heard.likely.shape[1])
    total, sure = np.zeros((2, heard.answers, count), np.float32)
    speaking, windows = np.zeros((2, heard.answers), np.float32)
    for start, likely, who in zip(heard.starts, heard.likely, heard.who, strict=True):
        here = slice(start, start + len(likely))
        windows[here] += weights
        speaking[here] += weights * (likely > onset).sum(axis=1)
        own = np.zeros((len(likely), count), np.float32)
        surely = np.zeros_like(own)
        for voice in np.flatnonzero(who >= 0).tolist():
            speaker = int(voices.speakers[who[voice]])
            better = likely[:, voice] > own[:, speaker]
            own[better, speaker] = likely[better, voice]
            surely[better, speaker] = likely[better, voice] * voices.scores[who[voice]]
        total[here] += own * weights[:, None]
        sure[here] += surely * weights[:, None]
    windows = np.maximum(windows, _LEAST)
    many = np.minimum(np.floor(speaking / windows + 0.5), count).astype(np.int64)
    rank = np.argsort(np.argsort(-total, axis=1, kind="stable"), axis=1, kind="stable")
    active = (rank < many[:, None]) & (total > 0)
    return np.asarray(active), np.asarray(sure / windows[:, None])


def _inwards(count: int) -> Floats:
    """How much each answer of a window counts: most in its middle, less and less towards both edges."""
    places = np.arange(count)
    return np.maximum((np.minimum(places, places[::-1]) + 1) / (count / 2), _LEAST).astype(np.float32)


def runs(active: Flags, pause: int, shortest: int) -> list[tuple[int, int]]:
    """Half-open ranges of true, over pauses of at most `pause`, of at least `shortest`."""
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    joined: list[tuple[int, int]] = []
    for first, last in edges.tolist():
        if joined and first - joined[-1][1] <= pause:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(a, b) for a, b in joined if b - a >= shortest]
