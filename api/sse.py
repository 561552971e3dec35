"""GraphQL over server-sent events, for networks that break WebSockets: the "distinct connections mode".

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. One request is one operation; its answers are `next`
events, and `complete` is the last event. An operation that is refused says so in a `next` event, since a browser's
EventSource shows nothing of an answer that is no stream.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.encoding import encode

MEDIA_TYPE = "text/event-stream"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # asks nginx to pass events on as they come
]


class EventStream(Response):
    """Sends answers, JSON each, as they come.

    Stops as soon as the client goes, when `ends` says so, and when the client's token expires, in `left_s` seconds. A
    stream that ends without a `complete` asks its client to come back.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self, answers: AsyncGenerator[bytes], ends: asyncio.Event | None = None, left_s: float | None = None
    ) -> None:
        super().__init__()
        self.raw_headers = list(HEADERS)
        self._answers = answers
        self._ends = asyncio.Event() if ends is None else ends
        self._left_s = left_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        telling = asyncio.create_task(self._tell(send))
        watching = [asyncio.create_task(_until_gone(receive)), asyncio.create_task(_until(self._ends))]
        try:
            await asyncio.wait({telling, *watching}, timeout=self._left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (telling, *watching):
                task.cancel()
            outcomes = await asyncio.gather(telling, *watching, return_exceptions=True)
        if isinstance(outcomes[0], Exception) and not isinstance(outcomes[0], OSError):
            raise outcomes[0]
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send) -> None:
        async with contextlib.aclosing(self._answers) as answers:
            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            async for answer in answers:
                await _send(send, b"event: next\ndata: %b\n\n" % answer)
        await _send(send, b"event: complete\ndata:\n\n")


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def only(*answers: dict[str, Any]) -> AsyncGenerator[bytes]:
    """A stream of answers that are there already."""
    for answer in answers:
        yield encode(answer)
