"""A TCP proxy on loopback that cuts its connections: what lies between a phone and a server."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

CHUNK = 4096
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Passes each connection on to `target()`, a port, and cuts it after `patience()` bytes from the server.

    With `stalls` it is not cut then: nothing more passes, and nobody is told.
    """

    def __init__(self, target: Callable[[], int], patience: Callable[[], float], *, stalls: bool = False) -> None:
        self._target = target
        self._patience = patience
        self._stalls = stalls
        self.port = 0
        self.connections = 0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Cuts whatever is open."""
        for task in self._open:
            task.cancel()

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._open)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        resets = bool(self.connections % 2)
        try:
            await self._pass_on(reader, writer)
            writer.close()
        except asyncio.CancelledError:
            _break(writer, resets)
        except _PatienceIsOver:
            _break(writer, resets)
        except OSError:
            writer.transport.abort()
        finally:
            self._open.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns when one side has closed. Raises OSError and _PatienceIsOver."""
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._target())
        pumps = [
            asyncio.create_task(_pump(reader, to_server, float("inf"))),
            asyncio.create_task(_pump(from_server, writer, self._patience())),
        ]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                pump.result()
        except _PatienceIsOver:
            if self._stalls:
                await asyncio.Event().wait()
            raise
        finally:
            to_server.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


class _PatienceIsOver(Exception):
    """As many bytes have passed as were to pass."""


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk[: int(min(patience, CHUNK))])
        await writer.drain()
        patience -= len(chunk)
        if patience <= 0:
            raise _PatienceIsOver


def _break(writer: asyncio.StreamWriter, resets: bool) -> None:
    """Ends a connection without a word: as a line does that is reset, or as one that is closed in the middle."""
    if resets:
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()


@asynccontextmanager
async def between(
    target: Callable[[], int], patience: Callable[[], float], *, stalls: bool = False
) -> AsyncGenerator[Proxy]:
    """A running proxy; what is open at its end is cut."""
    proxy = Proxy(target, patience, stalls=stalls)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield proxy
        finally:
            await proxy.close()
