"""The adapter of dual encoders: whatever the description leaves out or the files get wrong is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.clips import OPTIONS, files, spec

from cinedex.errors import ModelError
from cinedex.models.clip import load
from cinedex.models.spec import RunOptions

ONE = RunOptions(threads=1)


@pytest.mark.parametrize("lost", sorted(OPTIONS))
def test_what_a_description_lacks_is_named(lost: str, tmp_path: Path):
    told = spec()
    del told.options[lost]
    with pytest.raises(ModelError, match=f"lacks '{lost}'"):
        load(told, files(tmp_path), ONE)


@pytest.mark.parametrize("lost", ["vision.onnx", "text.onnx", "tokenizer.json"])
def test_a_file_that_is_not_described_is_named(lost: str, tmp_path: Path):
    some = files(tmp_path)
    del some[lost]
    with pytest.raises(ModelError, match=lost):
        load(spec(), some, ONE)


@pytest.mark.parametrize("wrong", [{"std": [0, 1, 1]}, {"mean": [1, 2]}, {"prompt": "a photo"}])
def test_impossible_settings_are_refused(wrong: dict[str, object], tmp_path: Path):
    with pytest.raises(ModelError, match="mean and std"):
        load(spec(**wrong), files(tmp_path), ONE)


def test_a_network_of_another_width_is_refused(tmp_path: Path):
    model = load(spec(dim=15), files(tmp_path), ONE)
    with pytest.raises(ModelError, match=r"no output is \[1, 15\]; there are image_embeds \[1, 16\], flat \[1, 3\]"):
        model.embed_pictures(np.full((1, 24, 32, 3), 255, np.uint8))


def test_a_picture_without_a_direction_is_an_error_and_no_nan(tmp_path: Path):
    model = load(spec(mean=[1, 1, 1]), files(tmp_path), ONE)
    with pytest.raises(ModelError, match="without a direction"):
        model.embed_pictures(np.full((1, 24, 32, 3), 255, np.uint8))


def test_pictures_are_scaled_as_described(tmp_path: Path):
    grey = np.full((1, 24, 32, 3), 51, np.uint8)
    grey[..., 0] = 204
    alike = load(spec(mean=[0.2, 0.2, 0.2], std=[1, 1, 1]), files(tmp_path), ONE).embed_pictures(grey)
    red = load(spec(mean=[0, 0, 0], std=[1, 1, 1]), files(tmp_path), ONE).embed_texts(["red"])
    assert (alike @ red.T)[0, 0] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("mask", [True, False])
def test_texts_are_prompted_cut_and_padded(mask: bool, tmp_path: Path):
    model = load(spec(prompt="a photo of {}", lowercase=True), files(tmp_path, mask=mask), ONE)
    plain = load(spec(), files(tmp_path, mask=mask), ONE)
    np.testing.assert_allclose(model.embed_texts(["RED"]), plain.embed_texts(["a photo of red"]), atol=1e-6)
    long = plain.embed_texts(["blue " * 8 + "red " * 50])
    np.testing.assert_allclose(long, plain.embed_texts(["blue " * 8]), atol=1e-6)
