"""Flashing as curves: what a rule measured around a window that fails it, its limit, and what a remedy makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from cinedex.stages.flicker.fix import BESIDE, Remedy, windows
from cinedex.stages.flicker.judge import Finding, Verdict, judged, steps
from cinedex.stages.flicker.profiles import FlashRule, profile
from cinedex.timeline.rows import Flash, Pattern, Quality
from cinedex.timeline.time import FLICKS_PER_SECOND, Span, Time
from cinedex.timeline.timeline import Timeline

FIGURES_MAX = 3
"""Most failing stretches drawn of one clause: those furthest over their limits."""

_LONGEST = Time(FLICKS_PER_SECOND * 30)
"""The most of a window that is drawn, around where it is worst."""

_WIDE, _LEFT, _RIGHT = 720, 56, 10
_GAP, _HEAD = 10, 16

Steps = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing of one failing stretch: `svg`, what it shows in words, and the remedy, if one was looked for."""

    svg: Markup
    told: str
    remedy: str
    passes: bool | None


@dataclass(frozen=True, slots=True)
class Most:
    """The most that a rule measured anywhere in a film, beside what it allows."""

    rule: FlashRule
    value: str
    allowed: str
    at: str


def flashing(timeline: Timeline, standard: str, remedies: Sequence[Remedy] = ()) -> tuple[list[Most], list[Figure]]:
    """The most of every rule of a standard, and its worst failing stretches as drawings, in order of time."""
    said = judged(timeline, profile(standard))
    failing = [(f, span, worst) for span, worst in windows(said) for f in said.findings if _within(f, span)]
    failing = sorted(failing, key=lambda w: -w[0].value / max(w[0].limit, 1))[:FIGURES_MAX]
    drawn = []
    for finding, span, worst in sorted(failing, key=lambda w: (w[0].span.start, w[0].rule.name)):
        remedy = next((r for r in remedies if r.span == span), None)
        # What a remedy leaves was measured by the rule that its window breaks most.
        curve = remedy.curve if remedy is not None and worst.rule == finding.rule else ()
        drawn.append(_figure(timeline, finding, remedy, curve))
    return list(_most(said)), drawn


def told(remedy: Remedy) -> str:
    """A remedy in words, with what it leaves."""
    seconds = remedy.span.duration.seconds
    do = {
        "dim": f"dim to {remedy.amount:.0%} of its light",
        "slow": f"slow {remedy.amount:g} times, to {seconds * remedy.amount:.1f} s",
        "skip": f"skip {seconds:.1f} s",
    }[remedy.act]
    if remedy.passes is None:
        return f"{do}; not tried, as it is so long"
    share, unit = (1, "stripes") if remedy.stripes else (2, "flashes a second")
    after = f"{remedy.before / share:g} → {remedy.after / share:g} {unit}, " if remedy.after is not None else ""
    return f"{do}: {after}{'passes' if remedy.passes else 'still fails'}"


def _most(said: Verdict) -> list[Most]:
    found = [
        Most(w.rule, amount(w.rule, w.value), allowed_by(w.rule), w.at.clock if w.at is not None else "")
        for w in said.worst
    ]
    return found + [Most(rule, "not measured", allowed_by(rule), "") for rule in said.unmeasured]


def amount(rule: FlashRule, value: float) -> str:
    """What was measured by a rule, in words."""
    return f"{value:g} stripes" if rule.test == "stripes" else f"{value / 2:g} flashes a second"


def allowed_by(rule: FlashRule) -> str:
    """What a rule allows, in words."""
    if rule.test == "stripes":
        return f"fewer than {rule.limit:g} over {rule.area:.0%}, or less than {rule.seconds:g} s"
    lasting = f", but for less than {rule.seconds:g} s of {rule.window:g}" if rule.test == "extended" else ""
    return f"{rule.limit / 2:g} over more than {rule.area:.0%}{lasting}"


def _within(finding: Finding, window: Span) -> bool:
    return finding.outcome == "fail" and window.start <= finding.span.start and finding.span.end <= window.end


