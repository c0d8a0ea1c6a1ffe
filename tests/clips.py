"""A dual encoder with weights of its own making, as ONNX files: what a hub's model looks like, small enough for a test.

Its pictures' network weighs the mean colour, its texts' network the tokens' vectors, by matrices given or drawn.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from cinedex.models.spec import Licence, ModelSpec

WORDS = ("[PAD]", "[UNK]", "red", "green", "blue", "a", "photo", "of")

OPTIONS: dict[str, Any] = {
    "height": 24, "width": 32, "dim": 16, "near": 0.3, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "length": 8,
}  # fmt: skip


def spec(name: str = "small-clip", **options: Any) -> ModelSpec:
    """Its description, without files: a test hands those over itself."""
    return ModelSpec(
        name, "embed-picture", "clip-onnx", "hub", Licence("CC0-1.0", "verified"), space=name, options=OPTIONS | options
    )


def files(folder: Path, *, seed: int = 1, dim: int = 16, mask: bool = True) -> dict[str, Path]:
    """Write its three files: colours and their names point the same way, whatever the seed."""
    random = np.random.default_rng(seed)
    colours = random.normal(size=(3, dim)).astype(np.float32)
    words = random.normal(size=(len(WORDS), dim)).astype(np.float32) * 0.05
    words[2:5] = colours
    (folder / "vision.onnx").write_bytes(_vision(colours))
    (folder / "text.onnx").write_bytes(_text(words, mask=mask))
    told = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(WORDS)}, "unk_token": "[UNK]"},
        "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "post_processor": None, "decoder": None,
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")
    return {n: folder / n for n in ("vision.onnx", "text.onnx", "tokenizer.json")}


def _vision(colours: np.ndarray) -> bytes:
    steps = [
        helper.make_node("GlobalAveragePool", ["pixel_values"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "colours"], ["image_embeds"]),
    ]
    takes = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, "h", "w"])
    return _model(steps, [takes], ["image_embeds", "flat"], {"colours": colours})


def _text(words: np.ndarray, *, mask: bool) -> bytes:
    steps = [helper.make_node("Gather", ["words", "input_ids"], ["each"])]
    takes = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])]
    last = "each"
    if mask:
        takes.append(helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["n", "t"]))
        steps += [
            helper.make_node("Cast", ["attention_mask"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["real", "axis"], ["column"]),
            helper.make_node("Mul", ["each", "column"], ["kept"]),
        ]
        last = "kept"
    steps.append(helper.make_node("ReduceSum", [last, "middle"], ["sum"], keepdims=0))
    # As the token that begins every text does in the real ones: an empty text has a direction too.
    steps.append(helper.make_node("Add", ["sum", "begin"], ["pooler_output"]))
    constants = {"words": words, "middle": np.array([1], np.int64), "begin": words[0]}
    return _model(steps, takes, ["pooler_output"], constants | ({"axis": np.array([2], np.int64)} if mask else {}))


def _model(steps: list[Any], takes: list[Any], gives: list[str], constants: dict[str, np.ndarray]) -> bytes:
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", None]) for n in gives]
    tensors = [numpy_helper.from_array(a, n) for n, a in constants.items()]
    graph = helper.make_graph(steps, "small", takes, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())
