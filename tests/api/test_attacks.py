"""While somebody does harm, everybody else is served: nothing fails, nothing stalls, and no memory is eaten."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
import time
from collections.abc import AsyncGenerator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.test_live_server import Live, live_server
from tests.harness import Api
from tests.hostile import HOSTILE, STREAMS, UPGRADE, Hostile, Stream
from tests.servers import Servers

AT_ONCE = 8
EACH = 6
"""Requests that each attacker sends, one after the other."""
STREAMED_S = 0.5
SOON_S = 0.25
STORIES = 25
GROWTH = 96 * 1024 * 1024
"""Bytes that all attacks together may leave behind: what is kept of documents, and what Python does not give back."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def attacked(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Attacked]:
    data = tmp_path_factory.mktemp("attacked")
    async with live_server(servers, data, STORYCANVAS_POINTS_AN_HOUR="0") as live:
        for _ in range(STORIES):
            await live.parent.create_story(premise="A snail who wins a race", pageCount=24)
        for hostile in HOSTILE:  # what is imported, compiled and kept once is no growth
            await answer_to(live.parent, hostile, 0)
        yield Attacked(live, data / "serve.log", live.resident())


@dataclass
class Attacked:
    live: Live
    log: Path
    resident: int


class Bystander(threading.Thread):
    """Asks for /healthz again and again, on a connection that it keeps; in a thread, so that attackers, who are busy in
    the test's own loop, don't keep it from asking."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._enough = threading.Event()
        self.waits_s: list[float] = []

    def run(self) -> None:
        while not self._enough.is_set() or not self.waits_s:
            began = time.monotonic()
            self._connection.request("GET", "/healthz")
            answer = self._connection.getresponse()
            answer.read()
            assert answer.status == 200
            self.waits_s.append(time.monotonic() - began)
            self._enough.wait(0.005)
        self._connection.close()

    async def during(self, attack: Awaitable[Any]) -> None:
        self.start()
        try:
            await attack
        finally:
            self._enough.set()
            await asyncio.to_thread(self.join)


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


def check(attacked: Attacked, bystander: Bystander, calm: Bystander) -> None:
    # On a machine that has other work too, the worst of many waits says little: the benchmark tells it.
    assert median(bystander.waits_s) < max(SOON_S, 20 * median(calm.waits_s))
    assert max(bystander.waits_s) < 10 * SOON_S + 5 * max(calm.waits_s)
    assert attacked.live.process.returncode is None
    assert b"Traceback" not in attacked.log.read_bytes()
    assert attacked.live.resident() - attacked.resident < GROWTH


@pytest.mark.parametrize("hostile", HOSTILE, ids=[hostile.name for hostile in HOSTILE])
async def test_hostile_requests_are_answered_in_words_and_hold_nobody_up(attacked: Attacked, hostile: Hostile) -> None:
    calm, bystander = Bystander(attacked.live.port), Bystander(attacked.live.port)
    await calm.during(asyncio.sleep(0.2))
    answers: list[httpx.Response] = []

    async def attack() -> None:
        answers.extend(await flood(attacked.live.parent, hostile))

    await bystander.during(attack())

    assert {answer.status_code for answer in answers} <= {200, 400, 429}
    for answer in answers:
        assert {"data", "errors"} & set(answer.json())
        assert "INTERNAL" not in answer.text
    check(attacked, bystander, calm)


@pytest.mark.parametrize("stream", STREAMS, ids=[stream.name for stream in STREAMS])
async def test_endless_connections_are_ended_and_hold_nobody_up(attacked: Attacked, stream: Stream) -> None:
    calm, bystander = Bystander(attacked.live.port), Bystander(attacked.live.port)
    await calm.during(asyncio.sleep(0.2))

    await bystander.during(asyncio.gather(*(pour(attacked.live.port, stream) for _ in range(AT_ONCE))))

    check(attacked, bystander, calm)
