"""Words that raters count, where they are said or shown: strong language, and talk of drugs, violence and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from cinedex.errors import UsageError
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.events import digest_of
from cinedex.stages.wordlists import Hit, languages, lists, same_word, words_of
from cinedex.timeline.rows import Cue, Mention, Row, Text, Word
from cinedex.timeline.time import Span

_ORDINARY = "en"
"""The language that a text is taken to be in where nobody named one."""


@dataclass(frozen=True)
class Mentions(Stage):
    """Words of the lists in cues and in the picture, each with its topic and strength, at the time of the word itself.

    There are lists for English, French, German, Hindi, Italian and Spanish. A word of a subtitle that nobody was heard
    to say has the time of its line. Names in credits are not looked at, nor what burned-in subtitles repeat. `lists`
    names exactly the lists, so that what is stored under others is not taken for theirs.
    """

    name: ClassVar[str] = "mentions"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Mention,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=32, cpu_seconds_per_minute=0.02, disk_kib_per_minute=0.5)

    lists: str = field(default_factory=lambda: digest_of(lists()))

    @property
    def needs(self) -> tuple[type[Row], ...]:
        """What is said, and when each word of it was."""
        return (Cue, Word)

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """Text in the picture."""
        return (Text,)

    def run(self, inputs: Inputs) -> Iterator[Mention]:
        """The `Mention` rows, those of cues first."""
        if self.lists != digest_of(lists()):
            raise UsageError(
                f"the lists of words {self.lists} were asked for, and here are {digest_of(lists())}",
                remedy="Install the same Cinedex everywhere.",
            )
        yield from mentions(inputs.track(Cue), list(inputs.track(Word)), inputs.welcomed(Text) or ())


def listed(language: str) -> str:
    """The language whose list is used for a text in `language`; '' where there is none."""
    known = language.partition("-")[0] or _ORDINARY
    return known if known in languages() else ""


def mentions(cues: Iterable[Cue], words: Sequence[Word], texts: Iterable[Text]) -> Iterator[Mention]:
    """The mentions in a film's cues, then those in its pictures. Both must be in order of time."""
    starts = np.array([int(w.start) for w in words], dtype=np.int64)
    said: list[Mention] = []
    for cue in cues:
        if not (language := listed(cue.language)) or not (hits := words_of(cue.text, language)):
            continue
        low, high = np.searchsorted(starts, [int(cue.start), int(cue.end)])
        heard = [(same_word(w.text), w) for w in words[low:high]]
        # A word that is of two topics was said once.
        when: dict[int, tuple[Span, float]] = {}
        for hit in hits:
            if hit.start not in when:
                when[hit.start] = _when(hit, cue, heard)
            said.append(_mention(hit, cue, language, *when[hit.start]))
    yield from said
    yield from _shown(texts, said)


def _when(hit: Hit, cue: Cue, heard: list[tuple[str, Word]]) -> tuple[Span, float]:
    """When a hit was said and how sure that is; a word found is taken away, so that the next of its like is another."""
    wanted = same_word(hit.text).split()
    for at in range(len(heard) - len(wanted) + 1):
        if wanted and all(heard[at + i][0] == word for i, word in enumerate(wanted)):
            found = [word for _, word in heard[at : at + len(wanted)]]
            del heard[at : at + len(wanted)]
            sure = 1.0 if cue.source == "subtitle" else min(word.score for word in found)
            if found[-1].end > found[0].start:
                return Span(found[0].start, found[-1].end), sure
    return cue.span, cue.score


def _shown(texts: Iterable[Text], said: list[Mention]) -> Iterator[Mention]:
    """The mentions in the picture, but for those in credits and those that subtitles repeat of what is said."""
    for text in texts:
        if text.role == "credit" or not (language := listed(text.language)):
            continue
        known = said if text.role == "subtitle" else []
        repeated = {same_word(m.text) for m in known if m.span.overlaps(text.span)}
        for hit in words_of(text.text, language):
            if same_word(hit.text) not in repeated:
                yield _mention(hit, text, language, text.span, text.score)


def _mention(hit: Hit, row: Cue | Text, language: str, span: Span, sure: float) -> Mention:
    return Mention(
        start=span.start,
        end=span.end,
        refs=(row.ref,),
        topic=hit.topic,
        strength=hit.strength,
        text=hit.text,
        language=language,
        origin="screen" if isinstance(row, Text) else row.source,
        score=round(hit.score * sure, 4),
    )
