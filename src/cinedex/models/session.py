"""What runs a network, whichever runtime does it: arrays in by input name, arrays out in the network's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt


@runtime_checkable
class Session(Protocol):
    """A loaded network. It may be called from several threads at once; each call is whole in itself."""

    @property
    def inputs(self) -> Sequence[str]:
        """Names of its inputs, in the network's order."""
        ...

    @property
    def outputs(self) -> Sequence[str]:
        """Names of its outputs, in the network's order."""
        ...

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Every output for one set of inputs. Raises ModelError where they do not fit the network."""
        ...
