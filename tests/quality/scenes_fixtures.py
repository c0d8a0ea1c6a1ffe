"""Films whose scenes people have marked, as features of their shots (no pictures), and which of them are for what.

OVSD (Rotman et al.), BBC Planet Earth and RAI (Baraldi et al.), with VGG19 features and hue histograms of every shot:
37 films have at least one of them. Films of even number are for tuning, those of odd number for testing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cinedex.stages.scene_evidence import Evidence

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
