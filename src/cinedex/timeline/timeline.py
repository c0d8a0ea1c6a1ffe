"""All that is known about one Movie: its tracks by stage and kind, and which of them failed or were never computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

import pyarrow as pa

from cinedex.timeline.arrow import schema
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Row, RowType
from cinedex.timeline.track import Maker, Track


class State(StrEnum):
    """What is known of a kind: three different things that must not look alike."""

    DONE = "done"
    """Computed; an empty track means that there is nothing of the kind in the film."""
    FAILED = "failed"
    MISSING = "missing"
    """Never computed."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """A film's facts. `tracks` by (stage, kind); `failures` says for a failed stage why; `makers` who was asked."""

    movie: Movie
    tracks: Mapping[tuple[str, str], Track[Any]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    makers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For every kind the stages, of those configured, that make it."""

    def state(self, row: type[Row]) -> State:
        """Whether the kind is computed; failed if any stage that makes it failed."""
        stages = self.makers.get(row.kind, ())
        if any(stage in self.failures for stage in stages):
            return State.FAILED
        return State.DONE if self.find(row) is not None else State.MISSING

    def find(self, row: type[RowType]) -> Track[RowType] | None:
        """The kind's rows of every stage that made it, in time order; None where it was not computed."""
        found = [track for (_, kind), track in self.tracks.items() if kind == row.kind]
        if len(found) > 1:
            joined = pa.concat_tables([t.table for t in found]).sort_by([("start", "ascending"), ("end", "ascending")])
            maker = Maker("+".join(t.maker.stage for t in found), 0)
            return Track(joined.replace_schema_metadata(schema(row).metadata), maker)
        return cast("Track[RowType]", found[0]) if found else None

    def track(self, row: type[RowType]) -> Track[RowType]:
        """The same, but raises LookupError with the reason where there is none."""
        found = self.find(row)
        if found is None:
            stages = self.makers.get(row.kind, ())
            reasons = [f"{s} failed: {self.failures[s]}" for s in stages if s in self.failures]
            raise LookupError(f"{self.movie.name}: {row.kind} " + ("; ".join(reasons) or "was not computed"))
        return found
