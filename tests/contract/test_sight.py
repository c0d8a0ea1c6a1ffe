"""What every picture embedder must do: the stand-in over fakes and over the core models, the fake, and ONNX files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.clips import files, spec

from cinedex.errors import ModelError
from cinedex.library import EMBEDDER
from cinedex.models import tasks
from cinedex.models.clip import load
from cinedex.models.concepts import Concepts
from cinedex.models.fakes import FakeImageEmbedder, FakeImageTagger, FakeTextEmbedder
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture(params=["fake", "concepts", "clip", pytest.param("core", marks=pytest.mark.weights)])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tasks.ImageEmbedder]:
    if request.param == "core":
        with ModelPool(registry(), cache=Settings.from_env().cache / "models", offline=True) as pool:
            yield Concepts(pool.get(EMBEDDER), lambda: pool.get("efficientnet-lite2"))
    elif request.param == "clip":
        yield load(spec(), files(tmp_path), RunOptions(threads=1))
    elif request.param == "concepts":
        yield Concepts(FakeTextEmbedder(), FakeImageTagger)
    else:
        yield FakeImageEmbedder()


def plain(model: tasks.ImageEmbedder, *colours: str) -> np.ndarray:
    """Pictures of one colour each."""
    return np.stack([np.broadcast_to(np.array(COLOURS[c], np.uint8), (*model.size, 3)) for c in colours])


def test_it_satisfies_the_protocol(model: tasks.ImageEmbedder):
    assert isinstance(model, tasks.ImageEmbedder)
    assert model.space
    assert 0 < model.near < 1


def test_pictures_and_texts_become_unit_vectors_of_one_space(model: tasks.ImageEmbedder):
    pictures = plain(model, "red", "green", "blue")
    for count in (0, 1, 3):
        found = model.embed_pictures(pictures[:count])
        assert found.shape == (count, model.dim)
        assert found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)
    for query in (False, True):
        for texts in ([], ["red"], ["a red thing", "", "word " * 700, "a\0b \ud800", "नमस्ते दुनिया"]):
            found = model.embed_texts(texts, query=query)
            assert found.shape == (len(texts), model.dim)
            assert found.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


def test_what_is_embedded_does_not_depend_on_its_company(model: tasks.ImageEmbedder):
    pictures, texts = plain(model, *["red", "green", "blue"] * 7), ["red", "a photo of blue", "green"] * 7
    alone = np.concatenate([model.embed_pictures(p[None]) for p in pictures])
    np.testing.assert_allclose(model.embed_pictures(pictures), alone, atol=1e-4)
    alone = np.concatenate([model.embed_texts([t]) for t in texts])
    np.testing.assert_allclose(model.embed_texts(texts), alone, atol=1e-4)


def test_pictures_of_another_size_are_refused(model: tasks.ImageEmbedder):
    with pytest.raises(ModelError):
        model.embed_pictures(np.zeros((1, model.size[0] + 1, model.size[1], 3), np.uint8))


def test_the_right_words_are_nearest(model: tasks.ImageEmbedder, request: pytest.FixtureRequest):
    if "core" in request.node.name:
        pytest.skip("plain colours have no names among the tagger's classes")
    near = model.embed_texts(list(COLOURS), query=True) @ model.embed_pictures(plain(model, *COLOURS)).T
    assert near.argmax(axis=1).tolist() == [0, 1, 2]
    assert np.diag(near).min() > 0.4
