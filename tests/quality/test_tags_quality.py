"""The picture tagger on photographs whose class is known, and the tag stage on clips whose subject is plain."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cinedex.media.look import LookPass
from cinedex.media.probe import probe
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings
from cinedex.stages.base import Inputs
from cinedex.stages.tags import Tags
from cinedex.timeline.rows import Shot, Tag
from cinedex.timeline.track import Maker, Track

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.weights

Photo = Image.Image


@pytest.fixture
def pool() -> Iterator[ModelPool]:
    made = ModelPool(
        registry(), cache=Settings.from_env().cache / "models", options=RunOptions(threads=2), offline=True
    )
    yield made
    made.close()


def stretched(photo: Photo) -> Photo:
    """As a look comes: the whole picture, area-averaged."""
    return photo.resize((260, 260), Image.Resampling.BOX)


def cropped(photo: Photo) -> Photo:
    """The largest square in the middle."""
    side, (width, height) = min(photo.size), photo.size
    left, top = (width - side) // 2, (height - side) // 2
    return photo.resize((260, 260), Image.Resampling.BOX, box=(left, top, left + side, top + side))


def widescreen(photo: Photo) -> Photo:
    """The middle of the photograph in the shape of a film, 16:9."""
    width, height = photo.size
    lines = min(height, round(width * 9 / 16))
    return photo.crop((0, (height - lines) // 2, width, (height - lines) // 2 + lines))


def accuracy(pool: ModelPool, prepare: Callable[[Photo], Photo]) -> tuple[float, float, int]:
    """Top-1, top-5 and the number of photographs."""
    folder = DATA / "retrieval" / "imagenet_sample_1000"
    if not folder.exists():
        pytest.skip("the photographs are not here")
    tagger = pool.get("efficientnet-lite2")
    numbers = {synset: i for i, synset in enumerate(_synsets())}
    with (folder / "labels.csv").open(newline="") as file:
        truth = [(folder / row["file"], numbers[row["wnid"]]) for row in csv.DictReader(file)]
    first = among = 0
    for photo, right in truth:
        pixels = np.asarray(prepare(Image.open(photo).convert("RGB")))
        best = np.argsort(-tagger.tags(pixels[None])[0][0])[:5]
        first, among = first + int(best[0] == right), among + int(right in best)
    return first / len(truth), among / len(truth), len(truth)


def _synsets() -> list[str]:
    text = (Path(__file__).parents[2] / "src" / "cinedex" / "models" / "imagenet_labels.txt").read_text()
    return [line.split("\t")[0] for line in text.splitlines() if not line.startswith("#")]


def test_photographs_get_their_class(pool: ModelPool):
    top1, top5, count = accuracy(pool, stretched)
    print(f"\nstretched: top-1 {top1:.1%}, top-5 {top5:.1%} of {count}")  # noqa: T201 - the figures are what this is for
    assert top1 > 0.78
    assert top5 > 0.92


def test_a_wide_picture_loses_less_when_stretched_than_when_cropped(pool: ModelPool):
    whole = accuracy(pool, lambda photo: stretched(widescreen(photo)))
    middle = accuracy(pool, lambda photo: cropped(widescreen(photo)))
    print(f"\n16:9 stretched: {whole}, cropped: {middle}")  # noqa: T201 - as above
    assert whole[0] >= middle[0] - 0.01


@pytest.mark.parametrize(("clip", "subjects"), [("dog_eating.mp4", {"golden retriever", "Labrador retriever"})])
def test_a_plain_subject_is_named(pool: ModelPool, clip: str, subjects: set[str]):
    path = DATA / "film" / "clips" / clip
    if not path.exists():
        pytest.skip(f"{clip} is not here")
    movie, stage = probe(path), Tags()
    shot = Shot(start=movie.span.start, end=movie.span.end, number=0, opening="start", score=1.0)
    shots = Track.of(Shot, [shot], Maker("test", 1))
    with LookPass(movie, {"tags": (stage.view, shots)}) as source:
        reader = threading.Thread(target=source.run)
        reader.start()
        inputs = Inputs(movie, movie.span, source.open("tags"), {Shot: shots}, pool.get)
        labels = [row.label for row in stage.run(inputs) if isinstance(row, Tag)]
        reader.join()
    print(f"\n{clip}: {labels}")  # noqa: T201 - as above
    assert labels[0] in subjects
