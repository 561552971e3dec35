"""A thousand followers of one process: what each costs in memory, and how late they hear of an event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from benchmarks.live.clients import Follower, following
from benchmarks.live.publisher import Publisher
from benchmarks.live.servers import Ground, Server

FOLLOWERS = 1000
WARMING = 50
"""Followers who come and go first, so that what is loaded on first use is not counted as theirs."""
EVENTS_A_SECOND = 10.0
SETTLES_S = 1.0
"""Until the last event has reached everybody."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`bytes_each` of memory; latencies of every event at every follower, in seconds, sorted; all of one process."""

    bytes_each: float
    latencies: list[float]
    processor_share: float
    lost: int

    def latency_ms(self, share: float) -> float:
        return 1000 * self.latencies[int(share * (len(self.latencies) - 1))]


class Lateness:
    """Notes when followers are told of each event, also of those that come joined in one batch."""

    def __init__(self, publisher: Publisher) -> None:
        self._told_at = publisher.told_at
        self.latencies: list[float] = []

    def told(self, follower: Follower, message: bytes) -> None:
        now = time.perf_counter()
        previous, cursor = cursors(message)
        if previous is None or previous == cursor:
            return  # a snapshot, or a heartbeat
        for sequence in range(sequence_of(previous) + 1, sequence_of(cursor) + 1):
            self.latencies.append(now - self._told_at[follower.story, sequence])


def cursors(message: bytes) -> tuple[str | None, str]:
    """The previous cursor, and the new one, of a `next` message."""
    batch = orjson.loads(message)["payload"]["data"]["storyProgress"]
    return batch["previousCursor"], batch["cursor"]


def sequence_of(cursor: str) -> int:
    return int(cursor.rpartition(":")[2])


async def paced(publisher: Publisher, stories: Sequence[str], a_second: float, seconds: float) -> int:
    """Tells every story so many events a second, evenly; gives how many in all."""
    began, count = time.perf_counter(), int(a_second * seconds)
    for turn in range(count):
        for place, story in enumerate(stories):
            due = began + (turn + place / len(stories)) / a_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await publisher.tell(story)
    return count * len(stories)


async def gathered(ground: Ground, publisher: Publisher, stories: Sequence[str], seconds: float) -> Crowd:
    """The followers spread evenly over `stories`, at 10 events a second for each story."""
    each = FOLLOWERS // len(stories)
    lateness = Lateness(publisher)
    async with ground.ours() as server:
        await _warm(server, publisher, stories)
        before = server.resident()
        followers = [Follower(story, server.token, lateness.told) for story in stories for _ in range(each)]
        async with following(server.port, followers):
            await paced(publisher, stories, EVENTS_A_SECOND, 1.0)
            await asyncio.sleep(SETTLES_S)
            bytes_each = (server.resident() - before) / len(followers)
            lateness.latencies.clear()
            spent, began = server.processor_s(), time.perf_counter()
            events = await paced(publisher, stories, EVENTS_A_SECOND, seconds)
            await asyncio.sleep(SETTLES_S)  # what has not come by then is lost
            share = (server.processor_s() - spent) / (time.perf_counter() - began)
    lost = events * each - len(lateness.latencies)
    return Crowd(bytes_each, sorted(lateness.latencies), share, lost)


async def _warm(server: Server, publisher: Publisher, stories: Sequence[str]) -> None:
    lateness = Lateness(publisher)
    few = [Follower(stories[place % len(stories)], server.token, lateness.told) for place in range(WARMING)]
    async with following(server.port, few):
        await paced(publisher, stories, EVENTS_A_SECOND, 1.0)
