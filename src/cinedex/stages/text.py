"""Text in the picture: titles, credits, subtitles, captions and signs, each once for as long as it stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from cinedex.media.views import Look, Looks
from cinedex.models.tasks import LanguageNamer
from cinedex.stages.arrays import expect
from cinedex.stages.base import Cost, Inputs, Need, Stage
from cinedex.stages.textlines import Follower
from cinedex.stages.textrows import Block, Role, blocks, roles
from cinedex.stages.textwords import SURE, languages
from cinedex.timeline.rows import Glance, Row, Shot, Text
from cinedex.timeline.time import Time
from cinedex.timeline.track import Track

_FINDER, _READER, _NAMER = "ppocr-finder", "ppocr-reader", "langid"

_SURE_OF_NAMES = 0.95
"""Probability from which the language of credits is named."""

_MOSTLY = 0.6
"""Share of the subtitles that must be in one language for short ones to be taken for the same."""


@dataclass(frozen=True)
class Texts(Stage):
    """What can be read in the picture, one row a text, its lines joined by newlines.

    A small picture of every look tells whether there may be text; only then is the look searched at full size, and only
    lines that were not there before are read. Lines are followed while they stay or scroll. A text begins and ends half
    way between the look that shows it and the nearest that does not, or at a change of shot between them, so each time
    is wrong by half the distance of two looks at most; the first and the last glance that show it are in `refs`. Roles
    are told by rules over place, size, pace, movement and company. The box is that of the middle of its time.
    """

    name: ClassVar[str] = "text"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Text,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=256, cpu_seconds_per_minute=4.0, disk_kib_per_minute=0.5)
    halo: ClassVar[Time | None] = None

    height: int = 480

    @property
    def needs(self) -> tuple[Need, ...]:
        """Shots, and one look at every glance."""
        return (Shot, Looks(at=Glance, height=self.height))

    @property
    def uses(self) -> tuple[str, ...]:
        """What finds lines, what reads them, and what names their language."""
        return (_FINDER, _READER, _NAMER)

    def run(self, inputs: Inputs) -> Iterator[Text]:
        """The `Text` rows of the film."""
        follower: Follower | None = None
        looks: list[tuple[int, Time]] = []
        for look in expect(Look, inputs.chunks):
            if follower is None:
                follower = Follower(inputs.model(_FINDER), inputs.model(_READER))
            follower.see(len(looks), look.at, look.pixels)
            looks.append((look.row, look.at))
        if follower is None or not (found := blocks(follower.lines)):
            return
        glances = inputs.track(Glance)
        times = [_times(block, looks, glances) for block in found]
        played = roles(found, [(a.seconds, b.seconds) for a, b in times], inputs.movie.duration.seconds)
        named = self._named(found, played, inputs.model(_NAMER))
        for block, (start, end), language, role in zip(found, times, named, played, strict=True):
            shown = dict.fromkeys(glances[looks[n][0]].ref for n in (block.first, block.last))
            left, top, right, bottom = block.box
            yield Text(
                start=start,
                end=end,
                refs=tuple(shown),
                text=block.text,
                language=language,
                role=role,
                score=round(block.score, 4),
                x=round(left, 4),
                y=round(top, 4),
                width=round(right - left, 4),
                height=round(bottom - top, 4),
            )

    def _named(self, found: Sequence[Block], played: Sequence[Role], namer: LanguageNamer) -> list[str]:
        """The language of each block. Names in credits look like any language; subtitles of a film share theirs."""
        sure = [_SURE_OF_NAMES if role == "credit" else SURE for role in played]
        named = languages([block.text for block in found], namer, sure)
        said = Counter(code for code, role in zip(named, played, strict=True) if role == "subtitle" and code != "und")
        if not said or said.most_common(1)[0][1] < max(2, _MOSTLY * said.total()):
            return named
        shared = said.most_common(1)[0][0]
        lone = [code == "und" and role == "subtitle" for code, role in zip(named, played, strict=True)]
        return [shared if alone else code for code, alone in zip(named, lone, strict=True)]


def _times(block: Block, looks: Sequence[tuple[int, Time]], glances: Track[Glance]) -> tuple[Time, Time]:
    """When a text comes and goes, as well as the looks tell."""
    start = _border(looks[block.first - 1], looks[block.first], glances) if block.first else glances[0].start
    last = block.last + 1
    return start, _border(looks[block.last], looks[last], glances) if last < len(looks) else glances[-1].end


def _border(before: tuple[int, Time], after: tuple[int, Time], glances: Track[Glance]) -> Time:
    """The moment between two looks at which the picture changed: a change of shot, else the middle."""
    for row in range(before[0] + 1, after[0] + 1):
        if glances[row].shot != glances[row - 1].shot:
            return glances[row].start
    return Time((int(before[1]) + int(after[1])) // 2)
