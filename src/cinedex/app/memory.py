"""How long-running processes keep memory that is free: as little of it as glibc lets them."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""

_ARENAS = 2


def give_back() -> None:
    """Give memory that is free in the middle of arenas back to the system; takes some milliseconds (malloc_trim(3))."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def few_arenas() -> None:
    """Let all threads allocate out of few arenas; to be called before there are threads.

    Each of up to eight arenas a core keeps the holes that its threads leave: a server of seventy threads then grows for
    as long as it is asked different things, though no more is in use. MALLOC_ARENA_MAX has the last word, and other C
    libraries are left alone (mallopt(3)).
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").mallopt(_ARENA_MAX, _ARENAS)
