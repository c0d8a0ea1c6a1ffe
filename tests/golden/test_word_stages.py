"""A stage whose answers change must change its version, or results that are stored would pass for new ones."""

from __future__ import annotations

import json

import pytest
from tests.golden.word_stages import ANSWERS, STAGES, answers


@pytest.mark.parametrize("stage", [s.name for s in STAGES])
def test_answers_change_only_with_the_version(stage: str):
    golden, found = json.loads(ANSWERS.read_text(encoding="utf-8"))[stage], answers()[stage]
    assert golden["version"] == found["version"]
    assert found == golden, (
        f"stage {stage} answers otherwise than it did; if that is meant, raise its `version` "
        "and run `python -m tests.golden.word_stages`"
    )
