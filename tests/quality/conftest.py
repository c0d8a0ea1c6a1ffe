"""Keeps what the quality tests print on one page, a section a file: `pytest tests/quality --figures PAGE`.

A section is written anew when its file is run; those of other files stay as they are.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

_HEAD = """# Quality

What the product is worth on real data, as `make quality` measures it. Every section is what the tests of one file
print: the figures with their data, how many of them, and the rules of counting. Films and photographs are no part of
the project; where a file's data are missing its tests are skipped, and its section stays as it was. Why each figure is
as it is stands in the [decisions](../index.md).
"""

_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)

_told: dict[str, list[tuple[str, str, str]]] = {}
_about: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="put what the tests print on this page")
    parser.addoption(
        "--analysed", type=Path, help="a library whose results may be used instead of analysing films anew"
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    report = (yield).get_result()
    if report.when != "call" or item.path.parent != Path(__file__).parent:
        return
    name, shown = item.path.stem, report.capstdout.strip("\n")
    module = item.getparent(pytest.Module)
    _about[name] = (getattr(module.obj, "__doc__", None) or "").strip() if module is not None else ""
    if shown or report.failed:
        _told.setdefault(name, []).append((_words(item.name), "failed" if report.failed else "", shown))


def pytest_sessionfinish(session: pytest.Session) -> None:
    page: Path | None = session.config.getoption("--figures")
    if page is None or not _told:
        return
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    sections = {title: body.strip() for title, body in _SECTION.findall(old)}
    sections |= {_words(name): _section(name, tests) for name, tests in _told.items()}
    whole = [_HEAD, *(f"## {title}\n\n{body}\n" for title, body in sorted(sections.items()))]
    page.write_text("\n".join(whole), encoding="utf-8")


def _section(name: str, tests: list[tuple[str, str, str]]) -> str:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    day = datetime.now(UTC).date().isoformat()
    lines = [_about[name], "", f"`make quality ONLY={name}` on {day}; {machine}."]
    for title, failed, shown in tests:
        lines += [
            "",
            f"**{title}**{f' ({failed})' if failed else ''}",
            "",
            "```text",
            shown.replace("```", "'''"),
            "```",
        ]
    return "\n".join(lines)


def _words(name: str) -> str:
    """A test's or a file's name as words."""
    plain, bracket, case = name.partition("[")
    words = plain.removeprefix("test_").removesuffix("_quality").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}{f' ({case.rstrip(chr(93))})' if bracket else ''}"
