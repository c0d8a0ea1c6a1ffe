"""TransNetV2's plumbing, with weights drawn at random: what it computes is tested against the reference elsewhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cinedex.errors import ModelError
from cinedex.models import openvino, transnet
from cinedex.models.fakes import FakeTransitionDetector
from cinedex.models.onnx import OnnxSession
from cinedex.models.openvino import OpenVinoSession
from cinedex.models.spec import Licence, ModelSpec, RunOptions
from cinedex.models.tasks import TransitionDetector
from cinedex.models.transnet import TransNet, histograms
from cinedex.models.transnet_graph import network

ONE = RunOptions(threads=1)


def random_weights(seed: int = 5) -> dict[str, np.ndarray]:
    """Weights of the published shape but a quarter of the width, scaled so that numbers stay near one."""
    random = np.random.default_rng(seed)
    weights = {}

    def draw(name, *shape):
        fan = int(np.prod(shape[1:])) or 1
        weights[name] = (random.normal(0, 1, shape) / np.sqrt(fan)).astype(np.float32)

    channels = 3
    for stack, filters in enumerate((4, 8, 16)):
        for layer in range(2):
            name = f"SDDCNN.{stack}.DDCNN.{layer}"
            for dilation in (1, 2, 4, 8):
                draw(f"{name}.Conv3D_{dilation}.layers.0.weight", 2 * filters, channels, 1, 3, 3)
                draw(f"{name}.Conv3D_{dilation}.layers.1.weight", filters, 2 * filters, 3, 1, 1)
            channels = 4 * filters
            for part in ("weight", "bias", "running_mean"):
                weights[f"{name}.bn.{part}"] = random.normal(0.5, 0.2, channels).astype(np.float32)
            weights[f"{name}.bn.running_var"] = random.uniform(0.5, 2, channels).astype(np.float32)
    shapes = {
        "frame_sim_layer.projection": (128, 112),
        "frame_sim_layer.fc": (128, 101),
        "color_hist_layer.fc": (128, 101),
        "fc1": (256, 256 + 64 * 18),
        "cls_layer1": (1, 256),
        "cls_layer2": (1, 256),
    }
    for name, shape in shapes.items():
        draw(f"{name}.weight", *shape)
        weights[f"{name}.bias"] = random.normal(0, 0.1, shape[0]).astype(np.float32)
    for name in ("cls_layer1", "cls_layer2"):
        weights[f"{name}.weight"] *= 4  # so that answers differ from picture to picture
    return weights


def film(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 27, 48, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=["int8", "f32"])
def detector(request) -> TransNet:
    made = network(random_weights(), 32, quantised=request.param == "int8")
    return TransNet(OpenVinoSession(made.model, ONE), made)


def test_it_is_a_transition_detector(detector):
    assert isinstance(detector, TransitionDetector)


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 100])
def test_there_is_an_answer_for_every_picture(detector, count):
    found = detector.transitions(film(count))
    assert found.shape == (count, 2)
    assert found.dtype == np.float32
    assert np.all((found >= 0) & (found <= 1))


@pytest.mark.parametrize("model", ["network", "fake"])
def test_the_pieces_in_which_a_film_comes_do_not_matter(detector, model):
    one = detector if model == "network" else FakeTransitionDetector()
    pictures = film(150)
    whole = one.transitions(pictures)
    for sizes in ((1,) * 150, (0, 70, 0, 80), (31, 33, 86)):
        pieces = np.split(pictures, np.cumsum(sizes)[:-1])
        found = list(one.follow(pieces))
        assert np.concatenate(found).tolist() == whole.tolist()


def test_an_answer_depends_on_the_context_and_on_nothing_else(detector):
    pictures = film(330)
    whole = detector.transitions(pictures)
    c = detector.context
    for first, last in ((c, c + 1), (131, 170)):
        part = detector.transitions(pictures[first - c : last + c])[c:-c]
        assert part.tolist() == whole[first:last].tolist()
    other = pictures.copy()
    other[200] ^= 255
    changed = np.flatnonzero((detector.transitions(other) != whole).any(axis=1))
    assert 200 - c <= changed.min() < 160
    assert 240 < changed.max() <= 200 + c


def test_both_runtimes_give_the_same():
    made = network(random_weights(), 32, quantised=False)
    pictures = film(40)
    one, other = (TransNet(s(made.model, ONE), made).transitions(pictures) for s in (OpenVinoSession, OnnxSession))
    assert one.std() > 0.01
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_two_films_at_once_do_not_mix(detector):
    first, second = film(100, 1), film(100, 2)
    apart = detector.transitions(first), detector.transitions(second)
    together = zip(detector.follow(np.split(first, 4)), detector.follow(np.split(second, 4)), strict=True)
    found = [np.concatenate(parts) for parts in zip(*together, strict=True)]
    assert [f.tolist() for f in found] == [a.tolist() for a in apart]


def test_histograms_count_every_pixel_once():
    pictures = film(3)
    counted = histograms(pictures)
    assert counted.shape == (3, 512)
    assert counted.sum(axis=1).tolist() == [27 * 48] * 3
    one = np.zeros((1, 27, 48, 3), np.uint8)
    one[0, 0, 0] = (255, 32, 0)
    assert {i: n for i, n in enumerate(histograms(one)[0]) if n} == {0: 27 * 48 - 1, (7 << 6) + (1 << 3): 1}


def test_pictures_of_another_size_are_refused(detector):
    with pytest.raises(ModelError, match="expected RGB uint8"):
        detector.transitions(np.zeros((4, 48, 27, 3), np.uint8))


def _spec(**options: object) -> ModelSpec:
    licence = Licence("MIT", "verified")
    return ModelSpec(name="t", task="transitions", adapter="transnetv2", tier="core", licence=licence, options=options)


def test_weights_of_another_network_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(transnet, "read_state_dict", lambda _: {"conv.weight": np.zeros((3, 3), np.float32)})
    with pytest.raises(ModelError, match="not TransNetV2"):
        transnet.load(_spec(), {"weights.pth": tmp_path / "w.pth"}, ONE)
    with pytest.raises(ModelError, match="int8, f32"):
        transnet.load(_spec(precision="int4"), {"weights.pth": tmp_path / "w.pth"}, ONE)


def test_without_openvino_onnx_runtime_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(transnet, "read_state_dict", lambda _: random_weights())
    monkeypatch.setattr(openvino, "available", lambda: False)
    loaded = transnet.load(_spec(precision="f32"), {"weights.pth": tmp_path / "w.pth"}, ONE)
    assert isinstance(loaded._session, OnnxSession)


def test_openvino_refuses_what_it_cannot_run():
    with pytest.raises(ModelError, match="does not load"):
        OpenVinoSession(b"no network", ONE)
    with pytest.raises(ModelError, match="on the CPU here"):
        OpenVinoSession(b"", RunOptions(device="cuda"))
    session = OpenVinoSession(network(random_weights(), 32, quantised=False).model, ONE)
    with pytest.raises(ModelError, match="OpenVINO failed on pictures"):
        session.run({"pictures": np.zeros((3, 3), np.uint8)})


def test_openvino_is_imported_without_its_telemetry(tmp_path):
    code = (
        "import sys; from cinedex.models.openvino import _openvino; _openvino().Core(); "
        "sys.exit(any(m.startswith('openvino_telemetry') for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"HOME": str(tmp_path)}, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0
    assert not list(Path(tmp_path).iterdir())
