"""Flags on flashing: what the standards that come with Cinedex say of the stored changes and stripes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from cinedex.errors import UsageError
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.flicker.judge import Finding, verdict
from cinedex.stages.flicker.profiles import our_profiles, profile, profiles
from cinedex.timeline.rows import Flag, Flash, Pattern, Row
from cinedex.timeline.time import Span

_LABELS = {"luminance": "flashes", "red": "red-flashes", "chroma": "red-flashes"}

DEFAULT = ("wcag-2-1", "wcag-2-2", "itu-bt1702", "ofcom", "iris")
"""The standards that flag; 'wcag-field' is for those who ask for it."""


def digest() -> str:
    """A short name of exactly the standards that come with Cinedex."""
    return hashlib.sha256(our_profiles().encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Flashing(Stage):
    """Flags 'flashes', 'red-flashes' and 'stripes': windows that at least one of `profiles` fails or cautions against.

    The note names the standards and the worst that was measured. `score` is 1 for a failure and 0.5 for a caution.
    `ours` names exactly the standards that were meant.
    """

    name: ClassVar[str] = "flashing"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Flag,)
    cost: ClassVar[Cost] = Cost(cpus=0.1, memory_mib=32, cpu_seconds_per_minute=0.01, disk_kib_per_minute=0.1)

    profiles: tuple[str, ...] = DEFAULT
    ours: str = field(default_factory=digest)

    def __post_init__(self) -> None:
        for name in self.profiles:
            profile(name)

    @property
    def needs(self) -> tuple[type[Row], ...]:
        """The changes and the stripes; the film is not watched again."""
        return (Flash, Pattern)

    def run(self, inputs: Inputs) -> Iterator[Flag]:
        """One flag for each stretch and sort."""
        if self.ours != digest():
            raise UsageError(
                f"the standards {self.ours} were asked for, and here are {digest()}",
                remedy="Install the same Cinedex everywhere.",
            )
        flashes, patterns = inputs.track(Flash), inputs.track(Pattern)
        found: dict[str, list[tuple[str, Finding]]] = {}
        for name in self.profiles:
            for finding in verdict(profiles()[name], flashes, patterns).findings:
                rule = finding.rule
                label = "stripes" if rule.test == "stripes" else _LABELS[rule.how]
                found.setdefault(label, []).append((name, finding))
        for label, findings in found.items():
            for group in _groups(findings):
                yield _flag(label, group)


def _groups(findings: list[tuple[str, Finding]]) -> Iterator[list[tuple[str, Finding]]]:
    """Findings that overlap, from whatever standard."""
    group: list[tuple[str, Finding]] = []
    reach = None
    for name, finding in sorted(findings, key=lambda f: (f[1].span.start, f[1].span.end, f[0], f[1].rule.name)):
        if reach is not None and finding.span.start >= reach:
            yield group
            group, reach = [], None
        group.append((name, finding))
        reach = finding.span.end if reach is None else max(reach, finding.span.end)
    if group:
        yield group


def _flag(label: str, group: list[tuple[str, Finding]]) -> Flag:
    start, end = min(f.span.start for _, f in group), max(f.span.end for _, f in group)
    fails = sorted({name for name, f in group if f.outcome == "fail"})
    cautions = sorted({name for name, f in group if f.outcome == "caution"} - set(fails))
    _, worst = max(group, key=lambda g: (g[1].outcome == "fail", g[1].value, g[1].area))
    said = [f"fails {', '.join(fails)}"] * bool(fails) + [f"caution by {', '.join(cautions)}"] * bool(cautions)
    return Flag(
        start=start,
        end=end,
        refs=worst.refs,
        label=label,
        score=1.0 if fails else 0.5,
        note=f"{measured(worst)}; {'; '.join(said)}",
    )


def measured(finding: Finding) -> str:
    """What was measured, in words."""
    if finding.rule.test == "stripes":
        return f"{finding.value:.0f} stripes over {finding.area:.0%} of the picture for {_long(finding.span)}"
    return (
        f"{finding.value / 2:g} flashes in the second up to {finding.at.clock} over {finding.area:.0%} of the picture, "
        f"{_long(finding.span)} in all"
    )


def _long(span: Span) -> str:
    return f"{span.duration.seconds:.1f} s"
