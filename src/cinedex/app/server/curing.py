"""Remedies for flashing, looked for in a thread beside the requests: watching stretches of a film again takes a while.

What was found is kept by the library, so that it is looked for once, whichever server does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import Any

from cinedex.errors import CinedexError
from cinedex.formats.compliance import facts_of
from cinedex.formats.compliance.curves import told
from cinedex.library import Library
from cinedex.timeline.movie import Movie

_log = logging.getLogger("cinedex.server")

_IDLE_SECONDS = 5.0
"""After which the thread ends that has nothing to do."""


class Cures:
    """The remedies of a library. `busy` is held while one is looked for; `stop` says whether the server ends."""

    def __init__(
        self, library: Library, busy: Callable[[], AbstractContextManager[Any]], stop: threading.Event
    ) -> None:
        self.library, self._busy, self._stop = library, busy, stop
        self._asked: SimpleQueue[tuple[Movie, str]] = SimpleQueue()
        self._open: dict[tuple[str, str], str] = {}
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self, movie: Movie, standards: Iterable[str]) -> None:
        """Look for what is not found yet; asking again for what is being looked for changes nothing."""
        with self._lock:
            self._failed.pop(movie.id, None)
            for standard in standards:
                if (movie.id, standard) not in self._open:
                    self._open[movie.id, standard] = "queued"
                    self._asked.put((movie, standard))
            if self._thread is None and self._open:
                self._thread = threading.Thread(target=self._work, name="remedies", daemon=True)
                self._thread.start()

    def told(self, movie: Movie, standards: Iterable[str]) -> dict[str, Any]:
        """How far it is, for programs."""
        # Before what was found: what ends in between is then told as running once more, never as not begun.
        with self._lock:
            states = {state for (film, _), state in self._open.items() if film == movie.id}
            why = self._failed.get(movie.id, "")
        found = {standard: self.library.remedies(movie, standard) for standard in standards}
        windows, tried = sum(n for n, _ in found.values()), sum(len(known) for _, known in found.values())
        state = "none" if windows else "done"
        if states:
            state = "running" if "running" in states else "queued"
        elif windows and tried == windows:
            state = "done"
        elif why:
            state = "failed"
        remedies = {name: [facts_of(r) | {"says": told(r)} for r in known] for name, (_, known) in found.items()}
        return {"state": state, "windows": windows, "tried": tried, "why": why, "remedies": remedies}

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                movie, standard = self._asked.get(timeout=_IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if self._asked.empty():
                        self._thread = None
                        return
                continue
            self._open[movie.id, standard] = "running"
            try:
                self._look(movie, standard)
            except CinedexError as error:
                self._failed[movie.id] = str(error)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread
                _log.exception("remedies for %s", movie.id[:16])
                self._failed[movie.id] = f"{type(error).__name__}: {error}"
            finally:
                with self._lock:
                    del self._open[movie.id, standard]

    def _look(self, movie: Movie, standard: str) -> None:
        flicker = self.library.flicker
        looked = flicker.remedies(movie, flicker.verdict(movie, standard))
        while not self._stop.is_set():
            with self._busy():
                if next(looked, None) is None:
                    return
