"""Tells stories' logs what a worker would tell them: a few words of a page, through the real log."""

from __future__ import annotations

import time
from uuid import UUID

from jobs.events import PageTextAppended
from jobs.log import Message, StoryLog
from schema.ids import row_id

WORDS = " and over the little hill"
GENERATION = 1


class Publisher:
    """The only publisher of its stories, so that it knows each event's sequence before it is told."""

    def __init__(self, log: StoryLog, words: str = WORDS) -> None:
        self._log = log
        self._words = words
        self._rows: dict[str, UUID] = {}
        self._sequences: dict[str, int] = {}
        self._offsets: dict[str, int] = {}
        self.told_at: dict[tuple[str, int], float] = {}
        """When each event was published, by story and sequence, in `perf_counter` seconds."""

    async def meet(self, story: str) -> None:
        """Learns where a story's log stands."""
        row = row_id(story, "Story")
        assert row is not None
        position = await self._log.position(row, begin=True)
        assert position is not None
        self._rows[story], self._sequences[story], self._offsets[story] = row, position.sequence, 0

    async def tell(self, story: str) -> None:
        """One event more. Raises RuntimeError where somebody else has published."""
        sequence = self._sequences[story] = self._sequences[story] + 1
        offset = self._offsets[story]
        self._offsets[story] = offset + len(self._words)
        message = Message.now(PageTextAppended(1, offset, self._words))
        self.told_at[story, sequence] = time.perf_counter()
        top = await self._log.publish(self._rows[story], GENERATION, [message])
        if top.sequence != sequence:
            raise RuntimeError(f"{sequence} was expected, and {top.sequence} given")

    def top(self, story: str) -> int:
        return self._sequences[story]
