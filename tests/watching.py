"""Watching a film to its end in a test: every consumer in a thread of its own, as stages do."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cinedex.media.decode import Pass
from cinedex.media.look import LookPass
from cinedex.media.views import Frames, Samples
from cinedex.timeline.time import Rate

PATIENCE = 60
"""Seconds after which a consumer that still waits is taken for stuck."""


def watch(movie: Any, views: Mapping[str, Frames | Samples], **how: Any) -> dict[str, list[Any]]:
    """All chunks by consumer. What the pass raises is raised, what a consumer meets is too."""
    with Pass(movie, views, **how) as source:
        return run(source, list(views))


def run(source: Pass | LookPass, names: list[str]) -> dict[str, list[Any]]:
    """Run a pass with consumers that take everything."""
    got: dict[str, list[Any]] = {name: [] for name in names}
    met: list[BaseException] = []

    def consume(name: str) -> None:
        try:
            got[name].extend(source.open(name))
        except Exception as error:  # noqa: BLE001 - handed to the test
            met.append(error)

    threads = [threading.Thread(target=consume, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    source.run()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a consumer is stuck"
    if met:
        raise met[0]
    return got


def frames(movie: Any, view: Frames | None = None, **how: Any) -> dict[str, npt.NDArray[Any]]:
    """The pictures of one view as whole columns."""
    chunks = watch(movie, {"a": view or Frames(height=54)}, **how)["a"]
    names = ("starts", "ends", "pts", "keys", "pixels")
    return {n: np.concatenate([getattr(c, n) for c in chunks]) if chunks else np.zeros(0) for n in names}


def samples(movie: Any, view: Samples | None = None, **how: Any) -> npt.NDArray[np.float32]:
    """The samples of one view."""
    chunks = watch(movie, {"a": view or Samples()}, **how)["a"]
    for one, following in itertools.pairwise(chunks):
        assert Rate(one.rate).count(following.start) == Rate(one.rate).count(one.start) + len(one)
    return np.concatenate([c.samples for c in chunks]) if chunks else np.zeros(0, dtype=np.float32)
