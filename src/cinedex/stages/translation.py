"""What is said in other languages, in English: heard again by the recogniser, which was taught to translate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from cinedex.media.views import Listens
from cinedex.models.tasks import Transcriber, Transcript
from cinedex.stages.base import Cost, Inputs, Need
from cinedex.stages.cues import cues
from cinedex.stages.listening import Listening
from cinedex.stages.speech import pack, placed
from cinedex.timeline.rows import Cue, Row, Translation
from cinedex.timeline.time import SECOND, Span, Time
from cinedex.timeline.track import Spans

TO = "en"
"""The language that Whisper translates to."""


@dataclass(frozen=True)
class Translations(Listening):
    """English of every cue that is not: each `Translation` names the cues in whose time it lies.

    Cues of one language are heard together, up to `window`, as long as they are at most `gap` apart. What repeats
    itself (`compression`), or is improbable (`word_score`), is left out. A film in English costs nothing.
    """

    name: ClassVar[str] = "translation"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Translation,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=400, cpu_seconds_per_minute=1, disk_kib_per_minute=0.5)

    model: str = "whisper-base"
    window: Time = SECOND * 28
    gap: Time = SECOND * 3
    batch: int = 4
    compression: float = 2.4
    word_score: float = 0.25

    @property
    def needs(self) -> tuple[Need, ...]:
        """The cues, and the sound under them."""
        return (Cue, Listens(rate=16_000, stream=self.stream))

    @property
    def uses(self) -> tuple[str, ...]:
        """The transcriber, which translates."""
        return (self.model,)

    def run(self, inputs: Inputs) -> Iterator[Translation]:
        """Rows of every window that reaches into the span."""
        foreign = [c for c in inputs.track(Cue) if c.language != TO]
        for language in sorted({c.language for c in foreign}):
            said = [c for c in foreign if c.language == language]
            voiced = Spans.of(c.span for c in said).support()
            windows = [w for w in pack(list(voiced), self.window, self.gap) if w.overlaps(inputs.span)]
            for first in range(0, len(windows), self.batch):
                if inputs.stop.is_set():
                    return
                part = windows[first : first + self.batch]
                transcriber: Transcriber = inputs.model(self.model)
                clips = [inputs.listen(w) for w in part]
                heard = transcriber.transcribe(clips, language=language, english=True)
                for window, transcript in zip(part, heard, strict=True):
                    yield from self._rows(window, voiced.crop(window), transcript, said)

    def _rows(self, window: Span, voiced: Spans, heard: Transcript, said: Sequence[Cue]) -> Iterator[Translation]:
        """The English of a window as lines at its words' times, each of the cues that it lies over."""
        sure = sum(w.score for w in heard.words) / max(1, len(heard.words))
        if heard.compression > self.compression or sure < self.word_score:
            return
        words = [replace(w, language=TO) for w in placed(window, voiced, heard)]
        for line in cues(words):
            yield Translation(
                start=line.start,
                end=line.end,
                text=line.text,
                language=TO,
                origin=heard.language,
                score=line.score,
                refs=tuple(c.ref for c in said if c.span.overlaps(line.span)),
            )
