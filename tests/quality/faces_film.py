"""A film made of photographs whose people are known: faces laid over backgrounds, shot by shot, large and small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from tests.stage_films import movie, shots_of

from cinedex.media.views import Look
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Glance, Shot
from cinedex.timeline.time import Time

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 854, 480

LOOKS = 3
"""A shot shows its people at so many looks, a second apart, each time from another photograph."""


@dataclass(frozen=True)
class Laid:
    """Where a face was laid: look, who, and the middle and height of the photograph as shares of the picture."""

    look: int
    who: str
    x: float
    y: float
    height: float


@dataclass
class FacesFilm:
    """The film as a stage sees it, and who was laid where."""

    movie: Movie
    shots: list[Shot]
    glances: list[Glance]
    pictures: list[Pixels]
    laid: list[Laid] = field(default_factory=list)

    def looks(self) -> Iterator[Look]:
        """One look a glance."""
        for i, (glance, picture) in enumerate(zip(self.glances, self.pictures, strict=True)):
            yield Look(i, glance.start, picture)


def compose(people: Mapping[str, Sequence[Pixels]], backgrounds: Sequence[Pixels], seed: int) -> FacesFilm:
    """Every person's photographs are dealt out to shots of three looks, each photograph once; half the shots have two.

    A fifth of the appearances is small (22 to 34 pixels of 480 from chin to hairline), the others 34 to 200; a fifth is
    blurred, all have grain and are brighter or darker by up to a fifth. People drift as they are looked at.
    """
    random = np.random.default_rng(seed)
    appearances = [
        (who, photos[at : at + LOOKS])
        for who, photos in people.items()
        for at in range(0, len(photos) - len(photos) % LOOKS, LOOKS)
    ]
    order = [appearances[i] for i in random.permutation(len(appearances))]
    shots: list[list[tuple[str, Sequence[Pixels]]]] = []
    while order:
        first = order.pop()
        other = next((o for o in order if o[0] != first[0]), None) if random.random() < 0.5 else None
        if other is not None:
            order = [o for o in order if o is not other]
        shots.append([first] if other is None else [first, other])
    rows = shots_of([float(LOOKS)] * len(shots))
    glances, pictures, laid = [], [], []
    for number, (shot, cast) in enumerate(zip(rows, shots, strict=True)):
        back = backgrounds[int(random.integers(len(backgrounds)))]
        ways = [_Way.of(random, i, len(cast)) for i in range(len(cast))]
        for look in range(LOOKS):
            picture = back.astype(np.float32).copy()
            for (who, photos), way in zip(cast, ways, strict=True):
                x, y = way.at(look)
                _lay(picture, photos[look], way, x, y, random)
                laid.append(Laid(len(pictures), who, x / WIDTH, y / HEIGHT, way.height / HEIGHT))
            pictures.append(np.clip(picture + random.normal(0, 2.5, picture.shape), 0, 255).astype(np.uint8))
            start = shot.start + Time.from_seconds(look)
            glances.append(Glance(start=start, end=start + Time.from_seconds(1), shot=number))
    return FacesFilm(movie(Time(int(rows[-1].end))), rows, glances, pictures, laid)


@dataclass(frozen=True)
class _Way:
    """How large a person is, where it goes, how it is lit and blurred. `height` is that of the photograph."""

    height: float
    x: float
    y: float
    dx: float
    dy: float
    gain: float
    blur: float

    @classmethod
    def of(cls, random: np.random.Generator, place: int, of: int) -> _Way:
        low, high = (22, 34) if random.random() < 0.2 else (34, 200)
        height = float(np.exp(random.uniform(np.log(low), np.log(high)))) * 1.25
        share = WIDTH / of
        x = share * (place + 0.5) + random.uniform(-0.15, 0.15) * share
        y = random.uniform(0.4, 0.6) * HEIGHT
        blur = random.uniform(0.012, 0.035) * height if random.random() < 0.2 else 0.0
        drift = random.normal(0, 0.25, 2) * height
        return cls(height, x, y, float(drift[0]), float(drift[1] / 3), random.uniform(0.8, 1.2), blur)

    def at(self, look: int) -> tuple[float, float]:
        """Its middle at a look, inside the picture."""
        return (
            float(np.clip(self.x + self.dx * look, self.height * 0.5, WIDTH - self.height * 0.5)),
            float(np.clip(self.y + self.dy * look, self.height * 0.55, HEIGHT - self.height * 0.55)),
        )


def _lay(
    picture: npt.NDArray[np.float32], photo: Pixels, way: _Way, x: float, y: float, random: np.random.Generator
) -> None:
    """Blend a photograph in, with soft edges."""
    height = round(way.height)
    width = round(height * photo.shape[1] / photo.shape[0])
    small = np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.BOX), np.float32) * way.gain
    if way.blur:
        small = ndimage.gaussian_filter(small, (way.blur, way.blur, 0))
    small += random.normal(0, 3, small.shape)
    soft = np.zeros((height, width), np.float32)
    edge = max(1, height // 16)
    soft[edge:-edge, edge:-edge] = 1
    soft = ndimage.gaussian_filter(soft, edge / 2)[:, :, None]
    top, left = round(y - height / 2), round(x - width / 2)
    top, left = min(max(top, 0), HEIGHT - height), min(max(left, 0), WIDTH - width)
    part = picture[top : top + height, left : left + width]
    part[:] = part * (1 - soft) + np.clip(small, 0, 255) * soft
