"""Sixteen connections that ask one after the other, and take the time of each answer: HTTP/1.1 over bare sockets.

What the generator itself costs is small beside any server: it looks for the end of a header and counts bytes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

CONNECTIONS = 16
ANSWERS_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Round:
    """`latencies` in seconds, sorted; `processor_s` is the server's."""

    answers: int
    wall_s: float
    processor_s: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return self.answers / self.wall_s

    @property
    def processor_us(self) -> float:
        """Of one answer."""
        return 1e6 * self.processor_s / self.answers

    def latency_ms(self, share: float) -> float:
        """The latency that `share` of the answers stay below."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A POST, whole, as it is sent again and again."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", "content-type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """Asks again as soon as it is answered, until it is told to stop."""

    def __init__(self, requests: Sequence[bytes], begin: int) -> None:
        self._requests = requests
        self._next = begin
        self._began = 0.0
        self._missing = -1
        self._head = b""
        self._until = 0.0
        self.latencies: list[float] = []
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def run(self, until: float) -> asyncio.Future[None]:
        self._until = until
        self.latencies = []
        self._done = asyncio.get_running_loop().create_future()
        self._ask()
        return self._done

    def close(self) -> None:
        self._transport.close()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = _length(self._head[:end]) - (len(self._head) - end - 4)
            self._head = b""
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        self._missing = -1
        self.latencies.append(now - self._began)
        if now < self._until or self._done is None:
            self._ask()
        else:
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server has closed a connection"))


def _length(head: bytes) -> int:
    """Raises RuntimeError for an answer that is not a success, or does not say how long it is."""
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"answered with {head.splitlines()[0]!r}")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError("an answer without content-length")


class Crowd:
    """Connections to one server; each begins with another of the requests."""

    def __init__(self, connections: list[Connection]) -> None:
        self._connections = connections

    @staticmethod
    async def of(port: int, requests: Sequence[bytes], count: int = CONNECTIONS) -> Crowd:
        loop = asyncio.get_running_loop()
        made: list[Connection] = []
        for number in range(count):
            begin = number * len(requests) // count
            _, connection = await loop.create_connection(
                lambda begin=begin: Connection(requests, begin), "127.0.0.1", port
            )
            made.append(connection)
        return Crowd(made)

    async def run(self, seconds: float) -> tuple[float, list[float]]:
        """Seconds that it took in all, and every latency, sorted."""
        began = time.perf_counter()
        async with asyncio.timeout(seconds + ANSWERS_WITHIN_S):
            await asyncio.gather(*(each.run(began + seconds) for each in self._connections))
        wall = time.perf_counter() - began
        return wall, sorted(taken for each in self._connections for taken in each.latencies)

    def close(self) -> None:
        for each in self._connections:
            each.close()


async def asked(port: int, request: bytes) -> bytes:
    """One answer's body, over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(_length(head))
    finally:
        writer.close()
