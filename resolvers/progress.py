"""Following a story: every later event exactly once, in order, or a snapshot that says where it stands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from jobs.events import LoggedEvent, StoryEnded
from jobs.listener import Feed, Heard
from jobs.log import Cursor, Position
from models.errors import BadUserInput, NotFound
from models.pages import Page, pages_of
from models.stories import Story, story_by_id
from models.vocabulary import PartStatus
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.stories import is_readable

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


@dataclass(slots=True, unsafe_hash=True)  # one for every event: frozen ones are made four times slower
class Batch:
    """What a follower is told at once. With `snapshot` it drops what it holds. `story` is there with StoryEnded.

    `made` is shared by all followers who are told the same, for what is made of it; None where nobody else is.
    """

    cursor: str
    previous: str | None
    snapshot: Snapshot | None = None
    events: tuple[LoggedEvent, ...] = ()
    ended_story: Story | None = None
    made: dict[object, object] | None = None


async def follow(house: House, caller: Caller, story_id: UUID, after: str | None) -> Following:
    """What the caller is told of a story from `after` on, up to StoryEnded.

    That the caller may read the story is checked here, once. Raises NotFound, and BadUserInput for a cursor that never
    was one.
    """
    if not await is_readable(house, caller, story_id):
        raise NotFound(story_id, "story")
    try:
        cursor = None if after is None else Cursor.parse(after)
    except ValueError:
        raise BadUserInput("`after` is not a cursor. Pass the `cursor` of the last batch you applied.") from None
    return Following(house, story_id, cursor)


class Following:
    """An asynchronous iterator of batches. Close it with `aclose` where it is left before its end.

    It holds a cursor and no queue: however slow its client, it takes what lies after the cursor when it is asked.
    """

    def __init__(self, house: House, story_id: UUID, cursor: Cursor | None) -> None:
        self._house = house
        self._story_id = story_id
        self._cursor = cursor
        self._open = AsyncExitStack()
        self._feed: Feed | None = None
        self._in_step = False
        """Whether the cursor is known to be this process's: a ring may be read from there on."""
        self._ended = False
        self._falls = 0
        self._silence = _Silence()
        self._waiting = False
        self.teller: Callable[[Batch], bool] | None = None
        """Tells a batch at once where it can: a follower that has nothing else to do is then not even woken."""
        self.begun: Callable[[], None] | None = None
        """Hears once that the story has been looked at, and has nothing to tell at first."""

    def __aiter__(self) -> Following:
        return self

    async def __anext__(self) -> Batch:
        if self._ended:
            await self.aclose()
            raise StopAsyncIteration
        try:
            feed = self._feed
            if feed is None:
                feed = self._feed = await self._open.enter_async_context(self._house.listener.following(self._story_id))
            return await self._next(feed)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        self._ended = True
        self._silence.end()
        await self._open.aclose()

    async def _next(self, feed: Feed) -> Batch:
        """Looks at what lies after the cursor, waits, and looks again; a snapshot wherever the log can't tell."""
        while True:
            change = feed.change(self._tell)
            try:
                heard = await self._look(feed)
                if heard is None or self._cursor is None:
                    return self._moved(*await self._snapshot())
                if heard.events:
                    return self._moved(*await self._batch(heard))
                self._waiting = True
                if self.begun is not None:
                    self.begun()
                    self.begun = None
                if not await self._silence.until(change):
                    return await self._after_silence(self._cursor)
            except (RedisError, OSError) as error:
                _log.warning("follower.waiting", error=type(error).__name__)
                await asyncio.sleep(0.5)
            finally:
                self._waiting = False
                feed.stop_waiting(change)

    def _tell(self) -> bool:
        """Tells what has just come; False where the follower's task has to see to it."""
        feed, cursor = self._feed, self._cursor
        if not self._waiting or self.teller is None or feed is None or cursor is None:
            return False
        heard = feed.after(cursor) if feed.falls == self._falls else None
        if heard is None or not heard.events or heard.ended or not self.teller(_plain_batch(heard)):
            return False
        self._cursor = heard.there
        self._silence.broken()
        return True

    def _moved(self, batch: Batch, cursor: Cursor) -> Batch:
        self._cursor = cursor
        self._in_step = True
        self._ended = batch.ended_story is not None
        return batch

    async def _look(self, feed: Feed) -> Heard | None:
        """What lies after the cursor, from the ring or from the log; None where it can't be had."""
        cursor = self._cursor
        fell, self._falls = feed.falls != self._falls, feed.falls
        if cursor is None or (fell and self._in_step):
            return None
        if self._in_step:
            heard = feed.after(cursor)
            if heard is not None:
                return heard
        if self._in_step:
            heard = await self._read_log(cursor)
        else:
            # After a server's death a thousand come at once, many of them from the same place: one look does for all.
            heard = await asyncio.shield(feed.shared(cursor, lambda: self._read_log(cursor)))
        self._in_step = heard is not None
        return heard

    async def _read_log(self, cursor: Cursor) -> Heard | None:
        position = await self._house.log.position(self._story_id)
        if position is None or position.epoch != cursor.epoch or position.sequence < cursor.sequence:
            return None
        if not self._in_step and position.ended and position.sequence == cursor.sequence:
            # At the very end of an ended story: as without a cursor, unless more is about to be made.
            async with self._house.database.reading() as session:
                row = await story_by_id(session, self._story_id)
            if row is None or row.status.ended:
                return None
        events = await self._house.log.read(self._story_id, cursor.sequence, position.sequence)
        return None if events is None else Heard.of(cursor, events)

    async def _after_silence(self, cursor: Cursor) -> Batch:
        """Nothing came for a while: a heartbeat, or what was missed. The last message may have been the lost one."""
        heard = await self._read_log(cursor)
        if heard is not None and heard.events:
            return self._moved(*await self._batch(heard))
        story, pages = await self._read()
        if story.status.ended:
            return self._moved(*await self._ending(story, pages, await self._position(begin=False)))
        return Batch(str(cursor), str(cursor))

    async def _batch(self, heard: Heard) -> tuple[Batch, Cursor]:
        """What was heard; with StoryEnded comes the story, which is read once for all who hear of it."""
        if not heard.ended:
            return _plain_batch(heard), heard.there
        reading = heard.made.get("story")
        if not isinstance(reading, asyncio.Task):
            reading = heard.made["story"] = asyncio.create_task(self._read())
        story, _ = await asyncio.shield(cast("asyncio.Task[tuple[Story, list[Page]]]", reading))
        batch = Batch(str(heard.there), str(heard.after), events=heard.events, ended_story=story, made=heard.made)
        return batch, heard.there

    async def _snapshot(self) -> tuple[Batch, Cursor]:
        """Redis first, then PostgreSQL: what the log knows, the tables know too, and later events are idempotent."""
        position = await self._position(begin=False)
        story, pages = await self._read()
        if position is None and not story.status.ended:
            position = await self._position(begin=True)
            # Somebody may have begun to tell since the tables were read, and the position is then beyond them.
            story, pages = await self._read()
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
        """Waits until the StoryEnded that is on its way has come into the log."""
        feed = self._feed
        if feed is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_PATIENCE_S):
                while True:
                    change = feed.change()
                    try:
                        position = await self._position(begin=False)
                        if position is None or position.ended:
                            return
                        await change
                    finally:
                        feed.stop_waiting(change)

    async def _position(self, *, begin: bool) -> Position | None:
        try:
            return await self._house.log.position(self._story_id, begin=begin)
        except (RedisError, OSError) as error:
            if begin:
                raise
            _log.warning("follower.without_log", error=type(error).__name__)
            return None

    async def _read(self) -> tuple[Story, list[Page]]:
        async with self._house.database.reading() as session:
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


