"""One server process: uvicorn, with the limits that sockets need."""

from __future__ import annotations

import contextlib
import gc
import socket
import sys

import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from api.app import Leave, create_app
from api.http_protocol import Patience, bounded
from api.preflight import BACKLOG, listening
from api.protocol import LiveProtocol, patient_with_nobody
from api.wiring import open_house
from models.logs import configure_logs
from models.settings import Settings

_log = structlog.get_logger()

TURN_S = 0.0005
"""How long a thread goes on in Python while another wants to. Documents are read in a thread; with Python's 5 ms the
loop, which serves everybody else, waits 10 times as long for each of its turns beside it."""
PING_S = 8.0
STOP_WITHIN_S = 6
SPREAD_S = 5.0
"""Followers are let go over so many seconds, so that they do not all come to the next process at once."""


def serve(settings: Settings, *, shared: bool = False) -> None:
    """Serves until SIGTERM or SIGINT, with `shared` beside other processes on the same port. Blocking.

    Raises CannotStart where nobody can listen.
    """
    configure_logs(settings.log_level)
    sys.setswitchinterval(TURN_S)
    uvloop.run(_serve(settings, shared))


async def _serve(settings: Settings, shared: bool) -> None:
    async with open_house(settings) as opened:
        app, leave = create_app(opened, settings)
        config = config_of(app, settings)
        taking = listening(settings.host, settings.port, shared=shared)
        patient_with_nobody(taking)
        _log.info("server.listening", host=settings.host, port=taking.getsockname()[1])
        server = _Server(config, leave)
        _settle_memory()
        with contextlib.suppress(KeyboardInterrupt):
            await server.serve([taking])


def _settle_memory() -> None:
    """Keeps the collector of cycles from what has none.

    What is there by now stays: a collection that looks through it all stops every thread for 100 ms.
    """
    gc.collect()
    gc.freeze()


def config_of(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the application: what is true of every connection stands here."""
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType]  # uvicorn's types of scopes are narrower than Starlette's
        host=settings.host,
        port=settings.port,
        backlog=BACKLOG,
        log_level=settings.log_level,
        access_log=False,
        http=bounded(Patience(settings.max_headers, settings.headers_s, settings.body_s)),
        ws=LiveProtocol,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_max_size=settings.max_message,
        ws_per_message_deflate=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        server_header=False,
        lifespan="off",
    )


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
