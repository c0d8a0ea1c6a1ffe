"""What `cinedex` offers is what it lists, and nothing else."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import cinedex


def test_what_is_listed_is_there():
    assert len(cinedex.__all__) == len(set(cinedex.__all__))
    assert all(hasattr(cinedex, name) for name in cinedex.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Manager'"):
        _ = cinedex.Manager  # type: ignore[attr-defined]  # that it is refused is the point


def test_type_checkers_see_what_is_listed():
    """Names are loaded when first asked for, so they are written once more for tools that only read."""
    tree = ast.parse(Path(cinedex.__file__).read_text(encoding="utf-8"))
    told = [n for block in tree.body if isinstance(block, ast.If) for n in block.body if isinstance(n, ast.ImportFrom)]
    seen = {alias.name: node.module for node in told for alias in node.names}
    assert set(seen) == set(cinedex.__all__) - {"__version__"}
    for name, module in seen.items():
        thing = getattr(cinedex, name)
        assert getattr(thing, "__module__", module) == module


def test_every_public_name_is_explained():
    for name in cinedex.__all__:
        thing = getattr(cinedex, name)
        if inspect.isclass(thing) or callable(thing):
            assert thing.__doc__, name


def test_the_version_is_that_of_the_package():
    assert cinedex.__version__.count(".") >= 2
