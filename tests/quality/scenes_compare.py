"""Ours and the simple ways side by side on films whose scenes are marked: `figures` of a film by each way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tests.quality.scenes_fixtures import Marked
from tests.quality.scenes_score import (
    apart,
    average_precision,
    f1,
    fco,
    fixed,
    link_scores,
    linked,
    sequential,
)

from cinedex.stages.scene_chain import best, borders
from cinedex.stages.scene_evidence import expected, weighed

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

NAMES = ("F1", "F1 +-1 shot", "F1 +-3 s", "Fco", "AP", "error s", "scenes/true")

SECONDS = 3.0

BOUNDS = np.arange(0.3, 0.96, 0.05).tolist()
WINDOWS = (4, 8, 16)


@dataclass(frozen=True)
class Way:
    """A way to part a film: the shots that begin scenes but the first, and, where it has them, scores for all shots."""

    part: Callable[[Marked], Numbers]
    score: Callable[[Marked], Values] | None = None


def ours(film: Marked) -> Numbers:
    """What the stage does."""
    evidence = weighed(film.evidence)
    share = borders(evidence.stay, evidence.begin)
    return best(evidence.stay, evidence.begin, expected(share))[1:]


def chances(film: Marked) -> Values:
    """What the stage says of every shot, but for the calibration."""
    evidence = weighed(film.evidence)
    return borders(evidence.stay, evidence.begin)


def even(film: Marked) -> Numbers:
    """Scenes of one length, as many as we find."""
    return fixed(film.evidence.starts, float(film.evidence.ends[-1]), len(ours(film)) + 1)


def histograms(film: Marked) -> Values:
    """Hue histograms, or of a film that has none, of its pictures' features."""
    if film.colours is not None:
        return film.colours
    vectors, _ = film.evidence.looks["pictures"]
    return np.asarray(vectors / np.maximum(vectors.sum(axis=1, keepdims=True), 1e-9), dtype=np.float64)


def distances(film: Marked) -> Values:
    """1 - cosine of every pair, the mean of pictures and colours."""
    found = []
    for vectors, _ in film.evidence.looks.values():
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        found.append(1 - unit.astype(np.float64) @ unit.T.astype(np.float64))
    return np.asarray(np.mean(found, axis=0)).clip(0, None)


def tuned_links(films: Sequence[Marked]) -> tuple[float, int]:
    """The bound and window with which clustering by colours has the highest F1 within a shot on the tuning part."""
    return max(
        ((bound, window) for bound in BOUNDS for window in WINDOWS),
        key=lambda way: np.mean([f1(linked(histograms(f), *way), f.borders, 1) for f in films]),
    )


def ways(tuning: Sequence[Marked]) -> dict[str, Way]:
    """All of them, what they have to choose chosen on the tuning part."""
    bound, window = tuned_links(tuning)
    return {
        "ours": Way(ours, chances),
        "fixed length": Way(even),
        f"colour clustering (bound {bound:.2f}, {window} shots)": Way(
            lambda f: linked(histograms(f), bound, window), lambda f: link_scores(histograms(f), window)
        ),
        "OSG, its own number": Way(lambda f: sequential(distances(f))),
        "OSG, our number": Way(lambda f: sequential(distances(f), len(ours(f)) + 1)),
        "OSG, the true number": Way(lambda f: sequential(distances(f), len(f.borders) + 1)),
    }


def figures(film: Marked, way: Way) -> tuple[float, ...]:
    """In the order of NAMES; AP of a way without scores is that of its borders."""
    found, shots, starts = way.part(film), len(film.evidence), film.evidence.starts
    scores = way.score(film) if way.score else np.isin(np.arange(shots), found).astype(np.float64)
    there, true, end = starts[found], film.when, float(film.evidence.ends[-1])
    return (
        f1(found, film.borders, 0),
        f1(found, film.borders, 1),
        f1(there, true, SECONDS),
        fco(found, film.borders, shots),
        average_precision(scores, film.borders),
        float(np.median(apart(there, true, end))),
        (len(found) + 1) / (len(film.borders) + 1),
    )


def table(films: Sequence[Marked], by: Mapping[str, Way]) -> dict[str, Values]:
    """Means over films by way, printed."""
    print(f"\n{len(films)} films, {sum(len(f.borders) for f in films)} borders; {', '.join(NAMES)}")  # noqa: T201 - what it is for
    found = {name: np.mean([figures(film, way) for film in films], axis=0) for name, way in by.items()}
    for name, values in found.items():
        print(f"  {name:45}", " ".join(f"{v:6.3f}" for v in values))  # noqa: T201 - as above
    return found