def _figure(timeline: Timeline, worst: Finding, remedy: Remedy | None, curve: Sequence[tuple[Time, float]]) -> Figure:
    rule, span = worst.rule, worst.span
    view = _view(span, worst.at, timeline.movie.span)
    unit = "stripes" if rule.test == "stripes" else "flashes a second"
    halved = 1.0 if rule.test == "stripes" else 0.5
    counted = [(t, v * halved) for t, v in _counted(timeline, rule, view)]
    over = f"{rule.name}: {unit} over more than {rule.area:.0%} of the picture, {rule.limit * halved:g} allowed"
    panels = [
        _Panel(f"{over}", counted, 74, limit=rule.limit * halved, mark=span),
        _areas(timeline, rule, view),
        _light(timeline, view),
    ]
    across = _Across(view)
    body, y = [], 0
    for panel in (p for p in panels if p is not None):
        body.append(panel.drawn(across, y))
        y += panel.tall + _HEAD + _GAP
    body.append(_axis(across, y))
    y += 22
    if remedy is not None and curve:
        shown = Span(curve[0][0], max(curve[-1][0], curve[0][0] + Time(FLICKS_PER_SECOND)))
        after = [(float(t.seconds), v * halved) for t, v in curve]
        top = max(v for _, v in counted)
        panel = _Panel(f"the same once it is shown so: {told(remedy)}", after, 74, rule.limit * halved, least_top=top)
        body += [panel.drawn(_Across(shown), y), _axis(_Across(shown), y + panel.tall + _HEAD + _GAP)]
        y += panel.tall + _HEAD + _GAP + 22
    words = (
        f"{rule.name}, {span.start.clock} to {span.end.clock}: {amount(rule, worst.value)} at the most, at "
        f"{worst.at.clock}, over {worst.area:.0%} of the picture; allowed {allowed_by(rule)}."
    )
    head = f'<svg class="curves" viewBox="0 0 {_WIDE} {y}" role="img" aria-label="{escape(words)}">'
    return Figure(
        Markup(head + "".join(body) + "</svg>"),  # noqa: S704 - every word in it is escaped
        words,
        told(remedy) if remedy is not None else "",
        remedy.passes if remedy is not None else None,
    )


