"""Writes the reference pages from the code that they describe: `make docs`, or `python docs/generate.py`.

A test compares the pages with what this gives, so that they cannot fall behind.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import itertools
import re
import sys
import textwrap
import typing
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer.main

import cinedex
from cinedex import errors, plugins
from cinedex.app import cli
from cinedex.media.views import View
from cinedex.models.registry import registry
from cinedex.models.spec import HubFile, ModelSpec, PackageFile
from cinedex.settings import Settings
from cinedex.stages.base import Need, Stage
from cinedex.timeline.arrow import label, schema
from cinedex.timeline.rows import KINDS, Row
from cinedex.timeline.time import Time

DOCS = Path(__file__).parent

INTRODUCTIONS = {
    "Kinds of fact": """
A track holds rows of one kind. Every row has `start` and `end` (flicks, half-open) and `refs`, the names of the rows
that support it. A kind's name carries a version: a stored older version is upgraded when it is read, a newer one is
refused. The words are explained in the [glossary](../glossary.md).
""",
    "Stages": """
A stage is one question about a film; `cinedex analyze --stages NAME` runs it with what it needs. *Halo* is how much
film on both sides of a stretch the answer for the stretch depends on. A result is stored under a key of the film, the
stage, its version, its parameters, its models and the tracks that it reads.
""",
    "Settings": """
Read once from the environment, or given in Python as `Settings(...)`. Settings say where and how
things are worked out and are part of no key, but for those that say that they are part of what is stored.
""",
    "Command line": """
`cinedex [OPTIONS] COMMAND`. A film is named by its file name, a part of it that no other has, its path, or the
beginning of its id. Results go to standard output, for programs with `--json`; errors go to standard error, with an
[exit code](exit-codes.md) for each sort of failure.
""",
    "Models": """
Weights are fetched once, checked against their SHA-256 and kept in the cache folder. The licence is that of the
weights: *verified* was read beside them, *stated* is what their makers or packagers name, *unverified* nobody says.

Models are described in `src/cinedex/models/registry.toml`; `CINEDEX_REGISTRY` names a file of further ones in the same
form. A table is a model:

| key | holds |
| --- | --- |
| `task` | what it does: which protocol it satisfies |
| `adapter` | its loader, by the name of an entry point in the group `cinedex.models` |
| `tier` | `core` (files from packages), `hub` (files from a model hub) or `cloud` (answers from elsewhere, no files) |
| `licence` | `name`, `status` (see above), and if there are any `url` and `note` |
| `files` | tables of `name`, `sha256`, `size` and `parts`, which are joined in order |
| `parts` | `{ package, version, path }`, `{ repo, revision, path }` (a full commit) or `{ local }` |
| `space` | where its vectors can be compared; absent for what makes no vectors |
| `options` | settings of its card, passed to the loader; with the files' sums they are its *pin*, part of every key |
| `summary`, `card`, `memory_mib` | a line for people, a page about it, how much memory it takes loaded |
""",
    "Exit codes": """
What `cinedex` leaves with, and the error that Python code sees. Where several films fail in different ways, `analyze`
leaves with 7.
""",
    "Python": """
All public names come from `cinedex` itself; what is not listed here may change without notice.

