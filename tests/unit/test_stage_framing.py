"""How shots are taken, from rows that are written down."""

from __future__ import annotations

from typing import Any

import pytest
from tests.stage_films import made, movie, rows, shots_of

from cinedex.stages.framing import SCALES, Framings
from cinedex.timeline.rows import Area, Face, Framing, Motion, Object, Shot
from cinedex.timeline.time import SECOND, Time

HALF = Time(SECOND // 2)


def face(height: float, at: float = 0.0, score: float = 0.9, number: int = 0) -> Face:
    start = Time.from_seconds(at)
    box = {"x": 0.4, "y": 0.1, "width": height / 2, "height": height}
    return Face(start=start, end=start + HALF, points=(), score=score, quality=1, tracklet=number, **box)


def body(x: float, y: float, width: float, height: float, label: str = "person", score: float = 0.9) -> Object:
    box = {"x": x, "y": y, "width": width, "height": height}
    return Object(start=Time(0), end=HALF, label=label, vocabulary="things", score=score, **box)


def motion(count: int, first: int = 0, **what: float) -> list[Motion]:
    still = {"right": 0.0, "down": 0.0, "zoom": 0.0, "turn": 0.0, "shake": 0.0, "fit": 1.0}
    return [Motion(start=HALF * n, end=HALF * (n + 1), **{**still, **what}) for n in range(first, first + count)]


def framed(aspect: str, *, seconds: tuple[float, ...] = (4.0,), **given: Any) -> list[str]:
    """The labels of one aspect."""
    kinds = {Motion: "motion", Face: "faces", Object: "objects", Area: "areas"}
    tracks = {row: given.get(name, []) for row, name in kinds.items()}
    shots = shots_of(list(seconds))
    found = rows(made(Framings(), movie(shots[-1].end), tracks={Shot: shots, **tracks}), Framing)
    assert all(0 <= f.score <= 1 for f in found)
    return [f.label for f in found if f.aspect == aspect]


@pytest.mark.parametrize(("height", "label"), list(zip((1.1, 0.7, 0.4, 0.25, 0.17, 0.1, 0.03), SCALES, strict=True)))
def test_scale_follows_the_face(height: float, label: str):
    assert framed("scale", faces=[face(height)]) == [label]


def test_the_largest_face_counts_and_the_middle_look():
    seen = [face(0.05, 0), face(0.4, 0, number=1), face(0.4, 1), face(0.9, 2), face(0.4, 3, score=0.1)]
    assert framed("scale", faces=seen) == ["medium close-up"]


def test_a_face_is_measured_against_the_picture_not_its_bars():
    bars = Area(start=Time(0), end=SECOND * 4, x=0, y=0.2, width=1, height=0.6)
    assert framed("scale", faces=[face(0.31)]) == ["medium"]
    assert framed("scale", faces=[face(0.32)], areas=[bars]) == ["close-up"]


@pytest.mark.parametrize(
    ("box", "label"),
    [
        ((0.4, 0.1, 0.1, 0.7), "long"),
        ((0.4, 0.5, 0.03, 0.2), "extreme long"),
        ((0.3, 0.1, 0.4, 0.9), "medium"),
        ((0.2, 0.1, 0.6, 0.9), "medium close-up"),
        ((0.4, 0.1, 0.26, 0.9), "medium long"),
    ],
)
def test_without_a_face_the_body_tells(box: tuple[float, float, float, float], label: str):
    assert framed("scale", objects=[body(*box)]) == [label]


def test_what_is_not_known_is_not_said():
    assert framed("scale") == []
    assert framed("scale", objects=[body(0.1, 0.1, 0.3, 0.8, label="car")]) == []
    assert framed("scale", objects=[body(0.1, 0.8, 0.3, 0.2)]) == []
    assert framed("scale", faces=[face(0.4, score=0.2)]) == []
    assert framed("camera") == []
    assert framed("camera", motion=motion(8, right=0.5, fit=0.2)) == []


@pytest.mark.parametrize(
    ("what", "labels"),
    [
        ({}, ["static"]),
        ({"right": 0.1}, ["pan-left"]),
        ({"right": -0.1}, ["pan-right"]),
        ({"down": 0.1}, ["tilt-up"]),
        ({"down": -0.1}, ["tilt-down"]),
        ({"zoom": 0.1}, ["zoom-in"]),
        ({"zoom": -0.1}, ["zoom-out"]),
        ({"turn": 0.2}, ["roll"]),
        ({"right": 0.1, "down": 0.15}, ["moving"]),
        ({"shake": 0.01}, ["handheld"]),
        ({"right": 0.1, "shake": 0.01}, ["handheld", "pan-left"]),
    ],
)
def test_the_camera_is_named_by_what_the_picture_does(what: dict[str, float], labels: list[str]):
    assert framed("camera", motion=motion(8, **what)) == labels


def test_back_and_forth_is_not_one_way():
    swaying = [*motion(2, right=0.2), *motion(2, 2, right=-0.2), *motion(2, 4, right=0.2), *motion(2, 6, right=-0.2)]
    assert framed("camera", motion=swaying) == ["moving"]


def test_what_passes_for_a_while_leaves_a_shot_static():
    assert framed("camera", motion=[*motion(7), *motion(1, 7, right=0.5)]) == ["static"]


def test_each_shot_is_told_by_its_own_motion():
    told = framed("camera", seconds=(2.0, 2.0), motion=[*motion(4, right=0.1), *motion(4, 4)])
    assert told == ["pan-left", "static"]


def test_a_thousand_faces_are_one_scale():
    crowd = [face(0.03 + 0.0001 * n, number=n) for n in range(1000)]
    assert framed("scale", faces=crowd) == ["long"]
