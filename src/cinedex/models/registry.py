"""Reads model descriptions from TOML and refuses what is not exactly right, saying where it is wrong."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from cinedex.errors import UsageError
from cinedex.models.spec import HubFile, Licence, LocalFile, ModelFile, ModelSpec, PackageFile, Source, Tier

LARGEST = 1 << 40
"""Bytes that a file may have at most; more is a slip of the pen."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+_-]{0,63}")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def registry(*extra: Path) -> dict[str, ModelSpec]:
    """Every model by name: our own, then those of the `extra` TOML files. Raises UsageError for a wrong description."""
    own = files("cinedex.models") / "registry.toml"
    found = _read(own.read_text(encoding="utf-8"), "registry.toml", Path())
    for path in extra:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"the model registry {path} cannot be read: {error}", remedy="Check CINEDEX_REGISTRY."
            ) from error
        more = _read(text, str(path), path.parent.absolute())
        for name in more:
            if name in found:
                raise UsageError(
                    f"{path}: model {name!r} is described already", remedy="Give it another name, such as one's own."
                )
        found |= more
    return found


def licence_table(specs: Iterable[ModelSpec]) -> list[dict[str, str]]:
    """What a person should know of each model's terms, as one flat record a model, by name."""
    return [
        {
            "name": s.name,
            "licence": s.licence.name,
            "status": s.licence.status,
            "url": s.licence.url,
            "note": s.licence.note,
        }
        for s in sorted(specs, key=lambda s: s.name)
    ]


def _read(text: str, origin: str, base: Path) -> dict[str, ModelSpec]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{origin} is not TOML: {error}") from error
    return {name: _model(name, _Table(origin, name, table), base) for name, table in tables.items()}


@dataclass(frozen=True)
class _Table:
    """A TOML table with its place, so that every complaint says where it belongs."""

    origin: str
    place: str
    values: Any

    def wrong(self, what: str) -> UsageError:
        return UsageError(f"{self.origin}: [{self.place}] {what}", remedy="docs/reference/models.md tells the format.")

    def only(self, *keys: str) -> None:
        if not isinstance(self.values, Mapping):
            raise self.wrong("is not a table")
        if unknown := sorted(set(self.values) - set(keys)):
            raise self.wrong(f"has the unknown key {unknown[0]!r}; known are {', '.join(keys)}")

    def text(self, key: str, pattern: re.Pattern[str] | None = None, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if value is None:
            raise self.wrong(f"lacks {key!r}")
        if not isinstance(value, str):
            raise self.wrong(f"{key} is not text: {value!r}")
        if pattern is not None and value != default and not pattern.fullmatch(value):
            raise self.wrong(f"{key} is not a {_SAID[pattern]}: {value!r}")
        return value

    def number(self, key: str, largest: int, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= largest:
            raise self.wrong(f"{key} is not a whole number from 1 to {largest}: {value!r}")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> Any:
        value = self.text(key)
        if value not in choices:
            raise self.wrong(f"{key} is none of {', '.join(choices)}: {value!r}")
        return value

    def path(self, key: str) -> str:
        value = self.text(key)
        parts = PurePosixPath(value).parts
        if not parts or value.startswith("/") or ".." in parts or "\\" in value or "\0" in value:
            raise self.wrong(f"{key} is not a relative path: {value!r}")
        return value

    def tables(self, key: str) -> list[_Table]:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"{key} is not a list of tables")
        return [_Table(self.origin, f"{self.place}.{key}[{i}]", v) for i, v in enumerate(value)]


_SAID = {
    _NAME: "name (small letters, digits, dots, dashes)",
    _FILE: "plain file name",
    _PACKAGE: "package name",
    _VERSION: "version",
    _REPO: "repository name",
    _COMMIT: "commit of 40 hexadecimal digits",
    _SHA256: "sha256 of 64 small hexadecimal digits",
}


def _model(name: str, table: _Table, base: Path) -> ModelSpec:
    table.only("task", "adapter", "tier", "licence", "files", "space", "summary", "card", "memory_mib", "options")
    if not _NAME.fullmatch(name):
        raise table.wrong(f"is not a {_SAID[_NAME]}")
    made = tuple(_file(t, base) for t in table.tables("files"))
    names = [f.name for f in made]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise table.wrong(f"has the file {twice[0]!r} twice")
    tier: Tier = table.choice("tier", get_args(Tier))
    if tier != "cloud" and not made:
        raise table.wrong("has no files")
    return ModelSpec(
        name=name,
        task=table.text("task", _NAME),
        adapter=table.text("adapter", _NAME),
        tier=tier,
        licence=_licence(_Table(table.origin, f"{name}.licence", table.values.get("licence", {}))),
        files=made,
        space=table.text("space", _NAME, default="") or None,
        summary=table.text("summary", default=""),
        card=table.text("card", default=""),
        memory_mib=table.number("memory_mib", 1 << 20, default=256),
        options=_options(table),
    )


def _options(table: _Table) -> dict[str, Any]:
    options = table.values.get("options", {})
    try:
        plain = json.loads(json.dumps(options, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise table.wrong(f"options hold what JSON cannot: {error}") from error
    if not isinstance(plain, dict):
        raise table.wrong("options are not a table")
    return plain


def _licence(table: _Table) -> Licence:
    table.only("name", "status", "url", "note")
    return Licence(
        name=table.text("name"),
        status=table.choice("status", ("verified", "stated", "unverified")),
        url=table.text("url", default=""),
        note=table.text("note", default=""),
    )


def _file(table: _Table, base: Path) -> ModelFile:
    table.only("name", "sha256", "size", "parts")
    parts = tuple(_source(t, base) for t in table.tables("parts"))
    if not parts:
        raise table.wrong("has no parts: nothing says where it comes from")
    return ModelFile(
        name=table.text("name", _FILE),
        sha256=table.text("sha256", _SHA256),
        size=table.number("size", LARGEST),
        parts=parts,
    )


def _source(table: _Table, base: Path) -> Source:
    keys = set(table.values) if isinstance(table.values, Mapping) else set()
    if "package" in keys:
        table.only("package", "version", "path")
        return PackageFile(table.text("package", _PACKAGE), table.text("version", _VERSION), table.path("path"))
    if "repo" in keys:
        table.only("repo", "revision", "path")
        return HubFile(table.text("repo", _REPO), table.text("revision", _COMMIT), table.path("path"))
    table.only("local")
    return LocalFile(str(base / Path(table.text("local")).expanduser()))
