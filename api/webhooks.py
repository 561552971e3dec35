"""POST /webhooks/stripe: events of the payments' vendor. They are noted here, and looked into by a worker.

200 means noted, once and for all. Anything else has Stripe send it again, for three days.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from jobs.payments import Forged
from models.database import is_connection_lost
from resolvers import shop
from resolvers.house import House

MAX_BODY = 256 * 1024
"""In bytes; Stripe's largest events have some tens of kilobytes."""

_log = structlog.get_logger()


def webhooks(house: House) -> Callable[[Request], Awaitable[Response]]:
    async def receive(request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _answer(400, "The body is not whole.")
        if body is None:
            return _answer(413, f"An event takes up to {MAX_BODY // 1024} KiB.")
        try:
            new = await shop.receive(house, body, request.headers.get("stripe-signature"))
        except Forged as error:
            _log.warning("webhook.refused", reason=str(error), size=len(body))
            return _answer(400, "This is not signed by the shop, or too long ago.")
        except Exception as error:
            if not is_connection_lost(error):
                raise
            _log.warning("webhook.without_database", error=type(error).__name__)
            return _answer(503, "Please send it again later.")
        return JSONResponse({"received": True, "new": new}, headers={"Cache-Control": "no-store"})

    return receive


async def _body(request: Request) -> bytes | None:
    """The raw bytes, which are what is signed; None where there are too many."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _answer(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, {"Cache-Control": "no-store"})
