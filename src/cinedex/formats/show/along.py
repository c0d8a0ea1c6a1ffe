"""What is known drawn along time with blocks, a line for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.cells import set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from cinedex.formats.facts import measured
from cinedex.formats.heard import along, height
from cinedex.formats.seen import Names, characters
from cinedex.formats.show.lines import clock, said
from cinedex.timeline.rows import Cue, Event, Flag, Quality, Row, Scene, Shot, Sound, Voice
from cinedex.timeline.rows import Text as TextRow
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Spans, Ticks, Track

PEOPLE = 4
"""Most people with a line of their own."""

_GUTTER = 9
_RISING = " ▁▂▃▄▅▆▇█"
_COVER = " ▁▃▄"
_QUIET = "bright_black"

Values = npt.NDArray[np.float64]


def lanes(timeline: Timeline, width: int, names: Names | None = None, *, colours: bool) -> Iterable[Text | ColourLane]:
    """Lines of one length below a ruler, for each kind that has rows."""
    columns = width - _GUTTER
    duration = int(timeline.movie.duration)
    if duration <= 0:
        return
    edges = np.linspace(0, duration, columns + 1).astype(np.int64)
    yield Text(" " * _GUTTER + _ruler(duration, columns), style="dim")
    yield from _pictures(timeline, edges, colours=colours)
    for person in characters(timeline, names)[:PEOPLE]:
        yield _lane(said(person.name, _GUTTER - 1), _cover(person.spans, edges), "magenta")
    for name, row, style, drawn in _HEARD_AND_MARKED:
        track: Track[Row] | None = timeline.find(row)
        if track is not None and len(track):
            yield _lane(name, drawn(track.spans, edges), style)
        if row is Voice:
            yield from _sounds(timeline.find(Sound), edges)
    loudness = height(along(timeline, edges, "short_term"))
    if not np.isnan(loudness).all():
        yield _lane("loudness", _rise(np.nan_to_num(loudness), top=1.0), _QUIET)
    yield Text()


def _sounds(track: Track[Sound] | None, edges: Ticks) -> Iterable[Text]:
    """How much music there is, and where anything else is heard but speech, which has its line, and silence."""
    if track is None:
        return
    labels = np.array(track.column("label"), dtype=str)
    music = np.isin(labels, ("music", "song"))
    others = ~music & ~np.isin(labels, ("speech", "silence"))
    if music.any():
        yield _lane("music", _cover(_some(track.spans, music), edges), "blue")
    if others.any():
        yield _lane("sounds", _marks(_some(track.spans, others), edges), "green")


def _some(spans: Spans, which: npt.NDArray[np.bool_]) -> Spans:
    return Spans(spans.starts[which], spans.ends[which])


def _pictures(timeline: Timeline, edges: Ticks, *, colours: bool) -> Iterable[Text | ColourLane]:
    """The film's colours or brightness, its shots and its scenes."""
    columns = len(edges) - 1
    quality, shots, scenes = timeline.find(Quality), timeline.find(Shot), timeline.find(Scene)
    if colours and (strip := _colour_strip(quality, edges)) is not None:
        yield ColourLane("colour", strip)
    elif (bar := _luma_bar(quality, edges)) is not None:
        yield _lane("luma", bar, _QUIET)
    if shots is not None and len(shots):
        if len(shots) <= columns / 2:
            yield Text.assemble(_name("shots"), *_shot_blocks(shots, edges, colours=colours))
        if len(shots) > columns / 4:
            yield _lane("cuts", _rise(_starts(shots, edges)), _QUIET)
    if scenes is not None and 1 < len(scenes) <= columns / 2:
        yield Text.assemble(_name("scenes"), *_shot_blocks(scenes, edges, colours=colours))


class ColourLane:
    """A lane of coloured blocks: two moments to a column, the first left and the second right."""

    def __init__(self, name: str, colours: npt.NDArray[np.uint8]) -> None:
        self.name, self.colours = name, colours

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for name in (self.name, ""):
            yield Segment(f"{name:<{_GUTTER}}", Style(dim=True))
            for left, right in zip(self.colours[0::2], self.colours[1::2], strict=True):
                yield Segment("▌", Style.parse(f"rgb({_rgb(left)}) on rgb({_rgb(right)})"))
            yield Segment.line()


