"""Faults of the sound, from the levels of its channels: silence, full scale, channels that are dead or do not agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cinedex.media.hearing import channel_names
from cinedex.stages.base import Cost, Inputs, Need
from cinedex.stages.listening import Listening
from cinedex.stages.loudness import PARTS, TENTH
from cinedex.stages.weighting import Numbers, pairs
from cinedex.timeline.movie import AudioStream, Movie
from cinedex.timeline.rows import Flag, Level, Row
from cinedex.timeline.time import SECOND, Time
from cinedex.timeline.track import Spans, Ticks, Track

Truths = npt.NDArray[np.bool_]

_HALF = Time(SECOND // 2)
_TOGETHER = _HALF
"""Tenths with samples at full scale that are no further apart make one flag."""
_HEARD = -60.0
"""dBFS of a channel from which it takes part."""
_SOUNDING = -50.0
"""dBFS of the loudest channel from which another one should be heard as well."""
_DEAD = -80.0
"""dBFS below which a channel carries nothing."""
_SAME = 1e-4
"""Power of the difference of two channels, as a share of that of their sum, up to which they are the same."""


@dataclass(frozen=True)
class SoundFaults(Listening):
    """Flags 'silence', 'clipping', 'dead-channel', 'inverted-channels', 'dual-mono' and 'length-mismatch'.

    Silence: every sample below `silence_level` (dBFS) for at least `silence_least`, as FFmpeg's `silencedetect` means
    it, to a hundredth of a second at either end. Clipping: stretches with at least `clipping_least` samples in runs of
    three or more at full scale. Of two channels, one is dead that carries nothing for `channel_least` while the other
    sounds; of more than two, one that carries nothing in the whole film (LFE may). A pair is inverted that correlates
    below `inverted_below` for `channel_least`. Dual mono: two channels that are the same wherever they sound. Length
    mismatch: picture and sound end `mismatch_least` apart or more.
    """

    name: ClassVar[str] = "soundfaults"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=64, cpu_seconds_per_minute=0.01, disk_kib_per_minute=0.1)

    silence_level: float = -60.0
    silence_least: Time = SECOND * 2
    clipping_least: int = 10
    channel_least: Time = SECOND * 4
    inverted_below: float = -0.9
    mismatch_least: Time = _HALF
    stream: int = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        """The levels alone; the film is not heard again."""
        return (Level,)

    def run(self, inputs: Inputs) -> Iterator[Flag]:
        """The flags, one sort after the other."""
        if self.stream >= len(inputs.movie.audio):
            return
        sound, track = inputs.movie.audio[self.stream], inputs.track(Level)
        if len(track):
            spans = track.spans
            yield from self._silence(track, spans)
            yield from self._clipping(track.column("clipped"), spans)
            levels = _matrix(track, "powers")
            yield from self._dead(levels, spans, sound)
            yield from self._pairs(levels, _matrix(track, "alike"), spans, sound)
        yield from self._mismatch(inputs.movie, sound)

    def _silence(self, track: Track[Level], spans: Spans) -> Iterator[Flag]:
        """To the tenth of a tenth."""
        peaks = _matrix(track, "peaks")
        part = int(TENTH) // PARTS
        starts = (spans.starts[:, None] + np.arange(PARTS) * part).ravel()
        there = starts < np.repeat(spans.ends, PARTS)
        quiet = Spans(starts[there], np.minimum(starts + part, np.repeat(spans.ends, PARTS))[there])
        levels = peaks.ravel()[there]
        for first, last in _runs(levels < self.silence_level):
            span = (quiet.starts[first], quiet.ends[last - 1])
            if span[1] - span[0] >= self.silence_least:
                highest = levels[first:last].max()
                yield _flag("silence", span, 1.0, f"no sample above {highest:.0f} dBFS")

    def _clipping(self, clipped: Ticks, spans: Spans) -> Iterator[Flag]:
        at = np.flatnonzero(clipped)
        if not len(at):
            return
        apart = np.flatnonzero(spans.starts[at[1:]] - spans.ends[at[:-1]] > _TOGETHER) + 1
        for group in np.split(at, apart):
            count, tenths = int(clipped[group].sum()), group[-1] - group[0] + 1
            if count >= self.clipping_least:
                span = (spans.starts[group[0]], spans.ends[group[-1]])
                yield _flag("clipping", span, len(group) / tenths, f"{count} samples in runs at full scale")

    def _dead(self, levels: Numbers, spans: Spans, sound: AudioStream) -> Iterator[Flag]:
        if sound.channels < 2:
            return
        loudest = levels.max(axis=1)
        sounding = loudest > _SOUNDING
        for channel, name in enumerate(channel_names(sound.layout, sound.channels)):
            own = levels[:, channel]
            dead, alive = sounding & (own < _DEAD), own >= _DEAD
            if sound.channels > 2 and (alive.any() or name.startswith("LFE")):
                continue
            note = f"{name} stays below {_DEAD:.0f} dBFS while others reach {loudest.max():.0f} dBFS"
            yield from self._lasting("dead-channel", dead, alive, spans, note)

    def _pairs(self, levels: Numbers, alike: Numbers, spans: Spans, sound: AudioStream) -> Iterator[Flag]:
        places = pairs(sound.layout, sound.channels)
        names = channel_names(sound.layout, sound.channels)
        for number, (left, right) in enumerate(places):
            heard = np.minimum(levels[:, left], levels[:, right]) > _HEARD
            inverted = heard & (alike[:, number] <= self.inverted_below)
            note = f"{names[left]} and {names[right]} correlate below {self.inverted_below:g}"
            yield from self._lasting("inverted-channels", inverted, heard & ~inverted, spans, note)
        if sound.channels == 2 and places:
            heard = levels.max(axis=1) > _HEARD
            if heard.sum() * int(TENTH) >= int(self.channel_least) and bool(np.all(_same(levels, alike[:, 0])[heard])):
                yield _flag("dual-mono", (spans.starts[0], spans.ends[-1]), 1.0, "both channels carry the same")

    def _lasting(self, label: str, true: Truths, false: Truths, spans: Spans, note: str) -> Iterator[Flag]:
        """Flags where something is true for long enough and false nowhere between; else it may be neither."""
        for first, last in _runs(~false):
            found = np.flatnonzero(true[first:last])
            if len(found) * int(TENTH) >= int(self.channel_least):
                low, high = first + found[0], first + found[-1]
                yield _flag(label, (spans.starts[low], spans.ends[high]), len(found) / (high - low + 1), note)

    def _mismatch(self, movie: Movie, sound: AudioStream) -> Iterator[Flag]:
        if movie.video is None:
            return
        ends = {"picture": movie.video.start + movie.video.duration, "sound": sound.start + sound.duration}
        short, long = sorted(ends, key=ends.__getitem__)
        apart = ends[long] - ends[short]
        if apart >= self.mismatch_least:
            note = f"the {short} ends {apart / SECOND:.2f} s before the {long}"
            yield _flag("length-mismatch", (ends[short], ends[long]), 1.0, note)


def _same(levels: Numbers, alike: Numbers) -> Truths:
    """Where two channels carry the same, by their levels (dB, [n, 2]) and correlation."""
    left, right = (10 ** (levels / 10)).T
    cross = 2 * alike * np.sqrt(left * right)
    return np.asarray(left + right - cross <= _SAME * (left + right + cross))


def _matrix(track: Track[Level], name: str) -> Numbers:
    """A column of lists of equal length, [rows, length]."""
    flat = track.table.column(name).combine_chunks().flatten().to_numpy()
    return np.asarray(flat, dtype=np.float64).reshape(len(track), -1)


def _runs(true: Truths) -> list[tuple[int, int]]:
    """The runs of True as (first, one past the last)."""
    edges = np.flatnonzero(np.diff(true, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _flag(label: str, span: tuple[int, int], score: float, note: str) -> Flag:
    start = Time(int(span[0]))
    tenth = Time(int(start) // int(TENTH) * int(TENTH))
    return Flag(
        start=start, end=Time(int(span[1])), refs=(f"{Level.kind}@{int(tenth)}",), label=label, score=score, note=note
    )
