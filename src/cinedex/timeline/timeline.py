"""All that is known about one Movie: its tracks by stage and kind, and which of them failed or were never computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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


class Unread(Mapping[tuple[str, str], Track[Any]]):
    """Tracks by (stage, kind) of which each is read when it is first asked for, and never twice."""

    def __init__(self, readers: Mapping[tuple[str, str], Callable[[], Track[Any]]]) -> None:
        self._readers, self._read = readers, dict[tuple[str, str], Track[Any]]()

    def __getitem__(self, name: tuple[str, str]) -> Track[Any]:
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


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
        return State.DONE if any(kind == row.kind for _, kind in self.tracks) else State.MISSING

    def find(self, row: type[RowType]) -> Track[RowType] | None:
        """The kind's rows of every stage that made it, in time order; None where it was not computed."""
        found = [self.tracks[name] for name in self.tracks if name[1] == row.kind]
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
