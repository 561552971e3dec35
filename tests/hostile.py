"""What somebody sends who means harm: to keep the server busy, to fill its memory, to make it fail."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.harness import Api

AT_ONCE = 8
EACH = 6
"""Requests that each attacker sends, one after the other."""
STREAMED_S = 0.5


@dataclass(frozen=True)
class Hostile:
    """`body` makes the nth request, unlike the others where a cache would know it. `signed_in`: it is an account's."""

    name: str
    body: Callable[[int], bytes]
    signed_in: bool = False


def _asking(document: Callable[[int], str], **variables: Any) -> Callable[[int], bytes]:
    return lambda number: json.dumps({"query": document(number), "variables": variables}).encode()


def _chain(number: int, body: str, last: str, links: int, on: str = "Query") -> str:
    """Fragments in fragments: `body` spreads `{next}`, and the last one is `last`."""
    fragments = [f"fragment F{n} on {on} {{ {body.format(next=f'...F{n + 1}')} }}" for n in range(links)]
    return " ".join([f"query Q{number} {{ ...F0 }}", *fragments, f"fragment F{links} on {on} {{ {last} }}"])


def _each(words: str, count: int, number: int) -> str:
    """`words` again and again, with a `#` in it that is another number each time."""
    return " ".join(words.replace("#", f"{number}x{each}") for each in range(count))


def _circles(number: int) -> str:
    everybody = " ".join(f"...F{each}" for each in range(14))
    fragments = [f"fragment F{each} on Query {{ me {{ id }} {everybody} }}" for each in range(14)]
    return " ".join([f"query Q{number} {{ ...F0 }}", *fragments])


LONG = "S" * 350
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
WIDEST = """{ stories(first: 100) { edges { node { id title premise status pageCount language ageBand createdAt
    pages { id number text textStatus imageStatus audioStatus } } } } }"""
WIDE_SCHEMA = "a: __schema { types { name fields { name args { name } type { name fields { name } } } } }"
HOSTILE = [
    Hostile("fragments in fragments, under 1 kB", _asking(lambda n: _chain(n, "{next} {next}", "me { id }", 20))),
    Hostile("fragments with fields", _asking(lambda n: _chain(n, "me {{ id }} {next} {next}", "__typename", 55))),
    Hostile("one field 990 times", _asking(lambda n: f"query Q{n} {{ {'__typename ' * 985} }}")),
    Hostile("one field under one alias", _asking(lambda n: f"query Q{n} {{ me {{ {'a: id ' * 10} {'id ' * 900} }} }}")),
    Hostile("three hundred aliases", _asking(lambda n: f"{{ {_each('a#: __typename', 300, n)} }}")),
    Hostile("nested to the bottom", _asking(lambda n: f"query Q{n} {'{ me ' * 190} {{ id }} {'}' * 190}")),
    Hostile("inline to the bottom", _asking(lambda n: f"query Q{n} {{ {'... { ' * 180} me {{ id }} {'}' * 181}")),
    Hostile("circles of fragments", _asking(_circles)),
    Hostile("the widest look at the schema", _asking(lambda n: f"query Q{n} {{ {WIDE_SCHEMA} }}")),
    Hostile("the schema twenty times", _asking(lambda n: f"{{ {_each('a#: __schema { types { name } }', 20, n)} }}")),
    Hostile("names that nearly are", _asking(lambda n: f"{{ {_each(f'... on {LONG}# {{ id }}', 140, n)} }}"), True),
    Hostile("names that are close", _asking(lambda n: f"{{ {_each('storie#', 900, n)} }}"), True),
    Hostile("a number far too long", _asking(lambda n: f"{{ stories(first: {n}{'9' * 60_000}) {{ __typename }} }}")),
    Hostile("64 KiB of comment lines", _asking(lambda n: f"#{n}" + "\n#" * 30_000 + "\n{ me { id } }")),
    Hostile("48,000 ids", _asking(lambda n: NODES, ids=["a"] * 48_000)),
    Hostile("variables without a bottom", lambda n: b'{"query": "{ a }", "variables": {"a": ' + b"[" * 120_000),
    Hostile("variables nested deep", _asking(lambda n: NODES, ids=json.loads("[" * 900 + "]" * 900))),
    Hostile("18,000 keys", _asking(lambda n: f"query Q{n} {{ __typename }}", **{f"k{n}": 0 for n in range(18_000)})),
    Hostile("a batch", lambda n: b"[" + b",".join([b'{"query": "{ me { id } }"}'] * 5000) + b"]"),
    Hostile("the widest query that is let in", _asking(lambda n: f"query Q{n} {WIDEST}"), True),
]


@dataclass(frozen=True)
class Stream:
    """Bytes of a connection that never comes to an end: `begin` once, then `go_on` again and again.

    One that `upgrades` is a WebSocket; it begins when that is open.
    """

    name: str
    begin: bytes
    go_on: bytes
    upgrades: bool = False


def frame(payload: bytes, opcode: int = 1, last: bool = True) -> bytes:
    """A client's frame of a WebSocket, masked with zeros (RFC 6455, section 5.2)."""
    first = bytes([(0x80 if last else 0) | opcode])
    if len(payload) < 126:
        return first + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload
    return first + bytes([0x80 | 126]) + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload


UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
STREAMS = [
    Stream("headers without end", b"GET / HTTP/1.1\r\nX-Endless: ", b"a" * 16_384),
    Stream("more and more headers", b"GET / HTTP/1.1\r\n", b"X-Many: a\r\n" * 500),
    Stream("requests upon requests", b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 500),
    Stream("a body without end", POST + b"Transfer-Encoding: chunked\r\n\r\n", b"4000\r\n" + b" " * 16_384 + b"\r\n"),
    Stream("chunks of one byte", POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 2000),
    Stream("pings of the socket", b"", frame(b"p" * 100, opcode=9) * 100, True),
    Stream("pings of the protocol", b"", frame(b'{"type":"ping","payload":{"a":"x"}}') * 300, True),
    Stream("a message of empty frames", frame(b"", last=False), frame(b"", 0, last=False) * 1000, True),
    Stream("a message without end", frame(b"x", last=False), frame(b"x" * 8000, 0, last=False), True),
    Stream("subscribes before the greeting", b"", frame(b'{"id":"1","type":"subscribe"}') * 50, True),
]
"""Nobody reads what the server says to them."""


async def answer_to(parent: Api, hostile: Hostile, number: int) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    if hostile.signed_in:
        headers["Authorization"] = f"Bearer {parent.token}"
    body = hostile.body(number)
    return await parent.http.post(f"{parent.url}/graphql", content=body, headers=headers, timeout=60)


async def flood(parent: Api, hostile: Hostile) -> list[httpx.Response]:
    async def attacker(who: int) -> list[httpx.Response]:
        return [await answer_to(parent, hostile, who * 1000 + number) for number in range(1, EACH + 1)]

    answers = await asyncio.gather(*(attacker(who) for who in range(AT_ONCE)))
    return [answer for each in answers for answer in each]


async def pour(port: int, stream: Stream) -> None:
    """One connection, on which more and more is said and nothing heard."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if stream.upgrades:
        writer.write(UPGRADE)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    with contextlib.suppress(ConnectionError, TimeoutError):
        writer.write(stream.begin)
        async with asyncio.timeout(STREAMED_S):
            while not writer.transport.is_closing():
                writer.write(stream.go_on)
                await writer.drain()
                await asyncio.sleep(0)
    writer.transport.abort()
