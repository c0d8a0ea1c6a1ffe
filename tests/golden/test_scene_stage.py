"""A stage whose answers change must change its version, or results that are stored would pass for new ones."""

from __future__ import annotations

import json

from tests.golden.scene_stage import ANSWERS, answers


def test_answers_change_only_with_the_version():
    assert answers() == json.loads(ANSWERS.read_text(encoding="utf-8")), (
        "stage scenes answers otherwise than it did; if that is meant, raise its `version` "
        "and run `python -m tests.golden.scene_stage`"
    )
