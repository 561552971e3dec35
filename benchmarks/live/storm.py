"""One of two server processes is killed, and all its followers come to the other at once, each with its cursor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.live.clients import Follower, begin, following
from benchmarks.live.crowd import FOLLOWERS, cursors, paced
from benchmarks.live.publisher import Publisher
from benchmarks.live.servers import Ground

EVENTS_A_SECOND = 2.0
MOST_S = 60.0
"""Nobody waits for the last follower for longer."""
AGAIN_AFTER_S = 0.25
"""A client that is refused waits so long, and tries again."""


@dataclass(frozen=True, slots=True)
class Storm:
    """Seconds from the kill until each follower was told of what comes after its cursor, sorted."""

    again_s: list[float]
    broken: int
    """Followers whose first batch did not continue from their cursor."""
    refused: int
    """Attempts that had to be repeated."""


class Resuming:
    """One client that keeps its cursor, and comes to the second server when the first is gone."""

    def __init__(self, story: str, token: str | None) -> None:
        self._story = story
        self._token = token
        self._cursor: str | None = None
        self._resumed_from: str | None = None
        self.again_at: float | None = None
        self.broken = False
        self.refused = 0

    def follower(self) -> Follower:
        return Follower(self._story, self._token, self._told, self._cursor)

    def _told(self, _: Follower, message: bytes) -> None:
        previous, cursor = cursors(message)
        if self._resumed_from is not None and self.again_at is None:
            self.again_at = time.perf_counter()
            self.broken = previous != self._resumed_from
        self._cursor = cursor

    async def come_back(self, lost: Follower, port: int) -> Follower:
        """Waits for the connection's end, and gives one that has been told what comes after the cursor."""
        await lost.ended
        self._resumed_from = self._cursor
        while True:
            try:
                return await begin(self.follower(), port)
            except (OSError, TimeoutError):  # ConnectionError is an OSError
                self.refused += 1
                await asyncio.sleep(AGAIN_AFTER_S)


async def weathered(ground: Ground, publisher: Publisher, stories: Sequence[str]) -> Storm:
    """All followers are at the process that is killed, and events go on all the time."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(ground.ours())
        second = await stack.enter_async_context(ground.ours())
        clients = [Resuming(stories[place % len(stories)], first.token) for place in range(FOLLOWERS)]
        followers = [client.follower() for client in clients]
        await stack.enter_async_context(following(first.port, followers))
        telling = asyncio.create_task(paced(publisher, stories, EVENTS_A_SECOND, 2 * MOST_S))
        await asyncio.sleep(2.0)
        first.process.kill()
        killed = time.perf_counter()
        pairs = zip(clients, followers, strict=True)
        coming = [client.come_back(lost, second.port) for client, lost in pairs]
        async with asyncio.timeout(MOST_S):
            back = await asyncio.gather(*coming)
        telling.cancel()
        for follower in back:
            follower.transport.abort()
    again_s = sorted((client.again_at or killed) - killed for client in clients)
    return Storm(again_s, sum(client.broken for client in clients), sum(client.refused for client in clients))
