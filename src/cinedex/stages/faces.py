"""Faces, followed through each shot: where they are, which are one, how well each can be recognised, their prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cinedex.media.image import jpeg
from cinedex.media.views import Look, Looks
from cinedex.models.chips import TEMPLATE, aligned, framed, similarity
from cinedex.models.tasks import FaceDetector, FaceEmbedder
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.following import Followed, Follower, Numbers, Sighting
from cinedex.timeline.rows import FILM_SPACE, Face, Faceprint, Glance, Portrait, Row, Shot, Tracklet
from cinedex.timeline.time import Time
from cinedex.timeline.track import Track

_DETECTOR, _EMBEDDER = "centerface", "dlib-face"

_HEIGHT = 480
"""Of the pictures: faces are searched in two thirds of it, and cut out of all of it."""

_LONGEST = 1536
"""Pixels that a side may have where faces are searched."""

_IN_A_SHOT = 1_000_000
"""Tracklets are numbered shot by shot, so that a number does not depend on other shots."""

_CHIP = 150
"""Side of a chip to whose pixels the bounds of sharpness belong."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Faces(Stage):
    """Every face of every glance, followed from look to look inside its shot.

    A tracklet begins with a face of score `begin`, goes on with weaker ones (`keep`), and may miss one look. Of the
    `most` best faces of a look that are kept, the `foremost` largest get a print where they are at least `least`
    pixels of 480 high; the tracklet's print is the mean of its best five.
    """

    name: ClassVar[str] = "faces"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Face, Tracklet, Faceprint, Portrait)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=192, cpu_seconds_per_minute=3.0, disk_kib_per_minute=60.0)
    seam: ClassVar[type[Row] | None] = Shot

    begin: float = 0.4
    keep: float = 0.25
    most: int = 200
    foremost: int = 30
    least: int = 20
    portrait: int = 112

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and a look at every glance."""
        return (Shot, Looks(at=Glance, height=_HEIGHT))

    @property
    def uses(self) -> tuple[str, ...]:
        """The detector and the embedder."""
        return (_DETECTOR, _EMBEDDER)

    def anonymous(self) -> FilmFaces:
        """The same with prints that can be compared inside the film alone."""
        return FilmFaces(**{f.name: getattr(self, f.name) for f in fields(Faces)})

    def run(self, inputs: Inputs) -> Iterator[Row]:
        """The faces of the span's glances, and a tracklet, print and portrait of each that was followed."""
        shots, glances = inputs.track(Shot), inputs.track(Glance)
        numbers = glances.column("shot")
        looks = expect(Look, inputs.chunks)
        for shot, inside in groupby(looks, key=lambda look: int(numbers[look.row])):
            yield from _Watch(self, inputs, shots[shot], shot, glances).rows(inside)


@dataclass(frozen=True)
class FilmFaces(Faces):
    """Faces whose prints hold inside their film alone: what runs where recognition is off.

    When the film has ended, all its prints are turned into a basis of their own, which is thrown away, so that what is
    stored tells how far any two faces of this film lie apart and nothing else. They cannot be held against another
    film, a photograph or anybody known, while characters are found as before; the film cannot be cut for it.
    """

    halo: ClassVar[Time | None] = None
    seam: ClassVar[type[Row] | None] = None

    space: str = FILM_SPACE

    def run(self, inputs: Inputs) -> Iterator[Row]:
        """The same rows; the prints come last."""
        kept: list[Faceprint] = []
        for row in super().run(inputs):
            if isinstance(row, Faceprint):
                kept.append(row)
            else:
                yield row
        if not kept:
            return
        values = turned(np.array([row.values for row in kept]))
        for row, own in zip(kept, values.tolist(), strict=True):
            yield replace(row, space=self.space, values=tuple(own))


