"""Which sounds are heard when: stretches of every film term, and songs, from what each step of the sound is like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.errors import UsageError
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.soundterms import Term, film_terms, judged_by
from cinedex.timeline.rows import Hearing, Row, Sound
from cinedex.timeline.time import Time
from cinedex.timeline.track import Ticks, Track

_MUSIC, _SINGING, _SONG = "music", "singing", "song"

Numbers = npt.NDArray[np.float64]
Stretch = tuple[int, int]
"""Half-open range of steps."""


@dataclass(frozen=True)
class Sounds(Stage):
    """One `Sound` for every stretch in which a film term is heard, and for every song.

    Thresholds are those of policies/sounds.toml; `terms` names exactly them. A score is 0.5 where a sound just reaches
    its threshold and 1 where the model is certain, so that scores of different terms can be compared. A 'song' is music
    of `song_seconds` or more in which at least `song_share` of the time is sung: from `song_intro` seconds before the
    first singing to as much after the last, as far as there is music; singing is one song's until `song_pause` seconds
    without.
    """

    name: ClassVar[str] = "sounds"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Sound,)
    halo: ClassVar[None] = None
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=64, cpu_seconds_per_minute=0.05, disk_kib_per_minute=1)

    song_seconds: float = 30
    song_share: float = 0.3
    song_intro: float = 20
    song_pause: float = 20
    terms: str = field(default_factory=judged_by)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What each step of the sound is like."""
        return (Hearing,)

    def run(self, inputs: Inputs) -> Iterator[Sound]:
        """The `Sound` rows of the film."""
        if self.terms != judged_by():
            raise UsageError(
                f"the sound terms {self.terms} were asked for, and here are {judged_by()}",
                remedy="Install the same Cinedex everywhere.",
            )
        track = inputs.track(Hearing)
        if not len(track):
            return
        starts, ends, scores = track.spans.starts, track.spans.ends, _scores(track)
        found: dict[str, list[Stretch]] = {}
        for column, term in enumerate(film_terms()):
            heard = scores[:, column]
            found[term.name] = stretches(heard, term, starts, ends)
            for first, last in found[term.name]:
                yield _sound(term.name, starts, ends, (first, last), _sure(heard[first:last], term.on))
        for (first, last), share in self._songs(found[_MUSIC], found[_SINGING], starts, ends):
            yield _sound(_SONG, starts, ends, (first, last), min(1.0, 0.5 + share / 2))

    def _songs(
        self, music: list[Stretch], singing: list[Stretch], starts: Ticks, ends: Ticks
    ) -> Iterator[tuple[Stretch, float]]:
        """Songs, each with the share of its time that is sung."""
        sung = np.zeros(len(starts), bool)
        played = np.zeros(len(starts), bool)
        for first, last in singing:
            sung[first:last] = True
        for first, last in [*music, *singing]:
            played[first:last] = True
        pause, intro = (int(Time.from_seconds(s)) for s in (self.song_pause, self.song_intro))
        joined: list[list[int]] = []
        for first, last in singing:
            silent = joined and not played[joined[-1][1] : first].all()
            if joined and not silent and starts[first] - ends[joined[-1][1] - 1] <= pause:
                joined[-1][1] = last
            else:
                joined.append([first, last])
        for at, (first, last) in enumerate(joined):
            low = joined[at - 1][1] if at else 0
            high = joined[at + 1][0] if at + 1 < len(joined) else len(starts)
            begin, end = first, last
            while begin > low and played[begin - 1] and starts[first] - starts[begin - 1] <= intro:
                begin -= 1
            while end < high and played[end] and ends[end] - ends[last - 1] <= intro:
                end += 1
            share = float(sung[begin:end].mean())
            if (ends[end - 1] - starts[begin]) >= int(
                Time.from_seconds(self.song_seconds)
            ) and share >= self.song_share:
                joined[at][1] = end
                yield (begin, end), share


def stretches(heard: Numbers, term: Term, starts: Ticks, ends: Ticks) -> list[Stretch]:
    """Where a term is heard, from its score in each step and the steps' times in flicks."""
    going = heard >= term.off
    edges = np.flatnonzero(np.diff(going.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    loud = [(int(a), int(b)) for a, b in edges if heard[a:b].max() >= term.on]
    pause, least = int(Time.from_seconds(term.pause)), int(Time.from_seconds(term.least))
    joined: list[Stretch] = []
    for first, last in loud:
        if joined and starts[first] - ends[joined[-1][1] - 1] <= pause:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(a, b) for a, b in joined if ends[b - 1] - starts[a] >= least]


def _sure(heard: Numbers, on: float) -> float:
    """How sure a stretch is, 0.5 to 1, by the steps in it that reach the threshold."""
    return 0.5 + 0.5 * (float(heard[heard >= on].mean()) - on) / (1 - on)


def _sound(label: str, starts: Ticks, ends: Ticks, stretch: Stretch, score: float) -> Sound:
    first, last = stretch
    start, end = Time(int(starts[first])), Time(int(ends[last - 1]))
    return Sound(start=start, end=end, refs=(f"hearing@{int(start)}",), label=label, score=round(score, 3))


def _scores(track: Track[Hearing]) -> Numbers:
    """The scores of every step, [steps, terms]."""
    values = track.table.column("scores").combine_chunks()
    flat = np.asarray(values.flatten().to_numpy(zero_copy_only=False), dtype=np.float64)
    return flat.reshape(len(track), len(film_terms()))