def _plain_batch(heard: Heard) -> Batch:
    """What was heard, where the story has not ended; the same batch for all who hear it."""
    batch = heard.made.get("batch")
    if not isinstance(batch, Batch):
        batch = heard.made["batch"] = Batch(str(heard.there), str(heard.after), events=heard.events, made=heard.made)
    return batch


class _Silence:
    """Waits for a change, or for 15 s in which there was none.

    One timer serves all waits of a follower: it looks when it fires whether something has come since it was set, which
    is cheaper than a timer for every event.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._silent = False

    async def until(self, change: asyncio.Future[None]) -> bool:
        """True for a change, False for silence."""
        self._since, self._silent, self._waiting = self._loop.time(), False, change
        if self._timer is None:
            self._timer = self._loop.call_later(HEARTBEAT_S, self._fire)
        try:
            await change
        finally:
            self._waiting = None
        return not self._silent

    def broken(self) -> None:
        """Something was told meanwhile."""
        self._since = self._loop.time()

    def _fire(self) -> None:
        left = self._since + HEARTBEAT_S - self._loop.time()
        self._timer = None
        if self._waiting is None:
            return
        if left > 0:
            self._timer = self._loop.call_later(left, self._fire)
        elif not self._waiting.done():
            self._silent = True
            self._waiting.set_result(None)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
