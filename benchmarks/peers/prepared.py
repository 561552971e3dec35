"""What uvicorn alone can do: an application that sends every client the same prepared message for every event.

`python prepared.py PORT VALKEY_SOCKET MESSAGE`. It speaks as much of graphql-transport-ws as the clients of
benchmarks.live need, and knows no GraphQL: whatever is subscribed to, an event on any story's channel sends MESSAGE to
all clients.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
import uvloop

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ACKNOWLEDGED = '{"type":"connection_ack"}'
BEGUN = '{"id":"1","type":"next","payload":{"data":{"storyProgress":{"cursor":"begun:0"}}}}'


class Prepared:
    """The ASGI application."""

    def __init__(self, message: str) -> None:
        self._message: Message = {"type": "websocket.send", "text": message}
        self._clients: set[Send] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ready"})

    async def _serve(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        await receive()
        await send({"type": "websocket.send", "text": ACKNOWLEDGED})
        await receive()
        await send({"type": "websocket.send", "text": BEGUN})
        self._clients.add(send)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self._clients.discard(send)

    async def send_for_each_event(self, valkey: str) -> None:
        """Runs for ever. Reads Valkey's answers no further than to see that one is an event."""
        reader, writer = await asyncio.open_unix_connection(valkey)
        writer.write(b"PSUBSCRIBE sc:*:live\r\n")
        while told := await reader.read(64 * 1024):
            if told.startswith(b"*4"):  # a pmessage; the answer to PSUBSCRIBE has three parts
                for send in tuple(self._clients):
                    await send(self._message)


async def main(port: int, valkey: str, message: str) -> None:
    prepared = Prepared(message)
    config = uvicorn.Config(
        prepared, port=port, log_level="error", lifespan="off", ws="websockets-sansio", ws_per_message_deflate=False
    )
    sending = asyncio.create_task(prepared.send_for_each_event(valkey))
    await uvicorn.Server(config).serve()
    sending.cancel()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
