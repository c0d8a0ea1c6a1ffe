"""Values of ours as plain JSON and back: for keys, which must be the same everywhere, and for stored film records."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from cinedex.timeline.rows import Row
from cinedex.timeline.time import Rate, Time

T = TypeVar("T")


def plain(value: Any) -> Any:
    """JSON for numbers, text, times, rates, enums, row kinds, and dataclasses, mappings and sequences of them."""
    if isinstance(value, type) and issubclass(value, Row):
        return value.kind
    if is_dataclass(value) and not isinstance(value, type):
        return (
            {f.name: plain(getattr(value, f.name)) for f in fields(value)}
            if not isinstance(value, Rate)
            else str(value)
        )
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        items = [plain(v) for v in value]
        return sorted(items) if isinstance(value, frozenset | set) else items
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return int(value) if isinstance(value, Time) else value
    raise TypeError(
        f"{type(value).__name__} has no canonical form; use numbers, text, Time, Rate or dataclasses of them"
    )


def canonical(value: Any) -> bytes:
    """The one spelling of a value: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def build(hint: type[T], value: Any) -> T:
    """The opposite of `plain` for a dataclass type; fields that the type does not know are left out."""
    result: T = _build(hint, value)
    return result


def _build(hint: Any, value: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _build(next(a for a in args if a is not type(None)), value)
    if origin is tuple:
        inner = [args[0]] * len(value) if args[-1] is Ellipsis else args
        return tuple(_build(h, v) for h, v in zip(inner, value, strict=True))
    if hint is Time:
        return Time(value)
    if hint is Rate:
        return Rate.of(value)
    if is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        return hint(**{f.name: _build(hints[f.name], value[f.name]) for f in fields(hint) if f.name in value})
    return value
