"""Followers that cost next to nothing: graphql-transport-ws on bare frames, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import cast

import orjson

from benchmarks.stage import HOST

PROGRESS = """
  subscription StoryProgress($id: ID!, $after: String) {
    storyProgress(storyId: $id, after: $after) {
      cursor previousCursor reset
      events {
        __typename sequence
        ... on StorySnapshot { story { title status } }
        ... on PageTextAppended { pageNumber offset delta }
        ... on PageImagePreviewed { pageNumber image { url blurhash } }
        ... on PageImageReady { page { number image { url alt } } }
        ... on PageAudioReady { page { number audio { url durationMs } } }
        ... on StoryEnded { story { status problem } }
      }
    }
  }
"""
BEGINS_WITHIN_S = 30.0
AT_ONCE = 20
"""Connections that are being opened at the same moment; a listening socket's queue is not what is measured."""

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)

Told = Callable[["Follower", bytes], None]


class Follower(asyncio.Protocol):
    """One connection that follows one story, from `after` on or from a snapshot.

    `told` is called with every `next` message, as its bytes. `began` is set by the first of them, or fails with
    ConnectionError.
    """

    def __init__(self, story: str, token: str | None, told: Told, after: str | None = None) -> None:
        self.story = story
        self.told = told
        self.began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self._init = {"authorization": f"Bearer {token}"} if token else {}
        self._payload = {"query": PROGRESS, "variables": {"id": story, "after": after}}
        self._upgraded = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(_HANDSHAKE.format(host=HOST).encode())

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = 0 if self._upgraded else self._after_handshake(data)
        while (frame := _frame(data, at)) is not None:
            opcode, start, at = frame
            self._hear(opcode, data[start:at])
        self._rest = data[at:]

    def _after_handshake(self, data: bytes) -> int:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._fail(data.partition(b"\r\n")[0].decode())
            self.transport.abort()
            return len(data)
        self._upgraded = True
        self._say({"type": "connection_init", "payload": self._init})
        return end + 4

    def _hear(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self._hear_message(payload)
        elif opcode == _PING:
            self.transport.write(_masked(_PONG, payload))
        elif opcode == _CLOSE:
            self._fail(f"closed with {int.from_bytes(payload[:2])}")
            self.transport.close()

    def _hear_message(self, message: bytes) -> None:
        if b'"type":"next"' in message[:40]:  # where both kinds of server write it
            if not self.began.done():
                self.began.set_result(None)
            self.told(self, message)
        elif b'"connection_ack"' in message:
            self._say({"id": "1", "type": "subscribe", "payload": self._payload})
        else:
            self._fail(message.decode())

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the connection was lost")
        if not self.ended.done():
            self.ended.set_result(None)

    def _fail(self, reason: str) -> None:
        if not self.began.done():
            self.began.set_exception(ConnectionError(reason))

    def _say(self, message: dict[str, object]) -> None:
        self.transport.write(_masked(_TEXT, orjson.dumps(message)))


def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Opcode, and where the payload of the frame at `at` begins and ends; None where it is not yet whole."""
    if len(data) < at + 2:
        return None
    length, start = data[at + 1], at + 2
    if length >= 126:
        start += 2 if length == 126 else 8
        if len(data) < start:
            return None
        length = int.from_bytes(data[at + 2 : start])
    return (data[at] & 0x0F, start, start + length) if len(data) >= start + length else None


def _masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame. Its mask is zero, which leaves the payload as it is."""
    length = len(payload)
    if length < 126:
        header = bytes((0x80 | opcode, 0x80 | length))
    else:
        header = bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big")
    return header + b"\0\0\0\0" + payload


async def begin(follower: Follower, port: int, receive_buffer: int | None = None) -> Follower:
    """Connects, and waits for the first answer. Raises ConnectionError or TimeoutError.

    `receive_buffer` is what the kernel may hold for it, in bytes.
    """
    bare = socket.socket()
    bare.setblocking(False)
    bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer is not None:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(BEGINS_WITHIN_S):
        await loop.sock_connect(bare, (HOST, port))
        await loop.create_connection(lambda: follower, sock=bare)
        await follower.began
    return follower


@asynccontextmanager
async def following(
    port: int, followers: Iterable[Follower], receive_buffer: int | None = None
) -> AsyncGenerator[list[Follower]]:
    """All of them, once each has had its first answer; their connections end with the block."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(follower: Follower) -> Follower:
        async with gate:
            return await begin(follower, port, receive_buffer)

    begun = await asyncio.gather(*(one(follower) for follower in followers))
    try:
        yield begun
    finally:
        for follower in begun:
            follower.transport.abort()
        await asyncio.gather(*(follower.ended for follower in begun))
