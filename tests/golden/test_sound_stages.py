"""A stage whose answers change must change its version, or results that are stored would pass for new ones.

Numbers may differ by two hundredths: processors round differently.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.golden.sound_stages import ANSWERS, answers

GOLDEN = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return answers()


def test_every_stage_is_there(now: dict[str, Any]):
    assert set(now) == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_answers_change_only_with_the_version(name: str, now: dict[str, Any]):
    assert alike(now[name], GOLDEN[name]), (
        f"stage {name} answers otherwise than it did; if that is meant, raise its `version` "
        "and run `python -m tests.golden.sound_stages`"
    )


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return set(one) == set(other) and all(alike(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return abs(one - other) <= 0.021 if isinstance(one, float) else one == other
