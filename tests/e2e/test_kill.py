"""Kill an analysis at random moments, run it again, and compare with one that was left alone, byte for byte."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.films import Sound, make_film

_PROGRAM = """
import sys, time
from dataclasses import replace
from types import SimpleNamespace
from cinedex.media.probe import probe
from cinedex.run.local import LocalRunner
from cinedex.run.plan import make_plan
from cinedex.settings import Settings
from cinedex.store import Store
from cinedex.timeline.time import SECOND
from tests.toys import ALL
store, movie = Store(sys.argv[2]), probe(sys.argv[1])
store.put_movie(movie)
plan = make_plan(movie, ALL, store, {})
settings = replace(Settings(cores=2), reel=SECOND * 2)
print("ready", flush=True)
failed = [e.why for e in LocalRunner(store, SimpleNamespace(get=None), settings).run([plan]) if e.error]
print("failed" if failed else "done", failed, flush=True)
"""

_ROOT = Path(__file__).parents[2]


def _start(film: Path, library: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", _PROGRAM, str(film), str(library)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _end(process: subprocess.Popen[str]) -> str:
    """What it said after it was ready; `communicate` would lose what was read ahead with the first line."""
    with process:
        assert process.stdout is not None
        return process.stdout.read()


def _contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.parquet"))}


def test_killed_at_random_moments_it_ends_in_the_same_store(tmp_path: Path):
    film = make_film(tmp_path / "film.mkv", seconds=40, sounds=[Sound()], gop=24)
    process = _start(film, tmp_path / "calm")
    started = time.monotonic()
    assert _end(process) == "done []\n"
    length = time.monotonic() - started
    calm = _contents(tmp_path / "calm")
    chance = random.Random(20261123)
    for turn in range(4):
        library, kills, latest = tmp_path / f"killed{turn}", 0, length
        while kills < 2:
            if _killed(film, library, chance.uniform(0, latest)):
                kills += 1
            else:  # it was through before the kill
                shutil.rmtree(library)
                latest, kills = latest / 2, 0
        assert _end(_start(film, library)) == "done []\n"
        assert _contents(library) == calm
        litter = list(library.rglob("*.part"))
        assert len(litter) <= kills, "more unfinished files were left behind than there were kills"


def _killed(film: Path, library: Path, after: float) -> bool:
    """Begin or go on, and kill it so many seconds later; False if it was through by then."""
    process = _start(film, library)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        _end(process)
        return True
    _end(process)
    return False
