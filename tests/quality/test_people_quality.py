"""Recognising people across films, composed of photographs of forty known people; outside the gate.

Bounds were chosen on people 1 to 20 of the ORL set; people 21 to 40 are scored once, after.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.quality.people_score import Prints, score

from cinedex.media.image import read_photo
from cinedex.models.chips import aligned
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.people.match import Bounds
from cinedex.settings import Settings

ORL = Path(__file__).parents[3] / "shared" / "data" / "faces" / "orl"
PHOTOS = ORL.parent / "face_recognition_examples"

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    made = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
    yield made
    made.close()


def prints(pool: ModelPool, people: range) -> Prints:
    """The prints of ORL's pictures (92 x 112), doubled and with a margin, as a face in a film has around it."""
    detector, embedder = pool.get("centerface"), pool.get("dlib-face")
    found = {}
    for person in people:
        own = []
        for file in sorted((ORL / f"s{person}").glob("*.png")):
            picture = np.asarray(Image.open(file).convert("RGB").resize((184, 224)))
            picture = np.pad(picture, ((48, 48), (48, 48), (0, 0)), mode="edge")
            faces = detector.faces(picture[None])[0]
            best = faces[(faces[:, 2] * faces[:, 3]).argmax()]
            own.append(embedder.prints(aligned(picture, best[5:].reshape(1, 5, 2).astype(float), embedder.size))[0])
        found[person] = np.stack(own)
    return found


@pytest.mark.skipif(not ORL.exists(), reason="the data are not here")
@pytest.mark.parametrize(("part", "people"), [("tune", range(1, 21)), ("test", range(21, 41))])
def test_people_are_recognised_across_films(pool: ModelPool, part: str, people: range):
    """Eight libraries of three films with twelve of twenty people each; half of the first film's people are named."""
    bounds = Bounds.of(float(registry()["dlib-face"].options["same"]))
    started = time.process_time()
    got = score(prints(pool, people), "dlib", bounds, libraries=8, seed=1)
    print(f"\nORL, {part}: {got}; {time.process_time() - started:.0f} CPU s")  # noqa: T201 - the figure is the point
    assert got.right >= 0.85 * got.known
    assert got.false <= 0.04 * (got.right + got.false)
    assert got.paired >= 0.85 * got.pairs
    assert got.wrong_pairs <= 0.04 * (got.paired + got.wrong_pairs)


@pytest.mark.skipif(not PHOTOS.exists(), reason="the data are not here")
def test_photos_of_two_people_are_told_apart(pool: ModelPool):
    """Six portraits of two people through the whole of enrolment: every pair on its side of the model's distance."""
    from cinedex.people.photos import print_of  # noqa: PLC0415 - beside what it is measured with

    detector, embedder = pool.get("centerface"), pool.get("dlib-face")
    names = ("obama", "obama2", "obama3", "obama_partial_face", "biden", "biden2")
    made = {n: print_of((PHOTOS / f"{n}.jpg").read_bytes(), n, detector, embedder).values for n in names}
    pairs = [(a[:5] == b[:5], float(np.linalg.norm(made[a] - made[b]))) for a in names for b in names if a < b]
    same, others = max(d for s, d in pairs if s), min(d for s, d in pairs if not s)
    print(f"\n{len(pairs)} pairs: of one person at most {same:.2f}, of two at least {others:.2f}")  # noqa: T201 - as above
    assert same < embedder.same < others
    assert read_photo((PHOTOS / "obama.jpg").read_bytes(), 1024).shape[0] <= 1024
