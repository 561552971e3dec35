"""One server process: uvicorn, with the limits that sockets need."""

from __future__ import annotations

import contextlib
import gc
import socket

import uvicorn
import uvloop

from api.app import Leave, create_app
from api.protocol import LiveProtocol, patient_with_nobody
from api.wiring import open_house
from models.logs import configure_logs
from models.settings import Settings

PING_S = 8.0
STOP_WITHIN_S = 6
YOUNG = 50_000
"""Containers that are made, and still there, before the collector looks at them."""
SPREAD_S = 5.0
"""Followers are let go over so many seconds, so that they do not all come to the next process at once."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Blocking."""
    configure_logs(settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as opened:
        app, leave = create_app(opened, settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            access_log=False,
            ws=LiveProtocol,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_max_size=256 * 1024,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            server_header=False,
            lifespan="off",
        )
        listening = config.bind_socket()
        patient_with_nobody(listening)
        server = _Server(config, leave)
        _settle_memory()
        with contextlib.suppress(KeyboardInterrupt):
            await server.serve([listening])


def _settle_memory() -> None:
    """Keeps the collector of cycles from what has none.

    What is there by now stays, and to look through it took a tenth of a second each time, in which nobody was answered.
    An answer is thousands of dicts, all of which are gone when it is sent.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)


class _Server(uvicorn.Server):
    """Takes no more connections, and lets followers go one by one, before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, leave: Leave) -> None:
        super().__init__(config)
        self._leave = leave

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._leave(SPREAD_S)
        await super().shutdown(sockets)
