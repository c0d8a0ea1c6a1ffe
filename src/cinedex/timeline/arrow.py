"""Rows as Arrow tables: each kind's schema is derived from its row class and labelled `kind/version`.

A changed schema is a new version plus an upgrade function from the one before; kinds that this build does not know are
carried as they are.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field, fields
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from cinedex.timeline.rows import KINDS, Row, RowType
from cinedex.timeline.time import Time

LABEL_KEY = b"cinedex.kind"
"""Where a table's schema metadata names its kind and version."""

Upgrade = Callable[[pa.Table], pa.Table]

UPGRADES: dict[tuple[str, int], Upgrade] = {}
"""How to bring a stored table of (kind, version) to the next version."""

_SCHEMAS: dict[type[Row], pa.Schema] = {}

_ARROW: dict[type, pa.DataType] = {
    Time: pa.int64(),
    int: pa.int64(),
    float: pa.float32(),
    str: pa.string(),
    bool: pa.bool_(),
    bytes: pa.binary(),
}


def label(row: type[Row]) -> str:
    """The stored name of a row class, such as 'shot/1'."""
    return f"{row.kind}/{row.version}"


def schema(row: type[Row]) -> pa.Schema:
    """The Arrow schema of a row class, in field order, with its label in the metadata."""
    if row not in _SCHEMAS:
        hints = typing.get_type_hints(row)
        columns = [pa.field(f.name, *_arrow(hints[f.name])) for f in fields(row)]
        _SCHEMAS[row] = pa.schema(columns, metadata={LABEL_KEY: label(row).encode()})
    return _SCHEMAS[row]


def table(row: type[RowType], rows: Iterable[RowType]) -> pa.Table:
    """Rows of one kind as an Arrow table in time order (start, then end, then as given)."""
    ordered = sorted(rows, key=lambda r: (r.start, r.end))
    shape = schema(row)
    return pa.table(
        [pa.array([getattr(r, name) for r in ordered], type=shape.field(name).type) for name in shape.names],
        schema=shape,
    )


def rows(row: type[RowType], stored: pa.Table) -> list[RowType]:
    """The rows of a current-version table, in its order."""
    makers = [(f.name, _python(f, hint)) for f, hint in _typed_fields(row)]
    columns = [[make(v) for v in stored.column(name).to_pylist()] for name, make in makers]
    names = [name for name, _ in makers]
    return [row(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def kind_of(stored: pa.Schema) -> tuple[str, int]:
    """The kind and version that a stored schema names. Raises ValueError where it names none."""
    name = (stored.metadata or {}).get(LABEL_KEY, b"").decode()
    kind, _, version = name.partition("/")
    if not kind or not version.isdigit():
        raise ValueError(f"not a Cinedex table: its schema names no kind (found {name!r})")
    return kind, int(version)


def upgrade(stored: pa.Table) -> pa.Table:
    """The table in the version of this build. Unknown kinds come back as they are; a newer version is refused."""
    kind, version = kind_of(stored.schema)
    row = KINDS.get(kind)
    if row is None:
        return stored
    if version > row.version:
        raise ValueError(f"{kind}/{version} was written by a newer Cinedex; this one reads up to {label(row)}")
    while version < row.version:
        step = UPGRADES.get((kind, version))
        if step is None:
            raise ValueError(f"no upgrade from {kind}/{version} to {kind}/{version + 1}")
        stored, version = step(stored), version + 1
    return stored.cast(schema(row)).replace_schema_metadata(schema(row).metadata)


@cache
def _typed_fields(row: type[Row]) -> Sequence[tuple[Field[Any], Any]]:
    hints = typing.get_type_hints(row)
    return [(f, hints[f.name]) for f in fields(row)]


def _arrow(hint: Any) -> tuple[pa.DataType, bool]:
    """The Arrow type of a field's annotation and whether it may be null."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return pa.string(), False
    if origin in (types.UnionType, typing.Union) and len(args) == 2 and type(None) in args:
        inner = next(a for a in args if a is not type(None))
        return _arrow(inner)[0], True
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return pa.list_(pa.field("item", _arrow(args[0])[0], nullable=False)), False
    if hint in _ARROW:
        return _ARROW[hint], False
    raise TypeError(f"a row field cannot hold {hint!r}")


def _python(field: Field[Any], hint: Any) -> Callable[[Any], Any]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        inner = _python(field, next(a for a in typing.get_args(hint) if a is not type(None)))
        return lambda value: None if value is None else inner(value)
    if hint is Time:
        return Time
    if typing.get_origin(hint) is tuple:
        return tuple
    return lambda value: value
