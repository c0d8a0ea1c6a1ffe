"""Reads rules from TOML, and says exactly what is wrong with those that are not."""

from __future__ import annotations

import math
import re
import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NoReturn

from cinedex.errors import UsageError
from cinedex.stages.rules.model import All, Filter, Mean, Measure, Near, Node, Not, Rows, Rule, Value, supports
from cinedex.stages.rules.model import Any as AnyOf
from cinedex.timeline.rows import KINDS, Row
from cinedex.timeline.time import ZERO, Time

TEXT_MAX = 1 << 18
"""Characters of a file of rules."""

RULES_MAX = 256
_DEPTH_MAX = 8
_PARTS_MAX = 64
_SECONDS_MAX = 86_400.0

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LABEL_MAX = 80

_RULE = ("label", "version", "about", "evidence", "threshold", "trust", "least", "most", "join", "snap", "off")
_LEAF = ("kind", "where", "measure", "column", "window", "from", "to", "limit", "weight")
_NEAR = ("near", "seconds", "share", "weight")
_FORMS = ("kind", "near", "not", "all", "any", "mean")
_MEASURES = typing.get_args(Measure)
_OWN_RAMP = ("score", "mean", "share", "touch")
"""Measures that lie between 0 and 1 by themselves."""


def read_rules(text: str, source: str, base: Mapping[str, Rule] | None = None) -> dict[str, Rule]:
    """The rules of a TOML text by name, added to `base`: one of the same name takes its place, `off` takes it away.

    Raises UsageError that names `source`, rule, key and remedy.
    """
    return rules_of(read_tables(text, source), source, base)


