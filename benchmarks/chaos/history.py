"""What was done to the house, and when: what the verdict is measured against. All times are UTC."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from benchmarks.chaos.crew import name_of
from models.database import Database
from models.stories import Story
from models.vocabulary import StoryStatus


@dataclass(frozen=True, slots=True)
class Blow:
    """A worker was killed, or frozen, while it was making `stories`."""

    pid: int
    at: datetime
    stories: frozenset[UUID]
    deadly: bool
    kind: str
    """The kind of step that it was at, where the blow waited for one."""


@dataclass(frozen=True, slots=True)
class Outage:
    """PostgreSQL answered nobody from `begin` to `end`."""

    begin: datetime
    end: datetime


@dataclass
class History:
    blows: list[Blow] = field(default_factory=list[Blow])
    outages: list[Outage] = field(default_factory=list[Outage])
    storms: list[str] = field(default_factory=list[str])


def now() -> datetime:
    return datetime.now(UTC)


async def made_by(database: Database, pid: int) -> frozenset[UUID]:
    """The stories that a worker process holds; waits for PostgreSQL where that is away."""
    chosen = select(col(Story.id)).where(col(Story.worker) == name_of(pid), col(Story.status) == StoryStatus.GENERATING)
    while True:
        try:
            async with database.session() as session:
                return frozenset((await session.execute(chosen)).scalars())
        except (DBAPIError, OSError):
            pass  # PostgreSQL is away, or not there again yet
        await asyncio.sleep(0.1)
