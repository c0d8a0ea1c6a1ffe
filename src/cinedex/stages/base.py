"""The contract of a stage: a versioned, pure question about a film or about what is known of it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cinedex.media.views import Chunk, Looks, View
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Faceprint, Frame, Row, RowType, Voiceprint
from cinedex.timeline.time import ZERO, Span, Time
from cinedex.timeline.track import Track

Need: TypeAlias = View | type[Row]

Made: TypeAlias = Row | pa.Table
"""What a stage may yield: a row, or a table with the schema of a row kind."""


LATE: Mapping[str, bool] = MappingProxyType({"late": True})
"""Metadata of a parameter that came later: at its default it is no part of the key, and what is stored stays found."""

UNKEYED: Mapping[str, bool] = MappingProxyType({"unkeyed": True})
"""Metadata of a parameter that is no part of the key: what `about` makes of it is."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What running a stage takes, as data for planning: cores at once, MiB of memory beyond the models, share of a GPU.

    The last two are CPU time per minute of film on one current x86 core and stored KiB, for the estimate only.
    """

    cpus: float = 1
    memory_mib: int = 128
    gpu: float = 0
    cpu_seconds_per_minute: float = 1.0
    disk_kib_per_minute: float = 4.0


@dataclass(frozen=True, eq=False)
class Inputs:
    """What one run of a stage may read.

    `span` is the stretch to answer for: a run gives every row that starts inside it (more are dropped by the runner).
    `chunks` covers it with the stage's halo on both sides, as far as the film goes; it is empty for a film without
    that kind of stream. `tracks` are always of the whole film.
    """

    movie: Movie
    span: Span
    chunks: Iterator[Chunk] = field(default_factory=lambda: iter(()))
    tracks: Mapping[type[Row], Track[Any]] = field(default_factory=dict)
    models: Callable[[str], Any] | None = None
    listener: Callable[[Span], npt.NDArray[np.float32]] | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def track(self, row: type[RowType]) -> Track[RowType]:
        """A needed track. Raises LookupError for one that the stage did not declare."""
        try:
            return cast("Track[RowType]", self.tracks[row])
        except KeyError:
            raise LookupError(f"this stage did not declare that it needs {row.kind!r}") from None

    def welcomed(self, row: type[RowType]) -> Track[RowType] | None:
        """A welcomed track, or None where nobody could make it, or whoever tried failed."""
        return cast("Track[RowType] | None", self.tracks.get(row))

    def model(self, name: str) -> Any:
        """A model that the stage uses, loaded on first use and shared. It satisfies the protocol of its task."""
        if self.models is None:
            raise LookupError(f"no models were given to this run (wanted {name!r})")
        return self.models(name)

    def listen(self, span: Span) -> npt.NDArray[np.float32]:
        """The sound of `span` (a `Listens` view must be declared): float32 mono, silence where the stream has none."""
        if self.listener is None:
            raise LookupError("this stage did not declare a Listens view")
        return self.listener(span)


class Stage(ABC):
    """A question about a film. Subclasses are frozen dataclasses whose fields are their parameters.

    Same film, parameters, models and tracks: same rows. `run` reads no clock, network, global or store. `halo` is how
    much film beyond a span the answer for the span depends on (None: the stage cannot be cut into reels). One that
    follows something through the rows of a kind, such as a face through a shot, is cut only where such a row starts:
    that kind, which it needs, is its `seam`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    makes: ClassVar[tuple[type[Row], ...]]
    cost: ClassVar[Cost] = Cost()
    halo: ClassVar[Time | None] = ZERO
    seam: ClassVar[type[Row] | None] = None

    @property
    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """At most one view, and any number of row kinds."""

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """Kinds that it reads too where they can be made, and does without where they cannot."""
        return ()

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of the models it asks `Inputs.model` for."""
        return ()

    @abstractmethod
    def run(self, inputs: Inputs) -> Iterator[Made]:
        """The rows that start inside `inputs.span`, in any order, of the kinds in `makes`; tables of many at once."""

    def about(self, movie: Movie) -> Stage:
        """The same question put to one film: with what its answer depends on beside the film's content, as parameters.

        What is laid beside a film is no part of its id; a stage that reads it overrides this, and its key knows.
        """
        del movie
        return self

    def anonymous(self) -> Stage | None:
        """The same question put so that its answer identifies nobody; None for a stage that can do nothing else.

        It is what runs in a library in which recognition is off. A stage that makes prints overrides it, and those of
        its other self can be compared inside their film alone: a parameter says so, and with it the key.
        """
        return None if Faceprint in self.makes or Voiceprint in self.makes else self

    @property
    def view(self) -> View | None:
        """The view it watches, if any."""
        return next((n for n in self.needs if not isinstance(n, type)), None)

    @property
    def reads(self) -> tuple[type[Row], ...]:
        """The kinds of track it reads; looks also read the rows that they are taken at and the frame index."""
        kinds = [n for n in self.needs if isinstance(n, type)]
        looked = [self.view.at, Frame] if isinstance(self.view, Looks) else []
        return tuple(dict.fromkeys([*kinds, *looked]))
