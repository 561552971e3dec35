"""One transaction; what it tells and asks is noted in it, and leaves after its commit.

    async with transactions.begin() as work:
        work.session.add(story)
        work.ask(MakeStory(story.id, 0))

Sending is not waited for: whoever has committed goes on. Nothing leaves where the transaction is rolled back, and
nothing is lost where Redis is away at the moment of the commit: the sweeper sends what is not marked as sent. Events
with a key are published once however often they are sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from redis.exceptions import RedisError

from jobs.events import StoryEvent, decode, encode, finished_text
from jobs.log import Message, StoryLog, TextSoFar
from jobs.queue import Ask, Queue
from models import outbox
from models.database import Database, Session, is_connection_lost
from models.due import UNSENT_AFTER
from models.outbox import OutboxKind, OutboxRow

_log = structlog.get_logger()

PATIENCE_S = 2.0
"""How long a finished transaction waits for Redis before it leaves the sending to the sweeper."""


class Work:
    """A transaction and what it will send."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rows: list[OutboxRow] = []

    def tell(self, story_id: UUID, fence: int, event: StoryEvent, key: str) -> None:
        """Notes an event of a story. `key` is the same for every try to say the same."""
        raw = encode(event, datetime.now(UTC)).decode()
        self._note(OutboxKind.EVENT, story_id, fence, key, {"event": raw})

    def ask(self, ask: Ask, story_id: UUID | None = None) -> None:
        """Notes an ask for work."""
        self._note(OutboxKind.ASK, story_id, 0, ask.key, {"name": ask.name, "arguments": ask.arguments()})

    def _note(self, kind: OutboxKind, story_id: UUID | None, fence: int, key: str, payload: dict[str, object]) -> None:
        row = OutboxRow(kind=kind, story_id=story_id, fence=fence, key=key, payload=payload)
        self.rows.append(row)
        self.session.add(row)


class Transactions:
    """Begins transactions, and sends what they noted."""

    def __init__(self, database: Database, log: StoryLog, queue: Queue) -> None:
        self.database = database
        self._log = log
        self._queue = queue
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._leaving: set[asyncio.Task[None]] = set()
        self._waiting: dict[UUID, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def begin(self, *, synchronised: bool = True) -> AsyncGenerator[Work]:
        """`synchronised` is as for `Database.session`."""
        async with self.database.session(synchronised=synchronised) as session:
            work = Work(session)
            yield work
            await session.commit()
        if work.rows:
            leaving = asyncio.create_task(self.send(work.rows))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def left(self) -> None:
        """Waits until what has been noted so far has left, or has been left to the sweeper."""
        await asyncio.gather(*self._leaving)

    async def told(self, story_id: UUID) -> None:
        """Waits until what has been noted of a story so far is told, or has been left to the sweeper."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.send_events_of(story_id)
        except Exception as error:
            if not (isinstance(error, RedisError) or is_connection_lost(error)):
                raise

    async def send(self, rows: Sequence[OutboxRow]) -> None:
        """Sends committed rows and marks them; leaves to the sweeper what can't be sent now.

        Of a story it sends whatever is unsent, in the order it was noted, so that nothing overtakes its cause.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ring([row for row in rows if row.kind is OutboxKind.ASK])
                for story_id in dict.fromkeys(row.story_id for row in rows if row.kind is OutboxKind.EVENT):
                    if story_id is not None:
                        await self.send_events_of(story_id)
        except Exception as error:
            if not (isinstance(error, RedisError) or is_connection_lost(error)):
                _log.exception("outbox.failed", rows=len(rows))
            else:
                _log.warning("outbox.postponed", rows=len(rows), error=type(error).__name__)

    async def send_events_of(self, story_id: UUID) -> None:
        """Publishes what is unsent of a story. Raises redis' errors where Redis is away.

        Transactions of a story often end together. One sends at a time, and whoever comes meanwhile shares the next
        turn, which finds what all of them have noted.
        """
        waiting = self._waiting.get(story_id)
        if waiting is None:
            waiting = self._waiting[story_id] = asyncio.create_task(self._send_in_turn(story_id))
            waiting.add_done_callback(_heard)
        await asyncio.shield(waiting)

    async def _send_in_turn(self, story_id: UUID) -> None:
        turn = self._turns.get(story_id)
        if turn is None:
            turn = self._turns[story_id] = asyncio.Lock()
        async with turn:
            self._waiting.pop(story_id, None)
            await self._send_unsent(story_id)

    async def _send_unsent(self, story_id: UUID) -> None:
        """No connection to PostgreSQL is held while Redis is spoken to."""
        async with self.database.reading() as session:
            rows = await outbox.unsent_events_of(session, story_id)
        for fence in sorted({row.fence for row in rows}):
            told = [_message(row) for row in rows if row.fence == fence]
            await self._log.publish(story_id, fence, told)
        await self._mark(rows)

    async def sweep(self, older_than: timedelta = UNSENT_AFTER, limit: int = 500) -> int:
        """Sends what was left behind, whoever noted it; gives how many rows that were."""
        async with self.database.reading() as session:
            rows = await outbox.unsent(session, older_than, limit)
        if rows:
            await self.send(rows)
        return len(rows)

    async def _ring(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            await self._queue.send(cast(str, row.payload["name"]), cast(list[str], row.payload["arguments"]), row.key)
        await self._mark(rows)

    async def _mark(self, rows: Sequence[OutboxRow]) -> None:
        if rows:
            async with self.database.single(synchronised=False) as session:
                await outbox.mark_sent(session, [cast(int, row.id) for row in rows])


def _heard(sending: asyncio.Task[None]) -> None:
    """Takes notice of how a turn has ended. Those who waited for it may have lost patience; the sweeper sends then."""
    if not sending.cancelled():
        sending.exception()


def _message(row: OutboxRow) -> Message:
    logged = decode(0, cast(str, row.payload["event"]).encode())
    page = finished_text(logged.event)
    return Message(logged.event, logged.at, row.key, None if page is None else TextSoFar(page, None))
