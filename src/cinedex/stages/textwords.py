"""Words read from pictures: made safe and comparable, and the language that they are written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from cinedex.models.tasks import LanguageNamer

LONGEST = 400
"""Characters of a line that are kept."""

_COMPARED = 80
"""Letters of two texts that are compared at most."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Categories of characters that show nothing and may steer what shows them: control, format, halves, private."""

_SCRIPTS = {"HANGUL": "ko", "GREEK": "el", "THAI": "th", "HEBREW": "he", "GEORGIAN": "ka", "ARMENIAN": "hy"}
"""Scripts that one language alone is usually written in."""

_LETTERS = 12
"""Letters that a text must have for its language to be guessed from their order."""

SURE = 0.6
"""Probability from which a guessed language is named."""


def clean(text: str) -> str:
    """The text without characters that show nothing, with single spaces. What it says is not touched."""
    shown = ((" " if c.isspace() else c) for c in text if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    return " ".join("".join(shown).split())[:LONGEST].strip()


def letters(text: str) -> str:
    """What two readings of one text are compared by: letters and digits, without case and width."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def apart(one: str, other: str) -> float:
    """Edits that turn one text into the other, as a share of the longer one's length; 0 for two empty ones."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    if not longer:
        return 0.0
    before = list(range(len(shorter) + 1))
    for i, a in enumerate(longer, 1):
        now = [i]
        for j, b in enumerate(shorter, 1):
            now.append(min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (a != b)))
        before = now
    return before[-1] / len(longer)


def alike(one: str, other: str, most: float = 0.2) -> bool:
    """Whether two texts (as `letters` gives them) are likely readings of the same."""
    if one == other:
        return bool(one)
    one, other = one[:_COMPARED], other[:_COMPARED]
    longer = max(len(one), len(other))
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > most * longer:
        return False
    if (Counter(one) - Counter(other)).total() > most * longer:
        return False  # too many letters differ, in whatever order
    return apart(one, other) <= most


def languages(texts: Sequence[str], namer: LanguageNamer, sure: Sequence[float] | None = None) -> list[str]:
    """The language of each text by its script, else by its letters where there are enough; 'und' where neither tells.

    `sure` is, for each text, the probability from which a guess is believed.

    Kana make a text Japanese, Han alone Chinese. Texts in capitals are judged as if they were not.
    """
    found = [_by_script(text) for text in texts]
    asked = [n for n, code in enumerate(found) if code == ""]
    guesses = namer.languages([texts[n].casefold() for n in asked])
    for n, (code, probability) in zip(asked, guesses, strict=True):
        found[n] = code if probability >= (sure[n] if sure is not None else SURE) else "und"
    return found


def _by_script(text: str) -> str:
    """A language, 'und', or nothing where the letters have to tell."""
    counts = Counter(unicodedata.name(c, "").split(" ")[0] for c in text if c.isalpha())
    if not counts:
        return "und"
    if counts["HIRAGANA"] + counts["KATAKANA"] > 0 and counts["CJK"] + counts["HIRAGANA"] + counts["KATAKANA"] > 1:
        return "ja"
    main, many = counts.most_common(1)[0]
    if main == "CJK":
        return "zh" if many > 1 else "und"
    if main in _SCRIPTS and many > 1:
        return _SCRIPTS[main]
    return "" if sum(counts.values()) >= _LETTERS else "und"
