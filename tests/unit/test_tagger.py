"""The tagger's network, built from small made-up weights and compared with the same sums done plainly in NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from cinedex.errors import ModelError
from cinedex.models import tagger
from cinedex.models.onnx import OnnxSession
from cinedex.models.spec import Licence, ModelSpec, RunOptions

SIZE = (19, 22)

Weights = dict[str, np.ndarray]


def norm(random: np.random.Generator, name: str, width: int) -> Weights:
    return {
        f"{name}.weight": random.uniform(0.5, 1.5, width),
        f"{name}.bias": random.uniform(-0.5, 0.5, width),
        f"{name}.running_mean": random.uniform(-0.5, 0.5, width),
        f"{name}.running_var": random.uniform(0.2, 2, width),
    }


def made_up(seed: int = 1) -> Weights:
    """Four blocks in three stages: strides 1, 2, 1 and 2, the third with a way around it; kernels of 3 and 5."""
    random = np.random.default_rng(seed)
    found: Weights = {"_conv_stem.weight": random.normal(0, 0.4, (4, 3, 3, 3)), **norm(random, "_bn0", 4)}
    for i, (enter, wide, leave, side) in enumerate([(4, 4, 3, 3), (3, 6, 5, 3), (5, 10, 5, 5), (5, 10, 7, 5)]):
        block = f"_blocks.{i}"
        if wide != enter:
            found[f"{block}._expand_conv.weight"] = random.normal(0, 0.4, (wide, enter, 1, 1))
            found |= norm(random, f"{block}._bn0", wide)
        found[f"{block}._depthwise_conv.weight"] = random.normal(0, 0.4, (wide, 1, side, side))
        found[f"{block}._project_conv.weight"] = random.normal(0, 0.4, (leave, wide, 1, 1))
        found |= norm(random, f"{block}._bn1", wide) | norm(random, f"{block}._bn2", leave)
    found |= {"_conv_head.weight": random.normal(0, 0.4, (8, 7, 1, 1)), **norm(random, "_bn1", 8)}
    found |= {"_fc.weight": random.normal(0, 1, (6, 8)), "_fc.bias": random.normal(0, 1, 6)}
    return {name: value.astype(np.float32) for name, value in found.items()}


def plain(weights: Weights, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores and feature of one picture, convolution by convolution."""

    def convolve(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
        side, (height, width) = kernel.shape[2], x.shape[1:]
        out = -(-height // stride), -(-width // stride)
        pads = [max((o - 1) * stride + side - s, 0) for o, s in zip(out, (height, width), strict=True)]
        x = np.pad(x, ((0, 0), *((p // 2, p - p // 2) for p in pads)))
        depthwise = kernel.shape[1] == 1
        result = np.zeros((kernel.shape[0], *out))
        for i in range(out[0]):
            for j in range(out[1]):
                patch = x[:, i * stride : i * stride + side, j * stride : j * stride + side]
                result[:, i, j] = (kernel[:, 0] * patch).sum((1, 2)) if depthwise else (kernel * patch).sum((1, 2, 3))
        return result

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        gain, bias, mean, var = (
            weights[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(var + 1e-3) * gain + bias

    x = (picture.astype(np.float64).transpose(2, 0, 1) - 127) / 128
    x = np.clip(normed(convolve(x, weights["_conv_stem.weight"], 2), "_bn0"), 0, 6)
    for i, (stride, around) in enumerate([(1, False), (2, False), (1, True), (2, False)]):
        entered, block = x, f"_blocks.{i}"
        if i:
            x = np.clip(normed(convolve(x, weights[f"{block}._expand_conv.weight"], 1), f"{block}._bn0"), 0, 6)
        x = np.clip(normed(convolve(x, weights[f"{block}._depthwise_conv.weight"], stride), f"{block}._bn1"), 0, 6)
        x = normed(convolve(x, weights[f"{block}._project_conv.weight"], 1), f"{block}._bn2")
        x = x + entered if around else x
    x = np.clip(normed(convolve(x, weights["_conv_head.weight"], 1), "_bn1"), 0, 6)
    feature = x.mean((1, 2))
    raw = weights["_fc.weight"] @ feature + weights["_fc.bias"]
    return np.exp(raw - raw.max()) / np.exp(raw - raw.max()).sum(), feature


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_the_network_does_what_the_paper_says(runtime: Literal["onnx", "openvino"]):
    if runtime == "openvino":
        pytest.importorskip("openvino")
    weights = made_up()
    network = tagger._network(weights, SIZE, mean=127, scale=128)
    session = tagger._session(network, RunOptions(threads=1, runtime=runtime))
    model = tagger.EfficientNetLite(session, SIZE, list("abcdef"), "made-up")
    pictures = np.random.default_rng(5).integers(0, 256, (3, *SIZE, 3), dtype=np.uint8)
    scores, features = model.tags(pictures)
    for i, picture in enumerate(pictures):
        score, feature = plain(weights, picture)
        np.testing.assert_allclose(scores[i], score, atol=1e-5)
        np.testing.assert_allclose(features[i], feature, atol=1e-4)


def test_pictures_of_another_form_are_refused():
    session = OnnxSession(tagger._network(made_up(), SIZE, mean=127, scale=128), RunOptions(threads=1))
    model = tagger.EfficientNetLite(session, SIZE, list("abcdef"), "made-up")
    for wrong in (np.zeros((1, 20, 22, 3), np.uint8), np.zeros((1, *SIZE, 3), np.float32)):
        with pytest.raises(ModelError, match="expected RGB"):
            model.tags(wrong)


def test_another_checkpoint_is_refused(monkeypatch: pytest.MonkeyPatch):
    spec = ModelSpec(
        name="wrong",
        task="tag",
        adapter="efficientnet-lite",
        tier="core",
        licence=Licence("none", "stated"),
        options={"height": 19, "width": 22, "mean": 127.0, "scale": 128.0},
    )
    complete = made_up()
    for missing in ("_conv_stem.weight", "_blocks.2._bn1.running_var", "_fc.bias"):
        monkeypatch.setattr(
            tagger, "read_state_dict", lambda _, name=missing: {k: v for k, v in complete.items() if k != name}
        )
        with pytest.raises(ModelError, match="not an EfficientNet-lite"):
            tagger.load(spec, {"weights.pth": Path("nowhere")}, RunOptions())


def test_there_are_a_thousand_labels_each_once():
    labels = tagger.imagenet_labels()
    assert len(labels) == len(set(labels)) == 1000
    assert (labels[0], labels[1], labels[207], labels[999]) == (
        "tench",
        "goldfish",
        "golden retriever",
        "toilet tissue",
    )
    assert all(label == label.strip() and label for label in labels)
