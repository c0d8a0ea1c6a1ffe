"""How every shot is taken: how close it is to people, and what the camera does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Area, Face, Framing, Motion, Object, Row, Shot
from cinedex.timeline.time import FLICKS_PER_SECOND
from cinedex.timeline.track import Track

Numbers = npt.NDArray[np.float64]
Columns = Mapping[str, npt.NDArray[Any]]

SCALES = (
    "extreme close-up",
    "close-up",
    "medium close-up",
    "medium",
    "medium long",
    "long",
    "extreme long",
)
"""From near to far."""

_EDGE = 0.03
"""A person's box that ends no further than this from the lower edge of the picture goes on below it."""

_BODY_SCORE = 0.6
"""What a scale is worth that was told from bodies only."""

_SWING = 0.03
"""Unsteadiness that a fast move has by itself, for every picture width that it goes in a second."""

_MOSTLY = 0.65
"""Share of the time at rest that makes a shot static, whatever passes through it meanwhile."""

_STEADY = 0.6
"""Share of the way that must go one way for a pan, tilt, zoom or roll."""

_BOTH = 0.6
"""A second motion so strong, as a share of the first, makes the camera's motion a mixed one."""


@dataclass(frozen=True)
class Framings(Stage):
    """One `Framing` of aspect 'scale' for a shot of people, and one or two of aspect 'camera' for every other.

    Scale: the height of the largest face in each look, as a share of the active picture's, in the median over the
    looks with faces; `faces` are the least shares from extreme close-up to long. Where no face is seen, bodies tell:
    one that is wholly in the picture makes the shot long, or extreme long below `body` of the height; one that is cut
    below is judged by its breadth for its height (`breadths`, from close-up to medium long). Where neither is seen
    there is no row.

    Camera: means of the picture's motion over the shot, against the least speeds `shift` (picture widths a second),
    `zoom` (log a second) and `turn` (rad a second): 'static', 'pan-left', 'pan-right', 'tilt-up', 'tilt-down',
    'zoom-in', 'zoom-out', 'roll', or 'moving' where several mix or the way is not one way. 'handheld' where the picture
    is unsteady by `shake`, beside what else it does. A zoom may be the lens's or the camera's: they are not told
    apart, nor a pan from a camera that travels sideways. Motion that less than `fit` of the picture follows is not
    judged: no row. Scores weigh how clearly limits are passed, how many looks or how much of the picture agree.
    """

    name: ClassVar[str] = "framing"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Framing,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=32, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.5)

    faces: tuple[float, ...] = (1.0, 0.52, 0.33, 0.21, 0.145, 0.06)
    face_score: float = 0.5
    body: float = 0.35
    breadths: tuple[float, ...] = (1.25, 0.9, 0.62, 0.46)
    body_score: float = 0.5
    shift: float = 0.025
    zoom: float = 0.015
    turn: float = 0.05
    shake: float = 0.003
    fit: float = 0.4

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, what moves, who is seen, and the part of the picture that is used."""
        return (Shot, Motion, Face, Object, Area)

    def run(self, inputs: Inputs) -> Iterator[Framing]:
        """Rows in order of shots."""
        shape = _shape(inputs.movie)
        motion = _columns(inputs.track(Motion), ("start", "end", "right", "down", "zoom", "turn", "shake", "fit"))
        faces = _columns(inputs.track(Face), ("start", "height", "score"))
        objects = inputs.track(Object)
        persons: Track[Any] = Track(
            objects.table.filter(pc.equal(objects.table.column("label"), "person")), objects.maker
        )
        bodies = _columns(persons, ("start", "x", "y", "width", "height", "score"))
        areas = inputs.track(Area).rows
        place = 0
        for shot in inputs.track(Shot):
            while place + 1 < len(areas) and areas[place].end <= shot.start:
                place += 1
            area = areas[place] if areas and areas[place].span.overlaps(shot.span) else None
            scale = self._scale(shot, faces, bodies, area, shape)
            if scale is not None:
                yield scale
            yield from self._camera(shot, motion, shape)

    def _scale(self, shot: Shot, faces: Columns, bodies: Columns, area: Area | None, shape: float) -> Framing | None:
        height = area.height if area is not None else 1.0
        seen = _within(shot, faces, self.face_score)
        if len(seen["start"]):
            sizes, scores = _largest(seen["start"], seen["height"] / height, seen["score"])
            size = float(np.median(sizes))
            number = self._step(size)
            agree = float(np.mean([abs(self._step(float(s)) - number) <= (s != size) for s in sizes]))
            clear = _clear(size, self.faces)
            return _framing(shot, "scale", SCALES[number], agree * clear * float(scores.mean()))
        seen = _within(shot, bodies, self.body_score)
        if not len(seen["start"]):
            return None
        order = np.lexsort((seen["width"], seen["height"]))
        best = {name: float(values[order[-1]]) for name, values in seen.items()}
        found = self._by_body(best, height, area.y if area is not None else 0.0, shape)
        return None if found is None else _framing(shot, "scale", found, _BODY_SCORE * best["score"])

    def _step(self, size: float) -> int:
        """The number of the scale for a face of this share of the picture's height."""
        return next((n for n, least in enumerate(self.faces) if size >= least), len(self.faces))

    def _by_body(self, box: Mapping[str, float], height: float, top: float, shape: float) -> str | None:
        tall = box["height"] / height
        below = (box["y"] - top + box["height"]) / height
        if below < 1 - _EDGE:
            return "long" if tall >= self.body else "extreme long"
        if tall < self.body:
            return None
        breadth = box["width"] / (box["height"] * shape)
        return next((SCALES[n + 1] for n, least in enumerate(self.breadths) if breadth >= least), "long")

    def _camera(self, shot: Shot, motion: Columns, shape: float) -> Iterator[Framing]:
        inside = _inside(shot, motion)
        seconds = (motion["end"][inside] - motion["start"][inside]) / FLICKS_PER_SECOND
        if not len(seconds):
            return
        total = float(seconds.sum())
        fit = float((motion["fit"][inside] * seconds).sum()) / total
        if fit < self.fit:
            return
        least = {"right": self.shift, "down": self.shift / shape, "zoom": self.zoom, "turn": self.turn}
        means, ways = {}, {}
        rests = np.ones(len(seconds), dtype=np.bool_)
        for name, limit in least.items():
            values = np.asarray(motion[name][inside], dtype=np.float64)
            means[name] = float((values * seconds).sum()) / total / limit
            ways[name] = float((np.abs(values) * seconds).sum()) / total / limit
            rests &= np.abs(values) < limit
        shake = float(np.median(motion["shake"][inside]))
        speed = self.shift * float(np.hypot(ways["right"], ways["down"]))
        still = float(seconds[rests].sum()) / total
        label, score = _motion(means, ways) if still < _MOSTLY else ("static", still)
        if shake >= self.shake + _SWING * speed:
            unsteady = fit * min(1.0, 0.5 + 0.25 * shake / self.shake)
            yield _framing(shot, "camera", "handheld", unsteady)
            if label in {"static", "moving"}:
                return
        yield _framing(shot, "camera", label, fit * score)


