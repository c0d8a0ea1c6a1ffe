"""Spoken words as the pieces of which subtitles are made: on frames, with what stands between them."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest

from cinedex.subtitles.guide import Guide
from cinedex.subtitles.marks import NO_END, NO_START, ends_clause, ends_sentence
from cinedex.subtitles.subtitle import graphemes
from cinedex.timeline.rows import Sound, Word
from cinedex.timeline.time import Rate, Time

UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "yue"})
"""Languages that write no spaces between words."""
SONG = frozenset({"singing", "song"})
"""Labels of sounds under which words are sung."""
UNTOLD = frozenset({"speech", "silence", "singing", "song"})
"""Labels that need no description: the words are there, or nothing is."""

_SURE = 0.65
"""Score from which a sound is told: of the sounds between 0.5 and this in two open films, most were others."""
_TURN = Fraction(1, 2)
"""Seconds of silence in which another voice may take over amid a phrase."""


@dataclass(frozen=True, slots=True)
class Turn:
    """While the voice `number` speaks."""

    start: Time
    end: Time
    number: int


@dataclass(frozen=True, slots=True)
class Token:
    """A piece that is not divided, with the frames in which it is said; `space` says whether one stands before it."""

    text: str
    start: int
    end: int
    space: bool = True
    glued: bool = False
    """Whether it goes on inside a word, so that a break before it is the last resort."""
    speaker: int | None = None
    sung: bool = False
    sound: bool = False


def of_words(words: Iterable[Word], guide: Guide, rate: Rate) -> list[Token]:
    """Words in order as tokens; what is longer than a line is divided where the language may be."""
    made: list[Token] = []
    for word in sorted(words, key=lambda w: (w.start, w.end)):
        text = " ".join(clean(word.text, guide).split())
        if text:
            start = max(rate.count(word.start), 0)
            made += pieces(text, start, max(rate.count(word.end), start + 1), word.language, made, guide)
    return made


def pieces(text: str, start: int, end: int, language: str, before: Sequence[Token], guide: Guide) -> Iterator[Token]:
    """A text without line breaks as tokens, its time shared out by length."""
    unspaced = language.split("-", maxsplit=1)[0].lower() in UNSPACED
    words = text.split(" ")
    total = sum(len(w) for w in words) or 1
    at = 0
    for number, word in enumerate(words):
        last = before[-1].text[-1:] if before and number == 0 else words[number - 1][-1:] if number else ""
        latin = last.isascii() and last.isalnum() and word[:1].isascii() and word[:1].isalnum()
        spaced = number > 0 or (bool(last) and (not unspaced or latin))
        parts = _divided(word, guide, unspaced=unspaced)
        for index, part in enumerate(parts):
            a, b = start + (end - start) * at // total, start + (end - start) * (at + len(part)) // total
            yield Token(part, a, max(b, a + 1), space=spaced and index == 0, glued=index > 0)
            at += len(part)


def clean(text: str, guide: Guide) -> str:
    """What was said as plain text that can end no cue and hide in no control character; three dots as the guide has."""
    plain = "".join(c if unicodedata.category(c) not in {"Cc", "Zl", "Zp", "Cs"} else " " for c in text)
    plain = plain.replace("-->", "→")
    return plain.replace("...", guide.ellipsis) if guide.ellipsis else plain


def with_speakers(tokens: Sequence[Token], turns: Sequence[Turn], rate: Rate) -> list[Token]:
    """The same tokens, each with the voice that speaks most of it, as far as people take turns between phrases."""
    spans = sorted((rate.count(t.start), rate.count(t.end), t.number) for t in turns)
    starts = [s for s, _, _ in spans]
    made = list[Token]()
    for token in tokens:
        best, most = made[-1].speaker if made else None, 0
        for s, e, number in spans[max(0, bisect_right(starts, token.end) - 16) : bisect_right(starts, token.end)]:
            shared = min(e, token.end) - max(s, token.start)
            if shared > most:
                best, most = number, shared
        made.append(_but(token, speaker=best))
    return _by_phrases(made, rate)


def _by_phrases(tokens: Sequence[Token], rate: Rate) -> list[Token]:
    """A voice that changes amid a phrase and without a pause is a mistake: the phrase is whose most of it is."""
    if not any(ends_sentence(t.text) for t in tokens):  # nothing tells where phrases end
        return list(tokens)
    made, phrase, pause = list[Token](), list[Token](), _TURN * rate.fraction
    for token, after in zip_longest(tokens, tokens[1:]):
        phrase.append(token)
        ends = ends_sentence(token.text) or ends_clause(token.text)
        if after is None or ends or after.start - token.end >= pause:
            shares = Counter[int | None]()
            for each in phrase:
                shares[each.speaker] += each.end - each.start
            ((most, _),) = shares.most_common(1)
            made += [replace(each, speaker=most) for each in phrase]
            phrase = []
    return made


def with_sounds(
    tokens: Sequence[Token], sounds: Sequence[Sound], guide: Guide, rate: Rate, *, least: float = _SURE
) -> tuple[list[Token], int]:
    """The same with what is heard in brackets where nobody speaks, and words that are sung known as such.

    Gives the tokens and how many sounds found no room. A sound that goes on or comes again within ten seconds is told
    once.
    """
    heard = sorted((s for s in sounds if s.score >= least), key=lambda s: (s.start, s.label))
    songs = [(rate.count(s.start), rate.count(s.end)) for s in heard if s.label in SONG]
    sung = [_but(t, sung=any(a <= (t.start + t.end) // 2 < b for a, b in songs)) for t in tokens]
    room, again = int(2 * rate.fraction), int(10 * rate.fraction)
    starts, made, left, told = [t.start for t in sung], list(sung), 0, dict[str, int]()
    for sound in heard:
        start, end = rate.count(sound.start), rate.count(sound.end)
        if sound.label in UNTOLD or sound.label not in guide.sounds:
            continue
        if start - told.get(sound.label, -again) < again:
            told[sound.label] = end
            continue
        at = _free(start, max(end, start + 1), room, sung, starts)
        if at is None:
            left += 1
            continue
        told[sound.label] = end
        made.append(Token(f"[{guide.sounds[sound.label]}]", at, at + room, sound=True))
    return sorted(made, key=lambda t: (t.start, t.end)), left


def _but(token: Token, *, speaker: int | None = None, sung: bool = False) -> Token:
    return Token(
        token.text, token.start, token.end, token.space, token.glued, token.speaker if speaker is None else speaker,
        token.sung or sung, token.sound,
    )  # fmt: skip


def _free(start: int, end: int, room: int, tokens: Sequence[Token], starts: Sequence[int]) -> int | None:
    """The first frame of a stretch from which nobody speaks for `room` frames."""
    at = start
    while at < end:
        near = bisect_right(starts, at)
        if near and tokens[near - 1].end > at:
            at = tokens[near - 1].end
            continue
        if near == len(tokens) or tokens[near].start - at >= room:
            return at
        at = tokens[near].end
    return None


def _divided(word: str, guide: Guide, *, unspaced: bool) -> list[str]:
    """A word in pieces that fit a line: by characters where words are not written apart, else only if it must be."""
    if not unspaced or guide.length(word) <= 4:
        return [word]
    parts: list[str] = []
    for cluster in graphemes(word):
        joined = parts and (
            cluster[0] in NO_START
            or parts[-1][-1] in NO_END
            or (cluster[0].isascii() and cluster[0].isalnum() and parts[-1][-1].isascii() and parts[-1][-1].isalnum())
        )
        if joined and guide.length(parts[-1]) < guide.line:
            parts[-1] += cluster
        else:
            parts.append(cluster)
    return parts
