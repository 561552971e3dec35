"""uvicorn's WebSocket protocol, with what thousands of phones need of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

WRITE = "storycanvas.write"
"""The name of LiveProtocol.write among the extensions of an ASGI scope."""
SEND_BUFFER = 32 * 1024
"""Bytes that wait in the kernel for one client. By itself the kernel lets 2.8 MB pile up for one that stops reading."""
WAITING = 32 * 1024
"""Bytes that wait in this process for one client before its follower has to wait."""
GONE_AFTER_S = 16
"""Of a client that takes nothing and acknowledges nothing."""


class LiveProtocol(WebSocketsSansIOProtocol):
    """Lets go of clients that have stopped reading, and writes frames without ceremony."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WAITING)

    def keepalive_timeout(self) -> None:
        """Ends the connection at once, in place of uvicorn's own way, which closes it politely with 1011.

        That would wait for the client to read, and the code tells clients to give up. A connection that breaks makes
        them come back; and a follower that waits for room in the buffer is woken, and closed, by its end.
        """
        self.pong_timer = None
        self.pending_ping_payload = None
        self.close_sent = True
        self.transport.abort()

    async def run_asgi(self) -> None:
        cast("dict[str, Any]", self.scope)["extensions"][WRITE] = self.write
        await super().run_asgi()

    def write(self, text: bytes) -> bool:
        """Sends a text message at once; False, and nothing is sent, where the client has no room for it or is gone."""
        if not self.handshake_complete or self.close_sent or self.disconnected or not self.writable.is_set():
            return False
        self.transport.write(_header(len(text)) + text)
        return True

    async def send(self, message: ASGISendEvent) -> None:
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is None or not self.write(text.encode()):
            await super().send(message)


def write_of(scope: Scope) -> Callable[[bytes], bool] | None:
    """What sends a text message on this socket at once, where the server is ours; see LiveProtocol.write."""
    return cast("dict[str, Any]", scope.get("extensions") or {}).get(WRITE)


def _header(length: int) -> bytes:
    """Of one unfragmented text frame from a server (RFC 6455, section 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")


def patient_with_nobody(listening: socket.socket) -> None:
    """Sets on a listening socket what its connections inherit: a small buffer, and an end for who is stuck."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    timeout: Any = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only
    if timeout is not None:
        listening.setsockopt(socket.IPPROTO_TCP, timeout, GONE_AFTER_S * 1000)
