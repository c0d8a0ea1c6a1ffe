"""What a rule is: a tree of evidence, and how its strength along the film becomes events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cinedex.timeline.rows import Row
from cinedex.timeline.time import Time

Value: TypeAlias = str | int | float | bool

Measure: TypeAlias = Literal["score", "mean", "share", "count", "rate", "value", "distinct", "touch"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of a kind count: those whose `column` is one of `among`, and not below `least` nor above `most`."""

    column: str
    among: tuple[Value, ...] | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Evidence from rows: a measure of those in a window around each moment, ramped to 0..1, at most `limit`."""

    kind: type[Row]
    where: tuple[Filter, ...] = ()
    measure: Measure = "score"
    column: str = ""
    window: tuple[Time, Time] = (Time(0), Time(0))
    """From when to when, seen from the moment: (-5 s, 0) is what came just before."""
    ramp: tuple[float, float] = (0.0, 1.0)
    """Which measure gives 0, and which gives 1; the second may be the smaller one."""
    limit: float = 1.0


@dataclass(frozen=True, slots=True)
class Near:
    """A place in the film, no evidence by itself: within `time` and within `share` of its length from that end."""

    end: Literal["start", "end"]
    time: Time
    share: float


@dataclass(frozen=True, slots=True)
class Not:
    """What speaks against: as strong as its part is weak. It only weakens what stands beside it."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """As strong as its weakest part; unknown where a part is."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """As strong as its strongest part; parts that are unknown are left out."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of its parts by their weights; parts that are unknown count as nothing, with their weight."""

    parts: tuple[Node, ...]
    weights: tuple[float, ...]


Node: TypeAlias = Rows | Near | Not | All | Any | Mean


@dataclass(frozen=True, slots=True)
class Rule:
    """When to say that something happens.

    An event is a stretch in which the evidence is at least `threshold` strong, with gaps of up to `join`; it lasts
    from `least` to `most` (shorter ones are dropped, longer ones cut to none). Its score is `trust` times the strongest
    evidence in it. Its edges move to edges of shots that are at most `snap` away.
    """

    name: str
    version: int
    label: str
    evidence: Node
    threshold: float
    trust: float
    least: Time
    most: Time | None
    join: Time
    snap: Time

    @property
    def title(self) -> str:
        """Name and version, as events carry them."""
        return f"{self.name}/{self.version}"


def leaves(node: Node) -> Iterator[Rows]:
    """The evidence from rows that speaks for something, in order; what stands under `Not` does not."""
    if isinstance(node, Rows):
        yield node
    elif isinstance(node, All | Any | Mean):
        for part in node.parts:
            yield from leaves(part)


def supports(node: Node) -> bool:
    """Whether it can be strong only where some row speaks for it: never by what is not there, nor by place alone."""
    match node:
        case Rows():
            # Where there is no row all measures are 0, but for `value`, which then is unknown and gives no strength.
            return 0 <= node.ramp[0] < node.ramp[1] or node.measure == "value"
        case All():
            return any(supports(part) for part in node.parts)
        case Any() | Mean():
            return all(supports(part) for part in node.parts)
    return False