```python
from cinedex import Library, Shot

library = Library("films")
movie = library.analyze("night-train.mp4")
shots = library.timeline(movie).track(Shot).rows
```
""",
}
"""What each page says before its tables."""

_FOLDERS = """
By default the library lies in the user's data folder and models in the user's cache folder (on Linux below
`XDG_DATA_HOME` and `XDG_CACHE_HOME`); `cinedex doctor` prints both.
"""

NOTE = "<!-- Written by `make docs` from the code; edit the docstrings there. -->"


def kinds() -> str:
    """The page of the kinds of fact."""
    parts = [_head("Kinds of fact")]
    for kind in KINDS.values():
        makers = ", ".join(f"[{s.name}](stages.md#{s.name})" for s in _stages() if kind in s.makes)
        parts += [
            f"\n## {kind.kind}\n",
            f"`{label(kind)}`, made by {makers or 'no stage of this build'}. {_doc(kind)}\n",
        ]
        notes, hints = _field_notes(kind), typing.get_type_hints(kind)
        own = [f.name for f in dataclasses.fields(kind) if f.name not in {"start", "end", "refs"}]
        rows = [(f"`{n}`", _type(hints[n]), str(schema(kind).field(n).type), notes[n]) for n in own]
        parts.append(_table(("field", "Python", "Arrow", ""), rows))
    return _page(parts)


def stages() -> str:
    """The page of the installed stages."""
    parts = [_head("Stages")]
    for stage in _stages():
        cost = stage.cost
        facts = [
            ("makes", ", ".join(_kind(kind) for kind in stage.makes)),
            ("needs", "; ".join(_need(need) for need in stage.needs) or "nothing"),
            *([("welcomes", ", ".join(_kind(kind) for kind in stage.welcomes))] if stage.welcomes else []),
            ("models", ", ".join(f"[{name}](models.md#{name})" for name in stage.uses) or "none"),
            ("halo", "the whole film" if stage.halo is None else f"{stage.halo.seconds:g} s"),
            ("time", f"about {cost.cpu_seconds_per_minute:g} CPU seconds a minute of film"),
            ("space", f"about {cost.disk_kib_per_minute:g} KiB a minute of film; {cost.memory_mib} MiB of memory"),
        ]
        told = inspect.cleandoc(type(stage).__doc__ or "")
        parts += [f"\n## {stage.name}\n", f"{told}\n", _table(("", ""), [("version", str(stage.version)), *facts])]
        notes, hints = _field_notes(type(stage)), typing.get_type_hints(type(stage))
        names = [f.name for f in dataclasses.fields(stage)]
        rows = [(f"`{n}`", _type(hints[n]), f"`{_value(getattr(stage, n))}`", notes[n]) for n in names]
        parts.append("\n" + _table(("parameter", "type", "default", ""), rows) if rows else "\nNo parameters.")
    return _page(parts)


def settings() -> str:
    """The page of the settings."""
    notes, hints, usual = _field_notes(Settings), typing.get_type_hints(Settings), Settings.from_env({})
    rows = []
    for name, note in notes.items():
        text, _, variable = note.rpartition(" CINEDEX_")
        machine = name in {"library", "cache", "cores", "user"}
        default = "of the machine" if machine else f"`{_value(getattr(usual, name))}`"
        rows.append((f"`CINEDEX_{variable.rstrip('.')}`", f"`{name}`", _type(hints[name]), default, text))
    rows.append(("`CINEDEX_LOG`", "", "str", "`WARNING`", "What the command line logs: DEBUG, INFO, WARNING or ERROR."))
    return _page([_head("Settings"), _table(("variable", "field", "type", "default", ""), rows), _FOLDERS])


def command_line() -> str:
    """The page of the command line."""
    root = typer.main.get_command(cli.app)
    general = _table(("option", ""), [_option(p) for p in root.params])
    parts = [_head("Command line"), "\n## cinedex\n", f"{root.help}\n", general]
    for name, command in _commands(root):
        arguments = [_argument(p) for p in command.params if p.param_type_name == "argument"]
        usage = " ".join(["cinedex", name, "[OPTIONS]", *arguments])
        parts += [f"\n## cinedex {name}\n", f"{inspect.cleandoc(command.help or '')}\n", f"```\n{usage}\n```\n"]
        parts.append(_table(("", ""), [_option(p) for p in command.params]))
    return _page(parts)


def models() -> str:
    """The page of the described models."""
    specs = sorted(registry().values(), key=lambda s: (s.tier, s.name))
    rows = [
        (f"[{s.name}](#{s.name})", s.task, s.tier, _size(s.size), f"{s.licence.name} ({s.licence.status})")
        for s in specs
    ]
    parts = [_head("Models"), _table(("model", "task", "tier", "size", "licence"), rows)]
    for spec in specs:
        parts += [f"\n## {spec.name}\n", f"{spec.summary}\n", _table(("", ""), _model_facts(spec))]
    return _page(parts)


def exit_codes() -> str:
    """The page of the exit codes."""
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.CinedexError)]
    found.sort(key=lambda c: (c.exit_code, c.__mro__[1] is not errors.CinedexError, c.__name__))
    other = (
        "Another failure; `doctor` found something missing; a subtitle file breaks a rule; a question was answered "
        "with no."
    )
    rows = [("0", "", "", "Everything that was asked for is done.")]
    for error in found:
        told = other if error is errors.CinedexError else _doc(error)
        rows.append((str(error.exit_code), f"`{error.__name__}`", str(error.status), told))
    return _page([_head("Exit codes"), _table(("code", "error", "HTTP", "meaning"), rows)])


def python_api() -> str:
    """The page of the public names."""
    parts = [_head("Python")]
    for name in cinedex.__all__:
        thing = getattr(cinedex, name)
        parts.append(f"\n## {name}\n")
        if inspect.isclass(thing):
            parts += [inspect.cleandoc(thing.__doc__ or "").partition(">>>")[0].strip(), "", *_members(thing)]
        elif callable(thing):
            parts.append(f"`{name}{_signature(thing)}`: {_doc(thing)}")
        else:
            parts.append("The version of this build." if name == "__version__" else f"`{thing!r}`")
    return _page(parts)


PAGES: dict[str, Callable[[], str]] = {
    "reference/kinds.md": kinds,
    "reference/stages.md": stages,
    "reference/settings.md": settings,
    "reference/cli.md": command_line,
    "reference/models.md": models,
    "reference/exit-codes.md": exit_codes,
    "reference/python-api.md": python_api,
}
"""Every generated page and what writes it."""


def _head(title: str) -> str:
    return f"{NOTE}\n\n# {title}\n{INTRODUCTIONS[title]}"


def _page(parts: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip() + "\n"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; a last column without a word in it is left out."""
    if len(head) > 2 and not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def _doc(thing: Any) -> str:
    """A docstring as one paragraph."""
    return " ".join(inspect.cleandoc(thing.__doc__ or "").split())


