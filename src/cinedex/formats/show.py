"""The terminal view: what is known of a film, drawn along time with blocks, then listed, at any width."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from cinedex.formats.facts import Known, format_facts, known, length, measured, rhythm, top_tags
from cinedex.timeline.rows import Cue, Flag, Quality, Row, Shot, Sound, Tag
from cinedex.timeline.time import FLICKS_PER_SECOND, Time
from cinedex.timeline.timeline import State, Timeline
from cinedex.timeline.track import Ticks, Track

SHOTS = 12
"""Most shots listed."""

CUES = 12
"""Most cues listed."""

TAGS = 12
"""Most tags listed."""

FLAGS = 6
"""Most flags listed."""

_LEAST, _MOST = 40, 160
"""Columns that the drawing has at least and at most; wider lines are hard to follow."""

_GUTTER = 9
_RISING = " ▁▂▃▄▅▆▇█"
_COVER = " ▁▃▄"
_QUIET = "bright_black"
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"

Values = npt.NDArray[np.float64]


def render(timeline: Timeline, width: int) -> Show:
    """What is known of the film for a terminal `width` columns wide; rich decides about colours."""
    return Show(timeline, min(max(width, _LEAST), _MOST))


class Show:
    """The view as rich draws it; without colours the same facts are told by the shapes of blocks."""

    def __init__(self, timeline: Timeline, width: int) -> None:
        self.timeline, self.width = timeline, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colours = console.color_system is not None
        yield from _head(self.timeline, self.width)
        yield from _lanes(self.timeline, self.width, colours=colours)
        yield from _shots(self.timeline, self.width)
        yield from _cues(self.timeline, self.width)
        yield from _tags(self.timeline, self.width)
        yield from _flags(self.timeline, self.width)
        yield from _status(self.timeline, self.width)
        yield from _next(self.timeline, self.width)


def _head(timeline: Timeline, width: int) -> Iterable[Text]:
    yield Text(_said(timeline.movie.name, width), style="bold")
    yield from _wrapped(format_facts(timeline.movie), " · ", width, "dim")
    for warning in timeline.movie.warnings:
        yield Text(_said(f"! {warning}", width), style="yellow")
    yield Text()


# Along time


def _lanes(timeline: Timeline, width: int, *, colours: bool) -> Iterable[Text | ColourLane]:
    columns = width - _GUTTER
    duration = int(timeline.movie.duration)
    if duration <= 0:
        return
    edges = np.linspace(0, duration, columns + 1).astype(np.int64)
    yield Text(" " * _GUTTER + _ruler(duration, columns), style="dim")
    quality, shots = timeline.find(Quality), timeline.find(Shot)
    if colours and (strip := _colour_strip(quality, edges)) is not None:
        yield ColourLane("colour", strip)
    elif (bar := _luma_bar(quality, edges)) is not None:
        yield _lane("luma", bar, _QUIET)
    if shots is not None and len(shots):
        if len(shots) <= columns / 2:
            yield Text.assemble(_name("shots"), *_shot_blocks(shots, edges, colours=colours))
        if len(shots) > columns / 4:
            yield _lane("cuts", _rise(_starts(shots, edges)), _QUIET)
    for name, row, style in (("speech", Sound, "cyan"), ("words", Cue, _QUIET)):
        track = timeline.find(row)
        if track is not None and len(track):
            yield _lane(name, _cover(track, edges), style)
    flags = timeline.find(Flag)
    if flags is not None and len(flags):
        yield _lane("flags", _marks(flags, edges), "red")
    yield Text()


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
    return f"{name:<{_GUTTER}}", "dim"


def _ruler(duration: int, columns: int) -> str:
    """Times at round distances, each at its column."""
    seconds = duration / FLICKS_PER_SECOND
    steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
    step = next((s for s in steps if s / seconds * columns >= 11), 14_400)
    line = [" "] * columns
    for number in range(int(seconds // step) + 1):
        at = int(number * step / seconds * columns)
        mark = _clock(Time.from_seconds(number * step), duration)
        if at + len(mark) <= columns:
            line[at : at + len(mark)] = mark
    return "".join(line)


def _clock(at: Time, duration: int) -> str:
    """h:mm:ss, or m:ss for films under an hour."""
    text = at.clock[:-4]
    return text if duration >= 3600 * FLICKS_PER_SECOND else text[2:].removeprefix("0")


def _shot_blocks(shots: Track[Shot], edges: Ticks, *, colours: bool) -> Iterable[tuple[str, str]]:
    """Shots as alternating blocks: light and dark, or high and low where there are no colours."""
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


def _cover(track: Track[Row], edges: Ticks) -> str:
    """How much of each column the track covers, as heights."""
    support = track.spans.support()
    covered = np.array(
        [
            int((np.minimum(support.ends, b) - np.maximum(support.starts, a)).clip(min=0).sum()) / max(b - a, 1)
            for a, b in pairwise(edges.tolist())
        ]
    )
    return "".join(_COVER[step] for step in np.ceil(covered.clip(0, 1) * (len(_COVER) - 1)).astype(int))


def _marks(flags: Track[Flag], edges: Ticks) -> str:
    """A mark for every column that a flag touches, however short the flag."""
    line = [" "] * (len(edges) - 1)
    for start, end in zip(flags.spans.starts.tolist(), flags.spans.ends.tolist(), strict=True):
        first, last = np.searchsorted(edges, [start, max(end - 1, start)], side="right") - 1
        for column in range(max(int(first), 0), min(int(last), len(line) - 1) + 1):
            line[column] = "━"
        line[min(max(int(first), 0), len(line) - 1)] = "▲"
    return "".join(line)


# Lists


def _shots(timeline: Timeline, width: int) -> Iterable[Text]:
    shots, tags = timeline.find(Shot), timeline.find(Tag)
    sums = rhythm(shots)
    if shots is None or sums is None:
        return
    about = f"mean {length(sums.mean)}, median {length(sums.median)}, longest {length(sums.longest)}"
    yield _title(f"Shots  {sums.shots:,}", about, width)
    for shot in shots.rows[:SHOTS]:
        found = sorted(tags.overlapping(shot.span), key=lambda t: -t.score) if tags is not None else []
        names = ", ".join(dict.fromkeys(t.label for t in found[:4]))
        opening = "~" if shot.opening == "gradual" else " "
        head = f"{shot.number + 1:>6}  {_clock(shot.start, int(timeline.movie.duration)):>7} {opening}"
        lasting = f"{length(shot.span.duration.seconds):>10}  "
        yield Text.assemble((head, ""), (lasting, "dim"), _said(names, width - len(head) - len(lasting)))
    yield from _rest(len(shots) - SHOTS, "shot", "the report has them all")


def _cues(timeline: Timeline, width: int) -> Iterable[Text]:
    cues = timeline.find(Cue)
    if cues is None or not len(cues):
        return
    yield _title(f"Transcript  {len(cues):,} cues", ", ".join(sorted(_languages(cues))), width)
    for cue in cues.rows[:CUES]:
        head = f"{_clock(cue.start, int(timeline.movie.duration)):>15}   "
        yield Text.assemble((head, "dim"), _said(cue.text, width - len(head)))
    yield from _rest(len(cues) - CUES, "cue", "`cinedex export` has them all")


def _languages(cues: Track[Cue]) -> set[str]:
    return {language for language in cues.table.column("language").unique().to_pylist() if language}


def _tags(timeline: Timeline, width: int) -> Iterable[Text]:
    found = top_tags(timeline.find(Tag), TAGS)
    if not found:
        return
    yield _title("Tags", f"heaviest first, vocabulary {', '.join(sorted({v for _, v, _, _ in found}))}", width)
    yield from _wrapped([f"{_line(label)} {length(s)}" for label, _, _, s in found], " · ", width, "", indent="  ")
    yield Text()


def _flags(timeline: Timeline, width: int) -> Iterable[Text]:
    flags = timeline.find(Flag)
    if flags is None or not len(flags):
        return
    yield _title(f"Flags  {len(flags):,}", "", width)
    for flag in flags.rows[:FLAGS]:
        duration = int(timeline.movie.duration)
        head = f"{_clock(flag.start, duration):>9} - {_clock(flag.end, duration):<8} "
        said = f"{flag.label}: {flag.note}"
        yield Text.assemble((head, "dim"), (_said(said, width - len(head)), "red"))
    yield from _rest(len(flags) - FLAGS, "flag", "the report has them all")


def _status(timeline: Timeline, width: int) -> Iterable[Text]:
    """What is known of each kind: computed, failed or not computed, and by what."""
    yield _title("Known", "", width)
    marks = {State.DONE: ("●", "green"), State.FAILED: ("✗", "red"), State.MISSING: ("○", "dim")}
    for one in known(timeline):
        mark, style = marks[one.state]
        said = _said(one.says, 30)
        line = _fit(f"{one.title:<13} {said:<21} {_line(_by(one))}", width - 4)
        yield Text.assemble((f"  {mark} ", style), (line, "dim" if one.state is State.MISSING else ""))
        for why in one.why:
            yield Text(f"{'':<18}{_said(why, width - 18)}", style="red")
    yield Text()


def _by(one: Known) -> str:
    makers = [
        " ".join([f"{m.stage} {m.version}", f"({', '.join(m.models)})" * bool(m.models)]).strip() for m in one.makers
    ]
    return ", ".join(makers or one.stages)


def _next(timeline: Timeline, width: int) -> Iterable[Text]:
    name = timeline.movie.name
    film = shlex.quote(name) if name.isprintable() and len(name) <= 40 else timeline.movie.id[:16]
    states = [k.state for k in known(timeline)]
    ways = []
    if State.FAILED in states:
        ways.append((f"cinedex plan {film}", "what would run again, and why"))
    if State.MISSING in states or State.FAILED in states:
        ways.append((f"cinedex analyze {film}", "compute what is missing"))
    if State.DONE in states:
        ways.append((f"cinedex report {film}", "a page to look at, to play and to filter"))
        ways.append(("cinedex search WORDS", "moments by what is said or seen"))
    widest = max((len(command) for command, _ in ways), default=0)
    for command, gives in ways:
        yield Text.assemble(f"{command:<{widest}}   ", (_fit(gives, width - widest - 3), "dim"))


# Lines


def _title(title: str, about: str, width: int) -> Text:
    room = width - len(title) - 2
    return Text.assemble((title, "bold"), ("  " + _said(about, room) if about else "", "dim"))


def _rest(hidden: int, thing: str, where: str) -> Iterable[Text]:
    if hidden > 0:
        yield Text(f"        and {hidden:,} more {thing}{'s' * (hidden > 1)}; {where}", style="dim")
    yield Text()


def _line(text: str) -> str:
    """Text from a film on one line, without anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in text).split())


def _fit(text: str, width: int) -> str:
    """As much of a line as fits, by what its letters take on a terminal."""
    fitted = Text(text)
    fitted.truncate(max(width, 1), overflow="ellipsis")
    return fitted.plain


def _said(text: str, width: int) -> str:
    """Text from a film or a stage, made safe and fitted."""
    return _fit(_line(text[: 4 * max(width, 1)]), width)


def _wrapped(parts: Sequence[str], between: str, width: int, style: str, indent: str = "") -> Iterable[Text]:
    """Parts on as many lines as they need, none of them broken unless it is longer than a line."""
    line = ""
    for part in map(_line, parts):
        longer = f"{line}{between}{part}" if line else part
        if line and len(indent) + len(longer) > width:
            yield Text(indent + line, style=style)
            line = part
        else:
            line = longer
    if line:
        yield Text(indent + _fit(line, width - len(indent)), style=style)
