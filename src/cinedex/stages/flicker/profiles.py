"""The standards on flashing as data: profiles of rules read from TOML, checked, and never evaluated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files as resources
from typing import Any, Literal, NoReturn, TypeAlias, get_args

from cinedex.errors import UsageError
from cinedex.timeline.rows import Pattern

Test: TypeAlias = Literal["flashes", "extended", "stripes"]
How: TypeAlias = Literal["luminance", "red", "chroma"]
Outcome: TypeAlias = Literal["fail", "caution"]
Sureness: TypeAlias = Literal["verified", "secondary", "unverified"]

TEXT_MAX = 1 << 18
"""Characters of a file of profiles."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_BOUNDS: dict[str, tuple[float, float]] = {
    "flashes": (0.5, 60),
    "transitions": (1, 60),
    "window": (0.1, 60),
    "seconds": (0.1, 60),
    "area": (0.0, 0.999),
    "width": (0.05, 1),
    "height": (0.05, 1),
    "stripes": (2, 200),
    "contrast": (0, 1),
}

_ASKS: dict[str, frozenset[str]] = {
    "flashes": frozenset({"how", "flashes", "window", "area"}),
    "extended": frozenset({"how", "transitions", "window", "seconds", "area"}),
    "stripes": frozenset({"stripes", "seconds", "area"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashRule:
    """One clause of a standard. `known` says how well its figures are known, `source` where they are from.

    'flashes': more than `flashes` (pairs of changes of `how`) in `window` seconds over more than `area` of a field of
    `width` x `height` of the picture, wherever it lies; each cell counts its own changes, of those that happen together
    over such an area. 'extended': `transitions` changes or more in every second, for
    `seconds` out of `window`. 'stripes': `stripes` or more over `area` or more, of at least `contrast` in relative
    luminance, for `seconds`.
    """

    name: str
    test: Test
    text: str
    source: str
    known: Sureness
    outcome: Outcome = "fail"
    how: How = "luminance"
    flashes: float = 3
    transitions: int = 4
    window: float = 1
    seconds: float = 5
    area: float = 0.25
    width: float = 1
    height: float = 1
    stripes: int = 6
    contrast: float = 0

    def counts(self, row: Pattern) -> bool:
        """Whether stripes are large and strong enough to be counted."""
        return row.area >= self.area and row.bright - row.dark >= self.contrast

    @property
    def limit(self) -> float:
        """The most changes in a second that are allowed, or the stripes from which on there are too many."""
        return {"flashes": 2 * self.flashes, "extended": self.transitions - 1, "stripes": self.stripes}[self.test]


@dataclass(frozen=True, slots=True)
class Profile:
    """A standard: its name, title, version, and rules."""

    name: str
    title: str
    version: int
    rules: tuple[FlashRule, ...]


@cache
def our_profiles() -> str:
    """The text of the profiles that come with Cinedex."""
    return resources("cinedex").joinpath("policies", "flashing.toml").read_text(encoding="utf-8")


@cache
def profiles() -> Mapping[str, Profile]:
    """The profiles that come with Cinedex, by name."""
    return read_profiles(our_profiles(), "flashing.toml")


def profile(name: str) -> Profile:
    """One of them. Raises UsageError that names them all."""
    if name not in profiles():
        raise UsageError(f"no profile of flashing is called {name!r}", remedy=f"There are: {', '.join(profiles())}.")
    return profiles()[name]


def read_profiles(text: str, source: str) -> dict[str, Profile]:
    """The profiles of a TOML text by name. Raises UsageError that says what is wrong and where."""
    if len(text) > TEXT_MAX:
        _wrong(source, f"longer than {TEXT_MAX} characters")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _wrong(source, str(error))
    found = {}
    for name, table in tables.items():
        where = f"{source}: {name}"
        if not _NAME.fullmatch(name) or not isinstance(table, dict):
            _wrong(where, "a profile is a table with a name of small letters, digits and dashes")
        if set(table) != {"title", "version", "rules"}:
            _wrong(where, "a profile has a title, a version and rules, and nothing else")
        title, version, rules = table["title"], table["version"], table["rules"]
        if not isinstance(title, str) or type(version) is not int or not isinstance(rules, dict) or not rules:
            _wrong(where, "title is text, version a whole number, rules are tables")
        found[name] = Profile(name, title, version, tuple(_rule(f"{where}: {n}", n, t) for n, t in rules.items()))
    return found


def _rule(where: str, name: str, table: Any) -> FlashRule:
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        _wrong(where, "a rule is a table with a name of small letters, digits and dashes")
    known = {f.name: f for f in fields(FlashRule) if f.name != "name"}
    if unknown := sorted(set(table) - set(known)):
        _wrong(where, f"does not know {unknown[0]!r}; it knows {', '.join(known)}")
    missing = {n for n, f in known.items() if f.default is MISSING} | _ASKS.get(str(table.get("test")), frozenset())
    if lacking := sorted(missing - set(table)):
        _wrong(where, f"{lacking[0]!r} is missing")
    _check(where, table)
    if table["test"] == "extended" and table["seconds"] > table["window"]:
        _wrong(where, "seconds is more than window: it could never be met")
    return FlashRule(name=name, **table)


def _check(where: str, table: Mapping[str, Any]) -> None:
    """Raise UsageError for the first value that is out of its bounds."""
    for key, choices in (("test", Test), ("how", How), ("outcome", Outcome), ("known", Sureness)):
        if key in table and table[key] not in get_args(choices):
            _wrong(where, f"{key} is one of {', '.join(get_args(choices))}")
    for key in ("text", "source"):
        if not isinstance(table[key], str) or not table[key].strip():
            _wrong(where, f"{key} is text")
    for key, (low, high) in _BOUNDS.items():
        value = table.get(key, low)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            _wrong(where, f"{key} is a number from {low:g} to {high:g}")


def _wrong(where: str, what: str) -> NoReturn:
    raise UsageError(f"{where}: {what}", remedy="See docs/how-to/check-flashing.md.")
