"""Words from pictures: what is kept of them, when two are the same, and what language they are in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.models.fakes import FakeLanguageNamer
from cinedex.stages.textwords import LONGEST, alike, apart, clean, languages, letters


@given(st.text())
def test_nothing_hidden_is_kept(text: str):
    found = clean(text)
    assert len(found) <= LONGEST
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} for c in found)
    assert found == " ".join(found.split())
    assert clean(found) == found


@pytest.mark.parametrize("text", ["Fourty years later", "愚园路", "שלום עולם", "سلام", "<i>it's</i> {\\an8}", "Ω ≠ ∞"])
def test_words_are_kept_as_they_are(text: str):
    assert clean(text) == text


def test_marks_of_direction_are_dropped():
    assert clean("\u202eabc\u202c \u200fdef\u2066") == "abc def"


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_distance_is_one_of_edits(one: str, other: str):
    assert apart(one, other) == apart(other, one)
    assert 0 <= apart(one, other) <= 1
    assert (apart(one, other) == 0) == (one == other)


def test_two_readings_of_one_text_are_alike():
    assert alike(letters("I'm freaked out! I have"), letters("lim freaked out! Ihave"))
    assert not alike(letters("Are you ready?"), letters("Of course you're ready"))
    assert not alike("ab", "ac")
    assert not alike("", "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("愚园路", "zh"),
        ("すべての人", "ja"),
        ("제목입니다", "ko"),
        ("Αθήνα", "el"),
        ("2008", "und"),
        ("", "und"),
        ("SINTEL", "und"),
        ("the land of the gatekeepers", "en"),
    ],
)
def test_the_language_follows_from_the_script_or_from_many_letters(text: str, language: str):
    assert languages([text], FakeLanguageNamer()) == [language]


def test_an_unsure_guess_names_nothing():
    class Unsure:
        def languages(self, texts):
            return [("sq", 0.3) for _ in texts]

    assert languages(["halina reijn thom hoffman"], Unsure()) == ["und"]