def _field_notes(cls: type) -> dict[str, str]:
    """The text beneath each field of a class and its bases."""
    notes = {f.name: "" for f in dataclasses.fields(cls)}
    for owner in (c for c in cls.__mro__ if dataclasses.is_dataclass(c)):
        lines = typing.cast("ast.ClassDef", ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]).body
        for field, below in itertools.pairwise(lines):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                name = field.target.id
                if name in notes and not notes[name] and isinstance(below.value, ast.Constant):
                    notes[name] = " ".join(str(below.value.value).split())
    return notes


def _stages() -> list[Stage]:
    group = "cinedex.stages"
    return [plugins.load(group, name, others=False)() for name in sorted(plugins.found(group, others=False))]


def _kind(kind: type[Row]) -> str:
    return f"[{kind.kind}](kinds.md#{kind.kind})"


def _need(need: Need) -> str:
    if isinstance(need, type):
        return _kind(need)
    return _view(need)


def _view(view: View) -> str:
    shown = [f"{f.name}={_value(getattr(view, f.name))}" for f in dataclasses.fields(view) if f.name != "chunk"]
    return f"`{type(view).__name__}({', '.join(shown)})`"


def _value(value: Any) -> str:
    if isinstance(value, Time):
        return f"{value.seconds:g} s"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, enum.Enum):
        return str(value.value)
    return str(value) if not isinstance(value, str) else repr(value)


def _type(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(f"`{a}`" for a in args)
    if isinstance(hint, type) and not args:
        return hint.__name__
    return re.sub(r"\b[\w.]+\.(\w+)", r"\1", str(hint))


def _commands(root: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, command in root.commands.items():
        nested = getattr(command, "commands", None)
        found += [(f"{name} {n}", c) for n, c in nested.items()] if nested else [(name, command)]
    return sorted(found)


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name or "").upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option(param: Any) -> tuple[str, str]:
    if param.param_type_name == "argument":
        return f"`{_argument(param)}`", getattr(param, "help", None) or ""
    names = ", ".join(f"`{n}`" for n in [*param.opts, *param.secondary_opts])
    default = param.default
    shown = f" Default: {default}." if isinstance(default, int | str) and default not in {"", False, True} else ""
    return names, f"{param.help or ''}{shown}"


def _model_facts(spec: ModelSpec) -> list[tuple[str, str]]:
    licence = f"{spec.licence.name}, {spec.licence.status}"
    licence += f", {spec.licence.url}" if spec.licence.url else ""
    facts = [("task", spec.task), ("licence", f"{licence}. {spec.licence.note}".rstrip(". ") + ".")]
    facts += [("space", spec.space)] if spec.space else []
    facts += [("card", spec.card)] if spec.card else []
    facts += [("memory", f"about {spec.memory_mib} MiB")]
    for file in spec.files:
        source = " + ".join(_source(part) for part in file.parts)
        facts.append((f"`{file.name}`", f"{_size(file.size)} from {source}; SHA-256 `{file.sha256}`"))
    return facts


def _source(part: Any) -> str:
    if isinstance(part, PackageFile):
        return f"package {part.package} {part.version}"
    if isinstance(part, HubFile):
        return f"{part.repo} at {part.revision[:12]}"
    return "a local file"


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


def _members(cls: type) -> list[str]:
    """A line for the fields and for every public method and property that the class itself defines."""
    lines = []
    if dataclasses.is_dataclass(cls):
        lines.append("fields: " + ", ".join(f"`{f.name}`" for f in dataclasses.fields(cls)))
    for name, member in vars(cls).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if name.startswith("_"):
            continue
        if _is_property(member):
            lines.append(f"`{name}`: {_doc(member)}")
        elif inspect.isfunction(function):
            lines.append(f"`{name}{_signature(function)}`: {_doc(function)}")
    return [f"- {line}" for line in lines]


def _is_property(member: Any) -> bool:
    return isinstance(member, property) or type(member).__name__ == "cached_property"


def _signature(function: Any) -> str:
    """The parameters and what is returned, as they stand in the source; a default that is a function is left out."""
    told = inspect.signature(function)
    given = [p for p in told.parameters.values() if p.name not in {"self", "cls"}]
    shown = [
        p.replace(
            annotation=_written(p.annotation), default=_Written("...") if inspect.isfunction(p.default) else p.default
        )
        for p in given
    ]
    return str(told.replace(parameters=shown, return_annotation=_written(told.return_annotation)))


def _written(annotation: Any) -> Any:
    return _Written(annotation) if isinstance(annotation, str) else annotation


class _Written:
    """Stands for an annotation and prints as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def main() -> None:
    """Write every page."""
    for name, write in PAGES.items():
        page = DOCS / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(write(), encoding="utf-8")
    sys.stdout.write(f"wrote {', '.join(PAGES)}\n")


if __name__ == "__main__":
    main()
