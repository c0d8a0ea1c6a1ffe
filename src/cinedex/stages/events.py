"""What happens in a film, as rules conclude from what is known of it. The rules are data: policies/events.toml."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import ClassVar

from cinedex.errors import UsageError
from cinedex.stages.base import Cost, Inputs, Stage
from cinedex.stages.rules.conclude import conclude
from cinedex.stages.rules.judge import Known
from cinedex.stages.rules.model import Rule
from cinedex.stages.rules.read import TEXT_MAX, read_rules
from cinedex.timeline.rows import (
    Cue,
    Event,
    Face,
    Flag,
    Framing,
    Motion,
    Object,
    Person,
    Place,
    Quality,
    Row,
    Shot,
    Sound,
    Tag,
    Text,
    Voice,
)

EVIDENCE: tuple[type[Row], ...] = (
    *(Shot, Quality, Flag, Voice, Sound, Cue, Tag, Object),
    *(Motion, Framing, Face, Person, Text, Place),
)
"""The kinds that rules can lean on: those that some stage makes. To a rule, any other kind is not computed."""

_OURS = "events.toml"


@cache
def our_rules() -> str:
    """The text of the rules that come with Cinedex."""
    return resources("cinedex").joinpath("policies", _OURS).read_text(encoding="utf-8")


def digest_of(text: str) -> str:
    """A short name of exactly this text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _read(own: str) -> dict[str, Rule]:
    """All rules: ours, with those of a user's text added or in their place."""
    ours = read_rules(our_rules(), _OURS)
    return read_rules(own, "your rules", ours) if own else ours


def own_rules(path: Path) -> str:
    """The text of a file of rules. Raises UsageError that names the file where it cannot be read or is wrong."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(TEXT_MAX + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read as rules ({error})", remedy="Let CINEDEX_RULES name a file."
        ) from error
    read_rules(text, str(path), _read(""))
    return text


@dataclass(frozen=True)
class Events(Stage):
    """The events that the rules find, each with its score, the rule that made it and the rows that speak for it.

    `rules` is TOML of your own, in the language of docs/how-to/add-an-event.md: its rules are added to those that come
    with Cinedex, or take their place where they have the same name. `ours` names exactly those that come with it, so
    that what is stored under other rules is not taken for theirs. Scores are not calibrated: they order events of one
    rule, and none is higher than what the rule is trusted with.
    """

    name: ClassVar[str] = "events"
    version: ClassVar[int] = 1
    makes: ClassVar[tuple[type[Row], ...]] = (Event,)
    cost: ClassVar[Cost] = Cost(cpus=1, memory_mib=160, cpu_seconds_per_minute=0.05, disk_kib_per_minute=1.0)

    rules: str = ""
    ours: str = field(default_factory=lambda: digest_of(our_rules()))

    def __post_init__(self) -> None:
        _read(self.rules)

    @property
    def needs(self) -> tuple[type[Row], ...]:
        """What rules can lean on."""
        return EVIDENCE

    def run(self, inputs: Inputs) -> Iterator[Event]:
        """The events of every rule, in the rules' order."""
        if self.ours != digest_of(our_rules()):
            raise UsageError(
                f"the rules {self.ours} were asked for, and here are {digest_of(our_rules())}",
                remedy="Install the same Cinedex everywhere.",
            )
        known = Known(inputs.movie.span, {kind: inputs.track(kind) for kind in self.needs})
        for rule in _read(self.rules).values():
            yield from conclude(rule, known)
