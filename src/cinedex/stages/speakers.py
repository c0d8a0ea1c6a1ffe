"""Who speaks when: the turns of a film's voices, told apart but not named.

Where somebody speaks, windows of five seconds are laid half over each other. In each, up to three voices are told
apart, also where they overlap; what each says alone gets a vector; the vectors of the whole film are grouped into
speakers; and the windows are put together again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from cinedex.media.views import Listens
from cinedex.models.tasks import Floats, SpeakerSegmenter, VoiceEmbedder
from cinedex.stages.base import Cost, Inputs, Need
from cinedex.stages.listening import Listening
from cinedex.stages.speech import pack
from cinedex.stages.turns import Heard, Voices, lonely, places, runs, spoken, told_apart
from cinedex.timeline.rows import Row, Speaker, Voice, Voiceprint
from cinedex.timeline.time import SECOND, Rate, Span, Time
from cinedex.timeline.track import Spans

RATE = 16_000

_SEGMENTER, _EMBEDDER = "pyannote-segmentation", "resemblyzer"

_PIECE = SECOND * 60
"""Sound that is held at once."""

_FLUENT = SECOND * 2
"""Pauses up to which voice is one piece."""

_ALONE = 0.1
"""Seconds that a voice must be heard alone for to have a vector of that alone."""


@dataclass(frozen=True)
class Speakers(Listening):
    """Turns of voices, numbered by how long they speak, and a print of each.

    A voice speaks where it is more than `onset` likely; pauses up to `pause_seconds` are bridged and turns shorter than
    `shortest_seconds` dropped. Voices are one speaker's up to a distance of `same` on average. Those heard alone for
    `clear_seconds` in a window decide who there is, and speakers of less than `least_seconds` in all are taken for
    others; of more than `most` such voices, those heard longest decide.
    """

    name: ClassVar[str] = "speakers"
    version: ClassVar[int] = 2
    makes: ClassVar[tuple[type[Row], ...]] = (Speaker, Voiceprint)
    halo: ClassVar[Time | None] = None
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=256, cpu_seconds_per_minute=2, disk_kib_per_minute=1)

    onset: float = 0.5
    hop: float = 0.5
    same: float = 0.87
    clear_seconds: float = 1.0
    least_seconds: float = 4.0
    pause_seconds: float = 0.4
    shortest_seconds: float = 0.2
    most: int = 5000

    @property
    def needs(self) -> tuple[Need, ...]:
        """Where somebody speaks, and the sound there."""
        return (Voice, Listens(rate=RATE, stream=self.stream))

    @property
    def uses(self) -> tuple[str, ...]:
        """What tells voices apart, and what compares them."""
        return (_SEGMENTER, _EMBEDDER)

    def anonymous(self) -> FilmSpeakers:
        """The same without prints."""
        return FilmSpeakers(**{f.name: getattr(self, f.name) for f in fields(Speakers)})

    def run(self, inputs: Inputs) -> Iterator[Row]:
        """The turns, and the prints."""
        voice = Spans.of(v.span for v in inputs.track(Voice))
        if not len(voice):
            return
        film = _Film(self, inputs)
        pieces = list(pack(list(voice.support()), _PIECE, _FLUENT))
        for piece in pieces:
            if inputs.stop.is_set():
                return
            film.hear(piece)
        yield from film.rows(pieces)


@dataclass(frozen=True)
class FilmSpeakers(Speakers):
    """Speakers whose voices are compared inside their film and then forgotten: what runs where recognition is off."""

    makes: ClassVar[tuple[type[Row], ...]] = (Speaker,)

    prints: str = "none"

    def run(self, inputs: Inputs) -> Iterator[Row]:
        """The same turns."""
        yield from (row for row in super().run(inputs) if isinstance(row, Speaker))


class _Film:
    """What has been heard of a film so far."""

    def __init__(self, stage: Speakers, inputs: Inputs) -> None:
        self.stage, self.inputs = stage, inputs
        self.segmenter: SpeakerSegmenter = inputs.model(_SEGMENTER)
        self.embedder: VoiceEmbedder = inputs.model(_EMBEDDER)
        self.heard: list[Heard] = []
        self.vectors: list[Floats] = []
        self.seconds: list[float] = []
        self.rooms: list[int] = []
        self._rooms = 0

    def hear(self, piece: Span) -> None:
        """Tell the voices of a piece apart."""
        step, window, first = self.segmenter.step, self.segmenter.window, self.segmenter.first
        sound = self.inputs.listen(piece)
        answers = -(-max(0, len(sound) - window) // step)
        size = window // step
        starts = places(answers + size, size, max(1, round(size * self.stage.hop)))
        sound = np.pad(sound, (0, max(0, starts[-1] * step + window - len(sound))))
        likely = self.segmenter.segments(np.stack([sound[s * step : s * step + window] for s in starts]))
        who = np.full((len(starts), self.segmenter.voices), -1)
        clips: list[Floats] = []
        for number, start in enumerate(starts):
            active = likely[number] > self.stage.onset
            alone = lonely(active)
            for voice in np.flatnonzero(active.any(axis=0)).tolist():
                long = alone[:, voice].sum() * step / RATE
                chosen = np.flatnonzero(alone[:, voice] if long >= _ALONE else active[:, voice])
                at = start * step + first - step // 2 + chosen * step
                who[number, voice] = len(self.seconds)
                clips.append(sound[np.minimum(at[:, None] + np.arange(step), len(sound) - 1)].ravel())
                self.seconds.append(float(long))
                self.rooms.append(self._rooms)
            self._rooms += 1
        if clips:
            self.vectors.append(self.embedder.prints(clips))
        self.heard.append(Heard(starts, likely, who))

    def rows(self, pieces: list[Span]) -> Iterator[Row]:
        """The turns of all pieces, and the prints of their speakers."""
        if not self.vectors:
            return
        stage, vectors, seconds = self.stage, np.concatenate(self.vectors), np.array(self.seconds)
        voices = told_apart(
            vectors,
            seconds,
            np.array(self.rooms, np.int64),
            same=stage.same,
            clear=stage.clear_seconds,
            least=stage.least_seconds,
            most=stage.most,
        )
        turns = self._turns(pieces, voices)
        lasting: dict[int, int] = {}
        for speaker, span, _ in turns:
            lasting[speaker] = lasting.get(speaker, 0) + int(span.duration)
        numbers = {s: n for n, s in enumerate(sorted(lasting, key=lambda s: (-lasting[s], s)), start=1)}
        for speaker, span, score in turns:
            yield Speaker(start=span.start, end=span.end, number=numbers[speaker], score=round(score, 4))
        for speaker, number in numbers.items():
            own = voices.speakers == speaker
            mean = np.average(vectors[own], axis=0, weights=seconds[own] + 1e-3)
            values = np.round(mean / max(float(np.linalg.norm(mean)), 1e-9), 5)
            spans = [span for s, span, _ in turns if s == speaker]
            yield Voiceprint(
                start=spans[0].start,
                end=max(s.end for s in spans),
                number=number,
                space=self.embedder.space,
                values=tuple(values.tolist()),
            )

    def _turns(self, pieces: list[Span], voices: Voices) -> list[tuple[int, Span, float]]:
        """Speaker, time and score of every turn, in order of time."""
        step, first = self.segmenter.step, self.segmenter.first
        pause, shortest = (round(s * RATE / step) for s in (self.stage.pause_seconds, self.stage.shortest_seconds))
        count = int(voices.speakers.max()) + 1
        turns = []
        for piece, heard in zip(pieces, self.heard, strict=True):
            active, sure = spoken(heard, voices, count, self.stage.onset)
            for speaker in range(count):
                for a, b in runs(active[:, speaker], pause, shortest):
                    begin, end = (first - step // 2 + n * step for n in (a, b))
                    span = Span(piece.start + Rate(RATE).time(begin), piece.start + Rate(RATE).time(end)) & piece
                    if span:
                        turns.append((speaker, span, float(sure[a:b, speaker].mean())))
        return sorted(turns, key=lambda t: (t[1].start, t[0]))
