"""Offsets and speeds that were put in are measured and mended."""

from __future__ import annotations

import random

import pytest

from cinedex.subtitles.drift import PACES, measure
from cinedex.subtitles.subtitle import Subtitle
from cinedex.timeline.rows import Voice
from cinedex.timeline.time import SECOND, Time


def film(seed: int = 1, count: int = 120) -> list[tuple[float, float]]:
    """Lines of a film of about ten minutes."""
    random.seed(seed)
    at, made = 10.0, []
    for _ in range(count):
        length = random.uniform(0.8, 4.5)
        made.append((at, at + length))
        at += length + random.choice([0.3, 0.8, 2.0, 9.0])
    return made


def voices(lines: list[tuple[float, float]]) -> list[Voice]:
    random.seed(2)
    return [
        Voice(start=Time.from_seconds(a - 0.1), end=Time.from_seconds(b - random.uniform(0, 0.4)), score=0.9)
        for a, b in lines
        if random.random() < 0.9
    ]


@pytest.mark.parametrize("name", PACES)
@pytest.mark.parametrize("shift", [0.0, -3.4, 41.7])
def test_a_drift_put_in_is_measured_and_mended(name: str, shift: float):
    lines, pace = film(), float(PACES[name])
    file = [
        Subtitle(Time.from_seconds((a - shift) / pace), Time.from_seconds((b - shift) / pace), ("x",))
        for a, b in lines
        if a - shift > 0
    ]
    drift = measure(file, voices(lines))
    assert drift.sure
    assert drift.pace == PACES[name]
    assert drift.shift.seconds == pytest.approx(shift, abs=0.25)
    kept = [x for x in lines if x[0] - shift > 0]
    assert all(abs(s.start.seconds - a) < 0.3 for s, (a, _) in zip(drift(file), kept, strict=True))


def test_what_does_not_belong_to_the_film_is_not_believed():
    other = [Subtitle(Time.from_seconds(a), Time.from_seconds(b), ("x",)) for a, b in film(seed=9)]
    assert not measure(other, voices(film())).sure


def test_without_voices_or_lines_nothing_is_sure():
    line = Subtitle(SECOND, SECOND * 2, ("x",))
    assert not measure([line], []).sure
    assert not measure([], voices(film())).sure
    assert measure([line], []).pace == 1
    backwards = Subtitle(SECOND * 2, SECOND, ("x",))
    assert not measure([backwards] * 9, voices(film())).sure
