"""Clients that stop reading while events flow: what they cost, and when they are gone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live.clients import Follower, following
from benchmarks.live.crowd import Lateness, paced
from benchmarks.live.publisher import Publisher
from benchmarks.live.servers import Ground, Server
from jobs.log import channel
from schema.ids import row_id

CLIENTS = 200
RECEIVE_BUFFER = 4096
EVENTS_A_SECOND = 20.0
GONE_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Stall:
    """Bytes of the server's memory `before`, at `worst` and `after` 20 s, `kernel` bytes waiting at the worst moment.

    After the 20 s: `sockets` still open, and `subscribed`, how many server processes still hear of the story.
    """

    before: int
    worst: int
    after: int
    kernel: int
    sockets: int
    subscribed: int
    all_gone_s: float | None


async def stalled(ground: Ground, publisher: Publisher, story: str) -> Stall:
    """`publisher` tells long events, so that every buffer on the way is filled."""
    lateness = Lateness(publisher)
    async with ground.ours() as server:
        followers = [Follower(story, server.token, lateness.told) for _ in range(CLIENTS)]
        async with following(server.port, followers, RECEIVE_BUFFER):
            await paced(publisher, [story], EVENTS_A_SECOND, 1.0)
            before = server.resident()
            for follower in followers:
                follower.transport.pause_reading()
            telling = asyncio.create_task(paced(publisher, [story], EVENTS_A_SECOND, GONE_WITHIN_S))
            worst, kernel, all_gone_s = await _watched(server)
            await telling
            return Stall(
                before, worst, server.resident(), kernel, server.sockets(), await _subscribed(ground, story), all_gone_s
            )


async def _watched(server: Server) -> tuple[int, int, float | None]:
    """The most memory of the process and of the kernel in 20 s, and after how many seconds all were gone."""
    began = time.perf_counter()
    worst = kernel = 0
    gone_s: float | None = None
    while (passed := time.perf_counter() - began) < GONE_WITHIN_S:
        worst = max(worst, server.resident())
        kernel = max(kernel, waiting_in_kernel(server.port))
        if gone_s is None and server.sockets() == 0:
            gone_s = passed
        await asyncio.sleep(0.25)
    return worst, kernel, gone_s


def waiting_in_kernel(port: int) -> int:
    """Bytes that connections of this local port have sent and nobody has taken (proc_net_tcp(5), `tx_queue`)."""
    waiting = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port:
            waiting += int(fields[4].partition(":")[0], 16)
    return waiting


async def _subscribed(ground: Ground, story: str) -> int:
    row = row_id(story, "Story")
    assert row is not None
    return await ground.subscribed(channel(row))
