"""The service's process: uvicorn, imported here only, and how it ends.

SIGTERM or Ctrl-C: /readyz says no, streams of events end, the running job goes back into the queue with what it made
kept, requests have `DRAIN_SECONDS` to end. All of it takes `DRAIN_SECONDS` and the worker's bound at most.
"""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn

from cinedex.app.memory import give_back
from cinedex.app.server.application import application
from cinedex.app.server.service import Service

DRAIN_SECONDS = 5


_TICKS = 600
"""Of a tenth of a second each, from one time that free memory is given back to the next."""


class Server(uvicorn.Server):
    """A server that tells the service at once that it is to end, and not only when every connection has.

    Once a minute it gives free memory back.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does ten times a second; whether it is to end."""
        if counter % _TICKS == _TICKS - 1:
            asyncio.get_running_loop().run_in_executor(None, give_back)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The signal's handler."""
        self.service.worker.halt()
        super().handle_exit(sig, frame)


def server(service: Service, names: tuple[str, ...], host: str, port: int) -> Server:
    """A server of the application, to be run."""
    config = uvicorn.Config(
        application(service, hosts=names),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        limit_concurrency=1000,
        timeout_keep_alive=30,  # people read for longer than the 5 s that are usual
    )
    return Server(config, service)
