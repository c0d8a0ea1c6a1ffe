"""A client for Cinedex servers, of the standard library alone.

```python
from cinedex_client import Cinedex

cinedex = Cinedex("https://films.example.org", key="cdx_...")
film = cinedex.films.add(path="/srv/films/night train.mp4")
job = cinedex.jobs.ask(film=film["id"])
for event in cinedex.jobs.events(job["id"]):
    print(event.data["state"], event.data["fraction"])
for hit in cinedex.finding.search(q="red car")["hits"]:
    print(hit["name"], hit["seconds"])
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cinedex_client.api import Api
from cinedex_client.transport import ApiError, Event, Transport

__all__ = ["ApiError", "Cinedex", "Event"]


class Cinedex(Api):
    """A server by its address, and a key of it where it asks for one."""

    def __init__(
        self, url: str = "http://127.0.0.1:8765", key: str | None = None, *, timeout: float = 60.0, again: int = 4
    ) -> None:
        self._transport = Transport(url, key, timeout=timeout, again=again)
        super().__init__(self._transport)

    def upload(self, file: str | Path, *, at: str | None = None) -> dict[str, Any]:
        """Upload a film and give it as the library has it; a cut connection is gone on from."""
        return self._transport.upload(file, at=at)