def _rgb(colour: npt.NDArray[np.uint8]) -> str:
    return ",".join(str(int(v)) for v in colour)


def _colour_strip(quality: Track[Quality] | None, edges: Ticks) -> npt.NDArray[np.uint8] | None:
    """[2 x columns, 3] mean colours; luma where no colour was measured, black where nothing was."""
    fine = np.linspace(edges[0], edges[-1], 2 * (len(edges) - 1) + 1).astype(np.int64)
    parts = np.stack([measured(quality, name, fine) for name in ("red", "green", "blue")], axis=1)
    if np.isnan(parts).all():
        parts = np.repeat(measured(quality, "luma", fine)[:, None], 3, axis=1)
    if np.isnan(parts).all():
        return None
    strip: npt.NDArray[np.uint8] = np.rint(np.nan_to_num(parts).clip(0, 1) * 255).astype(np.uint8)
    return strip


def _luma_bar(quality: Track[Quality] | None, edges: Ticks) -> str | None:
    luma = measured(quality, "luma", edges)
    return None if np.isnan(luma).all() else _rise(np.nan_to_num(luma), top=1.0)


def _lane(name: str, blocks: str, style: str) -> Text:
    return Text.assemble(_name(name), (blocks, style))


def _name(name: str) -> tuple[str, str]:
    return set_cell_size(name, _GUTTER), "dim"


def _ruler(duration: int, columns: int) -> str:
    """Times at round distances, each at its column."""
    seconds = duration / FLICKS_PER_SECOND
    steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
    step = next((s for s in steps if s / seconds * columns >= 11), 14_400)
    line = [" "] * columns
    for number in range(int(seconds // step) + 1):
        at = int(number * step / seconds * columns)
        mark = clock(Time.from_seconds(number * step), duration)
        if at + len(mark) <= columns:
            line[at : at + len(mark)] = mark
    return "".join(line)


def _shot_blocks(shots: Track[Shot] | Track[Scene], edges: Ticks, *, colours: bool) -> Iterable[tuple[str, str]]:
    """Shots, or scenes, as alternating blocks: light and dark, or high and low where there are no colours."""
    which = np.searchsorted(shots.spans.starts, edges[1:], side="left") - 1
    for number in which.tolist():
        even = number % 2 == 0
        yield ("▄", "grey70" if even else "grey35") if colours else ("▄" if even else "▁", "")


def _starts(track: Track[Row], edges: Ticks) -> Values:
    return np.histogram(track.spans.starts, edges)[0].astype(np.float64)


def _rise(values: Values, top: float | None = None) -> str:
    """A curve of one line's height."""
    highest = max(top if top is not None else float(values.max()), 1e-9)
    steps = np.ceil((values / highest).clip(0, 1) * (len(_RISING) - 1)).astype(int)
    return "".join(_RISING[step] for step in steps)


def _cover(spans: Spans, edges: Ticks) -> str:
    """How much of each column the spans cover, as heights."""
    support = spans.support()
    covered = np.array(
        [
            int((np.minimum(support.ends, b) - np.maximum(support.starts, a)).clip(min=0).sum()) / max(b - a, 1)
            for a, b in pairwise(edges.tolist())
        ]
    )
    return "".join(_COVER[step] for step in np.ceil(covered.clip(0, 1) * (len(_COVER) - 1)).astype(int))


def _marks(spans: Spans, edges: Ticks) -> str:
    """A mark for every column that a row touches, however short the row."""
    line = [" "] * (len(edges) - 1)
    for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
        first, last = np.searchsorted(edges, [start, max(end - 1, start)], side="right") - 1
        for column in range(max(int(first), 0), min(int(last), len(line) - 1) + 1):
            line[column] = "━"
        line[min(max(int(first), 0), len(line) - 1)] = "▲"
    return "".join(line)


_HEARD_AND_MARKED: tuple[tuple[str, type[Row], str, Callable[[Spans, Ticks], str]], ...] = (
    ("speech", Voice, "cyan", _cover),
    ("words", Cue, _QUIET, _cover),
    ("events", Event, "yellow", _marks),
    ("text", TextRow, _QUIET, _marks),
    ("flags", Flag, "red", _marks),
)
"""Lines of stretches: their names, kinds and styles, and how each is drawn."""
