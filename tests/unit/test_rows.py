"""Row kinds: rows become tables and come back the same, versions are upgraded, what is unknown is carried."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, fields
from typing import Any, Literal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinedex.timeline import arrow
from cinedex.timeline.arrow import LABEL_KEY, kind_of, label, schema, table, upgrade
from cinedex.timeline.rows import KINDS, Row, Shot, Tag
from cinedex.timeline.time import Time
from cinedex.timeline.track import Maker, Track

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Time: st.integers(0, 2**62).map(Time),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(width=32, allow_nan=False),
    str: st.text(st.characters(exclude_categories=["Cs"])),
    bool: st.booleans(),
    bytes: st.binary(max_size=64),
}


def _values(hint: Any) -> st.SearchStrategy[Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(st.none() if a is type(None) else _values(a) for a in args)
    if origin is tuple:
        return st.lists(_values(args[0]), max_size=4).map(tuple)
    return _PLAIN[hint]


def any_row(row: type[Row]) -> st.SearchStrategy[Row]:
    """Rows of a kind with any values that its fields may hold."""
    hints = typing.get_type_hints(row)
    return st.builds(row, **{f.name: _values(hints[f.name]) for f in fields(row)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Row):
    """A kind with every form of field, in its second version."""

    kind = "mark"
    version = 2
    label: str
    weight: float | None
    near: tuple[Time, ...]


@pytest.fixture
def _mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "mark", Mark)


@pytest.mark.parametrize("kind", [*KINDS.values(), Mark], ids=label)
@given(data=st.data())
def test_rows_come_back_from_a_table_as_they_were(kind: type[Row], data: st.DataObject):
    made = data.draw(st.lists(any_row(kind), max_size=6))
    stored = table(kind, made)
    assert stored.schema == schema(kind)
    back = arrow.rows(kind, stored)
    assert back == sorted(made, key=lambda r: (r.start, r.end))
    assert all(type(r.start) is Time and type(r.refs) is tuple for r in back)


@pytest.mark.parametrize("kind", KINDS.values(), ids=label)
def test_a_kind_is_named_and_described(kind: type[Row]):
    assert kind_of(schema(kind)) == (kind.kind, kind.version)
    assert kind.kind == kind.__name__.lower()
    assert kind.__doc__
    assert [f.name for f in fields(kind)][:3] == ["start", "end", "refs"]
    assert not schema(kind).field("start").nullable


@given(any_row(Shot))
def test_a_row_is_named_by_kind_and_start(shot: Row):
    assert shot.ref == f"shot@{int(shot.start)}"


def test_a_table_that_names_no_kind_is_refused():
    for metadata in (None, {}, {LABEL_KEY: b"shot"}, {LABEL_KEY: b"shot/x"}, {LABEL_KEY: b"/1"}):
        with pytest.raises(ValueError, match="names no kind"):
            upgrade(pa.table({"start": [1]}).replace_schema_metadata(metadata))


def _old_mark() -> pa.Table:
    columns = {
        "start": pa.array([0, 5]),
        "end": pa.array([5, 9]),
        "refs": pa.array([[], ["shot@0"]], pa.list_(pa.string())),
        "name": pa.array(["a", "b"]),
    }
    return pa.table(columns).replace_schema_metadata({LABEL_KEY: b"mark/1"})


def _mark_1_to_2(old: pa.Table) -> pa.Table:
    nothing = pa.array([None] * old.num_rows, pa.float32())
    near = pa.array([[]] * old.num_rows, pa.list_(pa.int64()))
    renamed = old.rename_columns(["start", "end", "refs", "label"])
    return renamed.append_column("weight", nothing).append_column("near", near)


@pytest.mark.usefixtures("_mark")
def test_an_older_version_is_upgraded_step_by_step(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(arrow.UPGRADES, ("mark", 1), _mark_1_to_2)
    track: Track[Any] = Track(_old_mark(), Maker("test", 1))
    assert track.rows == [
        Mark(start=Time(0), end=Time(5), label="a", weight=None, near=()),
        Mark(start=Time(5), end=Time(9), refs=("shot@0",), label="b", weight=None, near=()),
    ]
    assert kind_of(track.table.schema) == ("mark", 2)


@pytest.mark.usefixtures("_mark")
def test_an_older_version_without_an_upgrade_is_refused():
    with pytest.raises(ValueError, match="no upgrade from mark/1 to mark/2"):
        upgrade(_old_mark())


def test_a_newer_version_is_refused():
    newer = table(Shot, []).replace_schema_metadata({LABEL_KEY: f"shot/{Shot.version + 1}".encode()})
    with pytest.raises(ValueError, match="newer Cinedex"):
        upgrade(newer)


def test_a_current_table_from_another_writer_gets_its_label_back():
    """Concatenating or filtering in other tools drops the nullability and field metadata, never the facts."""
    made = Tag(start=Time(0), end=Time(1), label="tree", vocabulary="imagenet", score=0.5)
    loose = table(Tag, [made])
    loose = pa.table({n: loose.column(n) for n in loose.column_names}).replace_schema_metadata(loose.schema.metadata)
    assert upgrade(loose).schema == schema(Tag)


def test_an_unknown_kind_is_carried_and_says_so():
    stored = pa.table({"start": [1], "end": [2], "smell": ["rain"]}).replace_schema_metadata({LABEL_KEY: b"odour/3"})
    track: Track[Any] = Track(stored, Maker("other", 1))
    assert track.kind == "odour"
    assert track.table.equals(stored)
    assert len(track) == 1
    assert track.spans.extent is not None
    with pytest.raises(LookupError, match="does not know the kind 'odour'"):
        _ = track.rows


def test_a_field_that_arrow_cannot_hold_is_refused():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Bad(Row):
        """A row with a dictionary in it."""

        kind = "bad"
        what: dict  # type: ignore[type-arg]  # it is refused whatever it holds

    with pytest.raises(TypeError, match="cannot hold"):
        schema(Bad)
