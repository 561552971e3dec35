"""Health, readiness, and the reader page."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from models.database import Database, is_connection_lost

STATIC = Path(__file__).parent / "static"
READY_WITHIN_S = 2.0

_log = structlog.get_logger()


class _Revalidated(StaticFiles):
    """File names carry no hash, so a browser asks each time whether its copy is still right."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # as StaticFiles has it
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def page_routes(database: Database, redis: Redis) -> list[BaseRoute]:
    async def healthz(_: Request) -> Response:
        return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        """200 when a request could be served: database and Redis both answer."""
        away: list[str] = []
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await database.ping()
        except Exception as error:
            if not is_connection_lost(error):
                _log.exception("readiness.failed")
            away.append("database")
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await redis.ping()  # pyright: ignore[reportUnknownMemberType]  # redis-py types its options loosely
        except (RedisError, OSError, TimeoutError):
            away.append("redis")
        status = 503 if away else 200
        return JSONResponse({"ready": not away, "away": away}, status, {"Cache-Control": "no-store"})

    async def reader(_: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/", reader),
        Mount("/static", _Revalidated(directory=STATIC)),
    ]
