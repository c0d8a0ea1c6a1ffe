"""What the charts draw, gathered once from a timeline: colours, shots, scenes, people and curves along the film."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cinedex.formats import colours
from cinedex.formats.charts.drawing import BLOCK, Rgb
from cinedex.formats.colours import Swatch
from cinedex.formats.facts import length, measured
from cinedex.formats.seen import Character, Names, characters, cuts_a_minute, portraits_of
from cinedex.timeline.rows import Motion, Palette, Portrait, Quality, Row, Scene, Shot
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Spans, Ticks

Numbers = npt.NDArray[np.float64]


class NotThereError(Exception):
    """A chart cannot be drawn; the words say which facts are missing and why."""


@dataclass(frozen=True)
class Film:
    """A timeline as charts see it."""

    timeline: Timeline
    names: Names | None = None

    @property
    def title(self) -> str:
        """The film's name without its suffix."""
        return Path(self.timeline.movie.name).stem or self.timeline.movie.name

    @property
    def duration(self) -> int:
        """In flicks. Raises NotThereError for a film without length."""
        if int(self.timeline.movie.duration) <= 0:
            raise NotThereError("the film has no length")
        return int(self.timeline.movie.duration)

    @property
    def facts(self) -> str:
        """A line about the film: its length, its shots, its scenes."""
        parts = [length(self.timeline.movie.duration.seconds)]
        for row, one in ((Shot, "shot"), (Scene, "scene")):
            track = self.timeline.find(row)
            n = 0 if track is None else len(track)
            parts += [f"{n:,} {one}{'s' * (n != 1)}"] if n else []
        return " \N{MIDDLE DOT} ".join(parts)

    def need(self, row: type[Row], name: str) -> None:
        """Raise NotThereError, saying why, where a kind has no rows."""
        track = self.timeline.find(row)
        if track is not None and len(track):
            return
        why = {State.MISSING: "were not computed", State.FAILED: "failed", State.DONE: "were computed, none found"}
        raise NotThereError(f"{name} {why[self.timeline.state(row)]}")

    def edges(self, bins: int) -> Ticks:
        """Bin edges over the film."""
        return np.linspace(0, self.duration, bins + 1).astype(np.int64)

    def colours(self, bins: int) -> list[Rgb | None]:
        """The mean colour of each bin, from brightness where no colour was measured. Raises NotThereError."""
        self.need(Quality, "measures of colour")
        quality, edges = self.timeline.find(Quality), self.edges(bins)
        parts = np.stack([measured(quality, name, edges) for name in ("red", "green", "blue")], axis=1)
        if np.isnan(parts).all():
            parts = np.repeat(measured(quality, "luma", edges)[:, None], 3, axis=1)
        if np.isnan(parts).all():
            raise NotThereError("neither colour nor brightness was measured")
        whole = np.rint(np.nan_to_num(parts).clip(0, 1) * 255).astype(int).tolist()
        known = np.isfinite(parts).all(axis=1).tolist()
        return [(r, g, b) if is_known else None for (r, g, b), is_known in zip(whole, known, strict=True)]

    @cached_property
    def shots(self) -> Spans:
        """Where the shots are. Raises NotThereError."""
        self.need(Shot, "shots")
        return self.timeline.track(Shot).spans

    @cached_property
    def shot_colours(self) -> list[Rgb]:
        """The mean colour of each shot; grey where nothing was measured."""
        try:
            bins = self.colours(2048)
        except NotThereError:
            return [BLOCK] * len(self.shots)
        made = []
        for start, end in zip(self.shots.starts.tolist(), self.shots.ends.tolist(), strict=True):
            first = min(start * len(bins) // self.duration, len(bins) - 1)
            last = min(max(-(-end * len(bins) // self.duration), first + 1), len(bins))
            own = np.array([c for c in bins[first:last] if c is not None] or [BLOCK])
            red, green, blue = (round(float(v)) for v in own.mean(axis=0))
            made.append((red, green, blue))
        return made

    @cached_property
    def scenes(self) -> Spans | None:
        """Where the scenes are, or None."""
        track = self.timeline.find(Scene)
        return track.spans if track is not None and len(track) else None

    @cached_property
    def people(self) -> list[Character]:
        """The people, longest on screen first."""
        return characters(self.timeline, self.names)

    @cached_property
    def portraits(self) -> dict[int, Portrait]:
        """The portrait of each of the people that charts show."""
        return portraits_of(self.timeline, self.people[:24])

    def palette(self, most: int) -> list[Swatch]:
        """The film's palette. Raises NotThereError."""
        self.need(Palette, "palettes")
        return colours.palette(self.timeline.find(Palette), most)

    def scene_palettes(self) -> list[list[Swatch]]:
        """The palette of each scene."""
        if self.scenes is None:
            return []
        return colours.palettes(self.timeline.find(Palette), self.scenes)

    def curve(self, name: str, bins: int) -> Numbers | None:
        """'cuts' a minute, 'motion' in picture widths a second or 'warmth' (-1..1), by bin, smoothed; else None."""
        edges = self.edges(bins)
        if name == "cuts":
            track = self.timeline.find(Shot)
            return cuts_a_minute(track.spans.starts[1:], edges) if track is not None and len(track) > 1 else None
        if name == "motion":
            motion = self.timeline.find(Motion)
            values = colours.movement(self.timeline, edges)[0] if motion is not None else None
        else:
            values = colours.over_time(self.timeline.find(Palette), "warmth", edges)
        return None if values is None or not np.isfinite(values).any() else smooth(values)

    def clock(self, at: float) -> str:
        """h:mm:ss, or m:ss for films under an hour."""
        text = Time(int(at)).clock[:-4]
        return text if self.duration >= 3600 * FLICKS_PER_SECOND else text[2:].removeprefix("0")

    def marks(self, most: int) -> list[int]:
        """Round times along the film, at most about `most` of them."""
        steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
        step = next((s for s in steps if self.duration / FLICKS_PER_SECOND / s <= most), 86_400)
        return list(range(0, self.duration + 1, step * FLICKS_PER_SECOND))


def smooth(values: Numbers, reach: int = 4) -> Numbers:
    """Each value as the weighted mean of those around it that are known; what is far from any stays NaN."""
    known = np.isfinite(values)
    weights = np.hanning(2 * reach + 3)[1:-1]
    sums = np.convolve(np.where(known, values, 0), weights, "same")[: len(values)]
    share = np.convolve(known.astype(float), weights, "same")[: len(values)]
    out = np.full(len(values), np.nan)
    np.divide(sums, share, out=out, where=share > 0)
    return out
