"""ONNX Runtime behind the `Session` protocol; the only place that imports it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.spec import RunOptions

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}

_ERRORS_ONLY = 3
"""ONNX Runtime's log severity; below it, it warns of things that no user can change."""


class OnnxSession:
    """A network that ONNX Runtime runs. It may be called from several threads at once."""

    def __init__(self, model: bytes | Path, options: RunOptions) -> None:
        """Load a network from its ONNX bytes or file. Raises ModelError where it cannot run here."""
        import onnxruntime  # noqa: PLC0415 - 0.2 s of import, for those who run a network

        provider = _PROVIDERS.get(options.device.partition(":")[0])
        if provider not in onnxruntime.get_available_providers():
            raise ModelError(
                f"ONNX Runtime has nothing to run on {options.device!r} here",
                remedy="Use the device cpu, or install the onnxruntime package made for that device.",
            )
        wanted = onnxruntime.SessionOptions()
        wanted.intra_op_num_threads = options.threads
        wanted.inter_op_num_threads = 1
        # Threads that wait would spin, and take from the decoder what they do not use: a fifth of all CPU time.
        wanted.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted.log_severity_level = _ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(
                model if isinstance(model, bytes) else str(model), wanted, providers=[provider]
            )
        except Exception as error:
            raise ModelError(f"ONNX Runtime does not load the network: {error}") from error
        self.inputs = tuple(i.name for i in self._session.get_inputs())
        self.outputs = tuple(o.name for o in self._session.get_outputs())

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Every output for one set of inputs. Raises ModelError where they do not fit the network."""
        try:
            return list(self._session.run(None, dict(feeds)))
        except Exception as error:
            raise ModelError(f"ONNX Runtime failed on {_shapes(feeds)}: {error}") from error


def _shapes(feeds: Mapping[str, npt.NDArray[Any]]) -> str:
    return ", ".join(f"{name} {array.dtype}{list(array.shape)}" for name, array in feeds.items())
