"""Faults of the picture that the measures show: black and frozen stretches, in the sense of FFmpeg's detectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.timeline.rows import Flag, Quality, Row
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Spans, Track


@dataclass(frozen=True)
class Faults(Stage):
    """Flags 'black' (as blackdetect) and 'freeze' (as freezedetect) of at least `shortest`.

    They rest on 48x27 pictures: a black picture with a small bright mark counts as black, and something small that
    moves in an otherwise still picture is not seen.
    """

    name: ClassVar[str] = "faults"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpu_seconds_per_minute=0.05, disk_kib_per_minute=0.1)

    shortest: Time = SECOND * 2
    black_share: float = 0.98
    """Share of dark pixels from which a picture is black (blackdetect's pic_th)."""
    still: float = 0.0003
    """Mean luma change below which a picture repeats the one before. FFmpeg's 0.001 holds for full-size pictures;
    averaging takes noise away, so that less change is left in a picture that is alive."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """The measures."""
        return (Quality,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Black stretches, and frozen ones that are not black."""
        track = inputs.track(Quality)
        dark = _measure(track, "dark")
        black = _long(_where(dark, dark["value"] >= self.black_share), self.shortest)
        for span in black:
            share = _mean(dark, span)
            note = f"{share:.1%} of the picture dark for {span.duration.seconds:.2f} s"
            yield Flag(start=span.start, end=span.end, label="black", score=share, note=note)
        change = _measure(track, "change")
        frozen = _long(_where(change, change["value"] < self.still), self.shortest)
        for span in frozen:
            if int(Spans.of([span]).overlap(black)[0]) * 2 >= int(span.duration):
                continue
            moved = _mean(change, span)
            note = f"mean change {moved:.5f} of full scale for {span.duration.seconds:.2f} s"
            yield Flag(start=span.start, end=span.end, label="freeze", score=1 - moved / self.still, note=note)


def _measure(track: Track[Quality], name: str) -> dict[str, Any]:
    chosen = np.asarray(track.table.column("measure").to_pylist(), dtype=object) == name
    return {c: track.column(c)[chosen] for c in ("start", "end", "value")}


def _where(measure: dict[str, Any], holds: Any) -> Spans:
    return Spans(measure["start"][holds], measure["end"][holds]).support()


def _long(spans: Spans, shortest: Time) -> Spans:
    keep = spans.ends - spans.starts >= int(shortest)
    return Spans(spans.starts[keep], spans.ends[keep])


def _mean(measure: dict[str, Any], span: Span) -> float:
    inside = (measure["start"] >= int(span.start)) & (measure["start"] < int(span.end))
    return float(measure["value"][inside].mean())
