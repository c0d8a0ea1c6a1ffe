"""News of jobs: streams in this process hear of a change at once, those of other servers through Redis.

What is told is a job's id alone; what it is like is read from the state, the one truth. Whoever listens also looks by
himself from time to time, so that news that is lost, or a Redis that is away, makes an event late and never wrong.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cinedex.app.server.shared import NEWS, Shared
from cinedex.errors import StoreError
from cinedex.redis import told

_OFTEN, _SELDOM = 0.5, 3.0
"""Seconds after which a listener looks by himself: without a channel from the other servers, and with one."""


class Ear:
    """One listener's: rung from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        try:
            self._loop.call_soon_threadsafe(self._rung.set)
        except RuntimeError:  # the server is ending
            return

    async def wait(self, seconds: float) -> None:
        """Until it rings, or so long."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return
        self._rung.clear()


class News:
    """Who listens for which job, and the thread that listens to the other servers."""

    def __init__(self, shared: Shared | None) -> None:
        self._shared = shared
        self._ears: dict[str, set[Ear]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._hears = False

    @property
    def pause(self) -> float:
        """Seconds after which a listener should look by himself."""
        return _SELDOM if self._hears else _OFTEN

    def start(self) -> None:
        """Begin to listen to the other servers, where there is a Redis."""
        if self._shared is not None:
            threading.Thread(target=self._listen, args=(self._shared,), name="news", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()

    def tell(self, job: str) -> None:
        """A job has changed."""
        self._ring(job)
        if self._shared is not None:
            self._shared.ask(lambda client: client.publish(NEWS, job), 0)

    @contextmanager
    def ear(self, job: str) -> Iterator[Ear]:
        """Listen for a job. Made before the job is read, so that no change falls between."""
        made = Ear()
        with self._lock:
            self._ears.setdefault(job, set()).add(made)
        try:
            yield made
        finally:
            with self._lock:
                self._ears[job].discard(made)
                if not self._ears[job]:
                    del self._ears[job]

    def _ring(self, job: str | None = None) -> None:
        with self._lock:
            ears = [ear for name, some in self._ears.items() if job in {None, name} for ear in some]
        for ear in ears:
            ear.ring()

    def _listen(self, shared: Shared) -> None:
        while not self._stop.is_set():
            try:
                with told(shared.url), shared.client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                    channel.subscribe(NEWS)
                    channel.ping()
                    self._hears = True
                    self._ring()  # something may have happened while nobody heard
                    while not self._stop.is_set():
                        heard = channel.get_message(timeout=0.4)
                        if heard is not None and heard["type"] == "message":
                            self._ring(heard["data"].decode())
            except StoreError as error:
                self._hears = False
                self._ring()  # from now on they look by themselves, more often
                shared.failed(error)
                self._stop.wait(1.0)
        self._hears = False
