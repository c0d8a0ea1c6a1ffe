"""What is said: words with times, and a record of what was held back as not heard.

Windows of at most 28 s are laid over the whole film's speech by a fixed rule, so that they do not depend on reels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from cinedex.media.views import Listens
from cinedex.models.tasks import Transcriber, Transcript
from cinedex.stages.base import Cost, Inputs, Made, Need
from cinedex.stages.cues import joined
from cinedex.stages.listening import Listening
from cinedex.timeline.rows import Flag, Row, Voice, Word
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Spans

_SHORTEST_WORD = Time.from_seconds(0.02)

_VOICED = Time.from_seconds(0.3)

_BRIEF = Time.from_seconds(1.5)

_MISSED = SECOND * 2
"""Voice without words at a window's end that is worth listening to again."""

_DIVISIBLE = SECOND * 4
"""A window shorter than this is not divided to be heard again."""

_NEAR = SECOND * 5
"""How far from where the language seems to change a pause is looked for."""

_VOTERS = 3
"""Windows that say what a film's language is."""

_TRIES = 2
"""How often a part of a window is heard again."""


@dataclass(frozen=True)
class Speech(Listening):
    """Words of everything spoken. `language` None lets every window be in its own language.

    A window whose parts are surely of two languages (`turn`) is divided in the pause between them. One whose language
    is doubtful (`tongue`) is heard in that of the three windows with most voice, where those that are sure of theirs
    agree. `names` are spellings to expect: people and places of the film.

    A window whose stretches of voice are all at most `doubtful` sure and `brief` long is not listened to. The words of
    a window are held back, with a flag that says why, where Whisper's own measures say `no_speech` and it
    is unsure of its text (`logprob`) or of the language; where its words are improbable; where the text repeats itself
    (`compression`); and where there is less than `voiced` of voice.
    """

    name: ClassVar[str] = "speech"
    version: ClassVar[int] = 3
    makes: ClassVar[tuple[type[Row], ...]] = (Word, Flag)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=400, cpu_seconds_per_minute=3, disk_kib_per_minute=3)

    model: str = "whisper-base"
    language: str | None = None
    names: tuple[str, ...] = ()
    window: Time = SECOND * 28
    gap: Time = SECOND * 3
    batch: int = 4
    no_speech: float = 0.6
    logprob: float = -1.0
    language_score: float = 0.5
    word_score: float = 0.25
    compression: float = 2.4
    turn: float = 0.9
    tongue: float = 0.6
    voiced: Time = _VOICED
    doubtful: float = 0.45
    brief: Time = _BRIEF

    @property
    def needs(self) -> tuple[Need, ...]:
        """Where somebody speaks, and the sound there."""
        return (Voice, Listens(rate=16_000, stream=self.stream))

    @property
    def uses(self) -> tuple[str, ...]:
        """The transcriber."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Made]:
        """Rows of every window that reaches into the span; those that start outside it are another reel's."""
        voice = list(inputs.track(Voice))
        speech = Spans.of(s.span for s in voice)
        everywhere = list(pack(list(speech), self.window, self.gap))
        windows = [w for w in everywhere if w.overlaps(inputs.span)]
        home: str | None = None
        inside: dict[int, list[Voice]] = {}
        for number, row in zip(*(side.tolist() for side in Spans.of(windows).join(speech)), strict=True):
            inside.setdefault(number, []).append(voice[row])
        waiting: deque[tuple[Span, int]] = deque()
        for number, window in enumerate(windows):
            if held := self._hardly_voice(window, inside[number]):
                yield held
            else:
                waiting.append((window, 0))
        while waiting and not inputs.stop.is_set():
            batch = [waiting.popleft() for _ in range(min(self.batch, len(waiting)))]
            heard = self._hear([w for w, _ in batch], inputs, self.language)
            again: list[tuple[Span, int]] = []
            for (window, tries), transcript in zip(batch, heard, strict=True):
                voiced = speech.crop(window)
                parts = self._parts(window, voiced, transcript) or _turned(window, voiced, transcript, self.turn)
                if tries < _TRIES and parts:
                    again += [(p, tries + 1) for p in parts]
                    continue
                believed = transcript
                if transcript.language_score < self.tongue and transcript.words and not self.language:
                    home = self._home(everywhere, speech, inputs) if home is None else home
                    if home and home != transcript.language:
                        (other,) = self._hear([window], inputs, home)
                        believed = replace(other, language_score=transcript.language_score)
                made = list(self._rows(window, voiced, believed))
                yield from made
                if tries < _TRIES and (rest := _unheard(window, voiced, made)):
                    again.append((rest, tries + 1))
            waiting.extendleft(reversed(again))

    def _hear(self, windows: Sequence[Span], inputs: Inputs, language: str | None) -> list[Transcript]:
        transcriber: Transcriber = inputs.model(self.model)
        return transcriber.transcribe([inputs.listen(w) for w in windows], language=language, names=self.names)

    def _home(self, windows: Sequence[Span], speech: Spans, inputs: Inputs) -> str:
        """The film's language by a vote that does not depend on reels; '' where there is none."""
        most = sorted(windows, key=lambda w: (-int(speech.crop(w).total), w.start))[:_VOTERS]
        sure = {t.language for t in self._hear(most, inputs, None) if t.language_score >= self.turn}
        return sure.pop() if len(sure) == 1 else ""

    def _hardly_voice(self, window: Span, voice: Sequence[Voice]) -> Flag | None:
        """Says that a window is not worth listening to: music is taken for voice briefly, and not surely."""
        surest, longest = max(s.score for s in voice), max(s.span.duration for s in voice)
        if surest > self.doubtful or longest > self.brief:
            return None
        note = f"hardly voice ({surest:.2f} sure, {longest.seconds:.1f} s at most); not listened to"
        return Flag(start=window.start, end=window.end, label="suppressed-speech", score=1 - surest, note=note)

    def _parts(self, window: Span, voiced: Spans, heard: Transcript) -> list[Span]:
        """The halves of a window in which Whisper ran into a loop: heard apart, they seldom loop."""
        if heard.compression <= self.compression or window.duration < _DIVISIBLE:
            return []
        return list(pack(list(voiced), Time(int(window.duration) * 5 // 8), self.gap))

    def _rows(self, window: Span, voiced: Spans, heard: Transcript) -> Iterator[Made]:
        text = joined([w.text for w in heard.words], heard.language)
        why = self._doubt(voiced.total, heard)
        if why:
            note = f"{why}; held back: {text[:200]}"
            yield Flag(start=window.start, end=window.end, label="suppressed-speech", score=heard.no_speech, note=note)
            return
        yield from placed(window, voiced, heard)

    def _doubt(self, voiced: Time, heard: Transcript) -> str:
        """Why a window's words are not believed, or nothing."""
        if not heard.words:
            return ""
        silent, unsure = heard.no_speech > self.no_speech, heard.mean_logprob < self.logprob
        if silent and (unsure or heard.language_score < self.language_score):
            measures = f"{heard.no_speech:.2f}, log probability {heard.mean_logprob:.2f}"
            return f"probably no speech ({measures}, {heard.language} {heard.language_score:.2f})"
        score = sum(w.score for w in heard.words) / len(heard.words)
        if score < self.word_score:
            return f"its words are improbable (on average {score:.2f})"
        if heard.compression > self.compression:
            return f"the text repeats itself (compresses {heard.compression:.1f} times)"
        if voiced < self.voiced:
            return f"only {voiced.seconds:.2f} s of voice"
        return ""


def pack(speech: Sequence[Span], longest: Time, gap: Time) -> Iterator[Span]:
    """Windows over stretches of speech.

    A window takes stretches that are at most `gap` apart until `longest` is reached, and then ends at the widest pause
    of its second half. A stretch longer than `longest` is cut.
    """
    parts = [p for s in speech for p in s.cut(longest)]
    first = 0
    while first < len(parts):
        last, full = first, False
        while last + 1 < len(parts) and parts[last + 1].start - parts[last].end <= gap:
            if parts[last + 1].end - parts[first].start > longest:
                full = True
                break
            last += 1
        if full:
            half = parts[first].start + Time(int(longest) // 2)
            later = [i for i in range(first, last + 1) if parts[i].end >= half] or [last]
            last = max(later, key=lambda i: (parts[i + 1].start - parts[i].end, i))
        yield Span(parts[first].start, parts[last].end)
        first = last + 1


def _turned(window: Span, voiced: Spans, heard: Transcript, sure: float) -> list[Span]:
    """The window before and after the first change of language that its parts are sure of."""
    parts = [t for t in heard.tongues if t.score >= sure]
    for before, after in pairwise(parts):
        if before.language != after.language:
            middle = window.start + Time.from_seconds((before.end + after.start) / 2)
            pauses = list(voiced.gaps(window))
            near = [p for p in pauses if abs(int(p.middle - middle)) <= int(_NEAR)]
            cut = min(near, key=lambda p: abs(int(p.middle - middle))).middle if near else middle
            halves = (voiced.crop(Span(window.start, cut)).extent, voiced.crop(Span(cut, window.end)).extent)
            return [h for h in halves if h is not None]
    return []


def _unheard(window: Span, voiced: Spans, made: Sequence[Made]) -> Span | None:
    """The end of a window where somebody speaks after the last word that was heard, if it is long enough to matter.

    Whisper stops early now and then, most of all where the language changes.
    """
    words = [row.end for row in made if isinstance(row, Word)]
    if not words:
        return None
    later = voiced.crop(Span(max(words), window.end))
    return later.extent if later.total >= _MISSED else None


def placed(window: Span, voiced: Spans, heard: Transcript) -> Iterator[Word]:
    """Words on film time, in order, inside the window, none without length.

    Whisper lets a word last through the pause beside it; here it ends with the voice that it shares most with.
    """
    stretches = list(voiced.support())
    least = min(_SHORTEST_WORD, Time(int(window.duration) // max(1, len(heard.words))))
    reached = window.start
    for left, word in zip(range(len(heard.words), 0, -1), heard.words, strict=True):
        said = Span(window.start + Time.from_seconds(word.start), window.start + Time.from_seconds(word.end))
        shared = [both for stretch in stretches if (both := said & stretch)]
        said = max(shared, key=lambda both: both.duration, default=said)
        latest = window.end - least * left  # leaves room for those that follow
        start = min(max(said.start, reached), latest)
        reached = min(max(said.end, start + least), latest + least)
        yield Word(start=start, end=reached, text=word.text, language=heard.language, score=word.score)
