"""Following a story: every later event exactly once, in order, or a snapshot that says where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from jobs.events import LoggedEvent, StoryEnded, joined
from jobs.listener import Feed
from jobs.log import Cursor, Position
from models.errors import BadUserInput, NotFound
from models.pages import Page, pages_of
from models.stories import Story, story_by_id
from models.vocabulary import PartStatus
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.stories import story as readable_story

_log = structlog.get_logger()

HEARTBEAT_S = 15.0
END_PATIENCE_S = 3.0
"""How long an ended story's StoryEnded may be on its way from the outbox to the log."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole story as of a cursor, unfinished text included. `sequence` lies below every later event's."""

    sequence: int
    at: datetime
    story: Story
    pages: list[Page]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a follower is told at once. With `snapshot` it drops what it holds. `story` is there with StoryEnded."""

    cursor: str
    previous: str | None
    snapshot: Snapshot | None = None
    events: tuple[LoggedEvent, ...] = ()
    ended_story: Story | None = None


async def follow(house: House, caller: Caller, story_id: UUID, after: str | None) -> AsyncGenerator[Batch]:
    """What the caller is told of a story from `after` on, up to StoryEnded.

    That the caller may read the story is checked here, once. Raises NotFound, and BadUserInput for a cursor that never
    was one.
    """
    if await readable_story(house, caller, story_id) is None:
        raise NotFound(story_id, "story")
    try:
        cursor = None if after is None else Cursor.parse(after)
    except ValueError:
        raise BadUserInput("`after` is not a cursor. Pass the `cursor` of the last batch you applied.") from None
    return _told(house, story_id, cursor)


async def _told(house: House, story_id: UUID, cursor: Cursor | None) -> AsyncGenerator[Batch]:
    async with house.listener.following(story_id) as feed:
        follower = _Follower(house, story_id, feed)
        async for batch in follower.batches(cursor):
            yield batch


class _Follower:
    def __init__(self, house: House, story_id: UUID, feed: Feed) -> None:
        self._house = house
        self._story_id = story_id
        self._feed = feed
        self._started = False

    async def batches(self, cursor: Cursor | None) -> AsyncGenerator[Batch]:
        """Reads what lies after `cursor`, waits, and reads again; a snapshot wherever the log can't tell."""
        while True:
            changes = self._feed.changes()
            try:
                events = None if cursor is None else await self._after(cursor, at_start=not self._started)
            except (RedisError, OSError) as error:
                _log.warning("follower.waiting", error=type(error).__name__)
                await asyncio.sleep(0.5)
                continue
            if events is None or cursor is None:
                batch, cursor = await self._snapshot()
                yield batch
                if batch.ended_story is not None:
                    return
            elif events:
                batch, cursor = await self._batch(cursor, events)
                yield batch
                if batch.ended_story is not None:
                    return
            else:
                self._started = True
                if not await _set_within(changes, HEARTBEAT_S):
                    lost = await self._lost_end(cursor)
                    if lost is not None:
                        yield lost
                        return
                    yield Batch(str(cursor), str(cursor))
            self._started = True

    async def _after(self, cursor: Cursor, *, at_start: bool) -> list[LoggedEvent] | None:
        """The events after `cursor`, from the ring or from the log; None where they can't be had."""
        heard = self._feed.after(cursor)
        if heard is not None and not at_start:
            return heard
        position = await self._house.log.position(self._story_id)
        if position is None or position.epoch != cursor.epoch or position.sequence < cursor.sequence:
            return None
        if at_start and position.ended and position.sequence == cursor.sequence:
            # At the very end of an ended story: as without a cursor, unless more is about to be made.
            async with self._house.database.session() as session:
                row = await story_by_id(session, self._story_id)
            if row is None or row.status.ended:
                return None
        return await self._house.log.read(self._story_id, cursor.sequence, position.sequence)

    async def _batch(self, cursor: Cursor, events: list[LoggedEvent]) -> tuple[Batch, Cursor]:
        """One batch up to the first StoryEnded, which is the last event of its generation."""
        end = next((place for place, logged in enumerate(events) if isinstance(logged.event, StoryEnded)), None)
        told = events if end is None else events[: end + 1]
        there = Cursor(cursor.epoch, told[-1].sequence)
        story = None
        if end is not None:
            story, _ = await self._read()
        return Batch(str(there), str(cursor), events=tuple(joined(told)), ended_story=story), there

    async def _snapshot(self) -> tuple[Batch, Cursor]:
        """Redis first, then PostgreSQL: what the log knows, the tables know too, and later events are idempotent."""
        position = await self._position(begin=False)
        story, pages = await self._read()
        if position is None and not story.status.ended:
            position = await self._position(begin=True)
        if story.status.ended:
            return await self._ending(story, pages, position)
        if position is None:
            raise RuntimeError("an epoch was begun and is not there")
        shown = [_with_unfinished(page, position.texts) for page in pages]
        snapshot = Snapshot(position.sequence, datetime.now(UTC), story, shown)
        return Batch(str(position.cursor), None, snapshot), position.cursor

    async def _ending(self, story: Story, pages: list[Page], position: Position | None) -> tuple[Batch, Cursor]:
        """Snapshot and StoryEnded of a story that has ended, from the tables alone where the log has lost its end."""
        if position is not None and not position.ended:
            await self._await_end()
            position = await self._position(begin=False)
            story, pages = await self._read()
            if not story.status.ended:
                return await self._snapshot()
        top = position.cursor if position is not None and position.ended else Cursor(f"g{story.generation}", 1)
        now = datetime.now(UTC)
        snapshot = Snapshot(top.sequence - 1, now, story, pages)
        ended = LoggedEvent(top.sequence, story.ended_at or now, StoryEnded())
        return Batch(str(top), None, snapshot, (ended,), ended_story=story), top

    async def _await_end(self) -> None:
        deadline = asyncio.get_running_loop().time() + END_PATIENCE_S
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            changes = self._feed.changes()
            position = await self._position(begin=False)
            if position is None or position.ended:
                return
            await _set_within(changes, left)

    async def _lost_end(self, cursor: Cursor) -> Batch | None:
        """Nothing came for a while: was the last message lost, and with it the end?"""
        story, pages = await self._read()
        if not story.status.ended:
            return None
        position = await self._position(begin=False)
        if position is not None and position.epoch == cursor.epoch and position.sequence > cursor.sequence:
            return None  # there is more to read; the next look at the log finds it
        batch, _ = await self._ending(story, pages, position)
        return batch

    async def _position(self, *, begin: bool) -> Position | None:
        try:
            return await self._house.log.position(self._story_id, begin=begin)
        except (RedisError, OSError) as error:
            if begin:
                raise
            _log.warning("follower.without_log", error=type(error).__name__)
            return None

    async def _read(self) -> tuple[Story, list[Page]]:
        async with self._house.database.session() as session:
            story = await story_by_id(session, self._story_id)
            pages = await pages_of(session, self._story_id)
        if story is None or story.deleted_at is not None:
            raise NotFound(self._story_id, "story")
        return story, pages


def _with_unfinished(page: Page, texts: dict[int, str]) -> Page:
    """A page whose text is being written shows what there is of it, and nothing of an older version.

    The words that follow are told with their offset in the new text.
    """
    if page.text_status is PartStatus.WORKING:
        page.text = texts.get(page.number)  # the row is detached: nothing of this is saved
    return page


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
