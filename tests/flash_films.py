"""Films of known flashes, as arrays: how many, how often, over which part, between which colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tests.stage_films import ArrayFilm, rows, watched

from cinedex.stages.flashes import Flashes
from cinedex.stages.flicker.judge import Verdict, verdict
from cinedex.stages.flicker.profiles import profile
from cinedex.timeline.rows import Flash, Pattern
from cinedex.timeline.track import Maker, Track

Colour = tuple[int, int, int]
MAKER = Maker("test", 1)
GREY: Colour = (60, 60, 60)


def code(light: float) -> int:
    """The sRGB code of a relative luminance, rounded."""
    return round(255 * (light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


def flashing(
    changes: Sequence[int],
    length: int,
    *,
    rows_lit: int = 27,
    dark: Colour = (0, 0, 0),
    light: Colour = (255, 255, 255),
    rate: int = 30,
    ramp: int = 1,
) -> ArrayFilm:
    """`length` pictures whose first `rows_lit` of 27 lines change between two colours at the pictures `changes`.

    With `ramp` a change takes that many pictures; the rest of the picture is grey.
    """
    level = np.zeros(length)
    for at in changes:
        level[at:] = 1 - level[at:]
    if ramp > 1:
        level = np.convolve(np.concatenate((np.zeros(ramp - 1), level)), np.ones(ramp) / ramp, "valid")
    pixels = np.full((length, 27, 48, 3), GREY, np.uint8)
    mixed = np.array(dark) + level[:, None] * (np.array(light) - np.array(dark))
    pixels[:, :rows_lit] = np.rint(mixed)[:, None, None, :].astype(np.uint8)
    return ArrayFilm.steady(pixels, rate)


def flashes_of(film: ArrayFilm, how: str = "luminance") -> list[Flash]:
    return [f for f in rows(watched(Flashes(), film), Flash) if f.how == how]


def judged(film: ArrayFilm, standard: str, patterns: Sequence[Pattern] = ()) -> Verdict:
    made = rows(watched(Flashes(), film), Flash)
    return verdict(profile(standard), Track.of(Flash, made, MAKER), Track.of(Pattern, patterns, MAKER))


def noise(film: ArrayFilm, seed: int, size: int = 2) -> ArrayFilm:
    """The film with grain."""
    random = np.random.default_rng(seed).integers(-size, size + 1, film.pixels.shape)
    pixels: npt.NDArray[np.uint8] = np.clip(film.pixels.astype(np.int64) + random, 0, 255).astype(np.uint8)
    return ArrayFilm(pixels, film.starts, film.ends)
