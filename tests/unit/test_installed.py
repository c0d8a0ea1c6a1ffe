from __future__ import annotations

from pathlib import Path

import pytest

from cinedex.errors import UsageError
from cinedex.models.fakes import fake_specs
from cinedex.settings import Settings
from cinedex.stages.base import Stage
from cinedex.stages.installed import glossary, installed
from cinedex.stages.speech import Speech
from cinedex.stages.translation import Translations


def stages(**given: object) -> dict[str, Stage]:
    settings = Settings.from_env({}, **given)
    return {s.name: s for s in installed(settings, fake_specs())}


def test_without_settings_the_stages_are_as_they_come():
    found = stages()
    assert found["speech"] == Speech()
    assert found["translation"] == Translations()


def test_names_to_expect_are_part_of_the_question(tmp_path: Path):
    (tmp_path / "names.txt").write_text("# people\nSintel\n  Norland   Park # a house\n\nSintel\n", encoding="utf-8")
    speech = stages(glossary=tmp_path / "names.txt")["speech"]
    assert isinstance(speech, Speech)
    assert speech.names == ("Sintel", "Norland Park")
    assert speech != Speech()


@pytest.mark.parametrize("text", ["x" * 61, "\n".join(map(str, range(101))), "a\x00b", "a" * 1_000_000])
def test_what_is_no_list_of_names_is_refused(text: str, tmp_path: Path):
    (tmp_path / "names.txt").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="at most 100 names"):
        glossary(tmp_path / "names.txt")


def test_a_glossary_that_is_not_there_or_no_text_is_refused(tmp_path: Path):
    (tmp_path / "b").write_bytes(b"\xff\xfe\xff")
    for name in ("a", "b"):
        with pytest.raises(UsageError, match="cannot be read as names"):
            glossary(tmp_path / name)


def test_another_recogniser_hears_and_translates():
    found = stages(speech="whisper-base")
    assert {found["speech"].uses, found["translation"].uses} == {("whisper-base",)}
    with pytest.raises(UsageError, match="recognises speech"):
        stages(speech="silero-vad")
