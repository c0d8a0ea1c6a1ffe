"""The punctuation of many scripts: what a line does not begin or end with, where a sentence ends."""

# ruff: noqa: RUF001 - marks that look alike are what it is about

from __future__ import annotations

NO_START = frozenset("、。，．,.!?！？…‥・:;：；)]}」』）】〕〉》ー々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ％%”’♪")
"""Characters with which a line does not begin."""

NO_END = frozenset("([{「『（【〔〈《“‘¿¡")
"""Characters with which a line does not end."""

CLOSING = "\"'”’»)]」』）"
OPENING = "¿¡\"'“‘«"
SENTENCE = frozenset(".!?…。！？؟।۔॥")
CLAUSE = frozenset(",;:、，；：،؛—–")


def ends_sentence(text: str) -> bool:
    """Whether a sentence ends with it, as its marks tell."""
    return text.rstrip(CLOSING)[-1:] in SENTENCE if text.rstrip(CLOSING) else False


def ends_clause(text: str) -> bool:
    """Whether a part of a sentence ends with it."""
    bare = text.rstrip(CLOSING)
    return bool(bare) and bare[-1] in CLAUSE
