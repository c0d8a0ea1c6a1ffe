"""Cinedex understands films: cuts, words, pictures and sounds as typed, timed facts that one can search."""

from importlib.metadata import version as _version

__version__ = _version("cinedex")
