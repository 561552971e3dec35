"""One server process: uvicorn, with the limits that sockets need."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn
import uvloop

from api.app import create_app
from api.wiring import open_house
from models.logs import configure_logs
from models.settings import Settings

PING_S = 8.0
STOP_WITHIN_S = 6


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Blocking."""
    configure_logs(settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as opened:
        app, sockets = create_app(opened, settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            access_log=False,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_max_size=256 * 1024,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            server_header=False,
            lifespan="off",
        )
        server = _Server(config, sockets.leave)
        with contextlib.suppress(KeyboardInterrupt):
            await server.serve()


class _Server(uvicorn.Server):
    """Lets sockets go before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None]) -> None:
        super().__init__(config)
        self._leave = leave

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leave()
        await super().shutdown(sockets)
