"""Black and frozen stretches against FFmpeg's own filters, and against a film in which they were put by hand.

Edges may lie two pictures apart: a filter of FFmpeg tells the end of a stretch only by the picture after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from tests.quality.faults_fixtures import Stretch, ours, theirs

DATA = Path(__file__).parents[3] / "shared" / "data"

EDGE = 2 / 24
"""Seconds by which edges may differ."""

FILMS = [
    "film/big_buck_bunny_360p_full.mp4",
    "film/tears_of_steel_battle_clip.webm",
    "film/chaplin_10s.mp4",
    "film/clips/intel_obo.mp4",
    "film/clips/nasa_13013.mp4",
    "shots/composite_transitions.mp4",
]

Frames = list[np.ndarray]


@cache
def view() -> np.ndarray:
    """A landscape of soft colours, float [360, 640, 3]."""
    coarse = np.random.default_rng(1).uniform(50, 200, (6, 12, 3))
    down = np.maximum(0, 1 - abs(np.linspace(0, 5, 360)[:, None] - np.arange(6)))
    across = np.maximum(0, 1 - abs(np.linspace(0, 11, 640)[:, None] - np.arange(12)))
    return np.einsum("yi,xj,ijc->yxc", down, across, coarse)


def scenery(count: int, grain: float = 4, speed: int = 3) -> Frames:
    """The landscape moving to the left, with grain."""
    random = np.random.default_rng(2)
    return [
        np.clip(np.roll(view(), -speed * i, axis=1) + random.normal(0, grain, (360, 640, 3)), 0, 255).astype(np.uint8)
        for i in range(count)
    ]


def flat(count: int, level: int, light: float = 0) -> Frames:
    """Pictures of one grey, of whose area `light` is white in one place."""
    picture = np.full((360, 640, 3), level, np.uint8)
    side = round((360 * 640 * light) ** 0.5)
    picture[100 : 100 + side, 100 : 100 + side] = 255
    return [picture] * count


def held(count: int) -> Frames:
    return scenery(1, grain=8) * count


def between(middle: Frames) -> Frames:
    """The pictures with a second or so of film on both sides."""
    return [*scenery(30), *middle, *scenery(30)]


def fading(count: int) -> Frames:
    return [(f * (1 - i / count)).astype(np.uint8) for i, f in enumerate(scenery(count))]


MADE: dict[str, Callable[[], Frames]] = {
    "black": lambda: between(flat(72, 0)),
    "almost black": lambda: between(flat(72, 18)),
    "dark grey": lambda: between(flat(72, 40)),
    "black with a small light": lambda: between(flat(72, 0, light=0.01)),
    "black with a large light": lambda: between(flat(72, 0, light=0.04)),
    "short black": lambda: between(flat(40, 0)),
    "freeze": lambda: between(held(72)),
    "short freeze": lambda: between(held(40)),
    "moving": lambda: scenery(120),
    "fade to black": lambda: [*fading(96), *flat(72, 0)],
}


def write(path: Path, frames: Frames, quality: int) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(quality), "preset": "veryfast", "threads": "1"}
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def alike(one: list[Stretch], other: list[Stretch]) -> bool:
    return len(one) == len(other) and all(np.allclose(a, b, atol=EDGE) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("quality", [12, 23])
@pytest.mark.parametrize("name", MADE)
def test_made_films_are_judged_as_ffmpeg_judges_them(name: str, quality: int, tmp_path: Path):
    film = write(tmp_path / "made.mp4", MADE[name](), quality)
    found, reference = ours(film), theirs(film)
    for label in ("black", "freeze"):
        assert alike(found[label], reference[label]), (label, found[label], reference[label])


def test_grain_that_survives_coding_keeps_a_still_shot_from_being_frozen(tmp_path: Path):
    """Where coding has wiped most of it away, both call the shot frozen, but not from the same picture on."""
    film = write(tmp_path / "made.mp4", scenery(120, speed=0), 12)
    assert ours(film)["freeze"] == theirs(film)["freeze"] == []


@pytest.mark.parametrize("name", FILMS)
def test_films_are_judged_as_ffmpeg_judges_them(name: str):
    film = _there(name)
    found, reference = ours(film), theirs(film)
    print(f"\n{name}: ours {found}, FFmpeg {reference}")  # noqa: T201 - the figures are what this suite is for
    for label in ("black", "freeze"):
        assert alike(found[label], reference[label])


def test_faults_put_by_hand_are_found_and_no_others():
    folder = _there("flash_loudness/qc")
    for name, truth in json.loads((folder / "ground_truth.json").read_text()).items():
        found = ours(folder / name)
        assert np.allclose(found["black"], truth["black"], atol=truth["tolerance_s"])
        assert np.allclose(found["freeze"], truth["black"] + truth["freeze"], atol=truth["tolerance_s"])


def test_black_with_a_line_of_text_may_be_missed():
    """What pictures of 48x27 cannot tell: FFmpeg takes 6.6 s of this trailer's title for black, we take 2.2 s."""
    film = _there("film/sintel_trailer_480p_h264.mp4")
    found, reference = ours(film), theirs(film)
    print(f"\nours {found}, FFmpeg {reference}")  # noqa: T201 - as above
    assert alike(found["freeze"], reference["freeze"])
    assert alike(found["black"][:1], reference["black"][:1])
    assert len(found["black"]) == len(reference["black"])
    assert all(a >= c - EDGE and b <= d + EDGE for (a, b), (c, d) in _pairs(found["black"], reference["black"]))


def _pairs(one: list[Stretch], other: list[Stretch]) -> Iterator[tuple[Stretch, Stretch]]:
    return zip(one, other, strict=True)


def _there(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not here")
    return DATA / name