def _motion(means: Mapping[str, float], ways: Mapping[str, float]) -> tuple[str, float]:
    """The word for what the picture does, from mean speeds and mean lengths of the way, both by their limits."""
    ranked = sorted(means, key=lambda name: -abs(means[name]))
    first, second = ranked[0], ranked[1]
    strength = abs(means[first])
    if max(ways.values()) < 1:
        return "static", 1 - 0.5 * max(ways.values())
    if strength < 1:
        wandering = max(ways.values())
        return ("static", 0.5) if wandering < 1.5 else ("moving", min(1.0, 0.5 + 0.1 * wandering))
    steady = strength / ways[first]
    if steady < _STEADY or abs(means[second]) > max(1.0, _BOTH * strength):
        return "moving", min(1.0, 0.5 + 0.1 * strength)
    # A camera that goes to the right makes the picture go to the left.
    names = {
        "right": ("pan-left", "pan-right"),
        "down": ("tilt-up", "tilt-down"),
        "zoom": ("zoom-in", "zoom-out"),
        "turn": ("roll", "roll"),
    }
    return names[first][0 if means[first] > 0 else 1], steady * min(1.0, 0.5 + 0.25 * (strength - 1))


def _framing(shot: Shot, aspect: str, label: str, score: float) -> Framing:
    return Framing(
        start=shot.start,
        end=shot.end,
        refs=(shot.ref,),
        aspect="scale" if aspect == "scale" else "camera",
        label=label,
        score=round(min(1.0, max(0.0, score)), 3),
    )


def _shape(movie: Movie) -> float:
    """The picture's height by its width, as shown."""
    across, down = movie.video.display if movie.video is not None else (16, 9)
    return down / across


def _columns(track: Track[Any], names: tuple[str, ...]) -> Columns:
    return {name: track.table.column(name).to_numpy() for name in names}


def _within(shot: Shot, seen: Columns, least: float) -> Columns:
    """What was seen in the shot, well enough; bounded by what a film can show, in order of time."""
    low, high = np.searchsorted(seen["start"], [int(shot.start), int(shot.end)])
    good = seen["score"][low:high] >= least
    return {name: values[low:high][good] for name, values in seen.items()}


def _largest(starts: npt.NDArray[np.int64], sizes: Numbers, scores: Numbers) -> tuple[Numbers, Numbers]:
    """The largest size at each time, and its score."""
    order = np.lexsort((sizes, starts))
    last = np.append(starts[order][1:] != starts[order][:-1], True)
    return sizes[order][last], scores[order][last]


def _clear(size: float, limits: tuple[float, ...]) -> float:
    """How far a size is from the nearest limit: 0.6 at it, 1 half a step away."""
    away = min(abs(float(np.log(max(size, 1e-6) / limit))) for limit in limits)
    return min(1.0, 0.6 + 2.0 * away)


def _inside(shot: Shot, motion: Columns) -> npt.NDArray[np.int64]:
    """The stretches of motion that lie in the shot, or mostly, if none does wholly."""
    low = int(np.searchsorted(motion["end"], int(shot.start), side="right"))
    high = int(np.searchsorted(motion["start"], int(shot.end)))
    near = np.arange(low, high)
    starts, ends = motion["start"][near], motion["end"][near]
    whole = (starts >= int(shot.start)) & (ends <= int(shot.end))
    if whole.any():
        return np.asarray(near[whole])
    shared = np.minimum(ends, int(shot.end)) - np.maximum(starts, int(shot.start))
    return np.asarray(near[shared * 2 > ends - starts])
