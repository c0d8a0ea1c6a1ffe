"""A stage whose answers change must change its version, or results that are stored would pass for new ones.

Rules have versions of their own, which their concerns carry; rules and lists of words are part of the key.
"""

from __future__ import annotations

import json

import pytest
from tests.golden.concern_stages import ANSWERS, answers

GOLDEN = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now() -> dict[str, object]:
    return answers()


@pytest.mark.parametrize("name", GOLDEN)
def test_answers_change_only_with_the_version(name: str, now: dict[str, object]):
    assert set(now) == set(GOLDEN)
    assert now[name] == GOLDEN[name], (
        f"stage {name} answers otherwise than it did; if that is meant, raise its `version`, or that of the rule that "
        "changed, and run `python -m tests.golden.concern_stages`"
    )
