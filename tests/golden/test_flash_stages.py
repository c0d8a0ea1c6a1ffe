"""A stage whose answers change must change its version, or results that are stored would pass for new ones."""

from __future__ import annotations

import json

import pytest
from tests.golden.flash_stages import ANSWERS, answers


@pytest.fixture(scope="module")
def now() -> dict[str, object]:
    return answers()


GOLDEN = json.loads(ANSWERS.read_text(encoding="utf-8"))


def test_every_stage_is_there(now: dict[str, object]):
    assert set(now) == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_answers_change_only_with_the_version(name: str, now: dict[str, object]):
    assert now[name] == GOLDEN[name], (
        f"stage {name} answers otherwise than it did; if that is meant, raise its `version` "
        "and run `python -m tests.golden.flash_stages`"
    )
