"""The two networks of voices against the same layers computed step by step, and what surrounds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cinedex.errors import ModelError
from cinedex.models import segmenter, voiceprint
from cinedex.models.onnx import OnnxSession
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions

Weights = dict[str, np.ndarray]
OPTIONS = RunOptions(threads=1)


def lstm_weights(random: np.random.Generator, sizes: list[int], hidden: int, ways: tuple[str, ...]) -> Weights:
    made = {}
    for layer, size in enumerate(sizes):
        for way in ways:
            made[f"lstm.weight_ih_l{layer}{way}"] = random.normal(0, 0.2, (4 * hidden, size))
            made[f"lstm.weight_hh_l{layer}{way}"] = random.normal(0, 0.2, (4 * hidden, hidden))
            for bias in ("ih", "hh"):
                made[f"lstm.bias_{bias}_l{layer}{way}"] = random.normal(0, 0.2, 4 * hidden)
    return made


def lstm(weights: Weights, layer: int, way: str, rows: np.ndarray) -> np.ndarray:
    """One direction of one layer over [steps, features]: all states."""
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731 - said once
    hidden = weights[f"lstm.weight_hh_l{layer}{way}"].shape[1]
    state, cell, found = np.zeros(hidden), np.zeros(hidden), []
    for row in rows[::-1] if way else rows:
        gates = (
            weights[f"lstm.weight_ih_l{layer}{way}"] @ row
            + weights[f"lstm.bias_ih_l{layer}{way}"]
            + weights[f"lstm.weight_hh_l{layer}{way}"] @ state
            + weights[f"lstm.bias_hh_l{layer}{way}"]
        )
        entering, forget, new, out = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(entering) * np.tanh(new)
        state = sigmoid(out) * np.tanh(cell)
        found.append(state)
    return np.array(found[::-1] if way else found)


def segmenter_weights(random: np.random.Generator) -> Weights:
    made = lstm_weights(random, [60, 256, 256, 256], 128, ("", "_reverse"))
    made["sincnet.wav_norm1d.weight"], made["sincnet.wav_norm1d.bias"] = np.array([0.8]), np.array([0.1])
    bank = "sincnet.conv1d.0.filterbank"
    made[f"{bank}.low_hz_"] = random.uniform(0, 6000, (40, 1))
    made[f"{bank}.band_hz_"] = random.uniform(0, 1500, (40, 1))
    made[f"{bank}.window_"] = np.hamming(251)[:125]
    made[f"{bank}.n_"] = 2 * np.pi * np.arange(-125, 0)[None] / 16000
    for layer, (wide, narrow) in enumerate([(80, 1), (60, 80), (60, 60)]):
        made[f"sincnet.norm1d.{layer}.weight"] = random.uniform(0.5, 1.5, wide)
        made[f"sincnet.norm1d.{layer}.bias"] = random.normal(0, 0.2, wide)
        if layer:
            made[f"sincnet.conv1d.{layer}.weight"] = random.normal(0, 0.1, (wide, narrow, 5))
            made[f"sincnet.conv1d.{layer}.bias"] = random.normal(0, 0.1, wide)
    for name, shape in (("linear.0", (128, 256)), ("linear.1", (128, 128)), ("classifier", (3, 128))):
        made[f"{name}.weight"], made[f"{name}.bias"] = random.normal(0, 0.2, shape), random.normal(0, 0.2, shape[0])
    return made


def segmented(weights: Weights, sound: np.ndarray) -> np.ndarray:
    """The segmenter's answer, layer by layer as its authors describe it."""

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        return x * weights[f"{name}.weight"][:, None] + weights[f"{name}.bias"][:, None]

    def bent(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, 0.01 * x)

    def convolved(x: np.ndarray, kernels: np.ndarray, step: int) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(x, kernels.shape[2], axis=1)[:, ::step]
        return np.einsum("ctk,ock->ot", windows, kernels)

    x = normed(sound[None].astype(np.float64), "sincnet.wav_norm1d")
    for layer in range(3):
        if layer:
            kernels, bias = (weights[f"sincnet.conv1d.{layer}.{n}"] for n in ("weight", "bias"))
            x = convolved(x, kernels, 1) + bias[:, None]
        else:
            bank = [weights[f"sincnet.conv1d.0.filterbank.{n}"] for n in ("low_hz_", "band_hz_", "window_", "n_")]
            x = np.abs(convolved(x, segmenter.filters(*bank)[:, None], 10))
        x = x[:, : x.shape[1] // 3 * 3].reshape(len(x), -1, 3).max(axis=2)
        x = bent(normed(x, f"sincnet.norm1d.{layer}"))
    rows = x.T
    for layer in range(4):
        rows = np.concatenate([lstm(weights, layer, way, rows) for way in ("", "_reverse")], axis=1)
    for name in ("linear.0", "linear.1"):
        rows = bent(rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
    return 1 / (1 + np.exp(-(rows @ weights["classifier.weight"].T + weights["classifier.bias"])))


def test_the_segmenter_computes_what_its_layers_say():
    random = np.random.default_rng(1)
    weights = segmenter_weights(random)
    model = segmenter.Segmenter(OnnxSession(segmenter.network(weights), OPTIONS))
    sound = random.normal(0, 0.1, (1, model.window)).astype(np.float32)
    np.testing.assert_allclose(model.segments(sound)[0], segmented(weights, sound[0]), atol=2e-4)


def test_a_filter_passes_its_own_band_and_no_other():
    times = 2 * np.pi * np.arange(-125, 0)[None] / 16000
    bank = segmenter.filters(np.array([[950.0]]), np.array([[150.0]]), np.hamming(251)[:125], times)
    assert bank.shape == (2, 251)
    response = np.abs(np.fft.rfft(bank, 16000, axis=1))
    assert np.all(np.abs(response.argmax(axis=1) - 1100) < 60), "from 1000 to 1200 Hz"
    assert np.all(response[:, [300, 2500]] < 0.02 * response.max())
    np.testing.assert_allclose(bank[0], bank[0, ::-1], atol=1e-12)
    np.testing.assert_allclose(bank[1], -bank[1, ::-1], atol=1e-12)


def voiceprint_weights(random: np.random.Generator) -> Weights:
    made = lstm_weights(random, [40, 256, 256], 256, ("",))
    made["linear.weight"], made["linear.bias"] = random.normal(0, 0.2, (256, 256)), random.normal(0, 0.2, 256)
    return made


def test_a_voiceprint_is_what_its_layers_say():
    random = np.random.default_rng(2)
    weights = voiceprint_weights(random)
    session = OnnxSession(voiceprint.network(weights), OPTIONS)
    spectra = random.uniform(0, 2, (2, 160, 40)).astype(np.float32)
    for own, found in zip(spectra, session.run({"mel": spectra})[0], strict=True):
        rows = own.astype(np.float64)
        for layer in range(3):
            rows = lstm(weights, layer, "", rows)
        expected = np.maximum(weights["linear.weight"] @ rows[-1] + weights["linear.bias"], 0)
        np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-4)


@pytest.mark.parametrize("pitch", [200, 1000, 3000])
def test_a_tone_is_in_the_band_of_its_pitch(pitch: int):
    found = voiceprint.mel(np.sin(2 * np.pi * pitch * np.arange(16000) / 16000).astype(np.float32))
    assert found.shape == (101, 40)
    mels = pitch / (200 / 3) if pitch < 1000 else 15 + np.log(pitch / 1000) / (np.log(6.4) / 27)
    top = 15 + np.log(8) / (np.log(6.4) / 27)
    assert abs(found[50].argmax() - (mels / top * 41 - 1)) <= 1


@pytest.mark.parametrize(
    ("load", "name", "file"),
    [(segmenter.load, "pyannote-segmentation", "weights.bin"), (voiceprint.load, "resemblyzer", "weights.pt")],
)
def test_another_checkpoint_is_refused(load: Any, name: str, file: str, monkeypatch: pytest.MonkeyPatch):
    module = segmenter if load is segmenter.load else voiceprint
    monkeypatch.setattr(module, "read_state_dict", lambda *_, **__: {"conv.weight": np.zeros((3, 3), np.float32)})
    with pytest.raises(ModelError, match=name):
        load(registry()[name], {file: Path("x")}, OPTIONS)
