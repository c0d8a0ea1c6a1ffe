"""A process of many threads keeps few arenas, and gives back what it does not use."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from cinedex.app import serving

HELD = """
import ctypes, sys, threading
from cinedex.app.memory import few_arenas

if sys.argv[1] == "few":
    few_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
start = threading.Barrier(12)

def hold():
    start.wait()
    for _ in range(100):
        libc.malloc(1000)

threads = [threading.Thread(target=hold) for _ in range(12)]
[t.start() for t in threads]
[t.join() for t in threads]
maps = open("/proc/self/maps").read().splitlines()
sizes = [[int(x, 16) for x in line.split()[0].split("-")] for line in maps if line.split()[1] == "---p"]
print(sum(60 << 20 < end - start <= 64 << 20 for start, end in sizes))
"""


def arenas(how: str, **settings: str) -> int:
    """How many arenas beside the main one twelve threads have: each reserves 64 MiB of addresses."""
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    held = [sys.executable, "-c", HELD, how]
    return int(subprocess.run(held, env=plain | settings, stdout=subprocess.PIPE, check=True).stdout)  # noqa: S603 - our own


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="arenas are glibc's, on Linux")
def test_threads_share_few_arenas():
    many = arenas("many")
    if many < 3:
        pytest.skip("another allocator")
    assert arenas("few") < many
    assert arenas("few") <= 2
    assert arenas("few", MALLOC_ARENA_MAX="8") > 2, "what the user has set holds"


FREED = """
import ctypes
from cinedex.app.memory import give_back

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

blocks = [libc.malloc(2000) for _ in range(30_000)]
for block in blocks:
    ctypes.memset(block, 1, 2000)
last = libc.malloc(2000)  # at the top, so that nothing below it goes back by itself
for block in blocks:
    libc.free(block)
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells what is resident")
def test_what_is_free_below_something_in_use_is_given_back():
    if arenas("many") < 3:
        pytest.skip("another allocator")
    freed = subprocess.run([sys.executable, "-c", FREED], stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own
    assert int(freed.stdout) > 40_000_000


def test_a_server_gives_memory_back_once_a_minute(monkeypatch: pytest.MonkeyPatch):
    given = threading.Event()
    monkeypatch.setattr(serving, "give_back", given.set)
    service: Any = SimpleNamespace()
    server = serving.Server(uvicorn.Config("none:none", log_config=None), service)
    assert asyncio.run(server.on_tick(598)) is False
    assert not given.is_set()
    assert asyncio.run(server.on_tick(599)) is False
    assert given.wait(10)
