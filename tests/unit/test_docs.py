"""The documents: generated pages are current, all that users meet is on one, links lead somewhere, examples run."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer.main

import cinedex
from cinedex import errors
from cinedex.app import cli
from cinedex.models.registry import registry
from cinedex.models.spec import RunOptions
from cinedex.models.tasks import VoiceDetector
from cinedex.settings import Settings
from cinedex.stages.base import Inputs
from cinedex.stages.events import Events
from cinedex.timeline.movie import Movie
from cinedex.timeline.rows import KINDS, Cue, Object, Quality, Shot
from cinedex.timeline.time import SECOND, ZERO, Span, Time
from cinedex.timeline.timeline import Timeline
from cinedex.timeline.track import Maker, Track

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
MAKER = Maker("test", 1)
MOVIE = Movie(
    id="m-1", uri="/f/a.mkv", name="a.mkv", size=1, container="matroska", duration=SECOND * 150, video=None, audio=()
)


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(name), re.DOTALL | re.MULTILINE)


def _run(*blocks: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    for block in blocks:
        exec(compile(block, "example", "exec", dont_inherit=True), names)  # noqa: S102 - our own documents
    return names


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_reference_pages_are_what_the_code_says(name: str):
    assert _text(name) == GENERATOR.PAGES[name](), f"docs/{name} is behind the code; run `make docs`"


def _headings(name: str) -> set[str]:
    return set(re.findall(r"^## (.+)$", _text(name), re.MULTILINE))


def test_every_kind_stage_model_and_public_name_has_its_place():
    own = [p for p in entry_points(group="cinedex.stages") if p.dist is not None and p.dist.name == "cinedex"]
    assert _headings("reference/kinds.md") == set(KINDS)
    assert _headings("reference/stages.md") == {p.name for p in own}
    assert _headings("reference/models.md") == set(registry())
    assert _headings("reference/python-api.md") == set(cinedex.__all__)


def test_every_setting_and_exit_code_has_its_line():
    page = _text("reference/settings.md")
    for field in dataclasses.fields(Settings):
        row = re.search(rf"^\| `(CINEDEX_\w+)` \| `{field.name}` \|.*\| (.+) \|$", page, re.MULTILINE)
        assert row, f"{field.name} is not documented with its variable"
        assert len(row[2]) > 15, f"{field.name} is not explained"
    codes = set(re.findall(r"^\| (\d+) \|", _text("reference/exit-codes.md"), re.MULTILINE))
    assert codes == {"0", *(str(c.exit_code) for c in vars(errors).values() if isinstance(c, type))} - {""}


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def test_every_command_and_option_is_explained():
    page = _text("reference/cli.md")
    for name, command in _commands(typer.main.get_command(cli.app), "cinedex"):
        part = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert part, f"{name} is not documented"
        assert command.help, f"{name} has no help"
        for param in command.params:
            shown = param.opts[0] if param.param_type_name == "option" else param.name.upper()
            row = re.search(rf"^\| .*{re.escape(shown)}.* \| (.+) \|$", part, re.MULTILINE)
            assert row, f"{name}: {shown} is not explained"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}, which is not there"
        if anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(h) for h in headings}, f"{page.name} links to {target}: no such heading"


def test_every_page_is_reached_from_the_index():
    index = _text("index.md")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).as_posix()
        assert name == "index.md" or f"({name})" in index, f"docs/index.md does not name {name}"


def test_decisions_say_problem_choice_rejected_and_price():
    for page in (DOCS / "decisions").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.name[:4]} ", text), page.name
        for part in ("Problem", "Choice", "Rejected", "Price"):
            assert f"**{part}.**" in text, f"{page.name} does not tell its {part.lower()}"


def test_the_glossary_is_in_order_and_names_every_kind_of_layer():
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", _text("glossary.md"), re.MULTILINE)
    assert words == sorted(words)
    for word in [
        "movie",
        "timeline",
        "track",
        "stage",
        "model",
        "artifact",
        "index",
        "library",
        "span",
        "chunk",
        "pass",
        "look",
        "reel",
    ]:
        assert word in words


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_examples_in_python_compile_and_name_what_exists(page: Path):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        compile(block, page.name, "exec")
        for names in re.findall(r"^from cinedex import (.+)$", block, re.MULTILINE):
            assert {n.strip() for n in names.split(",")} <= set(cinedex.__all__)


def test_the_example_of_a_stage_runs():
    stage = _run(_blocks("how-to/add-a-stage.md", "python")[0])["Pace"]()
    starts = [0, 10, 20, 70, 149]
    shots = [
        Shot(start=SECOND * s, end=SECOND * e, number=n, opening="cut", score=1)
        for n, (s, e) in enumerate(zip(starts, [*starts[1:], 150], strict=True))
    ]

    def ask(span: Span) -> list[Quality]:
        return list(stage.run(Inputs(MOVIE, span, tracks={Shot: Track.of(Shot, shots, MAKER)})))

    whole = ask(MOVIE.span)
    assert [r.value for r in whole] == [3, 1, 1]
    assert [r for reel in MOVIE.span.cut(SECOND * 40) for r in ask(reel)] == whole
    assert stage.reads == (Shot,)


def test_the_example_of_a_model_runs(tmp_path: Path):
    level, described = tmp_path / "level.txt", tmp_path / "models.toml"
    level.write_text("0.02\n")
    described.write_text(_blocks("how-to/add-a-model.md", "toml")[1])
    spec = registry(described)["loudness"]
    model = _run(*_blocks("how-to/add-a-model.md", "python"))["load"](spec, {"level.txt": level}, RunOptions())
    assert isinstance(model, VoiceDetector)
    quiet_then_loud = np.concatenate([np.zeros(1024, np.float32), np.full(1030, 0.1, np.float32)])
    assert model.voice(quiet_then_loud).tolist() == [0, 0, 1, 1]


def test_the_example_of_a_format_runs(tmp_path: Path):
    cues = [Cue(start=ZERO, end=Time(SECOND // 2), text='"Yes", he said', language="en", score=1, source="speech")]
    timeline = Timeline(MOVIE, {("speech", "cue"): Track.of(Cue, cues, MAKER)}, makers={"cue": ("speech",)})
    _run(_blocks("how-to/add-a-format.md", "python")[0])["write_csv"](timeline, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == 'start,end,text\n0.000,0.500,"""Yes"", he said"\n'


def test_the_example_of_an_event_is_concluded():
    second, box = SECOND, {"vocabulary": "coco-80", "score": 0.9, "x": 0.1, "y": 0.1, "width": 0.5, "height": 0.5}
    seen = [Object(start=second * 5, end=second * 9, label=label, **box) for label in ("bicycle", "person")]
    stage = Events(rules=_blocks("how-to/add-an-event.md", "toml")[0])
    tracks = {kind: Track.of(kind, seen if kind is Object else [], MAKER) for kind in stage.needs}
    (event,) = stage.run(Inputs(MOVIE, MOVIE.span, tracks=tracks))
    assert (event.label, event.rule, event.refs[0].partition("@")[0]) == ("cycling", "cycling/1", "object")


def test_examples_of_settings_files_can_be_read():
    for page in PAGES:
        for block in re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            assert tomllib.loads(block)


def test_the_lock_holds_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for more in project["optional-dependencies"].values() for d in more)]
    locked = {_package(line) for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1].isalnum()}
    missing = {_package(d) for d in wanted} - locked
    assert not missing, f"requirements.lock lacks {sorted(missing)}; run `make lock`"
    assert not re.search(r"://", (ROOT / "requirements.lock").read_text()), "the lock names no index"


def _package(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()
