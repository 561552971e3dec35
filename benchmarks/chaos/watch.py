"""Watching all stories of the run with one query for all who wait: a client of each would cost more than the making."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from models.database import Database
from models.stories import Story
from models.vocabulary import StoryStatus

LOOK_EVERY_S = 0.25


class Watch:
    """Looks until it is cancelled; what it waits for it waits for through every outage."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statuses: dict[UUID, StoryStatus] = {}
        self._looked = asyncio.Event()

    async def look(self) -> None:
        """To be run as a task."""
        while True:
            looked, self._looked = self._looked, asyncio.Event()
            with contextlib.suppress(DBAPIError, OSError):  # PostgreSQL is away, or not there again yet
                await self._read()
            looked.set()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _read(self) -> None:
        async with self._database.session() as session:
            found = await session.execute(select(col(Story.id), col(Story.status)))
            self._statuses = {row.id: row.status for row in found}

    async def ended(self, story_id: UUID) -> StoryStatus:
        """Returns when the story has ended, as seen by a look that began after this call."""
        await self._looked.wait()
        status = StoryStatus.QUEUED
        while not status.ended:
            await self._looked.wait()
            status = self._statuses.get(story_id, StoryStatus.QUEUED)
        return status

    async def all_ended(self) -> None:
        """Returns when no story at all is under way."""
        await self._looked.wait()
        while True:
            await self._looked.wait()
            if all(status.ended for status in self._statuses.values()):
                return
