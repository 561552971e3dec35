"""One Redis connection a process that hears of every followed story, and a ring of recent events for each.

Followers hold cursors, not queues: a slow one costs nothing but its cursor, and takes what lies after it from the ring,
or from the stream where the ring has moved on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.events import LoggedEvent, StoryEnded, decode, joined
from jobs.log import Cursor, channel

RING = 512
"""Recent events kept per followed story."""
PING_EVERY_S = 5.0
SILENT_FOR_S = 12.0

_log = structlog.get_logger()


class _Connection(Protocol):
    @property
    def is_connected(self) -> bool: ...

    async def send_command(self, *words: str, check_health: bool) -> None: ...

    async def disconnect(self) -> None: ...


class _PubSub(Protocol):
    """The part of redis-py's PubSub that is used here; redis-py leaves it half typed."""

    connection: _Connection | None

    async def subscribe(self, *channels: str) -> None: ...

    async def parse_response(self, block: bool) -> list[bytes] | None: ...

    async def aclose(self) -> None: ...


@dataclass(slots=True, unsafe_hash=True)  # one for every event: frozen ones are made four times slower
class Heard:
    """The events that lie after one cursor, joined, up to the cursor `there`; none after a StoryEnded.

    Followers who stand at the same cursor are given the same object. `made` is for what they make of it, so that it is
    made once.
    """

    after: Cursor
    there: Cursor
    events: tuple[LoggedEvent, ...]
    made: dict[object, object] = field(default_factory=dict[object, object])

    @classmethod
    def of(cls, after: Cursor, events: Sequence[LoggedEvent]) -> Heard:
        end = next((place for place, logged in enumerate(events) if isinstance(logged.event, StoryEnded)), None)
        told = events if end is None else events[: end + 1]
        if len(told) == 1:  # as it is with nearly every event
            return cls(after, Cursor(after.epoch, told[0].sequence), tuple(told))
        there = Cursor(after.epoch, told[-1].sequence) if told else after
        return cls(after, there, tuple(joined(told)))

    @property
    def ended(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1].event, StoryEnded)


