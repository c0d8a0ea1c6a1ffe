"""OpenVINO behind the `Session` protocol; the only place that imports it, and where its telemetry is kept out."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cinedex.errors import ModelError
from cinedex.models.spec import RunOptions

_TELEMETRY = "openvino_telemetry"

_importing = threading.Lock()


def available() -> bool:
    """Whether OpenVINO is installed."""
    return find_spec("openvino") is not None


class OpenVinoSession:
    """A network that OpenVINO runs on the CPU. It may be called from several threads at once."""

    def __init__(self, model: bytes, options: RunOptions, *, precision: Literal["f32", "bf16"] = "f32") -> None:
        """Compile a network from its ONNX bytes. Raises ModelError where it cannot run here.

        `precision` is what its float steps are computed in: f32 gives the same everywhere, bf16 is faster where the
        processor has it. Integer steps of a quantised network are integer steps in either.
        """
        openvino = _openvino()
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": precision,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            # Sessions of several workers would otherwise be pinned to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        if options.threads:
            settings["INFERENCE_NUM_THREADS"] = options.threads
        if options.device != "cpu":
            raise ModelError(
                f"OpenVINO runs on the CPU here, not on {options.device!r}", remedy="Use the runtime onnx, or the CPU."
            )
        try:
            core = openvino.Core()
            self._model = core.compile_model(core.read_model(model), "CPU", settings)
        except Exception as error:
            raise ModelError(f"OpenVINO does not load the network: {error}") from error
        self.inputs = tuple(i.any_name for i in self._model.inputs)
        self.outputs = tuple(o.any_name for o in self._model.outputs)
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Every output for one set of inputs. Raises ModelError where they do not fit the network."""
        try:
            request = self._idle.get_nowait()
        except queue.Empty:
            request = self._model.create_infer_request()
        try:
            found = request.infer(dict(feeds), share_inputs=True)
            return [np.array(found[i]) for i in range(len(self.outputs))]
        except Exception as error:
            shapes = ", ".join(f"{name} {array.dtype}{list(array.shape)}" for name, array in feeds.items())
            raise ModelError(f"OpenVINO failed on {shapes}: {error}") from error
        finally:
            self._idle.put(request)


def _openvino() -> Any:
    """The package, imported so that its telemetry is not: merely importing it would report to its maker."""
    with _importing:
        if "openvino" not in sys.modules and _TELEMETRY not in sys.modules:
            # None makes the import fail, for which OpenVINO carries a stand-in that does nothing.
            sys.modules[_TELEMETRY] = None  # type: ignore[assignment] # how Python says "not importable"
            try:
                return _imported()
            finally:
                del sys.modules[_TELEMETRY]
        return _imported()


def _imported() -> Any:
    try:
        import openvino  # noqa: PLC0415 - 0.2 s of import, for those who run a network
    except ImportError as error:
        raise ModelError(
            f"OpenVINO cannot be used here: {error}", remedy="Set CINEDEX_RUNTIME=onnx, or install openvino."
        ) from error
    return openvino
