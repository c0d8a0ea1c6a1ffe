"""Shots of real films against the truth, with the core tier's network.

Measured with int8 weights on whole films, hard cuts within two pictures: Big Buck Bunny (14,315 pictures) 124 of 125
cuts, no false one, 6 of 7 gradual changes (2 of them by a cut inside); Tears of Steel, a battle, 24 of 24,
none false; Sintel's trailer 9 of 10, none false, and 10 of its 15 fades; a film composed of clips 24 of 24 cuts and all
of its 23 dissolves, fades and wipes, none false. The first three films were labelled with the help of the same network,
by eye; the composed one is exact by construction. Nothing was trained on them; the bounds of joining fades and finding
wipes were chosen while looking at these films.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.quality.shots_score import Score, score

from cinedex.library import Library
from cinedex.settings import Settings
from cinedex.timeline.rows import Frame, Shot, Transition

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.weights,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (DATA / "shots").is_dir(), reason="the films are not here"),
]


def composed() -> dict[str, Any]:
    told = json.loads((DATA / "shots" / "composite_transitions.json").read_text("utf-8"))["transitions"]
    cuts = [t for t in told if t["type"] == "cut"]
    return {"hard_cuts": cuts, "gradual": [t for t in told if t["type"] != "cut"]}


def verified(film: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "shots" / "verified_shots.json").read_text("utf-8"))[film]
    return found


def scored(folder: Path, film: str, truth: dict[str, Any]) -> Score:
    library = Library(folder, settings=Settings.from_env(offline=True))
    movie = library.analyze(DATA / film, stages=["shots"])
    timeline = library.timeline(movie)
    shots, frames = list(timeline.track(Shot)), timeline.track(Frame)
    assert shots[0].start == 0
    assert shots[-1].end == movie.duration
    assert all(a.end == b.start for a, b in pairwise(shots))
    return score(list(timeline.track(Transition)), frames, truth)


@pytest.mark.parametrize(
    ("film", "truth", "cuts", "gradual"),
    [
        ("film/big_buck_bunny_360p_full.mp4", lambda: verified("big_buck_bunny"), 124, 6),
        ("film/sintel_trailer_720p_av1.webm", lambda: verified("sintel_trailer"), 9, 10),
        ("film/tears_of_steel_battle_clip.webm", lambda: verified("tears_of_steel_battle"), 24, 0),
        ("shots/composite_transitions.mp4", composed, 24, 23),
    ],
)
def test_changes_of_shot_are_found_and_none_invented(tmp_path: Path, film: str, truth: Any, cuts: int, gradual: int):
    found = scored(tmp_path, film, truth())
    print(  # noqa: T201 - the figures are what this suite is for
        f"{film.rsplit('/', 1)[-1]}: {found.cuts} of {found.of_cuts} hard cuts, {len(found.false_cuts)} false "
        f"(F1 {found.f1:.3f}); {found.gradual} of {found.of_gradual} gradual changes, {len(found.false_gradual)} false"
    )
    assert found.cuts >= cuts
    assert found.false_cuts == ()
    assert found.gradual >= gradual
    assert found.false_gradual == ()


@pytest.mark.parametrize("film", ["film/chaplin_10s.mp4", "film/clips/intel_obo.mp4"])
def test_one_shot_stays_one(tmp_path: Path, film: str):
    found = scored(tmp_path, film, {"hard_cuts": [], "gradual": []})
    assert (found.false_cuts, found.false_gradual) == ((), ())
