"""Signs of what raters and viewers weigh: violence, weapons, nudity, drugs ... The rules are policies/concerns.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as resources
from typing import Any, ClassVar

from cinedex.errors import UsageError
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.events import digest_of
from cinedex.stages.rules.conclude import conclude
from cinedex.stages.rules.judge import Known
from cinedex.stages.rules.model import Rule, leaves
from cinedex.stages.rules.read import read_tables, rules_of
from cinedex.stages.wordlists import STRENGTHS
from cinedex.timeline.rows import Concern, Mention, Nudity, Object, Quality, Row, Shot, Sound, Tag, Text, Voice

EVIDENCE: tuple[type[Row], ...] = (Shot, Quality, Voice, Sound, Tag, Object, Text, Mention, Nudity)
"""The kinds that rules can lean on; each is welcome, none is needed."""

CATEGORIES = (
    *("violence", "weapons", "threat", "nudity", "sex", "language", "discrimination"),
    *("drugs", "alcohol", "tobacco", "tobacco-warning"),
)
"""What a sign may be of."""

_OURS = "concerns.toml"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule, what its findings are signs of, and how strong that is."""

    category: str
    strength: str
    rule: Rule

    @property
    def leans(self) -> frozenset[type[Row]]:
        """The kinds of row that speak for it."""
        return frozenset(leaf.kind for leaf in leaves(self.rule.evidence))


@cache
def our_concerns() -> str:
    """The text of the rules that come with Cinedex."""
    return resources("cinedex").joinpath("policies", _OURS).read_text(encoding="utf-8")


@cache
def rulings(own: str = "") -> dict[str, Ruling]:
    """All rules by name: ours, with those of a user's text added or in their place. Raises UsageError for others."""
    found = _read(our_concerns(), _OURS, {})
    return _read(own, "your rules", found) if own else found


def _read(text: str, source: str, base: dict[str, Ruling]) -> dict[str, Ruling]:
    """The rules of a text, in the language of events with `category` and `strength` beside."""
    tables: dict[str, Any] = {}
    told: dict[str, tuple[str, str]] = {n: (r.category, r.strength) for n, r in base.items()}
    for name, table in read_tables(text, source).items():
        tables[name] = table
        if isinstance(table, dict) and not table.get("off"):
            tables[name] = {k: v for k, v in table.items() if k not in {"category", "strength"}}
            told[name] = (
                _among(table, "category", CATEGORIES, f"{source}: rule {name}"),
                _among(table, "strength", STRENGTHS, f"{source}: rule {name}"),
            )
    rules = rules_of(tables, source, {n: r.rule for n, r in base.items()})
    return {name: Ruling(*told[name], rule) for name, rule in rules.items()}


def _among(table: dict[str, Any], key: str, known: tuple[str, ...], where: str) -> str:
    value = table.get(key)
    if value not in known:
        raise UsageError(f"{where}, {key}: {value!r} cannot stand here", remedy=f"There are: {', '.join(known)}.")
    return str(value)


@dataclass(frozen=True)
class Concerns(Stage):
    """What the rules find signs of, each with category, strength, score, the rule that made it and what speaks for it.

    `rules` is TOML of your own, in the language of events with a `category` and a `strength` in each rule: added to
    those that come with Cinedex, or in their place. `ours` names exactly those. A sign is no proof, and where there is
    none nothing is proved: a score is never more than the rule's `trust`, which says how far its evidence goes.
    """

    name: ClassVar[str] = "concerns"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Concern,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=96, cpu_seconds_per_minute=0.05, disk_kib_per_minute=1.0)

    rules: str = ""
    ours: str = field(default_factory=lambda: digest_of(our_concerns()))

    def __post_init__(self) -> None:
        rulings(self.rules)

    @property
    def needs(self) -> tuple[type[Row], ...]:
        """Nothing: a film is judged by what is known of it."""
        return ()

    @property
    def welcomes(self) -> tuple[type[Row], ...]:
        """What rules can lean on."""
        return EVIDENCE

    def run(self, inputs: Inputs) -> Iterator[Concern]:
        """The signs that every rule finds, in the rules' order."""
        if self.ours != digest_of(our_concerns()):
            raise UsageError(
                f"the rules {self.ours} were asked for, and here are {digest_of(our_concerns())}",
                remedy="Install the same Cinedex everywhere.",
            )
        tracks = {kind: track for kind in EVIDENCE if (track := inputs.welcomed(kind)) is not None}
        known = Known(inputs.movie.span, tracks)
        for ruling in rulings(self.rules).values():
            for event in conclude(ruling.rule, known):
                yield Concern(
                    start=event.start,
                    end=event.end,
                    refs=event.refs,
                    category=ruling.category,
                    label=event.label,
                    strength=ruling.strength,
                    score=event.score,
                    rule=event.rule,
                )
