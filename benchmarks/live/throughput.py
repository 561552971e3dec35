"""How many messages a second a core sends, one event per message: the next waits until the last reader has this one."""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass

from benchmarks.live.clients import Follower, following
from benchmarks.live.publisher import Publisher
from benchmarks.live.servers import Server

WARM_S = 0.5
ROUND_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one server: messages, seconds of its processor and of the wall, latencies in seconds, sorted."""

    messages: int
    processor_s: float
    wall_s: float
    latencies: list[float]

    @property
    def per_core(self) -> float:
        """Messages a second of processor time."""
        return self.messages / self.processor_s

    @property
    def per_wall(self) -> float:
        return self.messages / self.wall_s

    def latency_ms(self, share: float) -> float:
        """The latency that `share` of the messages stay below, in milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class Rounds:
    """Events one after the other: each round ends when every follower has been told of its story's event."""

    def __init__(self, publisher: Publisher, stories: list[str]) -> None:
        self._publisher = publisher
        self._stories = stories
        self._left = 0
        self._done: asyncio.Future[None] | None = None
        self.messages = 0
        self.latencies: list[float] = []

    def told(self, follower: Follower, message: bytes) -> None:
        if self._done is None or (b'"sequence":' not in message):
            return  # its first answer, or a heartbeat
        now = time.perf_counter()
        publisher = self._publisher
        self.messages += 1
        self.latencies.append(now - publisher.told_at[follower.story, publisher.top(follower.story)])
        self._left -= 1
        if self._left == 0:
            self._done.set_result(None)

    async def run(self, followers: int, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._left, self._done = followers, asyncio.get_running_loop().create_future()
            async with asyncio.timeout(ROUND_WITHIN_S):
                await asyncio.gather(*(self._publisher.tell(story) for story in self._stories), self._done)
        self._done = None


async def measured(server: Server, publisher: Publisher, stories: list[str], each: int, seconds: float) -> Run:
    """`each` followers of every story, for so many seconds."""
    rounds = Rounds(publisher, stories)
    followers = [Follower(story, server.token, rounds.told) for story in stories for _ in range(each)]
    async with following(server.port, followers):
        await rounds.run(len(followers), WARM_S)
        rounds.messages = 0
        rounds.latencies.clear()
        gc.collect()
        before, began = server.processor_s(), time.perf_counter()
        await rounds.run(len(followers), seconds)
        spent, wall = server.processor_s() - before, time.perf_counter() - began
    return Run(rounds.messages, spent, wall, sorted(rounds.latencies))


async def sample(server: Server, publisher: Publisher, story: str) -> str:
    """One message as the server sends it."""
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def told(_: Follower, message: bytes) -> None:
        if b'"PageTextAppended"' in message and not heard.done():
            heard.set_result(message)

    async with following(server.port, [Follower(story, server.token, told)]), asyncio.timeout(ROUND_WITHIN_S):
        await publisher.tell(story)
        return (await heard).decode()
