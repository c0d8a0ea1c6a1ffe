"""What a newcomer does: the sample film through the command line, with the real models, from nothing to an answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.films import make_film

from cinedex.app.sample import make_sample


class Terminal:
    """Runs `cinedex` as a user would, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "cinedex", "--library", "library", *words],
            cwd=self.folder,
            env={**os.environ, "CINEDEX_OFFLINE": "1", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"cinedex {' '.join(words)}: {done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


def _rows(facts: Any, kind: str) -> list[Any]:
    """The rows of a kind, whatever stage made them and whatever its version."""
    return [row for track in facts["tracks"] if track["kind"].split("/")[0] == kind for row in track["rows"]]


@pytest.mark.weights
@pytest.mark.slow
def test_from_nothing_to_an_answer(tmp_path: Path):
    make_sample(tmp_path / "sample.mp4", Path(os.environ["CINEDEX_CACHE"]) / "models", offline=True)
    terminal = Terminal(tmp_path)
    assert "run" in terminal("plan", "sample.mp4")
    terminal("analyze", "sample.mp4")
    begin = time.monotonic()
    again = terminal("analyze", "sample.mp4")
    assert "nothing to do" in again
    assert time.monotonic() - begin < 20

    terminal("export", "sample", "--format", "json")
    facts = json.loads((terminal.folder / "sample.json").read_text())
    shots = _rows(facts, "shot")
    # Six shots of street film (the last only eight frames long) and one of Big Buck Bunny, twice, then black.
    assert 12 <= len(shots) <= 16
    cuts = [round(row["start_seconds"] * 25) for row in shots if row["opening"] == "cut"]
    assert {30, 76, 137, 187, 250, 382} <= set(cuts)
    spoken = " ".join(c["text"] for c in _rows(facts, "cue")).lower()
    assert "best of times" in spoken
    assert "age of wisdom" in spoken
    assert len(_rows(facts, "picture")) == len(shots)
    assert _rows(facts, "tag")

    found = terminal("search", "age", "of", "foolishness")
    assert "sample" in found
    assert re.search(r"\d:\d\d", found)

    assert "sample" in terminal("show", "sample")
    terminal("report", "sample", "--output", "page.html")
    page = (terminal.folder / "page.html").read_text()
    assert "<video" in page
    assert "wisdom" in page
    assert "barcode.svg" in terminal("charts", "sample", "--to", "pictures", "--format", "svg")
    assert (terminal.folder / "pictures" / "fingerprint.svg").read_text().startswith("<svg")
    for form, begins in (("srt", "1\n"), ("vtt", "WEBVTT"), ("otio", "{")):
        terminal("export", "sample", "--format", form, "--output", f"out.{form}")
        assert (terminal.folder / f"out.{form}").read_text().startswith(begins)

    terminal("remove", "sample", "--yes")
    assert terminal.json("films") == []
    assert (terminal.folder / "sample.mp4").exists()


def test_a_bad_film_in_a_folder_stops_nothing(tmp_path: Path):
    terminal = Terminal(tmp_path)
    make_film(tmp_path / "good.mkv", seconds=1.0)
    (tmp_path / "broken.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + b"nothing" * 50)
    said = terminal("analyze", ".", "--stages", "frames,quality", code=4)
    assert "broken.mkv" in said
    assert [m["name"] for m in terminal.json("films")] == ["good.mkv"]
