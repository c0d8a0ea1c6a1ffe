"""The mildest remedy for a window that flashes too much: tried on its pictures, and judged again by the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from cinedex.media.views import FrameChunk
from cinedex.stages.base import Inputs, Stage
from cinedex.stages.flashes import Flashes
from cinedex.stages.flicker.judge import Finding, Verdict, steps, verdict
from cinedex.stages.flicker.profiles import FlashRule, Profile
from cinedex.stages.stripes import Stripes
from cinedex.stages.swings import linear
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import Flash, Pattern
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.track import Maker, Track

Act: TypeAlias = Literal["dim", "slow", "skip"]

AROUND = SECOND * 6
"""How much film before and after a window the pictures of a remedy must reach, so that it is judged as shown."""

BESIDE = SECOND * 2
"""How much before and after a window is drawn with it."""

LONGEST = SECOND * 120
"""Windows longer than this are not tried, only told to be skipped: so much flashing is no slip."""

_MAKER = Maker("remedy", 1)

_DIMS = tuple(round(0.95 - 0.05 * n, 2) for n in range(19))
_SLOWS = tuple(round(1.1 + 0.1 * n, 1) for n in range(40))


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of film as the stages `flashes` and `stripes` see it: all pictures in each view as one chunk."""

    movie: Movie
    small: FrameChunk
    gray: FrameChunk


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do in `span`: 'dim' its light to `amount` of what it was, 'slow' it `amount` times, or 'skip' it.

    `harm` (0..1) is what it takes away, by which remedies are compared: the share of the light, of the speed, or all
    of the stretch. `before` and `after` are the most changes in a second (or stripes) before and after, against
    `limit`; `passes` says whether the stretch, shown so, breaks no rule any more. Not tried where it is None.
    `curve` is what is measured then, from two seconds before the stretch to two after, as steps (time as shown, value).
    """

    span: Span
    act: Act
    amount: float
    harm: float
    before: float
    after: float | None
    limit: float
    passes: bool | None
    curve: tuple[tuple[Time, float], ...] = ()
    stripes: bool = False
    """Whether it is stripes that are counted, and not changes of light, two of which are a flash."""


def windows(judged: Verdict) -> Iterator[tuple[Span, Finding]]:
    """The stretches that fail, overlapping ones as one, each with its worst finding."""
    found: list[tuple[Span, Finding]] = []
    for finding in judged.findings:
        if finding.outcome != "fail":
            continue
        if found and finding.span.start <= found[-1][0].end:
            span, worst = found[-1]
            worst = max(worst, finding, key=lambda f: f.value / max(f.limit, 1))
            found[-1] = (Span(span.start, max(span.end, finding.span.end)), worst)
        else:
            found.append((finding.span, finding))
    yield from found


def mildest(profile: Profile, shown: Shown, span: Span, worst: Finding) -> Remedy:
    """The remedy of least harm under which `span` passes, of all that were tried on its pictures."""
    tried = list(_candidates(profile, shown, span, worst))
    skip = _try(profile, shown, span, worst, "skip", 1.0)
    best = min([*tried, skip], key=lambda r: (not r.passes, r.harm))
    return replace(best, curve=_curve(worst.rule, apply(shown, span, best.act, best.amount), best))


def untried(span: Span, worst: Finding) -> Remedy:
    """What is said of a window that is too long to try."""
    return Remedy(span, "skip", 1.0, 1.0, worst.value, None, worst.limit, None, (), worst.rule.test == "stripes")


def _candidates(profile: Profile, shown: Shown, span: Span, worst: Finding) -> Iterator[Remedy]:
    """The least of each sort that passes."""
    ladders: Sequence[tuple[Act, Sequence[float]]] = (("dim", _DIMS), ("slow", _SLOWS))
    for act, amounts in ladders:
        low, high = 0, len(amounts)
        best: Remedy | None = None
        # More of a remedy is never worse: halving finds the least that does.
        while low < high:
            middle = (low + high) // 2
            tried = _try(profile, shown, span, worst, act, amounts[middle])
            if tried.passes:
                high, best = middle, tried
            else:
                low = middle + 1
        if best is not None:
            yield best


def _try(profile: Profile, shown: Shown, span: Span, worst: Finding, act: Act, amount: float) -> Remedy:
    changed = apply(shown, span, act, amount)
    again = judge(profile, changed)
    left = next((w for w in again.worst if w.rule == worst.rule), None)
    return Remedy(
        span=span,
        act=act,
        amount=amount,
        harm=round({"dim": 1 - amount, "slow": 1 - 1 / amount, "skip": 1.0}[act], 3),
        before=worst.value,
        after=left.value if left is not None else 0.0,
        limit=worst.limit,
        stripes=worst.rule.test == "stripes",
        passes=not any(f.outcome == "fail" and _touches(f, span, act, amount) for f in again.findings),
    )


def _curve(rule: FlashRule, shown: Shown, remedy: Remedy) -> tuple[tuple[Time, float], ...]:
    """What the rule measures around a window once it is shown with its remedy."""
    view = Span(max(ZERO, remedy.span.start - BESIDE), _ends(remedy.span, remedy.act, remedy.amount) + BESIDE)
    if rule.test == "stripes":
        rows = [r for r in _rows(Stripes(), shown.movie, shown.gray) if isinstance(r, Pattern) and rule.counts(r)]
        return tuple(step for r in rows for step in ((r.start, float(r.stripes)), (r.end, 0.0)))
    flashes = Track.of(Flash, _rows(Flashes(), shown.movie, shown.small), _MAKER)
    times, values = steps(flashes, rule, view)
    return tuple((Time(t), float(v)) for t, v in zip(times.tolist(), values.tolist(), strict=True))


def _ends(span: Span, act: Act, amount: float) -> Time:
    """When a stretch ends as it is shown."""
    return span.start + Time.from_seconds(span.duration.seconds * {"dim": 1.0, "slow": amount, "skip": 0.0}[act])


def _touches(finding: Finding, span: Span, act: Act, amount: float) -> bool:
    """Whether a finding of the changed film has to do with the window rather than with another one near it."""
    end = _ends(span, act, amount)
    return finding.span.start <= end and finding.span.end >= span.start


def judge(profile: Profile, shown: Shown) -> Verdict:
    """The verdict on pictures as they are shown."""
    flashes = _rows(Flashes(), shown.movie, shown.small)
    patterns = _rows(Stripes(), shown.movie, shown.gray)
    return verdict(profile, Track.of(Flash, flashes, _MAKER), Track.of(Pattern, patterns, _MAKER))


def _rows(stage: Stage, movie: Movie, chunk: FrameChunk) -> list[object]:
    if not len(chunk):
        return []
    span = Span(Time(int(chunk.starts[0])), Time(int(chunk.ends[-1])))
    return list(stage.run(Inputs(movie, span, iter([chunk]))))


def apply(shown: Shown, span: Span, act: Act, amount: float) -> Shown:
    """The stretch as it is shown with a remedy in `span`."""
    change = {"dim": _dimmed, "slow": _slowed, "skip": _skipped}[act]
    return replace(shown, small=change(shown.small, span, amount), gray=change(shown.gray, span, amount))


def _inside(chunk: FrameChunk, span: Span) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (chunk.starts >= int(span.start)) & (chunk.starts < int(span.end))
    return found


def _dimmed(chunk: FrameChunk, span: Span, share: float) -> FrameChunk:
    inside = _inside(chunk, span)
    light = linear(np.arange(256, dtype=np.uint8)) * share
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    codes = np.rint(coded * 255).astype(np.uint8)
    pixels = chunk.pixels.copy()
    pixels[inside] = codes[pixels[inside]]
    return replace(chunk, pixels=pixels)


def _slowed(chunk: FrameChunk, span: Span, times: float) -> FrameChunk:
    def later(at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        past = np.clip(at - int(span.start), 0, int(span.duration))
        moved: npt.NDArray[np.int64] = at + np.rint(past * (times - 1)).astype(np.int64)
        return moved

    return replace(chunk, starts=later(chunk.starts), ends=later(chunk.ends))


def _skipped(chunk: FrameChunk, span: Span, _amount: float) -> FrameChunk:
    kept = ~_inside(chunk, span)
    gone = np.where(chunk.starts >= int(span.end), int(span.duration), 0)[kept]
    return FrameChunk(
        chunk.starts[kept] - gone, chunk.ends[kept] - gone, chunk.pts[kept], chunk.keys[kept], chunk.pixels[kept]
    )
