"""What the load bench says of memory: growth is told from noise and from warming up."""

from __future__ import annotations

import numpy as np
import pytest
from bench._server_memory import trend


def weighed(minutes: float, slope: float, noise: float = 0.0, warm: float = 0.0) -> list[tuple[float, float]]:
    draw = np.random.default_rng(1)
    seconds = np.arange(0, minutes * 60)
    mib = 300 + slope * seconds / 60 + noise * draw.standard_normal(len(seconds))
    return list(zip(seconds + 5000, mib - np.where(seconds < warm, 200, 0), strict=True))


@pytest.mark.parametrize(
    ("slope", "noise", "flat"),
    [(0.0, 5.0, True), (0.5, 2.0, True), (3.0, 2.0, False), (20.0, 10.0, False), (-4.0, 1.0, True), (0.9, 40.0, None)],
)
def test_growth_is_told_from_noise(slope: float, noise: float, flat: bool | None):
    found = trend(weighed(10, slope, noise), 60)
    assert found is not None
    assert found.flat is flat
    assert abs(found.slope - slope) <= max(3 * found.off, 0.01)


def test_warming_up_does_not_count_and_what_was_down_is_left_out():
    told = weighed(10, 0.0, 1.0, warm=100)
    told[300] = (told[300][0], float("nan"))
    found = trend(told, 120)
    assert found is not None
    assert found.flat
    assert "flat" in str(found)
    early = trend(told, 0)
    assert early is not None
    assert early.flat is not True


def test_of_a_short_run_nothing_is_said():
    assert trend(weighed(0.3, 0.0), 0) is None
    assert trend([], 0) is None