def read_tables(text: str, source: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises UsageError that names `source` and a remedy."""
    if len(text) > TEXT_MAX:
        raise UsageError(f"{source}: rules of {len(text)} characters", remedy=f"At most {TEXT_MAX} are read.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise UsageError(f"{source}: not TOML ({wrong})", remedy="Mend it there.") from wrong


def rules_of(tables: Mapping[str, Any], source: str, base: Mapping[str, Rule] | None = None) -> dict[str, Rule]:
    """The same of tables that have been read."""
    found = dict(base or {})
    for name, table in tables.items():
        here = _Place(source, name, "")
        if not _NAME.fullmatch(name):
            here.refuse("a rule's name", "Use small letters, digits and dashes, as in car-chase.")
        if not isinstance(table, dict):
            here.refuse("a rule is a table", f"Write [{name}] above its keys.")
        if here.key("off").boolean(table.get("off", False)):
            found.pop(name, None)
        else:
            found[name] = _rule(table, here)
    if len(found) > RULES_MAX:
        raise UsageError(f"{source}: {len(found)} rules", remedy=f"There may be {RULES_MAX}.")
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a file of rules something stands, and what is right there."""

    source: str
    rule: str
    path: str

    def key(self, name: str) -> _Place:
        """A key below it."""
        return _Place(self.source, self.rule, f"{self.path}.{name}" if self.path else name)

    def item(self, number: int) -> _Place:
        """An item of the list that it is; counted from 1."""
        return _Place(self.source, self.rule, f"{self.path}[{number}]")

    def refuse(self, what: str, remedy: str) -> NoReturn:
        """Raise what is wrong here."""
        at = f", {self.path}" if self.path else ""
        raise UsageError(f"{self.source}: rule {self.rule}{at}: {what}", remedy=remedy)

    def table(self, value: Any, known: tuple[str, ...]) -> dict[str, Any]:
        """A table that has no other keys than these."""
        if not isinstance(value, dict):
            self.refuse(f"{value!r} is not a table", f"Its keys are: {', '.join(known)}.")
        for name in value:
            if name not in known:
                self.refuse(f"there is no key {name!r}", f"There are: {', '.join(known)}.")
        return value

    def boolean(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self.refuse(f"{value!r} is neither true nor false", "Write true or false.")
        return value

    def number(self, value: Any, low: float, high: float) -> float:
        """A number between two others."""
        fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not low <= value <= high:
            self.refuse(f"{value!r} is not a number from {low:g} to {high:g}", "Mend the number.")
        return float(value)

    def whole(self, value: Any) -> int:
        """A whole number from 1 on."""
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
            self.refuse(f"{value!r} is not a whole number from 1 on", "Raise it by one when the rule changes.")
        return value

    def time(self, value: Any, low: float = 0.0) -> Time:
        """Seconds, as time."""
        return Time.from_seconds(self.number(value, low, _SECONDS_MAX))

    def text(self, value: Any, known: tuple[str, ...] = ()) -> str:
        """A text, one of those known if any are."""
        if not isinstance(value, str) or not value or len(value) > _LABEL_MAX or (known and value not in known):
            self.refuse(f"{value!r} cannot stand here", f"There are: {', '.join(known)}." if known else "Write a text.")
        return value

    def items(self, value: Any) -> list[Any]:
        """A list of at least one thing, and not too many."""
        if not isinstance(value, list) or not 1 <= len(value) <= _PARTS_MAX:
            self.refuse(f"not a list of 1 to {_PARTS_MAX} things", "Write [ ... ] with what belongs together.")
        return value


def _rule(table: dict[str, Any], here: _Place) -> Rule:
    table = here.table(table, _RULE)
    if "evidence" not in table:
        here.refuse("it has no evidence", "Say in `evidence` what speaks for it.")
    evidence = _node(table["evidence"], here.key("evidence"), _DEPTH_MAX)
    if not supports(evidence):
        here.key("evidence").refuse(
            "it could hold where nothing is known: some part speaks for it by what is not there, or by place alone",
            "Put `not`, `near` and falling ramps into an `all` beside rows that speak for it.",
        )
    least = here.key("least").time(table.get("least", 0))
    most = here.key("most").time(table["most"]) if "most" in table else None
    if most is not None and most < least:
        here.key("most").refuse("it is shorter than `least`", "Let `most` be the larger one.")
    return Rule(
        name=here.rule,
        version=here.key("version").whole(table.get("version", 1)),
        label=here.key("label").text(table.get("label", here.rule.replace("-", " "))),
        evidence=evidence,
        # At 0 a rule would hold everywhere.
        threshold=here.key("threshold").number(table.get("threshold", 0.5), 0.01, 1),
        trust=here.key("trust").number(table.get("trust", 1.0), 0.01, 1),
        least=least,
        most=most,
        join=here.key("join").time(table.get("join", 0)),
        snap=here.key("snap").time(table.get("snap", 0)),
    )


def _node(value: Any, here: _Place, depth: int) -> Node:
    """A tree of evidence, at most `depth` deep."""
    forms = [form for form in _FORMS if isinstance(value, dict) and form in value]
    if len(forms) != 1 or depth < 1:
        here.refuse("not one piece of evidence", f"Write a table with exactly one of: {', '.join(_FORMS)}.")
    form = forms[0]
    if form == "kind":
        return _rows(here.table(value, _LEAF), here)
    if form == "near":
        return _near(here.table(value, _NEAR), here)
    inner = here.key(form)
    value = here.table(value, (form, "weight"))
    if form == "not":
        return Not(_node(value[form], inner, depth - 1))
    items = inner.items(value[form])
    parts = tuple(_node(item, inner.item(i), depth - 1) for i, item in enumerate(items, 1))
    if form == "mean":
        weights = (inner.item(i).key("weight").number(t.get("weight", 1), 0.01, 100) for i, t in enumerate(items, 1))
        return Mean(parts, tuple(weights))
    return All(parts) if form == "all" else AnyOf(parts)


def _near(table: dict[str, Any], here: _Place) -> Near:
    end = typing.cast('Literal["start", "end"]', here.key("near").text(table["near"], ("start", "end")))
    seconds = here.key("seconds").time(table.get("seconds", _SECONDS_MAX))
    return Near(end, seconds, here.key("share").number(table.get("share", 1.0), 0, 1))


def _rows(table: dict[str, Any], here: _Place) -> Rows:
    kind = KINDS[here.key("kind").text(table["kind"], tuple(KINDS))]
    columns = _columns(kind)
    usual = "score" if columns.get("score") is float else "share"
    measure = here.key("measure").text(table.get("measure", usual), _MEASURES)
    column = str(table.get("column", ""))
    if measure in {"value", "distinct"}:
        fitting = tuple(n for n, hint in columns.items() if hint is not str or measure == "distinct")
        here.key("column").text(column, fitting)
    elif column:
        here.key("column").refuse(f"the measure {measure!r} reads no column", "Leave `column` out.")
    if measure in {"score", "mean"} and columns.get("score") is not float:
        here.key("measure").refuse(f"rows of kind {kind.kind!r} have no score", "Use share, count or rate.")
    if measure == "touch" and not {"x", "y", "width", "height"} <= set(columns):
        here.key("measure").refuse(f"rows of kind {kind.kind!r} have no box", "Use another measure.")
    window = _window(table.get("window", 0), here.key("window"))
    if measure == "rate" and window[0] == window[1]:
        here.key("window").refuse("a rate needs a window", "Write over how many seconds to count, as in window = 10.")
    return Rows(
        kind=kind,
        where=tuple(_filters(table.get("where", {}), kind, here.key("where"))),
        measure=typing.cast("Measure", measure),
        column=column,
        window=window,
        ramp=_ramp(table, measure, here),
        limit=here.key("limit").number(table.get("limit", 1.0), 0.01, 1),
    )


def _ramp(table: dict[str, Any], measure: str, here: _Place) -> tuple[float, float]:
    if measure not in _OWN_RAMP and not {"from", "to"} <= set(table):
        here.refuse(f"the measure {measure!r} says nothing by itself", "Say with `from` and `to` what gives 0 and 1.")
    low = here.key("from").number(table.get("from", 0.0), -1e12, 1e12)
    high = here.key("to").number(table.get("to", 1.0), -1e12, 1e12)
    if low == high:
        here.key("to").refuse("`from` and `to` are the same", "Let them differ, if only a little.")
    return low, high


def _window(value: Any, here: _Place) -> tuple[Time, Time]:
    if isinstance(value, list):
        if len(value) != 2:
            here.refuse("not two numbers", "Write [from, to] in seconds, as in [-5, 0] for what came before.")
        first, last = (here.item(i).time(v, -_SECONDS_MAX) for i, v in enumerate(value, 1))
        if first > last:
            here.refuse("it ends before it begins", "Write the earlier second first.")
        return first, last
    half = Time(int(here.time(value)) // 2)
    return ZERO - half, half


def _filters(table: Any, kind: type[Row], here: _Place) -> Iterator[Filter]:
    columns = _columns(kind)
    for name, wanted in here.table(table, tuple(columns)).items():
        at = here.key(name)
        if isinstance(wanted, dict):
            if columns[name] is str:
                at.refuse("texts have no least and most", "Write a text, or a list of texts.")
            limits = at.table(wanted, ("least", "most"))
            low, high = (at.key(k).number(limits[k], -1e18, 1e18) if k in limits else None for k in ("least", "most"))
            yield Filter(name, least=low, most=high)
        else:
            values = at.items(wanted) if isinstance(wanted, list) else [wanted]
            yield Filter(name, among=tuple(_value(v, columns[name], at) for v in values))


def _value(value: Any, hint: type, here: _Place) -> Value:
    right = isinstance(value, str) if hint is str else isinstance(value, int | float)
    if not right or isinstance(value, bool) != (hint is bool):
        here.refuse(f"{value!r} is no value of this column", f"Its values are {_WORDS.get(hint, 'numbers')}.")
    return typing.cast("Value", value)


_WORDS = {str: "texts", bool: "true and false"}


def _columns(kind: type[Row]) -> dict[str, type]:
    """The columns of a kind that hold one plain value a row."""
    hints = typing.get_type_hints(kind)
    found: dict[str, type] = {}
    for field in fields(kind):
        hint = hints[field.name]
        if typing.get_origin(hint) is Literal:
            found[field.name] = str
        elif hint in {str, int, float, bool}:
            found[field.name] = hint
    return found
