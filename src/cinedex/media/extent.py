"""Where a film's streams really end: by the container's index where it has one, checked at the end of the file.

Headers lie: about films that were cut off, about live recordings, about sound of varying bit rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import av.error

from cinedex.media.container import Clock, film_time, has_index, opened
from cinedex.timeline.time import SECOND, ZERO, Time

_TAIL = Time.from_seconds(10)
_NEAR = SECOND
"""How far from the told end the last packet may lie before the whole file is read for the truth."""


@dataclass
class Extent:
    """Per stream index the film time at which the packet shown last ends, and how long that packet lasts."""

    ends: dict[int, Time] = field(default_factory=dict)
    lasts: dict[int, Time] = field(default_factory=dict)
    jumps: int = 0
    broken: str = ""
    whole: bool = False
    """Whether every packet was read, so that a stream without an end holds nothing."""

    @property
    def end(self) -> Time:
        """Where the longest stream ends."""
        return max(self.ends.values(), default=ZERO)


def extent(uri: str, name: str, indexes: Sequence[int], origin: Time, told: Time) -> Extent:
    """Read the last seconds of the file, or all of it where the format has no index or the two do not agree."""
    if told > 0:
        with opened(uri, name=name) as container:
            found = _read(container, indexes, origin, told - _TAIL) if has_index(container) else None
        if found is not None and abs(int(found.end - told)) < _NEAR and not found.broken:
            return found
    with opened(uri, name=name) as container:
        return _read(container, indexes, origin, None)


def _read(container: Any, indexes: Sequence[int], origin: Time, start: Time | None) -> Extent:
    found = Extent(whole=start is None)
    streams = [container.streams[i] for i in indexes]
    for stream in container.streams:
        if stream.index not in indexes:
            stream.discard = av.stream.Discard.all
    clock = Clock(container)
    try:
        if start is not None and start > 0:
            container.seek(int(Fraction(start + origin, SECOND) * av.time_base))
        for packet in container.demux(streams):
            if found.whole:
                clock.mend(packet)
            _note(packet, origin, found)
    except (av.error.FFmpegError, OSError) as broken:
        found.broken = str(getattr(broken, "strerror", None) or broken).lower()
    found.jumps = clock.jumps
    return found


def _note(packet: Any, origin: Time, found: Extent) -> None:
    index = packet.stream.index
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None or packet.is_discard or not packet.size:
        return
    lasts = Time.from_pts(packet.duration or 0, packet.stream.time_base)
    start = film_time(stamp, packet.stream, origin)
    if index not in found.ends or start > found.ends[index] - found.lasts[index]:
        found.ends[index], found.lasts[index] = start + lasts, lasts
