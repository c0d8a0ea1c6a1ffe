"""How the page's data is written small: seconds, bounded text, numbers for labels, curves as bytes, data URLs."""

from __future__ import annotations

import base64
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from cinedex.timeline.rows import Row, RowType
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time
from cinedex.timeline.timeline import Timeline

TEXT = 2_000
"""Most characters of one cue, label or note."""

IMAGES = frozenset({"jpeg", "png", "webp", "avif"})
"""Formats of stills that browsers know."""

Numbers = npt.NDArray[np.float64]

LabelT = TypeVar("LabelT", bound=Hashable)


class Labels(Generic[LabelT]):
    """Labels by number, so that each is written once."""

    def __init__(self) -> None:
        self.known: dict[LabelT, int] = {}

    def number(self, label: LabelT) -> int:
        return self.known.setdefault(label, len(self.known))


def rows_of(timeline: Timeline, kind: type[RowType], most: int) -> Sequence[RowType]:
    """The first `most` rows of a kind; none where it was not computed."""
    track = timeline.find(kind)
    return [] if track is None else track.rows[:most]


def seconds(time: Time) -> float:
    """A time in seconds, to a tenth of a millisecond."""
    return round(int(time) / FLICKS_PER_SECOND, 4)


def ends(held: Row | Span) -> list[float]:
    """Start and end in seconds."""
    return [seconds(held.start), seconds(held.end)]


def url(form: str, still: bytes) -> str:
    """The tail of a data URL."""
    return f"{form};base64,{base64.b64encode(still).decode()}"


def score(value: float) -> float:
    """A score in few digits; what is no number becomes 0."""
    return round(float(value), 3) if np.isfinite(value) else 0.0


def text(words: str) -> str:
    """Text from a film, bounded."""
    return words if len(words) <= TEXT else words[: TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def curve(values: Numbers, top: float) -> list[Any] | None:
    """A curve as [base64 of bytes 0..254, 255 where nothing was measured; the value that 254 stands for]."""
    whole = packed(as_bytes(values / top))
    return None if whole is None else [whole, round(top, 4)]


def as_bytes(values: Numbers) -> npt.NDArray[np.uint8]:
    """Values of 0 to 1 as 0 to 254; 255 where there is none."""
    known = np.isfinite(values)
    out = np.full(values.shape, 255, dtype=np.uint8)
    out[known] = np.rint(values[known].clip(0, 1) * 254).astype(np.uint8)
    return out


def packed(values: npt.NDArray[np.uint8]) -> str | None:
    """Bytes as base64; None where nothing at all was measured."""
    return None if bool((values == 255).all()) else base64.b64encode(values.tobytes()).decode()
