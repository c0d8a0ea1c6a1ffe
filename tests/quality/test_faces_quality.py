"""Faces found, told apart, followed and grouped, on photographs and film frames whose people are known.

Everything was chosen on people 1 to 20 of the ORL set ('tune') and on the look of two film clips; people 21 to 40
('test') were scored after. The composed films are made by `faces_film.py`: their people are grey photographs of
92 x 112 pixels laid over frames of an animated film, whose own faces are not counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.quality.faces_film import HEIGHT, WIDTH, compose
from tests.quality.faces_score import followed, grouped
from tests.stage_films import made, rows

from cinedex.models.chips import aligned
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.faces import Faces, searched, turned
from cinedex.stages.people import People
from cinedex.timeline.rows import FILM_SPACE, Face, Faceprint, Glance, Person, Shot, Tracklet

DATA = Path(__file__).parents[3] / "shared" / "data"
FACES = DATA / "faces"

pytestmark = [pytest.mark.weights, pytest.mark.skipif(not FACES.exists(), reason="the data are not here")]

PARTS = {"tune": range(1, 21), "test": range(21, 41)}


@pytest.fixture(scope="module")
def pool() -> Iterator[ModelPool]:
    cache = Settings.from_env().cache / "models"
    made_pool = ModelPool(registry(), cache=cache, options=RunOptions(threads=2), offline=True)
    yield made_pool
    made_pool.close()


def tell(*lines: object) -> None:
    print("", *lines, sep="\n")  # noqa: T201 - the figures are what this is for


def looked_at(pool: ModelPool, photo: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """A photograph as a look comes, 480 pixels high, and the faces with which a tracklet can begin."""
    width = round(photo.width * HEIGHT / photo.height / 2) * 2
    picture = np.asarray(photo.convert("RGB").resize((width, HEIGHT), Image.Resampling.BOX))
    found = pool.get("centerface").faces(searched(picture)[None])[0]
    return picture, found[found[:, 4] >= Faces().begin]


def test_faces_in_film_frames_are_found(pool: ModelPool):
    """By counting: of a frame with n faces at most n count as found, what is more is false."""
    folder = FACES / "film_keyframes"
    truth = json.loads((folder / "ground_truth.json").read_text())["frames"]
    seen = {kind: [0, 0, 0, 0] for kind in ("people", "drawn")}
    for frame in truth:
        _, found = looked_at(pool, Image.open(folder / frame["image"]))
        tally = seen["drawn" if frame["image"].startswith("sintel") else "people"]
        right = min(len(found), frame["faces"])
        for i, more in enumerate((1, frame["faces"], right, len(found) - right)):
            tally[i] += more
    for kind, (frames, faces, right, false) in seen.items():
        tell(
            f"frames of two film clips, {kind}, counted by eye: {right} of {faces} faces found in {frames} frames, "
            f"{false} false"
        )
    assert sum(s[2] for s in seen.values()) >= 14
    assert sum(s[3] for s in seen.values()) <= 3


def test_portraits_are_found_and_told_apart(pool: ModelPool):
    """Six photographs of two people, pair by pair; in two more, both faces are found."""
    names, chips = [], []
    for path in sorted((FACES / "face_recognition_examples").glob("*.jpg")):
        picture, found = looked_at(pool, Image.open(path))
        wanted = 2 if path.stem in {"two_people", "obama_and_biden"} else 1
        assert len(found) >= wanted, path.name
        if wanted == 1:
            names.append(path.stem.partition("_")[0].rstrip("23"))
            chips.append(aligned(picture, found[:1, 5:].reshape(-1, 5, 2).astype(float), 150)[0])
    embedder = pool.get("dlib-face")
    for what, prints, bound in (
        ("as unit vectors", embedder.prints(np.stack(chips)), embedder.same),
        ("as dlib gives them", embedder.distances(np.stack(chips)), 0.6),
    ):
        apart = np.linalg.norm(prints[:, None] - prints[None], axis=2)
        pairs = [(names[i] == names[j], float(apart[i, j])) for i in range(len(names)) for j in range(i)]
        same, others = max(d for s, d in pairs if s), min(d for s, d in pairs if not s)
        tell(
            f"portraits of two people, prints {what}: {len(pairs)} pairs, one person at most {same:.2f} apart, "
            f"two at least {others:.2f}, bound {bound}"
        )
        assert same < bound < others


def prints_of(pool: ModelPool, people: range) -> tuple[np.ndarray, np.ndarray, int]:
    """Prints of every ORL picture, doubled on grey; whose they are; in how many no face was found."""
    detector, chips, who, missed = pool.get("centerface"), [], [], 0
    for person in people:
        for path in sorted((FACES / "orl" / f"s{person}").glob("*.png")):
            canvas = Image.new("RGB", (320, 320), (90, 90, 90))
            canvas.paste(Image.open(path).convert("RGB").resize((184, 224), Image.Resampling.BICUBIC), (68, 48))
            picture = np.asarray(canvas)
            found = detector.faces(picture[None])[0]
            missed += not len(found)
            if len(found):
                chips.append(aligned(picture, found[:1, 5:].reshape(-1, 5, 2).astype(float), 150)[0])
                who.append(person)
    return pool.get("dlib-face").prints(np.stack(chips)), np.array(who), missed


@pytest.mark.parametrize("part", PARTS)
def test_pairs_of_photographs_are_verified(pool: ModelPool, part: str):
    """All pairs of 200 pictures of 20 people, by the distance that comes with the embedder."""
    prints, who, missed = prints_of(pool, PARTS[part])
    bound = pool.get("dlib-face").same
    one, other = np.triu_indices(len(who), 1)
    apart, same = np.linalg.norm(prints[one] - prints[other], axis=1), who[one] == who[other]
    accepted, false = float((apart[same] < bound).mean()), float((apart[~same] < bound).mean())
    tell(
        f"ORL, {part}: faces found in {len(who)} of {len(who) + missed} pictures; bound {bound}: "
        f"{accepted:.2%} of {same.sum()} pairs of one person accepted, {false:.2%} of {(~same).sum()} of two; "
        f"balanced accuracy {(accepted + 1 - false) / 2:.2%}"
    )
    assert missed == 0
    assert accepted > 0.99
    assert false < 0.02
    if part == "tune":
        return
    tried, told, whose = np.arange(0.3, 0.5, 0.005), *prints_of(pool, PARTS["tune"])[:2]
    one, other = np.triu_indices(len(whose), 1)
    near, own = np.linalg.norm(told[one] - told[other], axis=1), whose[one] == whose[other]
    best = float(tried[np.argmax([(near[own] < t).mean() + (near[~own] >= t).mean() for t in tried])])
    accepted, false = float((apart[same] < best).mean()), float((apart[~same] < best).mean())
    tell(
        f"ORL, test, bound {best:.3f} that is best on 'tune' (balanced accuracy, steps of 0.005): {accepted:.2%} and "
        f"{false:.2%}; balanced accuracy {(accepted + 1 - false) / 2:.2%}"
    )
    assert (accepted + 1 - false) / 2 > 0.98


def backgrounds() -> list[np.ndarray]:
    """Fourteen frames of an animated film."""
    found = []
    with av.open(str(DATA / "film" / "big_buck_bunny_360p_full.mp4")) as film:
        for second in range(20, 560, 40):
            film.seek(second * av.time_base)
            picture = next(film.decode(video=0)).to_image().resize((WIDTH, HEIGHT))
            found.append(np.asarray(picture.convert("RGB")))
    return found


def photographs(people: range) -> dict[str, list[np.ndarray]]:
    return {
        f"s{person}": [
            np.asarray(Image.open(FACES / "orl" / f"s{person}" / f"{i}.png").convert("RGB")) for i in range(1, 11)
        ]
        for person in people
    }


def across(who: list[str], prints: np.ndarray, others: list[str], their: np.ndarray) -> float:
    """For how many the nearest of another film is the same person; of the places that both have."""
    dim = min(prints.shape[1], their.shape[1])
    near = np.linalg.norm(prints[:, None, :dim] - their[None, :, :dim], axis=2).argmin(axis=1)
    return float(
        np.mean([others[n] == name for name, n in zip(who, near.tolist(), strict=True) if name in others and name])
    )


@pytest.mark.parametrize("part", PARTS)
def test_people_of_composed_films_are_followed_and_grouped(pool: ModelPool, part: str):
    """Four films of 20 people each, 60 appearances of three looks a film, no photograph twice in a film.

    With prints that hold in the film alone, characters must be the same ones.
    """
    scores, sights, seen = [], [], []
    for seed in (1, 2, 3, 4):
        film = compose(photographs(PARTS[part]), backgrounds(), seed)
        began = time.process_time()
        tables = made(
            Faces(), film.movie, film.looks(), tracks={Shot: film.shots, Glance: film.glances}, models=pool.get
        )
        took = (time.process_time() - began) / len(film.pictures)
        sight = followed(film, rows(tables, Face))
        given = {kind: rows(tables, kind) for kind in (Tracklet, Faceprint)}
        people = rows(made(People(), film.movie, tracks=given), Person)
        kept = turned(np.array([p.values for p in given[Faceprint]]))
        own = [
            replace(p, space=FILM_SPACE, values=tuple(v)) for p, v in zip(given[Faceprint], kept.tolist(), strict=True)
        ]
        seen.append(
            (
                [sight.who.get(p.tracklet, "") for p in own],
                [np.array([p.values for p in q]) for q in (given[Faceprint], own)],
            )
        )
        again = rows(made(People(), film.movie, tracks=given | {Faceprint: own}), Person)
        assert [(p.refs, p.number, p.look) for p in again] == [(p.refs, p.number, p.look) for p in people]
        score = grouped(sight.who, {int(p.refs[0].split("#")[1]): p.number for p in people})
        tell(
            f"{part}, film {seed}, {len(film.laid)} faces in {len(film.pictures)} looks ({took * 1000:.0f} CPU ms each)"
        )
        tell(f"  {sight}", f"  {score}")
        scores.append(score)
        sights.append(sight)
    for what, n in (("the model's space", 0), ("the film's own", 1)):
        share = across(seen[0][0], seen[0][1][n], seen[1][0], seen[1][1][n])
        tell(f"{part}, prints in {what}: nearest of film 2 is the same person for {share:.1%} of film 1's tracklets")
        assert share > 0.7 if n == 0 else share < 0.3
    right, wrong, missed = (sum(getattr(s, n) for s in scores) for n in ("right", "wrong", "missed"))
    f1, precision = 2 * right / (2 * right + wrong + missed), right / (right + wrong)
    purity = float(np.mean([s.purity for s in scores]))
    tell(f"{part}, all: pairwise F1 {f1:.2f}, precision {precision:.2f}, purity {purity:.3f}")
    assert np.mean([s.all_found for s in sights]) > 0.7
    assert min(s.within for s in sights) > 0.98
    assert f1 > 0.7
    assert precision > 0.8
    assert purity > 0.9
