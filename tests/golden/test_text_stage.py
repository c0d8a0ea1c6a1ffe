"""A stage whose answers change must change its version, or results that are stored would pass for new ones."""

from __future__ import annotations

import json

from tests.golden.text_stage import ANSWERS, answers

from cinedex.stages.text import Texts


def test_answers_change_only_with_the_version():
    golden = json.loads(ANSWERS.read_text(encoding="utf-8"))
    assert golden["text"]["version"] == Texts.version
    assert answers() == golden, (
        "stage text answers otherwise than it did; if that is meant, raise its `version` "
        "and run `python -m tests.golden.text_stage`"
    )
