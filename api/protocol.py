"""uvicorn's WebSocket protocol, with what thousands of phones need of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent

WRITE = "storycanvas.write"
"""The name of LiveProtocol.write among the extensions of an ASGI scope."""
SEND_BUFFER = 32 * 1024
"""Bytes that wait in the kernel for one client. By itself the kernel lets 2.8 MB pile up for one that stops reading."""
WAITING = 32 * 1024
"""Bytes that wait in this process for one client before its follower has to wait."""
GONE_AFTER_S = 16
"""Of a client that takes nothing and acknowledges nothing."""
MOST_FRAGMENTS = 256
"""Frames of one message. Empty ones take memory too, and are not counted by its size."""
PORTION = 2 * 1024
"""Bytes that are parsed at once: a hundred small messages, two milliseconds."""
MOST_AFTER_CLOSE = 256 * 1024
MOST_PINGS_A_SECOND = 100
"""Pings of the WebSocket itself, each of which is answered at once."""


class LiveProtocol(WebSocketsSansIOProtocol):
    """Lets go of clients that have stopped reading or send what only costs, and writes frames without ceremony."""

    _pings = (0, 0)
    """The second of the last ping, and how many came in it."""
    _late = 0
    """Bytes that came after we have said that the socket ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._backlog = bytearray()
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

    def data_received(self, data: bytes) -> None:
        """Parses a portion in each turn of the loop, and the next when the application has heard what was in it."""
        if self.close_sent:
            self._late += len(data)
            if self._late > MOST_AFTER_CLOSE:
                self.transport.abort()
                return
        if len(data) <= PORTION and not self._backlog:
            super().data_received(data)
            return
        waiting = bool(self._backlog)
        self._backlog += data
        if not waiting:
            self.transport.pause_reading()
            self._parse_portion()

    def _parse_portion(self) -> None:
        portion = bytes(self._backlog[:PORTION])
        if not portion:  # the connection is gone
            return
        del self._backlog[:PORTION]
        super().data_received(portion)
        if self.transport.is_closing():
            self._backlog.clear()
        elif not self._backlog and not self.read_paused:
            self.transport.resume_reading()
        elif self._backlog and (self.queue.empty() or self.close_sent):
            self.loop.call_soon(self._parse_portion)

    async def receive(self) -> ASGIReceiveEvent:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if self._backlog:
                self.loop.call_soon(self._parse_portion)
            else:
                self.transport.resume_reading()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        self._backlog.clear()
        super().connection_lost(exc)

    def handle_ping(self) -> None:
        """Answers, unless pings come in floods or the answers before are not read: those wait in our memory."""
        second = int(self.loop.time())
        self._pings = (second, self._pings[1] + 1 if self._pings[0] == second else 1)
        if self._pings[1] > MOST_PINGS_A_SECOND or not self.writable.is_set():
            self.transport.abort()
            return
        super().handle_ping()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "Too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

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
            if message["type"] == "websocket.close" and self._backlog:
                self.loop.call_soon(self._parse_portion)  # the client's own close is somewhere in it


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
