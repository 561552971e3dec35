"""What there is to judge when all is over: the tables, the logs, the vendors' call book, and what was done when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlmodel import SQLModel

from benchmarks.chaos.callbook import Noted
from benchmarks.chaos.crew import House, name_of
from benchmarks.chaos.families import Cancelled, Tale
from benchmarks.chaos.history import History
from benchmarks.chaos.vendors import tale_of
from jobs.events import StoryEnded
from jobs.log import StoryLog
from jobs.queue import open_redis
from models import billing
from models.accounts import Account
from models.billing import LedgerEntry, LedgerKind
from models.database import Session
from models.generation import Step
from models.journal import VendorCall
from models.outbox import OutboxKind, OutboxRow
from models.stories import Story

Row = TypeVar("Row", bound=SQLModel)
Version = tuple[UUID, str, int]
"""A story, the key of one of its steps, and which version of it."""


@dataclass
class Evidence:
    """`read` fills everything below the first three, from a house in which nothing happens any more."""

    history: History
    tales: list[Tale]
    cancelled: list[Cancelled]
    stories: dict[UUID, Story] = field(default_factory=dict[UUID, Story])
    steps: list[Step] = field(default_factory=list[Step])
    calls: list[VendorCall] = field(default_factory=list[VendorCall])
    """In the order in which they began."""
    outbox: list[OutboxRow] = field(default_factory=list[OutboxRow])
    ledger: list[LedgerEntry] = field(default_factory=list[LedgerEntry])
    reserved: int = 0
    drift: list[str] = field(default_factory=list[str])
    noted: list[Noted] = field(default_factory=list[Noted])
    logs: dict[UUID, list[bool]] = field(default_factory=dict[UUID, list[bool]])
    """Of every tale whose log is not lost: for each event whether it is StoryEnded."""
    errors: list[str] = field(default_factory=list[str])
    """The names of the errors that processes have written to their logs."""

    async def read(self, house: House) -> None:
        async with house.database.session() as session:
            self.stories = {row.id: row for row in await _all(session, Story)}
            self.steps = await _all(session, Step)
            self.calls = sorted(await _all(session, VendorCall), key=lambda call: call.started_at)
            self.outbox = await _all(session, OutboxRow)
            self.ledger = await _all(session, LedgerEntry)
            self.reserved = sum(account.reserved for account in await _all(session, Account))
            self.drift = await billing.drift(session)
        self.noted, _ = house.book.read()
        self.errors = _errors(path.read_bytes() for path in sorted(house.logs.iterdir()))
        await self._read_logs(house.valkey.url)

    async def _read_logs(self, redis_url: str) -> None:
        redis = open_redis(redis_url)
        try:
            log = StoryLog(redis)
            for story_id in self.wanted:
                position = await log.position(story_id)
                if position is not None:
                    events = await log.read(story_id, 0, position.sequence)
                    self.logs[story_id] = [isinstance(logged.event, StoryEnded) for logged in events or []]
        finally:
            await redis.aclose()

    @property
    def wanted(self) -> list[UUID]:
        """The stories that the tales' families hold, one each."""
        return [tale.answers[0].story_id for tale in self.tales]

    def made_for(self, name: str) -> list[UUID]:
        """Every story whose premise begins with this word."""
        return [story.id for story in self.stories.values() if tale_of(story.premise) == name]

    @property
    def ends(self) -> list[OutboxRow]:
        """What tells of an end, one for each generation that has ended."""
        return [row for row in self.outbox if row.kind is OutboxKind.EVENT and row.key.startswith("ended:")]

    def calls_of(self) -> dict[UUID, list[VendorCall]]:
        """By story, in the order in which they began."""
        found: dict[UUID, list[VendorCall]] = defaultdict(list)
        for call in self.calls:
            if call.story_id is not None:
                found[call.story_id].append(call)
        return found

    def captured(self) -> dict[Version, list[int]]:
        """The credits of every capture, by what it was for."""
        found: dict[Version, list[int]] = defaultdict(list)
        for line in self.ledger:
            if line.kind is LedgerKind.CAPTURE and line.story_id is not None:
                found[line.story_id, line.step_key or "", line.step_version or 0].append(line.credits)
        return found

    def released_at(self, story_id: UUID) -> datetime | None:
        """When the last refund of a story was written."""
        lines = [line for line in self.ledger if line.story_id == story_id and line.kind is LedgerKind.RELEASE]
        return max((line.created_at for line in lines), default=None)

    def unjournalled(self) -> int:
        """How many calls the vendors have seen beyond those that the journal holds, by worker, tale and step."""
        names = {story.id: tale_of(story.premise) for story in self.stories.values()}
        told_by_id = {str(story_id): name for story_id, name in names.items()}
        left: Counter[tuple[str, str, str]] = Counter()
        for noted in self.noted:
            left[name_of(noted.pid), told_by_id.get(noted.subject, noted.subject), noted.key] += 1
        for call in self.calls:
            if call.story_id is not None:
                left[call.worker, names[call.story_id], call.step_key] -= 1
        return sum(max(0, count) for count in left.values())


async def _all(session: Session, table: type[Row]) -> list[Row]:
    return list((await session.execute(select(table))).scalars())


def _errors(logs: Iterable[bytes]) -> list[str]:
    """The name of every error of ours, and every one that uvicorn tells; the tracebacks below it are left out."""
    found: list[str] = []
    for line in (line for log in logs for line in log.splitlines()):
        if line.startswith(b"{"):
            found.append(str(orjson.loads(line)["event"]))
        elif line.startswith(b"ERROR:"):
            found.append(line.removeprefix(b"ERROR:").strip().decode(errors="replace"))
    return found
