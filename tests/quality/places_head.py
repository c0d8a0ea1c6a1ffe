"""Makes the head of the stage `places` from the picture tagger's own class vectors: no picture is looked at.

A classifier's vector of a class points to where the features of its pictures lie (Papyan, Han, Donoho 2020: at the end
of training the two agree). So the vectors of classes that tell of a place, by src/cinedex/stages/places.toml, stand in
for pictures of it, those of all other classes for pictures of no place, and a logistic regression is fitted to them.
The tagger's weights are under Apache-2.0, and the list is ours. `python -m tests.quality.places_head` writes it anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from cinedex.models.fetch import pull
from cinedex.models.kinds import kinds_of
from cinedex.models.registry import registry
from cinedex.models.tagger import imagenet_labels
from cinedex.models.torchfile import read_state_dict
from cinedex.settings import Settings

Numbers = npt.NDArray[np.float64]

STAGES = Path(__file__).parents[2] / "src" / "cinedex" / "stages"

STRETCH = 5.0
"""Length that unit vectors are brought to; with it the penalty below is of the size of one."""

PENALTY = 0.003

REST = 0.1
"""Weight of the classes of no place together, beside that of all places together."""


def class_vectors() -> Numbers:
    """The rows of the tagger's last layer, [1000, 1280], less their mean, of unit length."""
    files = pull(registry()["efficientnet-lite2"], Settings.from_env().cache / "models", offline=True)
    rows = np.asarray(read_state_dict(files["weights.pth"])["_fc.weight"], np.float64)
    rows -= rows.mean(axis=0)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fitted(vectors: Numbers, answers: npt.NDArray[np.int64], weights: Numbers, count: int, penalty: float) -> Numbers:
    """Multinomial logistic regression with an L2 penalty: [count, width + 1], the last column the bias."""
    told = np.eye(count)[answers] * weights[:, None]
    total = weights.sum()

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        head = flat.reshape(count, -1)
        scores = vectors @ head[:, :-1].T + head[:, -1]
        scores -= scores.max(axis=1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        off = (np.exp(scores) * weights[:, None] - told) / total
        slope = np.concatenate([off.T @ vectors + penalty * head[:, :-1], off.sum(axis=0)[:, None]], axis=1)
        return float(-(told * scores).sum() / total + penalty / 2 * (head[:, :-1] ** 2).sum()), slope.ravel()

    begin = np.zeros(count * (vectors.shape[1] + 1))
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "gtol": 1e-6})
    return np.asarray(found.x, np.float64).reshape(count, -1)


def places_head(told: Mapping[str, Any], vectors: Numbers) -> Numbers:
    """The head of the places, in the list's order. Each place weighs alike.

    Classes of no place are fitted as one more answer, which keeps what they have in common out of the places' own
    directions; then that answer is dropped, for every shot is somewhere.
    """
    labels = list(imagenet_labels())
    names = [*told["place"], "nowhere"]
    rows: list[int] = []
    answers: list[int] = []
    weights: list[float] = []
    for number, name in enumerate(names[:-1]):
        shown = told["place"][name]["shows"]
        rows += [_numbered(labels, one) for one in shown]
        answers += [number] * len(shown)
        weights += [1 / len(shown)] * len(shown)
    rest = sorted(set(range(len(labels))) - set(rows))
    rows += rest
    answers += [len(names) - 1] * len(rest)
    weights += [REST * (len(names) - 1) / len(rest)] * len(rest)
    return fitted(vectors[rows] * STRETCH, np.array(answers), np.array(weights), len(names), PENALTY)[:-1]


def setting_head(told: Mapping[str, Any], vectors: Numbers) -> Numbers:
    """The head that tells interior (above 0) from exterior: one row."""
    labels = list(imagenet_labels())
    sides: list[set[int]] = []
    for side in ("interior", "exterior"):
        shown = [x for p in told["place"].values() if p.get("setting") == side for x in p["shows"]]
        found = {_numbered(labels, x) for x in [*shown, *told["setting"][side]["shows"]]}
        kinds = set(told["setting"][side]["kinds"])
        sides.append(found | {i for i, x in enumerate(labels) if kinds & set(kinds_of([x]))})
    both = sides[0] & sides[1]
    rows = [sorted(side - both) for side in sides]
    answers = np.repeat([0, 1], [len(r) for r in rows])
    weights = np.repeat([1 / len(r) for r in rows], [len(r) for r in rows])
    head = fitted(vectors[rows[0] + rows[1]] * STRETCH, answers, weights, 2, PENALTY)
    return (head[0] - head[1])[None]


def _numbered(labels: Sequence[str], label: str) -> int:
    if label not in labels:
        raise LookupError(f"places.toml: the tagger has no class {label!r}")
    return labels.index(label)


def main() -> None:
    """Write the head beside its list."""
    told = tomllib.loads((STAGES / "places.toml").read_text("utf-8"))
    vectors = class_vectors()
    heads = np.concatenate([places_head(told, vectors), setting_head(told, vectors)])
    np.save(STAGES / "places.npy", heads.astype(np.float16))


if __name__ == "__main__":
    main()
