"""A stage whose answers change must change its version, or results that are stored would pass for new ones."""

from __future__ import annotations

import json

import pytest
from tests.golden.speaker_stages import ANSWERS, answers

GOLDEN = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now() -> dict[str, object]:
    return answers()


@pytest.mark.parametrize("name", GOLDEN)
def test_answers_change_only_with_the_version(name: str, now: dict[str, object]):
    assert set(now) == set(GOLDEN)
    assert now[name] == GOLDEN[name], (
        f"stage {name} answers otherwise than it did; if that is meant, raise its `version` and run "
        "`python -m tests.golden.speaker_stages`"
    )
