"""Where each shot takes place: inside or outside, by day or by night, and at which of a declared list of places."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.rows import Place, Quality, Row, Shot, Vector
from cinedex.timeline.track import Track

Numbers = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float64]

_SPACE = "efficientnet-lite2"
"""The space of the vectors that the head was made for."""

_STRETCH = 5.0
"""Unit vectors are brought to this length, as they were when the head was fitted."""

_SHARPNESS = 0.64
"""What scores are divided by, so that a score of 0.8 is right about eight times in ten: set on a half of Scene-15."""

_BLACK = 0.06
"""Mean brightness below which a shot shows too little to say where it is."""

_DARK, _DUSK = 0.2, 0.03
"""Mean brightness in which a shot looks as much like night as like day, and the step that makes it clear."""


@dataclass(frozen=True)
class Heads:
    """The linear heads on the tagger's feature, with the names of their answers."""

    places: tuple[str, ...]
    groups: tuple[str, ...]
    member: npt.NDArray[np.bool_]
    """[places, groups]: which place is of which group."""
    weights: Numbers
    """[places + 1, width + 1]: the last row tells interior from exterior, the last column is added."""

    @property
    def width(self) -> int:
        """The length of the vectors that it takes."""
        return int(self.weights.shape[1]) - 1

    def __call__(self, vectors: Numbers) -> tuple[Shares, Shares]:
        """Shares of the places [n, places] and of interior [n], for unit vectors [n, width]."""
        scores = vectors @ (self.weights[:, :-1].T * _STRETCH) + self.weights[:, -1]
        sharp = scores[:, :-1] / _SHARPNESS
        shares = np.exp(sharp - sharp.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True), _logistic(scores[:, -1])


@cache
def heads() -> Heads:
    """The heads that come with the package: places.toml says what they know, places.npy how."""
    folder = files("cinedex.stages")
    told = tomllib.loads(folder.joinpath("places.toml").read_text("utf-8"))["place"]
    groups = tuple(dict.fromkeys(p["group"] for p in told.values()))
    member = np.array([[p["group"] == group for group in groups] for p in told.values()])
    weights = np.load(BytesIO(folder.joinpath("places.npy").read_bytes()), allow_pickle=False)
    return Heads(tuple(told), groups, member, weights.astype(np.float64))


@dataclass(frozen=True)
class Places(Stage):
    """One row for each aspect of a shot of which the features and the brightness tell enough.

    'setting' is interior or exterior. 'place' is the likeliest of the list or, where none of it is sure enough, of
    the four groups of places. 'light' is night where a shot is dark, and day where it is bright and outside: inside, a
    bright picture says nothing of the hour. What reaches less than `sure` is left out, and so is all of a black shot.
    """

    name: ClassVar[str] = "places"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Place,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=64, cpu_seconds_per_minute=0.05, disk_kib_per_minute=1.0)
    halo: ClassVar[None] = None

    sure: float = 0.6

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, what they look like and how bright they are."""
        return (Shot, Vector, Quality)

    def run(self, inputs: Inputs) -> Iterator[Place]:
        """The `Place` rows of every shot."""
        shots = inputs.track(Shot)
        luma = _luma(shots, inputs.track(Quality))
        numbers, vectors = _seen(shots, inputs.track(Vector))
        bright = ~(luma[numbers] < _BLACK)
        numbers, vectors = numbers[bright], vectors[bright]
        if not len(numbers):
            return
        head = heads()
        shares, inside = head(vectors)
        grouped = shares @ head.member
        for row, shot in enumerate(shots[n] for n in numbers.tolist()):
            indoor = float(inside[row])
            yield from self._told(shot, "setting", {"interior": indoor, "exterior": 1 - indoor})
            named = [*self._told(shot, "place", dict(zip(head.places, shares[row].tolist(), strict=True)))]
            coarse = dict(zip(head.groups, grouped[row].tolist(), strict=True))
            yield from named or self._told(shot, "place", coarse)
            if np.isfinite(light := luma[numbers[row]]):
                night = float(_logistic((_DARK - light) / _DUSK))
                yield from self._told(shot, "light", {"night": night, "day": (1 - night) * (1 - indoor)})

    def _told(
        self, shot: Shot, aspect: Literal["setting", "light", "place"], scores: Mapping[str, float]
    ) -> Iterator[Place]:
        label = max(scores, key=lambda name: scores[name])
        if scores[label] >= self.sure:
            refs = (shot.ref, f"vector@{int(shot.start)}")
            score = round(scores[label], 3)
            yield Place(start=shot.start, end=shot.end, refs=refs, aspect=aspect, label=label, score=score)


def _luma(shots: Track[Shot], quality: Track[Quality]) -> Numbers:
    """The mean brightness of each shot's pictures, NaN where none was measured."""
    rows = quality.table.filter(pc.equal(quality.table.column("measure"), "luma"))
    starts, values = rows.column("start").to_numpy(), rows.column("value").to_numpy().astype(np.float64)
    low = np.searchsorted(starts, shots.spans.starts)
    high = np.searchsorted(starts, shots.spans.ends)
    sums = np.concatenate(([0.0], np.cumsum(values)))
    with np.errstate(invalid="ignore"):
        return (sums[high] - sums[low]) / np.where(high > low, high - low, np.nan)


def _seen(shots: Track[Shot], track: Track[Vector]) -> tuple[npt.NDArray[np.int64], Numbers]:
    """The numbers of the shots that have a vector in the heads' space, and these vectors."""
    width = heads().width
    rows = track.table.filter(pc.equal(track.table.column("space"), _SPACE))
    values = rows.column("values").combine_chunks()
    flat = np.asarray(values.flatten().to_numpy(zero_copy_only=False), dtype=np.float64)
    if len(flat) != len(rows) * width:
        raise ValueError(f"vectors of {_SPACE} are not all of length {width}")
    vectors = flat.reshape(-1, width)
    real = np.isfinite(vectors).all(axis=1) & (np.abs(vectors).max(axis=1, initial=0) > 0)
    starts = rows.column("start").to_numpy()[real]
    if not len(starts):
        return np.empty(0, np.int64), np.empty((0, width))
    where = np.searchsorted(starts, shots.spans.starts)
    found = np.flatnonzero(starts[np.minimum(where, len(starts) - 1)] == shots.spans.starts)
    return found, vectors[real][where[found]]


def _logistic(value: Numbers) -> Numbers:
    return 0.5 * (1 + np.tanh(value / 2))
