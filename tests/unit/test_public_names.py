"""What `cinedex` offers is what it lists, and nothing else."""

from __future__ import annotations

import inspect
import types

import cinedex


def test_what_is_listed_is_there_and_what_is_there_is_listed():
    there = {n for n, v in vars(cinedex).items() if not n.startswith("_") and not isinstance(v, types.ModuleType)}
    listed = set(cinedex.__all__)
    assert there <= listed
    assert all(hasattr(cinedex, name) for name in listed)
    assert len(cinedex.__all__) == len(listed)


def test_every_public_name_is_explained():
    for name in cinedex.__all__:
        thing = getattr(cinedex, name)
        if inspect.isclass(thing) or callable(thing):
            assert thing.__doc__, name


def test_the_version_is_that_of_the_package():
    assert cinedex.__version__.count(".") >= 2
