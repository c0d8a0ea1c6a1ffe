"""Cues: what is to be read where somebody speaks, of the words that were heard or of a subtitle that knows better."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from cinedex.models.tasks import UNSPACED
from cinedex.stages.base import Cost, Inputs, Made, Need, Stage
from cinedex.stages.subtitling import Fit, apart, fit, fit_by_voice, spoken
from cinedex.timeline.rows import Caption, Cue, Row, Subtitling, Voice, Word
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Spans

_ENDS = tuple(".?!…。？！؟۔।")  # noqa: RUF001 - the sentence ends of other scripts are meant

_ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "st.", "jr.", "sr.", "prof.", "rev.", "vs.", "mme.", "hr.", "fr."}
)
"""Words with a full stop that a name or a number follows."""

_INITIAL = re.compile(r"[^\W_iI]\.")


@dataclass(frozen=True)
class Cues(Stage):
    """The film's cues, and what each subtitle that came with it is worth.

    A subtitle in the language that is spoken is compared with the words that were heard. Its lines are the cues, put on
    time, where somebody speaks under at least `voiced` of them, at least `agreed` of its words were heard there, and
    at least `covers` of the words heard lie under it. Of several, the one that
    agrees best; words that were heard where it says nothing are cues as well. Else all cues are made of words.
    """

    name: ClassVar[str] = "cues"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Cue, Subtitling)
    cost: ClassVar[Cost] = Cost(cpus=0.5, memory_mib=64, cpu_seconds_per_minute=0.1, disk_kib_per_minute=1)
    halo: ClassVar[Time | None] = None

    voiced: float = 0.6
    agreed: float = 0.5
    covers: float = 0.5

    @property
    def needs(self) -> tuple[Need, ...]:
        """What was heard, and where somebody speaks."""
        return (Word, Voice)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """Subtitles that came with the film."""
        return (Caption,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """A row on each subtitle, then the cues of the best one or of the words."""
        words, film = list(inputs.track(Word)), inputs.movie.span
        voice = Spans.of(v.span for v in inputs.track(Voice))
        language = spoken(words)
        weighed: list[tuple[Fit, list[Caption], str]] = []
        for lines in _by_origin(inputs.welcomed(Caption) or ()):
            same = lines[0].language == language
            found = fit(lines, words, voice, film) if same else fit_by_voice(lines, voice, film)
            weighed.append((found, lines, self._objection(found, lines[0].language, language)))
        good = [(found, lines) for found, lines, against in weighed if not against]
        best = max(good, key=lambda g: (round(g[0].agreed, 2), -abs(g[0].shift), len(g[1])), default=None)
        for found, lines, against in weighed:
            used = best is not None and lines is best[1]
            yield _said(found, lines, inputs, against or ("" if used else "another one agrees better"))
        heard = cues(words)
        if best is None:
            yield from heard
            return
        read = list(_read(*best, film))
        yield from read
        taken = Spans.of(c.span for c in read)
        yield from (cue for cue in heard if apart(cue.span, taken))

    def _objection(self, found: Fit, written: str, language: str) -> str:
        """Why a subtitle's lines are not to be the cues, or nothing."""
        if not language:
            return "no word was heard to compare it with"
        if written != language:
            return f"{written} is written, {language} is spoken"
        if not found.timed:
            return f"not on time or of another film: {found.anchors} places fit, {found.inline:.0%} of them agree"
        shares = (
            (found.voiced, self.voiced, "of its lines are spoken"),
            (found.agreed, self.agreed, "of its words were heard"),
            (found.heard, self.covers, "of the words heard lie under it"),
        )
        return "; ".join(f"only {share:.0%} {what}" for share, least, what in shares if share < least)


def _by_origin(captions: Iterable[Caption]) -> Iterator[list[Caption]]:
    """The lines of each subtitle, in order of their origins' names."""
    for _, lines in groupby(sorted(captions, key=lambda c: (c.origin, c.start, c.end)), key=lambda c: c.origin):
        yield list(lines)


def _said(found: Fit, lines: Sequence[Caption], inputs: Inputs, against: str) -> Subtitling:
    moved = "" if (found.pace, found.shift) == (1.0, 0.0) else f", moved {found.shift:+.1f} s at pace {found.pace:.4f}"
    return Subtitling(
        start=ZERO,
        end=inputs.movie.duration,
        origin=lines[0].origin,
        language=lines[0].language,
        used=not against,
        voiced=found.voiced,
        agreed=found.agreed,
        pace=found.pace,
        shift=found.shift,
        reason=against or f"{found.agreed:.0%} of its words were heard{moved}",
        refs=(lines[0].ref,),
    )


def _read(found: Fit, lines: Sequence[Caption], film: Span) -> Iterator[Cue]:
    for line in lines:
        if span := found.moved(line.span, film):
            yield Cue(
                start=span.start,
                end=span.end,
                text=" ".join(line.text.split()),
                language=line.language,
                score=found.agreed,
                source="subtitle",
                refs=(line.ref,),
            )


def joined(words: Sequence[str], language: str) -> str:
    """Words as the language writes them: with spaces between, or without but for two that are in Latin letters."""
    text = ""
    for word in words:
        latin = text[-1:].isascii() and text[-1:].isalnum() and word[:1].isascii() and word[:1].isalnum()
        text += word if not text or (language in UNSPACED and not latin) else f" {word}"
    return text


def cues(
    words: Sequence[Word], *, pause: Time = SECOND, longest: Time = SECOND * 6, columns: int = 84
) -> Iterator[Cue]:
    """Cues at sentence ends, pauses and changes of language; a sentence too long for one ends at its widest pause."""
    sentence: list[Word] = []
    for i, word in enumerate(words):
        sentence.append(word)
        following = words[i + 1] if i + 1 < len(words) else None
        if following is None or _ends(word.text) or _breaks(word, following, pause):
            yield from _divided(sentence, longest, columns)
            sentence = []


def _breaks(word: Word, following: Word, pause: Time) -> bool:
    """Whether two words are of different cues although no sentence ends between them."""
    return following.start - word.end >= pause or following.language != word.language


def _divided(words: list[Word], longest: Time, columns: int) -> Iterator[Cue]:
    text = joined([w.text for w in words], words[0].language)
    if len(words) > 1 and (words[-1].end - words[0].start > longest or _columns(text) > columns):
        middle = len(words) / 2
        pauses = [
            (words[i].start - words[i - 1].end, _comma(words[i - 1]), -abs(i - middle), i) for i in range(1, len(words))
        ]
        inner = [p for p in pauses if abs(p[3] - middle) <= middle * 0.6] or pauses
        cut = max(inner, key=lambda p: (int(p[0]) // int(SECOND // 5) if p[0] > ZERO else 0, p[1], p[2]))[3]
        yield from _divided(words[:cut], longest, columns)
        yield from _divided(words[cut:], longest, columns)
        return
    yield Cue(
        start=words[0].start,
        end=words[-1].end,
        text=text,
        language=words[0].language,
        score=sum(w.score for w in words) / len(words),
        source="speech",
        refs=(words[0].ref,),
    )


def _columns(text: str) -> int:
    """How wide a text is in print: Chinese, Japanese and Korean characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _ends(word: str) -> bool:
    """Whether a sentence ends with it: not with an abbreviation or an initial."""
    return word.endswith(_ENDS) and word.casefold() not in _ABBREVIATIONS and not _INITIAL.fullmatch(word)


def _comma(word: Word) -> bool:
    return word.text.endswith((",", ";", ":", "，", "、"))  # noqa: RUF001 - full-width commas are meant