def _view(span: Span, at: Time, film: Span) -> Span:
    if span.duration > _LONGEST:
        span = Span(at - Time(int(_LONGEST) // 2), at + Time(int(_LONGEST) // 2))
    return Span(max(span.start - BESIDE, film.start), min(span.end + BESIDE, max(film.end, span.end)))


def _counted(timeline: Timeline, rule: FlashRule, view: Span) -> Steps:
    if rule.test == "stripes":
        rows = (r for r in timeline.find(Pattern) or () if rule.counts(r) and r.start < view.end and r.end > view.start)
        marks = [m for r in rows for m in ((r.start, float(r.stripes)), (r.end, 0.0))]
        inside = [(_of(t), v) for t, v in marks]
        return [(_of(view.start), 0.0), *inside, (_of(view.end), 0.0)]
    times, values = steps(timeline.track(Flash), rule, view)
    return [(t / FLICKS_PER_SECOND, float(v)) for t, v in zip(times.tolist(), values.tolist(), strict=True)]


def _of(time: Time) -> float:
    return float(time.seconds)


def _areas(timeline: Timeline, rule: FlashRule, view: Span) -> _Panel:
    if rule.test == "stripes":
        rows = [r for r in timeline.find(Pattern) or () if r.start < view.end and r.end > view.start]
        marks = [m for r in rows for m in ((_of(r.start), r.area), (_of(r.end), 0.0))]
        return _Panel("share of the picture that is striped", marks, 40, limit=rule.area, top=1.0)
    bars = [
        (_of(f.start), f.area if f.rise else -f.area)
        for f in timeline.track(Flash).overlapping(view)
        if f.how == rule.how and view.start <= f.start < view.end
    ]
    what = "lighter above, darker below" if rule.how == "luminance" else "redder above, less red below"
    return _Panel(f"share of the picture that changes at once: {what}", bars, 52, limit=rule.area, top=1.0, bars=True)


def _light(timeline: Timeline, view: Span) -> _Panel | None:
    """The mean luma of every picture, if it was measured."""
    track = timeline.find(Quality)
    if track is None or not len(track):
        return None
    table = track.table
    starts = table.column("start").to_numpy()
    wanted = (starts >= int(view.start)) & (starts < int(view.end))
    chosen = table.filter(wanted)
    luma = np.array(chosen.column("measure").to_pylist()) == "luma"
    if not luma.any():
        return None
    times = chosen.column("start").to_numpy()[luma] / FLICKS_PER_SECOND
    values = chosen.column("value").to_numpy()[luma]
    return _Panel("mean luma of the picture", list(zip(times.tolist(), values.tolist(), strict=True)), 44, top=1.0)


@dataclass(frozen=True, slots=True)
class _Across:
    """Where times lie."""

    view: Span

    def __call__(self, seconds: float) -> float:
        share = (seconds - _of(self.view.start)) / max(float(self.view.duration.seconds), 1e-6)
        return _LEFT + min(max(share, 0.0), 1.0) * (_WIDE - _LEFT - _RIGHT)


@dataclass(frozen=True, slots=True)
class _Panel:
    """One curve of steps over time, or bars up and down from the middle, with its limit and the failing stretch."""

    title: str
    values: Steps
    tall: int
    limit: float | None = None
    mark: Span | None = None
    top: float = 0.0
    least_top: float = 0.0
    bars: bool = False

    def drawn(self, across: _Across, y: int) -> str:
        """As SVG, from `y` down."""
        most = max([self.least_top, (self.limit or 0) * 1.3, *(v for _, v in self.values)])
        top = self.top or max(most, 1e-3)
        floor, head = y + _HEAD + self.tall, y + _HEAD
        zero = (floor + head) / 2 if self.bars else float(floor)

        def high(value: float) -> float:
            return zero - value / top * (zero - head)

        left, right = _LEFT, _WIDE - _RIGHT
        parts = [f'<text class="title" x="{left}" y="{y + 11}">{escape(self.title)}</text>']
        if self.mark is not None:
            a, b = across(_of(self.mark.start)), across(_of(self.mark.end))
            parts.append(f'<rect class="window" x="{a:.1f}" y="{head}" width="{b - a:.1f}" height="{self.tall}"/>')
        parts.append(f'<path class="axis" d="M{left} {head}V{floor}M{left} {zero:.1f}H{right}"/>')
        parts.append(self._bars(across, high, zero) if self.bars else self._line(across, high, right))
        for value, name in self._ticks(top):
            parts.append(f'<text class="tick" x="{left - 5}" y="{high(value) + 3.5:.1f}">{name}</text>')
        if self.limit is not None:
            lines = (self.limit, -self.limit) if self.bars else (self.limit,)
            parts += [f'<path class="limit" d="M{left} {high(v):.1f}H{right}"/>' for v in lines]
        return "".join(parts)

    def _ticks(self, top: float) -> list[tuple[float, str]]:
        if self.top:
            return [(0.0, "0"), (top, f"{top:.0%}")]
        peak = max((v for _, v in self.values), default=0.0)
        limit = self.limit or 0.0
        apart = abs(peak - limit) > top * 0.16
        return [(0.0, "0"), (limit, f"{limit:g}"), *([(peak, f"{peak:g}")] if apart and peak > top * 0.16 else [])]

    def _line(self, across: _Across, high: Callable[[float], float], right: float) -> str:
        if not self.values:
            return ""
        path = f"M{across(self.values[0][0]):.1f} {high(0):.1f}"
        path += "".join(f"H{across(t):.1f}V{high(v):.1f}" for t, v in self.values)
        return f'<path class="curve" d="{path}H{right if self.limit is None else across(self.values[-1][0]):.1f}"/>'

    def _bars(self, across: _Across, high: Callable[[float], float], zero: float) -> str:
        up = "".join(f"M{across(t):.1f} {zero:.1f}V{high(v):.1f}" for t, v in self.values if v > 0)
        down = "".join(f"M{across(t):.1f} {zero:.1f}V{high(v):.1f}" for t, v in self.values if v < 0)
        return f'<path class="up" d="{up}"/><path class="down" d="{down}"/>'


def _axis(across: _Across, y: int) -> str:
    """Clock times at whole seconds, not closer than there is room for."""
    start, end = _of(across.view.start), _of(across.view.end)
    step = next(s for s in (1, 2, 5, 10, 20, 60, 600, 10**9) if (end - start) / s <= 9)
    at = [n * step for n in range(int(start // step), int(end // step) + 1) if start <= n * step <= end]
    marks = "".join(f"M{across(t):.1f} {y - _GAP}v4" for t in at)
    words = "".join(
        f'<text class="clock" x="{across(t):.1f}" y="{y + 6}">{Time(t * FLICKS_PER_SECOND).clock.split(".")[0]}</text>'
        for t in at
    )
    return f'<path class="axis" d="{marks}"/>{words}'
