"""One Redis connection a process that hears of every followed story, and a ring of recent events for each.

Followers hold cursors, not queues: a slow one costs nothing but its cursor, and takes what lies after it from the ring,
or from the stream where the ring has moved on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Protocol, TypedDict, cast
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.events import LoggedEvent, decode
from jobs.log import Cursor, channel

RING = 512
"""Recent events kept per followed story."""

_log = structlog.get_logger()


class _Heard(TypedDict):
    type: str
    channel: bytes
    data: bytes


class _PubSub(Protocol):
    """The part of redis-py's PubSub that is used here; redis-py leaves it half typed."""

    async def subscribe(self, *channels: str) -> None: ...

    async def unsubscribe(self, *channels: str) -> None: ...

    async def get_message(self, *, timeout: float) -> _Heard | None: ...  # noqa: ASYNC109  # redis-py's signature

    async def aclose(self) -> None: ...


class Feed:
    """What this process has heard of one story since it began to listen."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.events: deque[LoggedEvent] = deque(maxlen=RING)
        self.followers = 0
        self.heard = asyncio.Event()
        """Set when the SUBSCRIBE has been acknowledged."""
        self._changed = asyncio.Event()

    def append(self, epoch: str, event: LoggedEvent) -> None:
        follows = self.epoch == epoch and (not self.events or self.events[-1].sequence + 1 == event.sequence)
        if not follows:
            self.events.clear()
        self.epoch = epoch
        self.events.append(event)
        self.wake()

    def wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def forget(self) -> None:
        """Something may have been missed: followers read the log anew."""
        self.epoch = None
        self.events.clear()
        self.wake()

    def after(self, cursor: Cursor) -> list[LoggedEvent] | None:
        """What lies after `cursor`; None where only the log can tell."""
        if self.epoch != cursor.epoch or not self.events:
            return None
        first, last = self.events[0].sequence, self.events[-1].sequence
        if not first - 1 <= cursor.sequence <= last:
            return None
        start = cursor.sequence - first + 1
        return [self.events[index] for index in range(start, len(self.events))]

    def changes(self) -> asyncio.Event:
        """An event that is set with the next change; take it before looking."""
        return self._changed


class Listener:
    """Holds the process's one pub/sub connection. Use as an async context manager."""

    def __init__(self, redis: Redis) -> None:
        self._pubsub = cast(_PubSub, redis.pubsub())  # pyright: ignore[reportUnknownMemberType]  # see _PubSub
        self._feeds: dict[str, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._idle_channel = "sc:listener"

    async def __aenter__(self) -> Listener:
        self._task = asyncio.create_task(self._listen(), name="listener")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._pubsub.aclose()

    @asynccontextmanager
    async def following(self, story_id: UUID) -> AsyncGenerator[Feed]:
        """The story's feed, listened to from now on.

        Waits until Redis has acknowledged the subscription; raises TimeoutError after 5 s.
        """
        name = channel(story_id)
        feed = self._feeds.get(name)
        if feed is None:
            feed = self._feeds[name] = Feed()
            await self._quietly(self._pubsub.subscribe(name))
        feed.followers += 1
        try:
            async with asyncio.timeout(5):
                await feed.heard.wait()
            yield feed
        finally:
            feed.followers -= 1
            if feed.followers == 0 and self._feeds.get(name) is feed:
                del self._feeds[name]
                await self._quietly(self._pubsub.unsubscribe(name))

    @staticmethod
    async def _quietly(command: Coroutine[None, None, None]) -> None:
        # The listening task notices a lost connection and subscribes again to all that is wanted.
        with contextlib.suppress(RedisError, OSError):
            await command

    async def _listen(self) -> None:
        while True:
            try:
                await self._pubsub.subscribe(self._idle_channel, *self._feeds)
                while True:
                    await self._hear()
            except (RedisError, OSError) as error:
                _log.warning("listener.reconnecting", error=type(error).__name__)
                for feed in self._feeds.values():
                    feed.heard.clear()
                with contextlib.suppress(RedisError, OSError):
                    await self._pubsub.aclose()
                await asyncio.sleep(0.2)

    async def _hear(self) -> None:
        message = await self._pubsub.get_message(timeout=30)
        if message is None:
            return
        name = message["channel"].decode()
        feed = self._feeds.get(name)
        if feed is None:
            return
        if message["type"] == "subscribe":
            # A second acknowledgement means that the connection was lost in between, and with it maybe a message.
            if feed.heard.is_set() or feed.epoch is not None:
                feed.forget()
            feed.heard.set()
        elif message["type"] == "message":
            epoch, sequence, raw = message["data"].split(b":", 2)
            feed.append(epoch.decode(), decode(int(sequence), raw))
