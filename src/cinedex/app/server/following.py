"""Jobs as many follow them: each is read once when it has changed, however many streams tell of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool

from cinedex.app.server.jobs import ENDED
from cinedex.app.server.news import News
from cinedex.errors import NotFoundError, StoreError


@dataclass(eq=False)
class _Followed:
    """What was last told of a job, and who waits for more."""

    text: str = ""
    over: bool = False
    """Nothing more will be told."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: int = 0
    reader: asyncio.Task[None] | None = None

    def tell(self, text: str, *, over: bool) -> None:
        if (text, over) != (self.text, self.over):
            self.text, self.over = text, over
            self.changed.set()
            self.changed = asyncio.Event()


class Following:
    """The jobs that are followed. `read` gives one and may wait; `stop` is set when the server ends."""

    def __init__(self, news: News, read: Callable[[str], dict[str, Any]], stop: threading.Event) -> None:
        self._news, self._read, self._stop = news, read, stop
        self._followed: dict[str, _Followed] = {}

    async def told(self, job: str, beat: float) -> AsyncIterator[str]:
        """A job as JSON, now and whenever it has changed, until it has ended; '' after `beat` seconds of silence.

        What is read is never older than the last news of the job; while the database is away nothing is told.
        """
        one = self._followed.get(job)
        if one is None:
            one = self._followed[job] = _Followed()
            one.reader = asyncio.create_task(self._follow(job, one))
        one.listeners += 1
        last = ""
        try:
            while True:
                changed = one.changed
                if one.text != last:
                    last = one.text
                    yield last
                elif one.over:
                    return
                else:
                    try:
                        await asyncio.wait_for(changed.wait(), beat)
                    except TimeoutError:
                        yield ""
        finally:
            one.listeners -= 1
            if not one.listeners:
                self._end(job, one)
                if one.reader is not None:
                    one.reader.cancel()

    async def _follow(self, job: str, one: _Followed) -> None:
        try:
            with self._news.ear(job) as ear:
                while not self._stop.is_set() and not one.over:
                    try:
                        found = await run_in_threadpool(self._read, job)
                    except StoreError:  # the database is away: it goes on when it is back
                        pass
                    else:
                        if found["state"] in ENDED:
                            self._end(job, one)  # whoever asks from now on reads it anew: it may be tried again
                        one.tell(json.dumps(found), over=found["state"] in ENDED)
                    if not one.over:
                        await ear.wait(self._news.pause)
        except NotFoundError:  # it was forgotten, as old jobs are
            return
        finally:
            self._end(job, one)
            one.tell(one.text, over=True)

    def _end(self, job: str, one: _Followed) -> None:
        if self._followed.get(job) is one:
            del self._followed[job]
