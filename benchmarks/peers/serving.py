"""How the Python servers of this folder are served: uvicorn with uvloop and httptools, one process, no access log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
import uvloop

from benchmarks.peers.rows import Rows

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Routed:
    """Everything but /readyz is the application's."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope.get("path") != "/readyz":
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})


def serve(app: Routed, port: int, rows: Rows) -> None:
    async def run() -> None:
        await rows.open()
        config = uvicorn.Config(app, port=port, log_level="error", access_log=False, lifespan="off")
        await uvicorn.Server(config).serve()

    uvloop.run(run())
