"""Search, questions and the index as a user of a library meets them: names at once, pictures, hostile films, kills."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.casts import HARBOUR, library_at, put_film
from tests.unit.search_fixtures import by_text, film
from typer.testing import CliRunner

from cinedex.app import cli, find_cli
from cinedex.errors import CinedexError, UsageError
from cinedex.library import Library
from cinedex.models.fakes import FakeTextEmbedder
from cinedex.search.columns import LOOK
from cinedex.search.filters import Where
from cinedex.search.finder import Finder
from cinedex.search.index import Index
from cinedex.search.query import search
from cinedex.timeline.rows import Vector
from cinedex.timeline.time import SECOND
from cinedex.timeline.track import Maker, Track


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A film with people, and for each of its half minutes a line that is said."""
    made = library_at(tmp_path / "lib")
    movie = put_film(made, "harbour.mp4", HARBOUR)
    lines = film(*[(f"line {n} at the quay", []) for n in range(20)], id_=movie.id, name=movie.name, seconds=30)
    made.index.update(replace(lines, movie=movie))
    made.store.put_mark(movie.id, "indexed", "x")
    monkeypatch.setattr(find_cli, "open_library", lambda: made)
    return made


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli.app, [*words], env={"COLUMNS": "120"})
    if isinstance(done.exception, CinedexError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


def facts(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_somebody_named_once_is_found_at_once(library: Library):
    """No film is analysed and no row of the index is written for a name, and none is left when the name goes."""
    version = library.index._open().version
    assert facts("search", "person:Ann")["hits"] == []
    library.cast.name("harbour.mp4#1", "Ann")
    found = facts("search", "Ann at the quay")
    assert (found["understood"], found["read"]) == ("at the quay person:Ann", ["person:Ann"])
    spans = next(c.spans for c in library.people(library.find("harbour.mp4")).characters if c.name == "Ann")
    assert found["hits"]
    for hit in found["hits"]:
        assert any(s.start < hit["end"] and hit["start"] < s.end for s in spans)
    assert facts("search", "person:harbour#1")["hits"]
    assert facts("ask", "who is in harbour?")["claims"][0]["text"].startswith("Ann is on screen")
    assert library.index._open().version == version
    library.cast.undo()
    assert facts("search", "person:Ann")["hits"] == []


@pytest.mark.usefixtures("library")
def test_an_answer_can_be_played():
    told = facts("ask", "what is said about line 7?")
    first = told["evidence"][0]
    assert first["seconds"][0] == 210
    assert first["play"].endswith(f"#t={first['seconds'][0]},{first['seconds'][1]}")
    assert "Rests on: 1 film searched" in run("ask", "what is said about line 7?")


def test_commands_say_what_is_wrong(library: Library):
    assert library
    for words in (["search", "--more-like", "harbour"], ["search", "--more-like", "harbour@x"], ["search"]):
        with pytest.raises(UsageError):
            run(*words)
    with pytest.raises(UsageError, match="short, medium, long"):
        run("summary", "harbour", "--length", "endless")
    assert "Nothing in this library matches “zebra”" in run("search", "zebra")
    assert "line 0 at the quay" in run("summary", "harbour")
    assert len(facts("summary", "harbour", "--length", "medium")["lines"]) == 12
    with pytest.raises(UsageError, match="a topic or a person"):
        run("summary")
    with pytest.raises(UsageError, match="a scene is a film's"):
        run("summary", "--scene", "1")
    assert "1 of 1 films" in run("summary", "--topic", "quay")
    assert "nothing in this library is about “zebra”" in run("summary", "--topic", "zebra")


def test_the_index_is_checked_made_anew_and_tidied(library: Library):
    library.index.update(film(("gone", []), id_="m1-gone", name="Gone.mp4"))
    assert "m1-gone: not a film of the library" in run("index", "check", code=6)
    run("index", "rebuild")
    assert facts("index", "check")["wrong"] == []
    assert "Tidied" in run("index", "compact")


def test_escape_codes_of_films_do_not_reach_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = library_at(tmp_path / "lib")
    said = "quay \x1b]0;owned\x07\x1b[31m [bold]not bold[/] \u202e"
    movie = put_film(made, "harbour.mp4", HARBOUR)
    made.index.update(replace(film((said, []), id_=movie.id), movie=replace(movie, name="a\x1b[2J.mp4")))
    monkeypatch.setattr(find_cli, "open_library", lambda: made)
    for words in (["search", "quay"], ["ask", "quay"], ["summary", "harbour"]):
        shown = run(*words)
        assert "[bold]not bold[/]" in shown
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)


class Tagger:
    """Sees one colour channel each as one direction."""

    size, space, vocabulary, labels = (8, 8), LOOK[0], "v", ("x",)

    def tags(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = np.zeros((len(pictures), LOOK[1]), np.float32)
        features[:, :3] = pictures.mean(axis=(1, 2))
        return np.ones((len(pictures), 1), np.float32), features


def test_pictures_find_what_looks_alike(tmp_path: Path):
    shots = film(("", []), ("red said", []), ("", []), ("", []), gap=True, id_="m1-a")
    colours = {0: (1, 0, 0), 2: (0.9, 0.1, 0), 4: (0, 1, 0), 6: (0, 0, 1)}
    rows = [
        Vector(start=SECOND * 5 * n, end=SECOND * 5 * (n + 1), space=LOOK[0], values=(*c, *[0.0] * (LOOK[1] - 3)))
        for n, c in colours.items()
    ]
    shots = replace(shots, tracks={**shots.tracks, ("tags", "vector"): Track.of(Vector, rows, Maker("tags", 1, "1"))})
    index = Index(str(tmp_path / "index"), FakeTextEmbedder)
    index.update(shots)
    cast: Any = type("C", (), {"register": type("R", (), {"people": {}})(), "on": False})()
    finder = Finder(index, lambda: [shots.movie], cast, Tagger)  # type: ignore[arg-type]
    Image.new("RGB", (30, 20), (255, 10, 0)).save(tmp_path / "red.png")
    hits = finder.search("", like=tmp_path / "red.png").hits
    assert [round(h.start.seconds) for h in hits] == [0, 10]
    assert hits[0].why[0].startswith("picture looks alike (1.00)")
    assert next(round(h.start.seconds) for h in finder.search("said", like=tmp_path / "red.png").hits) == 10
    more = finder.search("", more_like=(shots.movie, SECOND * 31)).hits
    assert [round(h.start.seconds) for h in more] == [30]
    (tmp_path / "no.png").write_bytes(b"no picture")
    for wrong in (tmp_path / "no.png", tmp_path / "none.png"):
        with pytest.raises(UsageError):
            finder.search("", like=wrong)
    with pytest.raises(UsageError, match="nothing to compare"):
        finder.search("", more_like=(shots.movie, SECOND * 7))


def test_a_writer_killed_at_any_time_leaves_whole_films(tmp_path: Path):
    """kill -9 amid updates: what is left has every film whole or not at all, and goes on being written."""
    code = (
        "import sys; from tests.unit.test_find import *\n"
        f"i = Index({str(tmp_path / 'index')!r}, FakeTextEmbedder); print('ready', flush=True); n = 0\n"
        "while True:\n"
        "    n += 1; i.update(film(*[('start', [])] * 3, id_=f'm1-{n % 5}', made=str(n % 10))); print(n, flush=True)"
    )
    for wait in (0.0, 0.13, 0.31):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603 - our own code
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(4)]
            assert told == ["ready\n", "1\n", "2\n", "3\n"]
            time.sleep(wait)
            writer.send_signal(signal.SIGKILL)
        index = Index(str(tmp_path / "index"), FakeTextEmbedder)
        films, moments = index.size
        assert films >= 3
        assert moments == 3 * films
        assert len(by_text(index, "start", 100)) == moments
    index.update(film(("after", []), id_="m1-after"))
    assert len(search(index, "after").hits) == 1


def test_readers_see_whole_films_while_writers_that_tidy_are_killed(tmp_path: Path):
    """Films grow and shrink, the table is tidied all the time, and a reader meets no film half old and half new."""
    code = (
        "from tests.unit.search_fixtures import film; from cinedex.models.fakes import FakeTextEmbedder\n"
        "import cinedex.search.index as own; own._LOOSE_FILES = 2\n"
        f"i = own.Index({str(tmp_path / 'index')!r}, FakeTextEmbedder); n = 0\n"
        "while True:\n"
        "    n += 1; i.update(film(*[('start', [])] * (2 + n % 7), id_=f'm1-{n % 3}', made=str(n % 10)))\n"
        "    print(n, flush=True)"
    )
    reader, beside = (Index(str(tmp_path / "index"), FakeTextEmbedder) for _ in range(2))
    done, torn = threading.Event(), list[Any]()

    def keys(index: Index) -> dict[str, set[str]]:
        rows = index.within(Where(), shown=("movie", "start", "key"))
        return {r["movie"]: {o["key"] for o in rows if o["movie"] == r["movie"]} for r in rows if r["movie"]}

    def read() -> None:
        while not done.is_set():
            try:
                torn.extend(own for own in keys(beside).values() if len(own) != 1)
            except CinedexError as error:
                torn.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for wait in (0.0, 0.17):
            with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603 - our own code
                assert writer.stdout is not None
                assert [writer.stdout.readline() for _ in range(4)] == ["1\n", "2\n", "3\n", "4\n"]
                time.sleep(wait)
                writer.send_signal(signal.SIGKILL)
            assert len(keys(reader)) == 3
    finally:
        done.set()
        thread.join()
    assert not torn
    reader.update(film(("after", []), id_="m1-0"))
    reader.compact()
    assert reader.size[0] == 3
    assert [h.words for h in search(reader, "after").hits] == ["after"]
