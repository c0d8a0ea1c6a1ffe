"""A service on a free port of this machine, and libraries to serve: empty, made up row by row, or really analysed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import uvicorn
from tests.e2e.browser import Browser
from tests.films import Sound, make_film

from cinedex.app.server.application import application
from cinedex.app.server.service import Service
from cinedex.app.server.state import State
from cinedex.library import Library
from cinedex.timeline import arrow
from cinedex.timeline.movie import Movie
from cinedex.timeline.timeline import Timeline


class Served:
    """A service in a thread; the context gives its address, which ends in a slash."""

    def __init__(self, library: Library, folder: Path, roots: Iterable[Path] = (), *, port: int = 0) -> None:
        self.library = library
        state = State(folder / "state.sqlite")
        self.service = Service(library, state, folder / "uploads", tuple(roots), open_here=True, rate=0)
        config = uvicorn.Config(application(self.service), host="127.0.0.1", port=port, log_level="error")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


def anew(browser: Browser, address: str) -> None:
    """Open an address as if for the first time: of another one behind the # alone, a page would not be loaded."""
    browser.call("Page.navigate", url="about:blank")
    browser.complaints.clear()  # a page that outlived its server complained of that
    browser.open(address)


def playable(folder: Path, name: str = "green <b>field.webm", seconds: int = 2) -> Path:
    """A small film of two shots that every Chromium plays."""
    shots = [(seconds, (200, 40, 40)), (seconds, (40, 190, 60))]
    options = {"cpu-used": "8"}
    return make_film(
        folder / name, shots=shots, sounds=[Sound(codec="libopus")], codec="libvpx-vp9", b_frames=0, options=options
    )


def put(library: Library, timeline: Timeline, file: Path | None = None) -> Movie:
    """Take a film in with these rows, as if it had been analysed; `file` is what plays."""
    movie = replace(timeline.movie, id="m1-" + "5" * 40, uri=str(file or timeline.movie.uri))
    library.store.put_movie(movie)
    steps = library.plan(movie).steps
    of = {row.kind: step.name for step in reversed(steps) for row in step.stage.makes}  # the first that makes a kind
    tables: dict[str, dict[str, pa.Table]] = {}
    for (stage, kind), track in timeline.tracks.items():
        own = any(step.name == stage and kind in {row.kind for row in step.stage.makes} for step in steps)
        tables.setdefault(stage if own else of[kind], {})[kind] = track.table
    for step in steps:
        needs = [library.plan(movie).step(name).key for name in step.needs]
        if step.name in tables:
            empty = {row.kind: arrow.table(row, []) for row in step.stage.makes}
            library.store.write(movie.id, step.name, step.key, empty | tables[step.name], {"needs": needs})
    library.indexing.rebuild()
    return movie
