"""What a client may send before anybody has looked at it: bytes and time are counted on the bare connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers

BODY = b'{"query": "{ __typename }"}'
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
HEADERS_S, BODY_S = 0.6, 1.2


@dataclass
class Wire:
    """A bare connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer's status, headers and body."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def ended(self) -> bool:
        """Whether the server has ended the connection, with nothing more to say."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


@asynccontextmanager
async def wire(api: Api) -> AsyncGenerator[Wire]:
    parts = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def of_size(size: int, filler: bytes = b"X-Long: ") -> bytes:
    """A request whose headers, request line and separators included as they are counted, are so long."""
    fixed = len(b"/healthz") + len(b"host") + len(b"x") + 4 + len(filler) - 2 + 4
    return b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + filler + b"a" * (size - fixed) + b"\r\n\r\n"


# -------------------------------------------------------------------- sizes


async def test_headers_of_32_kib_are_read(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        client.send(of_size(32 * 1024))
        assert (await client.answer())[0] == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        of_size(32 * 1024 + 1),
        b"GET /healthz HTTP/1.1\r\n" + b"X-Many: a\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nX-Endless: " + b"a" * 100_000,
        b"GET /healthz HTTP/1.1\r\n" + b"a" * 100_000,
        b"GET /" + b"a" * 100_000,
    ],
    ids=["one", "many", "address", "endless value", "endless name", "endless address"],
)
async def test_headers_over_32_kib_are_431_and_the_end(shared_app: Api, request_bytes: bytes) -> None:
    async with wire(shared_app) as client:
        client.send(request_bytes)
        status, headers, _ = await client.answer()
        assert (status, headers["connection"]) == (431, "close")
        assert headers["x-content-type-options"] == "nosniff"
        assert await client.ended()


async def test_headers_that_never_end_are_refused_long_before_they_fill_memory(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nX-Endless: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 64 * 1024 * 1024:
                client.send(b"a" * 65_536)
                await client.writer.drain()
                sent += 65_536
                await asyncio.sleep(0)
        assert sent < 16 * 1024 * 1024  # what was on its way in the kernels


CHUNKED = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        CHUNKED + b"0\r\n" + b"X-Many: a\r\n" * 5000,
        CHUNKED + b"0\r\nX-Endless: " + b"a" * 60_000,
        CHUNKED + b"1;endless=" + b"a" * 60_000,
        CHUNKED + b"1\r\n{\r\n1;endless=" + b"a" * 60_000,
        b"\r\n" * 30_000,
    ],
    ids=["many trailers", "endless trailer", "endless extension", "endless extension later", "empty lines"],
)
async def test_what_is_neither_header_nor_body_is_431_over_32_kib_too(shared_app: Api, begun: bytes) -> None:
    async with wire(shared_app) as client:
        client.send(begun)
        assert (await client.answer())[0] == 431
        assert await client.ended()


async def test_a_body_in_small_chunks_with_a_trailer_is_read(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        body = BODY.ljust(50_000)
        client.send(CHUNKED + b"".join(b"1;some=thing\r\n%c\r\n" % byte for byte in body) + b"0\r\nX: y\r\n\r\n")
        assert (await client.answer())[0] == 200


async def test_a_large_body_does_not_count_as_headers_of_the_next_request(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        body = BODY.ljust(200_000)
        client.send((POST % len(body) + b"\r\n" + body) * 2)
        assert [(await client.answer())[0] for _ in range(2)] == [200, 200]


async def test_a_chunked_body_over_256_kib_is_413_before_it_ends(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        client.send(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        client.send(b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65_536 + b"\r\n") * 5)
        assert (await client.answer())[0] == 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX\x00Y: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\n X: folded\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_400_and_the_end(shared_app: Api, request_bytes: bytes) -> None:
    async with wire(shared_app) as client:
        client.send(request_bytes)
        status, headers, _ = await client.answer()
        assert status == 400
        assert headers["x-content-type-options"] == "nosniff"
        assert await client.ended()


async def test_a_flood_of_pipelined_requests_ends_the_connection(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)
        async with asyncio.timeout(10):
            told = await client.reader.read()
        assert told.count(b"200 OK") <= 20
        assert b"429 Too Many Requests" in told


async def test_a_few_pipelined_requests_are_answered_in_order(shared_app: Api) -> None:
    async with wire(shared_app) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + POST % len(BODY) + b"\r\n" + BODY)
        assert b"alive" in (await client.answer())[2]
        assert b"__typename" in (await client.answer())[2]


# -------------------------------------------------------------------- time


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hurried(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    async with (
        fresh_settings(servers, tmp_path_factory.mktemp("hurried"), headers_s=HEADERS_S, body_s=BODY_S) as settings,
        serving(settings) as (api, _),
    ):
        yield api


@pytest.mark.parametrize(
    ("begun", "wait_s"),
    [
        (b"", HEADERS_S),
        (b"GET /healthz HTTP/1.1\r\nHost:", HEADERS_S),
        (POST % len(BODY) + b"\r\n", BODY_S),
        (POST % len(BODY) + b"\r\n" + BODY[:-1], BODY_S),
        (b"POST /nowhere HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", BODY_S),
    ],
    ids=["nothing", "headers", "no body", "half a body", "a body that nobody reads"],
)
async def test_who_sends_too_slowly_is_let_go(hurried: Api, begun: bytes, wait_s: float) -> None:
    async with wire(hurried) as client:
        began = time.monotonic()
        client.send(begun)
        async with asyncio.timeout(10):
            told = await client.reader.read()
        assert time.monotonic() - began >= wait_s * 0.9
        assert told.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 404 "))


async def test_who_drips_headers_is_let_go_all_the_same(hurried: Api) -> None:
    async with wire(hurried) as client:
        client.send(b"GET /healthz HTTP/1.1\r\n")

        async def drip() -> None:
            while not client.reader.at_eof() and not client.writer.is_closing():
                client.send(b"X: y\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        try:
            async with asyncio.timeout(10):
                told = await client.reader.read()
        finally:
            dripping.cancel()
        assert told.startswith(b"HTTP/1.1 408 ")


async def test_time_is_counted_anew_for_every_request_of_a_connection(hurried: Api) -> None:
    async with wire(hurried) as client:
        for _ in range(4):
            client.send(POST % len(BODY) + b"\r\n")
            await asyncio.sleep(HEADERS_S * 0.6)
            client.send(BODY)
            assert (await client.answer())[0] == 200


async def test_an_answer_that_takes_long_is_no_slow_sender(hurried: Api) -> None:
    parent = await hurried.as_somebody()
    story = await parent.begin_story()
    query = f'subscription {{ storyProgress(storyId: "{story}") {{ cursor }} }}'
    headers = {"Authorization": f"Bearer {parent.token}", "Accept": "text/event-stream"}
    async with parent.http.stream("POST", f"{parent.url}/graphql", json={"query": query}, headers=headers) as response:
        began = time.monotonic()
        async with asyncio.timeout(10):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    break
            await asyncio.sleep(max(0.0, began + BODY_S * 1.3 - time.monotonic()))
            await parent.cancel_story(story)
        assert not response.is_closed
