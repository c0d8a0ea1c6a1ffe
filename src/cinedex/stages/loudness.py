"""How loud a film is and what its channels carry, every tenth of a second, by ITU-R BS.1770-4 and EBU Tech 3341.

Film time is divided into cells of five seconds, each filtered anew from a second ahead of it: the filters have then
forgotten all that was before, and the rows are the same however the film is cut into reels. What holds for the whole
programme is derived from the rows (stages `programme` and `soundfaults`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from cinedex.errors import StageError
from cinedex.media.views import Chunk, SampleChunk, Samples
from cinedex.stages.arrays import expect, row_table
from cinedex.stages.base import Cost, Inputs, Need
from cinedex.stages.listening import Listening
from cinedex.stages.weighting import Floats, Numbers, k_weighting, pairs, true_peaks, weights
from cinedex.timeline.movie import AudioStream
from cinedex.timeline.rows import Level, Loudness, Row
from cinedex.timeline.time import FLICKS_PER_SECOND, SECOND, Time
from cinedex.timeline.track import Ticks

FLOOR = -120.0
"""LUFS and dBFS of whatever is quieter."""

TENTH = Time(SECOND // 10)
"""What a row stands for, and the step of the standard's windows."""

MOMENTARY, SHORT_TERM = 4, 30
"""Tenths in the windows of 400 ms and 3 s."""

PARTS = 10
"""Stretches of a tenth of which the highest sample is kept."""

FULL = 0.99
"""Magnitude from which a sample counts as at full scale: codecs give flat tops back with ripples."""

_CELL = 5
"""Seconds of film measured together."""
_WARM = 1
"""Seconds that the filters hear before a cell."""
_SLOWEST = 4_000
"""Samples a second below which K-weighting has no room."""
_ROWS = 10 * _CELL
_OFFSET = -0.691
"""LUFS of a mean square of 1 after K-weighting."""
_HIGHEST = 1e4
"""Magnitude beyond which samples are cut: 80 dB above full scale."""
_STEP = 1 / 256
"""dB to which values are rounded, so that they store small."""