def turned(vectors: Numbers) -> Numbers:
    """Vectors [n, dim] along their principal axes [n, min(n, dim)], a function of what lies between them alone.

    An axis points to where the vector that reaches farthest along it lies: the axes themselves leave no trace.
    """
    if not vectors.size:
        return vectors
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    along = left * sizes
    farthest = np.abs(along).argmax(axis=0)
    signs = np.where(along[farthest, np.arange(along.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(np.round(along * signs, 5) + 0.0, np.float64)


@dataclass
class _Watch:
    """One shot under way. Of every tracklet the best still is kept as pixels until it ends."""

    stage: Faces
    inputs: Inputs
    shot: Shot
    number: int
    glances: Track[Glance]
    stills: dict[int, tuple[Sighting, Pixels]] = field(default_factory=dict)

    def rows(self, looks: Iterator[Look]) -> Iterator[Row]:
        """All rows of the shot."""
        follower: Follower | None = None
        for look in looks:
            height, width = look.pixels.shape[:2]
            if follower is None:
                follower = Follower(width / height, self._embedder.same, self.stage.begin)
            ended = follower.step(self._sightings(look))
            self._keep_stills(follower, look)
            for followed in ended:
                yield from self._told(followed)
        for followed in follower.end() if follower is not None else []:
            yield from self._told(followed)

    @property
    def _embedder(self) -> FaceEmbedder:
        model: FaceEmbedder = self.inputs.model(_EMBEDDER)
        return model

    def _sightings(self, look: Look) -> list[Sighting]:
        """The faces of a look, from left to right."""
        detector: FaceDetector = self.inputs.model(_DETECTOR)
        found = detector.faces(searched(look.pixels)[None])[0]
        found = found[found[:, 4] >= self.stage.keep][: self.stage.most]
        found = found[np.argsort(found[:, 0], kind="stable")]
        height, width = look.pixels.shape[:2]
        size = self._embedder.size if len(found) else _CHIP
        high = found[:, 3] * height
        near = [
            i for i in np.argsort(-high, kind="stable")[: self.stage.foremost].tolist() if high[i] >= self.stage.least
        ]
        chips = aligned(look.pixels, found[near, 5:].reshape(-1, 5, 2).astype(np.float64), size)
        vectors = self._embedder.prints(chips) if near else np.zeros((len(near), 0), np.float32)
        sightings = []
        for i, face in enumerate(found.astype(np.float64)):
            n = near.index(i) if i in near else None
            points = face[5:].reshape(5, 2)
            chip = chips[n] if n is not None else aligned(look.pixels, points[None], 16)[0]
            judged = quality(chip, points * (width, height), high[i], float(face[4])) if n is not None else 0.0
            vector = vectors[n].astype(np.float64) if n is not None else None
            sightings.append(
                Sighting(look.row, look.at, face[:4], face[5:], float(face[4]), judged, tint(chip), vector)
            )
        return sightings

    def _keep_stills(self, follower: Follower, look: Look) -> None:
        for followed in follower.following:
            best = followed.best
            if best.place == look.row and best is followed.sightings[-1]:
                box = (best.box[0], best.box[1], best.box[2], best.box[3])
                self.stills[followed.number] = best, framed(look.pixels, box, self.stage.portrait)

    def _told(self, followed: Followed) -> Iterator[Row]:
        """The rows of a tracklet that has ended."""
        number = self.number * _IN_A_SHOT + followed.number
        best, still = self.stills.pop(followed.number)
        seen = [self.glances[s.place] for s in followed.sightings]
        start, end = seen[0].start, seen[-1].end
        for sighting, glance in zip(followed.sightings, seen, strict=True):
            x, y, width, height = (round(float(v), 5) for v in sighting.box)
            yield Face(
                start=glance.start,
                end=glance.end,
                x=x,
                y=y,
                width=width,
                height=height,
                points=tuple(round(float(v), 5) for v in sighting.points),
                score=round(sighting.score, 4),
                quality=round(sighting.quality, 4),
                tracklet=number,
            )
        tracklet = Tracklet(
            start=start,
            end=end,
            refs=(self.shot.ref,),
            number=number,
            seen=len(seen),
            best=best.at,
            quality=round(best.quality, 4),
            score=round(max(s.score for s in followed.sightings), 4),
        )
        yield tracklet
        data = jpeg(still, quality=80)
        size = self.stage.portrait
        yield Portrait(
            start=start,
            end=end,
            refs=(tracklet.ref,),
            tracklet=number,
            at=best.at,
            width=size,
            height=size,
            format="jpeg",
            data=data,
        )
        vector = followed.vector(5)
        if vector is not None:
            values = tuple(np.round(vector, 5).tolist())
            yield Faceprint(
                start=start, end=end, refs=(tracklet.ref,), tracklet=number, space=self._embedder.space, values=values
            )


def searched(picture: Pixels) -> Pixels:
    """The picture in two thirds of its size by area averaging, or smaller where a side would still be too long."""
    longest = max(picture.shape[:2])
    if longest * 2 > _LONGEST * 3:
        factor = -(-longest // _LONGEST)
        height, width = (side // factor for side in picture.shape[:2])
        if not height or not width:
            return picture[::factor, ::factor]
        part = picture[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
        return np.asarray(part.mean(axis=(1, 3), dtype=np.float32).round(), np.uint8)
    if min(picture.shape[:2]) < 3:
        return picture
    return _two_of_three(_two_of_three(picture).swapaxes(0, 1)).swapaxes(0, 1)


def _two_of_three(picture: Pixels) -> Pixels:
    """Two rows for every three, each the mean of what it covers; one or two rows that are left over are left out."""
    count = len(picture) // 3
    rows = picture[: count * 3].reshape(count, 3, *picture.shape[1:]).astype(np.uint16)
    thirds = np.stack([2 * rows[:, 0] + rows[:, 1], rows[:, 1] + 2 * rows[:, 2]], axis=1)
    return ((thirds + 1) // 3).reshape(count * 2, *picture.shape[1:]).astype(np.uint8)


def tint(chip: Pixels) -> Numbers:
    """What a face looks like, coarsely: the colours of four by four fields, as one vector; at most about 1 apart."""
    side = chip.shape[0] // 4
    fields = chip[: side * 4, : side * 4].reshape(4, side, 4, side, 3).mean(axis=(1, 3))
    return np.asarray(fields.ravel() / 255 / 4, np.float64)


def quality(chip: Pixels, points: Numbers, height: float, score: float) -> float:
    """How well a face would do for recognition, 0..1: how large it is, how sharp, how far it faces the camera.

    `points` and `height` are in pixels. Sharpness is the mean slope of brightness by its spread, after a slight blur
    that takes the grain off. The bounds were set where a recogniser's errors begin (docs/decisions/0011).
    """
    side = chip.shape[0]
    middle = chip[side // 4 : -side // 6, side // 4 : -side // 4].astype(np.float32).mean(axis=2)
    middle = ndimage.gaussian_filter(middle, 2 * side / _CHIP)
    down, across = np.gradient(middle)
    slope = float(np.hypot(across, down).mean()) * side / _CHIP / (float(middle.std()) + 8)
    sharp = float(np.clip((slope - 0.05) / 0.05, 0, 1))
    large = float(np.clip((height - 12) / 28, 0, 1))
    turn, move = similarity(TEMPLATE, points)
    scale = float(np.sqrt(abs(np.linalg.det(turn))))
    if scale <= 0:
        return 0.0
    off = float(np.sqrt(np.square((TEMPLATE @ turn.T + move - points) / scale).sum(axis=1).mean()))
    front = float(np.clip(1 - (off - 0.04) / 0.1, 0, 1))
    return min(sharp, large) * front * min(1.0, 0.4 + score)
