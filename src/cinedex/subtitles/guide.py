"""Style guides: what subtitles have to keep to, as data. A guide is a TOML file; anybody may write one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from cinedex.errors import UsageError
from cinedex.subtitles.subtitle import length

Audience = Literal["adult", "child"]
Level = Literal["must", "should", "advice"]

GUIDE_BYTES = 1 << 20
LEVELS: tuple[Level, ...] = ("must", "should", "advice")
RULES = (
    "order", "overlap", "before-start", "empty", "lines", "line-length", "reading-speed", "min-duration",
    "max-duration", "gap", "gap-to-close", "shot-change", "ellipsis", "dialogue", "whitespace", "number", "italics",
)  # fmt: skip
"""Every rule that the checker knows, by the name that a guide's levels and a verdict use."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The rules for one language and audience. Durations are seconds, gaps frames, speeds characters a second."""

    name: str
    title: str
    language: str
    line: int = 42
    lines: int = 2
    speed: Fraction = Fraction(17)
    shortest: Fraction = Fraction(5, 6)
    longest: Fraction = Fraction(7)
    gap: int = 2
    close: int = 0
    cut_window: Fraction = Fraction(0)
    cut_gap: int = 0
    dialogue: tuple[str, str] = ("-", "-")
    ellipsis: str = ""
    numbers: int = 0
    italics: bool = True
    halves: bool = False
    cling: frozenset[str] = frozenset()
    lead: frozenset[str] = frozenset()
    trail: tuple[str, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    def level(self, rule: str) -> Level:
        """How much a rule weighs: `must` counts against a file, `should` and `advice` are told."""
        return self.levels.get(rule, "must")

    def length(self, text: str) -> float:
        """How many characters a text counts."""
        return length(text, halves=self.halves)


def guides() -> list[str]:
    """The names of the guides that come along."""
    return sorted(f.name.removesuffix(".toml") for f in files(__package__).joinpath("guides").iterdir())


def load_guide(style: str, language: str, *, audience: Audience = "adult", sdh: bool = False) -> Guide:
    """A guide by its name or the path of its file, for a language as 'en' or 'pt-BR'.

    Raises UsageError, with the place, for a guide that does not exist or says what cannot be.
    """
    if audience not in {"adult", "child"}:
        raise UsageError(f"there is no audience {audience!r}", remedy="Write adult or child.")
    code = language.replace("_", "-").split("-")[0].lower()
    if not 2 <= len(code) <= 3 or not code.isalpha():
        raise UsageError(f"{language!r} is no language", remedy="Write it as en, or pt-BR.")
    name, text = _found(style)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise UsageError(f"{style}: no TOML: {wrong}", remedy="Mend the file.") from wrong
    return _Reader(style).guide(name, told, code, f"{'sdh_' if sdh else ''}{audience}")


def _found(style: str) -> tuple[str, str]:
    if style in guides():
        return style, files(__package__).joinpath("guides", f"{style}.toml").read_text("utf-8")
    path = Path(style)
    if path.suffix != ".toml":
        raise UsageError(f"there is no style {style!r}", remedy=f"There are: {', '.join(guides())}; or name a .toml.")
    try:
        with path.open("rb") as file:
            data = file.read(GUIDE_BYTES + 1)
        if len(data) > GUIDE_BYTES:
            raise UsageError(f"{style}: larger than a style guide can be", remedy="Name a style guide.")
        return path.stem, data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise UsageError(f"{style}: cannot be read: {wrong}", remedy="Name a TOML file in UTF-8.") from wrong


_SPEEDS = ("adult", "child", "sdh_adult", "sdh_child")
_SECONDS = ("shortest", "longest", "cut_window")
_WHOLE = {
    "line": (4, 200),
    "lines": (1, 8),
    "gap": (0, 100),
    "close": (0, 100),
    "cut_gap": (0, 100),
    "numbers": (0, 99),
}
_TEXTS = ("ellipsis", "dialogue", "cling", "lead", "trail")
_RULE_KEYS = tuple(
    f.name for f in fields(Guide) if f.name not in {"name", "title", "language", "levels", "sounds", "known"}
)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks what a guide says, and says where it is wrong."""

    source: str

    def guide(self, name: str, told: dict[str, Any], language: str, who: str) -> Guide:
        known = ("title", "source", "version", "rules", "levels", "known", "languages", "sounds")
        self._keys("", told, known)
        default = self._table("rules", told.get("rules", {}))
        languages = self._table("languages", told.get("languages", {}))
        for code, rules in languages.items():
            self._rules(f"languages.{code}", self._table(f"languages.{code}", rules), who)
        made = self._rules("rules", default, who) | self._rules(
            f"languages.{language}", languages.get(language, {}), who
        )
        levels = self._table("levels", told.get("levels", {}))
        self._keys("levels", levels, RULES)
        for rule, level in levels.items():
            if level not in LEVELS:
                self._refuse(f"levels.{rule}", level, f"one of {', '.join(LEVELS)}")
        marks = self._table("known", told.get("known", {}))
        self._keys("known", marks, _RULE_KEYS)
        sounds = self._table("sounds", told.get("sounds", {}))
        of_language = self._table(f"sounds.{language}", sounds.get(language, {}))
        return Guide(
            name=name,
            title=self._text("title", told.get("title", name)),
            language=language,
            levels=levels,
            sounds={k: self._text(f"sounds.{language}.{k}", v) for k, v in of_language.items()},
            known={k: self._text(f"known.{k}", v) for k, v in marks.items()},
            **made,
        )

    def _rules(self, at: str, told: dict[str, Any], who: str) -> dict[str, Any]:
        self._keys(at, told, _RULE_KEYS)
        made: dict[str, Any] = {}
        for key, value in told.items():
            place = f"{at}.{key}"
            if key == "speed":
                made[key] = self._speed(place, value, who)
            elif key in _SECONDS:
                made[key] = self._number(place, value, 0, 60)
            elif key in _WHOLE:
                made[key] = int(self._number(place, value, *_WHOLE[key], whole=True))
            elif key in _TEXTS:
                made[key] = self._texts(place, key, value)
            elif isinstance(value, bool):
                made[key] = value
            else:
                self._refuse(place, value, "true or false")
        if made.get("shortest", 0) > made.get("longest", 60):
            self._refuse(f"{at}.shortest", told["shortest"], "shorter than `longest`")
        return made

    def _speed(self, place: str, value: object, who: str) -> Fraction:
        table = self._table(place, value)
        self._keys(place, table, _SPEEDS)
        speeds = {k: self._number(f"{place}.{k}", v, 1, 100) for k, v in table.items()}
        if who not in speeds:
            self._refuse(place, value, f"a table with {', '.join(_SPEEDS)}")
        return speeds[who]

    def _texts(self, place: str, key: str, value: object) -> Any:
        if key == "ellipsis":
            return self._text(place, value)
        if not isinstance(value, list) or (key == "dialogue" and len(value) != 2):
            two = key == "dialogue"
            self._refuse(place, value, "two texts, before each speaker's line" if two else "a list of words")
            return ()
        words = tuple(self._text(place, v) for v in value)
        return frozenset(w.casefold() for w in words) if key in {"cling", "lead"} else words

    def _refuse(self, place: str, value: object, wanted: str) -> None:
        raise UsageError(f"{self.source}: {place}: {value!r} cannot stand here", remedy=f"It is {wanted}.")

    def _keys(self, at: str, told: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in told:
            if key not in known:
                where = f"{at}: " if at else ""
                raise UsageError(
                    f"{self.source}: {where}there is no key {key!r}", remedy=f"There are: {', '.join(known)}."
                )

    def _table(self, place: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._refuse(place, value, "a table")
            return {}
        return value

    def _text(self, place: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > 200 or any(ord(c) < 32 for c in value):
            self._refuse(place, value, "a short text")
        return str(value)

    def _number(self, place: str, value: object, low: int, high: int, *, whole: bool = False) -> Fraction:
        try:
            made = Fraction(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
            made = Fraction(str(value)) if isinstance(value, float) else made
        except (ValueError, ZeroDivisionError):
            made = None
        if made is None or not low <= made <= high or (whole and made.denominator != 1):
            self._refuse(place, value, f"a {'whole ' if whole else ''}number from {low} to {high}")
        return made or Fraction(0)
