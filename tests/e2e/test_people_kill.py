"""Kill a deletion with SIGKILL at random moments while somebody else decides, and look for what it left."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from tests.casts import HARBOUR, TRAIN, library_at, put_film

from cinedex.timeline.rows import Faceprint

_ROOT = Path(__file__).parents[2]

_PROGRAM = """
import sys
from tests.casts import library_at
library = library_at(sys.argv[1], on=False)
print("ready", flush=True)
if sys.argv[2] == "delete":
    library.keeper.delete("Ann")
else:
    for i in range(10):
        library.cast.name("Ben", f"Ben {i}")
        library.cast.name(f"Ben {i}", "Ben")
print("done", flush=True)
"""


def _start(folder: Path, what: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", _PROGRAM, str(folder), what], stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_killed_deletion_is_ended_by_the_next_start_and_nobody_elses_decision_is_lost(tmp_path: Path):
    chance = random.Random(20261125)
    for turn in range(6):
        folder = tmp_path / str(turn)
        library = library_at(folder)
        put_film(library, "harbour.mp4", HARBOUR)
        put_film(library, "train.mp4", TRAIN)
        library.cast.name("harbour.mp4#1", "Ann")
        library.cast.name("harbour.mp4#2", "Ben")
        other, process = _start(folder, "decide"), _start(folder, "delete")
        try:
            process.wait(chance.uniform(0, 0.12))
        except subprocess.TimeoutExpired:
            process.kill()
        with process, other:
            assert other.stdout is not None
            assert other.stdout.read() == "done\n"
        fresh = library_at(folder)
        fresh.keeper.finish()
        if fresh.cast.register.deletions:
            assert [p.name for p in fresh.cast.register.people.values()] == ["Ben"]
            assert {m.name: len(fresh.timeline(m).track(Faceprint)) for m in fresh.movies()} == {
                "harbour.mp4": 3,
                "train.mp4": 3,
            }
            assert not [f for f in folder.rglob("*") if f.is_file() and b'"Ann"' in f.read_bytes()]
        else:
            assert sorted(p.name for p in fresh.cast.register.people.values()) == ["Ann", "Ben"]
        assert sum(e.by == "tester" and len(e.acts) == 1 for e in fresh.cast.log.entries()) >= 20