class Feed:
    """What this process has heard of one story since it began to listen."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.events: deque[LoggedEvent] = deque(maxlen=RING)
        self.followers = 0
        self.heard = asyncio.Event()
        """Set when the SUBSCRIBE has been acknowledged."""
        self.falls = 0
        """How often Redis has given out numbers again, having fallen back. Cursors from before then mean nothing."""
        self.torn = False
        """Whether the connection has been lost since; the next acknowledgement has followers read the log anew."""
        self._waiting: dict[asyncio.Future[None], Callable[[], bool] | None] = {}
        self._waking = False
        self._told: dict[int, Heard] = {}
        self._looking: dict[Cursor, asyncio.Task[Heard | None]] = {}

    def append(self, epoch: str, event: LoggedEvent) -> None:
        last = self.events[-1].sequence if self.events and self.epoch == epoch else None
        if last is not None and event.sequence <= last:
            self.falls += 1
        follows = self.epoch == epoch and (last is None or last + 1 == event.sequence)
        if not follows:
            self.events.clear()
        self.epoch = epoch
        self.events.append(event)
        self.wake()

    def wake(self) -> None:
        self._told.clear()
        if self._waiting and not self._waking:
            # Not at once: what has come in the same moment is told together.
            self._waking = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._waking = False
        for future, tell in list(self._waiting.items()):
            if tell is not None and tell():
                continue
            self._waiting.pop(future, None)
            if not future.done():
                future.set_result(None)

    def forget(self) -> None:
        """Something may have been missed: followers read the log anew."""
        self.epoch = None
        self.events.clear()
        self.wake()

    def after(self, cursor: Cursor) -> Heard | None:
        """What lies after `cursor`; None where only the log can tell."""
        if self.epoch != cursor.epoch or not self.events:
            return None
        told = self._told.get(cursor.sequence)
        if told is not None:
            return told
        first, last = self.events[0].sequence, self.events[-1].sequence
        if not first - 1 <= cursor.sequence <= last:
            return None
        start = cursor.sequence - first + 1
        told = Heard.of(cursor, [self.events[index] for index in range(start, len(self.events))])
        self._told[cursor.sequence] = told
        return told

    def change(self, tell: Callable[[], bool] | None = None) -> asyncio.Future[None]:
        """A future that the next change sets; take it before looking, and `stop_waiting` where it is not awaited.

        `tell` may see to a change itself, without waking anybody: where it is True, the future waits on.
        """
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = tell
        return future

    def shared(
        self, cursor: Cursor, look: Callable[[], Coroutine[None, None, Heard | None]]
    ) -> asyncio.Task[Heard | None]:
        """A look at the log from `cursor` on that is under way, or else a new one."""
        task = self._looking.get(cursor)
        if task is None:
            task = self._looking[cursor] = asyncio.create_task(look())
            task.add_done_callback(lambda _: self._looking.pop(cursor, None))
        return task

    def stop_waiting(self, change: asyncio.Future[None]) -> None:
        self._waiting.pop(change, None)


class Listener:
    """Holds the process's one pub/sub connection. Use as an async context manager."""

    def __init__(self, redis: Redis) -> None:
        self._pubsub = cast(_PubSub, redis.pubsub())  # pyright: ignore[reportUnknownMemberType]  # see _PubSub
        self._feeds: dict[str, Feed] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._idle_channel = "sc:listener"
        self._heard_at = 0.0
        self._connected = False

    async def __aenter__(self) -> Listener:
        self._tasks = [
            asyncio.create_task(self._listen(), name="listener"),
            asyncio.create_task(self._watch(), name="listener's watch"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
            await self._say("SUBSCRIBE", name)
        feed.followers += 1
        try:
            async with asyncio.timeout(5):
                await feed.heard.wait()
            yield feed
        finally:
            feed.followers -= 1
            if feed.followers == 0 and self._feeds.get(name) is feed:
                del self._feeds[name]
                await self._say("UNSUBSCRIBE", name)

    async def _say(self, *words: str) -> None:
        """Sends a command where there is a connection. Only the listening task makes one, and subscribes to all again.

        Two tasks that both made one would read each other's answers.
        """
        connection = self._pubsub.connection
        if self._connected and connection is not None and connection.is_connected:
            with contextlib.suppress(RedisError, OSError):
                await connection.send_command(*words, check_health=False)

    async def _listen(self) -> None:
        while True:
            try:
                await self._pubsub.subscribe(self._idle_channel, *self._feeds)
                self._heard_at = asyncio.get_running_loop().time()
                self._connected = True
                # Whoever came while that was sent, before anything could be said.
                await self._say("SUBSCRIBE", self._idle_channel, *self._feeds)
                while True:
                    await self._hear()
            except Exception as error:  # whatever it was: a process must not go deaf of it
                if isinstance(error, RedisError | OSError):
                    _log.warning("listener.reconnecting", error=type(error).__name__)
                else:
                    _log.exception("listener.failed")
                self._connected = False
                for feed in self._feeds.values():
                    feed.heard.clear()
                    feed.torn = True
                with contextlib.suppress(RedisError, OSError):
                    await self._pubsub.aclose()
                await asyncio.sleep(0.2)

    async def _watch(self) -> None:
        """Has the connection end where it has said nothing for a while, not even to a ping."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_EVERY_S)
            if loop.time() - self._heard_at < SILENT_FOR_S:
                await self._say("PING")
            elif self._connected and self._pubsub.connection is not None:
                with contextlib.suppress(RedisError, OSError):
                    await self._pubsub.connection.disconnect()

    async def _hear(self) -> None:
        """Takes one message. What redis-py would make of it beside is not needed, and costs as much as all the rest."""
        response = await self._pubsub.parse_response(block=True)
        self._heard_at = asyncio.get_running_loop().time()
        if response is None:
            return
        if response[0] == b"message":
            feed = self._feeds.get(response[1].decode())
            if feed is not None:
                epoch, sequence, raw = response[2].split(b":", 2)
                feed.append(epoch.decode(), decode(int(sequence), raw))
            return
        feed = self._feeds.get(response[1].decode()) if response[0] == b"subscribe" else None
        if feed is not None:
            # A second acknowledgement means that the connection was lost in between, and with it maybe a message.
            if feed.heard.is_set() or feed.torn:
                feed.forget()
            feed.torn = False
            feed.heard.set()