@dataclass(frozen=True)
class LoudnessMeter(Listening):
    """Loudness, true peak, levels of the channels and samples at full scale of one sound stream, in every tenth.

    At the stream's own rate, all channels, LFE left out of loudness. A mono stream is measured as one channel.
    """

    name: ClassVar[str] = "loudness"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Loudness, Level)
    halo: ClassVar[Time | None] = SECOND * 10
    cost: ClassVar[Cost] = Cost(cpus=0.2, memory_mib=192, cpu_seconds_per_minute=0.45, disk_kib_per_minute=18)

    stream: int = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every channel as it is."""
        return (Samples(rate=None, stream=self.stream, mixed=False),)

    def run(self, inputs: Inputs) -> Iterator[pa.Table]:
        """A table of each kind for every cell."""
        sound = inputs.movie.audio[self.stream] if self.stream < len(inputs.movie.audio) else None
        if sound is None:
            return
        if sound.rate < _SLOWEST:
            raise StageError(
                f"its sound has {sound.rate} samples a second, too few to measure loudness by",
                film=inputs.movie.name,
                stage=self.name,
                remedy="Leave this stage out for the film.",
            )
        past = np.zeros(SHORT_TERM - 1)
        for cell in _cells(inputs.chunks, sound):
            energies, peaks = _energies(cell, sound), _peaks(cell)
            known = np.concatenate((past, np.pad(energies, (0, _ROWS - len(energies)))))
            past = known[-len(past) :]
            yield row_table(
                Loudness,
                start=cell.starts,
                end=cell.ends,
                momentary=_rounded(_windows(known, cell, MOMENTARY)),
                short_term=_rounded(_windows(known, cell, SHORT_TERM)),
                peak=_rounded(decibels(peaks, 20)),
            )
            yield _levels(cell, sound)


@dataclass(frozen=True)
class _Cell:
    """Five seconds of sound (fewer at the film's end), with what lies around them for the filters: [channels, n]."""

    number: int
    rate: int
    sound: Floats
    before: int
    """How many of the samples lie before the cell."""
    count: int
    """How many lie in it."""

    @property
    def inner(self) -> Floats:
        """The cell's own samples."""
        return self.sound[:, self.before : self.before + self.count]

    def edges(self, per_second: int) -> Ticks:
        """Where each stretch of the cell begins, so many to a second; as far as there is sound."""
        edges = -(-np.arange(_CELL * per_second) * self.rate // per_second)
        return np.asarray(edges[edges < self.count])

    @property
    def starts(self) -> Ticks:
        """When each tenth begins, in flicks."""
        return (self.number * _ROWS + np.arange(len(self.edges(10)))) * int(TENTH)

    @property
    def ends(self) -> Ticks:
        """When each tenth ends: the last one with the sound."""
        begin = self.number * _ROWS * int(TENTH)
        return np.minimum(self.starts + int(TENTH), begin + self.count * FLICKS_PER_SECOND // self.rate)


def _cells(chunks: Iterable[Chunk], sound: AudioStream) -> Iterator[_Cell]:
    """Each cell as far as the sound goes. Only a cell with all that the filters need before it is given."""
    rate, size = sound.rate, sound.rate * _CELL
    warm, beyond = rate * _WARM, rate // 10
    held: list[Floats] = []
    first: int | None = None
    number = count = 0
    for chunk in expect(SampleChunk, chunks):
        if first is None:
            first = round(int(chunk.start) * rate / FLICKS_PER_SECOND)
            number = 0 if first == 0 else -(-(first + warm) // size)
        held.append(chunk.samples)
        count += len(chunk)
        while first + count >= (number + 1) * size + beyond:
            whole = np.concatenate(held)
            yield _cell(whole, first, number, rate, beyond)
            number += 1
            keep = number * size - warm
            first, rest = keep, whole[keep - first :]
            held, count = [rest], len(rest)
    if first is not None and first + count > number * size:
        yield _cell(np.concatenate(held), first, number, rate, beyond)
        if first + count > (number + 1) * size:
            yield _cell(np.concatenate(held), first, number + 1, rate, beyond)


def _cell(held: Floats, first: int, number: int, rate: int, beyond: int) -> _Cell:
    """A cell cut out of samples of which the first is number `first`."""
    size = rate * _CELL
    start = max(number * size - rate * _WARM, 0)
    part = held[start - first : (number + 1) * size + beyond - first]
    before = number * size - start
    # Files of floats may hold what is no number, or would overflow.
    clean = np.clip(np.nan_to_num(part.T), -_HIGHEST, _HIGHEST)
    return _Cell(number, rate, np.ascontiguousarray(clean), before, min(size, len(part) - before))


def _energies(cell: _Cell, sound: AudioStream) -> Numbers:
    """The weighted sum of squares of each tenth after K-weighting."""
    from scipy import signal  # noqa: PLC0415 - a third of a second of import, which every command would pay

    weight = weights(sound.layout, sound.channels)
    total = np.zeros(cell.count)
    for channel in np.flatnonzero(weight):
        heard = cell.sound[channel, : cell.before + cell.count].astype(np.float64)
        filtered = signal.sosfilt(k_weighting(cell.rate), heard)[cell.before :]
        total += weight[channel] * filtered * filtered
    return np.asarray(np.add.reduceat(total, cell.edges(10)))


def _windows(known: Numbers, cell: _Cell, tenths: int) -> Numbers:
    """The loudness of the window of so many tenths up to the end of each; `known` are the sums of squares by then."""
    rows = len(cell.edges(10))
    total = np.zeros(rows)
    for back in range(tenths):
        first = SHORT_TERM - 1 - back
        total += known[first : first + rows]
    last = np.arange(1, rows + 1)
    count = -(-last * cell.rate // 10) + ((last - tenths) * -cell.rate // 10)
    return decibels(total / count, 10) + _OFFSET


def _peaks(cell: _Cell) -> Numbers:
    """The highest true peak of each tenth in any channel."""
    starts, lasting = cell.before + cell.edges(10), -(-cell.rate // 10)
    highest = np.maximum.reduce([true_peaks(channel, cell.rate, starts, lasting) for channel in cell.sound])
    return np.asarray(highest, dtype=np.float64)


def _levels(cell: _Cell, sound: AudioStream) -> pa.Table:
    """What the channels carry."""
    inner, edges = cell.inner.astype(np.float64), cell.edges(10)
    counts = np.diff(edges, append=cell.count)
    squares = np.add.reduceat(inner * inner, edges, axis=1)
    alike = []
    for left, right in pairs(sound.layout, sound.channels):
        both = np.sqrt(squares[left] * squares[right])
        cross = np.add.reduceat(inner[left] * inner[right], edges)
        alike.append(np.clip(np.divide(cross, both, out=np.zeros_like(both), where=both > 0), -1, 1))
    tops = np.full(len(edges) * PARTS, FLOOR)
    parts = cell.edges(10 * PARTS)
    tops[: len(parts)] = decibels(np.maximum.reduceat(np.abs(inner).max(axis=0), parts), 20)
    return row_table(
        Level,
        start=cell.starts,
        end=cell.ends,
        peaks=_lists(_rounded(tops, 1 / 8), len(edges), PARTS),
        powers=_lists(_rounded(decibels(squares / counts, 10), 1 / 8).T.ravel(), len(edges), sound.channels),
        alike=_lists(np.array(alike, dtype=np.float32).T.ravel(), len(edges), len(alike)),
        clipped=np.add.reduceat(_at_full_scale(cell.sound)[cell.before : cell.before + cell.count], edges),
    )


def _at_full_scale(samples: Floats) -> Ticks:
    """In how many channels each sample lies in a run of three or more at full scale; [channels, n] to [n]."""
    count = np.zeros(samples.shape[1], dtype=np.int64)
    full = np.abs(samples) >= FULL
    for channel in full[full.any(axis=1)]:
        three = channel[2:] & channel[1:-1] & channel[:-2]
        inside = np.zeros_like(channel)
        for place in range(3):
            inside[place : place + len(three)] |= three
        count += inside
    return count


def decibels(values: Numbers | Floats, factor: int) -> Numbers:
    """Powers (`factor` 10) or magnitudes (20) in dB, none below the floor."""
    least = 10 ** (FLOOR / factor)
    return np.asarray(factor * np.log10(np.maximum(np.asarray(values, dtype=np.float64), least)))


def _rounded(values: Numbers, step: float = _STEP) -> Floats:
    """Values to the next step, none below the floor."""
    return np.asarray(np.maximum(np.rint(values / step) * step, FLOOR), dtype=np.float32)


def _lists(values: Floats, rows: int, width: int) -> pa.ListArray:
    """Lists of `width` values each."""
    offsets = np.arange(rows + 1, dtype=np.int32) * width
    return pa.ListArray.from_arrays(offsets, pa.array(values))
