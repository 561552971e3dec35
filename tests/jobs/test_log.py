"""The log of a story in a real Valkey: who may publish, what is told once, and what a loss does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from jobs.events import PagePartRestarted, PagePartStarted, PageTextAppended, StoryEnded, StoryEvent, StoryPlanned
from jobs.log import Cursor, Message, StoryLog, TextSoFar
from jobs.queue import open_redis
from models.errors import Fenced
from models.vocabulary import PagePart

PLANNED = StoryPlanned("A title", 2)
STARTED = PagePartStarted(1, PagePart.IMAGE)


@pytest_asyncio.fixture(loop_scope="session")
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    opened = open_redis(redis_url)
    yield opened
    await opened.aclose()


async def empty(redis: Redis) -> None:
    await redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # redis-py types its options loosely


@pytest.fixture
def log(redis: Redis) -> StoryLog:
    return StoryLog(redis)


@pytest.fixture
def story() -> UUID:
    return uuid4()


def words(before: str, delta: str, page: int = 1) -> Message:
    """A keyless message that adds `delta` to a page that says `before`."""
    event = PageTextAppended(page, len(before), delta)
    return Message.now(event, text=TextSoFar(page, before + delta, before))


async def told(log: StoryLog, story: UUID) -> list[StoryEvent]:
    """Every event of the log, whose numbers rise by one."""
    position = await log.position(story)
    assert position is not None
    events = await log.read(story, 0, position.sequence)
    assert events is not None
    assert [event.sequence for event in events] == list(range(1, position.sequence + 1))
    return [event.event for event in events]


async def test_events_are_numbered_in_order_and_read_back(log: StoryLog, story: UUID) -> None:
    first = await log.publish(story, 1, [Message.now(PLANNED, "plan"), Message.now(STARTED, "image:1")])
    second = await log.publish(story, 1, [words("", "Once")])

    assert (first.sequence, second) == (2, Cursor(first.epoch, 3))
    assert await told(log, story) == [PLANNED, STARTED, PageTextAppended(1, 0, "Once")]
    position = await log.position(story)
    assert position is not None
    assert (position.cursor, position.ended, position.texts) == (second, False, {1: "Once"})


async def test_a_keyed_event_is_told_once_whoever_tells_it(redis: Redis, log: StoryLog, story: UUID) -> None:
    await log.publish(story, 1, [Message.now(PLANNED, "plan")])
    again = await log.publish(story, 1, [Message.now(PLANNED, "plan")])
    elsewhere = await StoryLog(redis).publish(story, 2, [Message.now(PLANNED, "plan"), Message.now(STARTED, "image:1")])

    assert (again.sequence, elsewhere.sequence) == (1, 2)
    assert await told(log, story) == [PLANNED, STARTED]


async def test_words_of_an_older_generation_are_refused(log: StoryLog, story: UUID) -> None:
    await log.publish(story, 2, [Message.now(PLANNED, "plan")])

    with pytest.raises(Fenced):
        await log.publish(story, 1, [words("", "Once")])

    assert await told(log, story) == [PLANNED]


async def test_a_committed_fact_of_an_older_generation_is_told(log: StoryLog, story: UUID) -> None:
    await log.publish(story, 2, [Message.now(PLANNED, "plan")])
    await log.publish(story, 1, [Message.now(STARTED, "image:1")])

    with pytest.raises(Fenced):
        await log.publish(story, 1, [words("", "Once")])
    assert await told(log, story) == [PLANNED, STARTED]


async def test_a_refused_batch_leaves_nothing_behind(log: StoryLog, story: UUID) -> None:
    await log.publish(story, 2, [Message.now(PLANNED, "plan")])

    with pytest.raises(Fenced):
        await log.publish(story, 1, [Message.now(STARTED, "image:1"), words("", "Once")])

    assert await told(log, story) == [PLANNED]
    await log.publish(story, 2, [Message.now(STARTED, "image:1"), words("", "Twice")])
    assert await told(log, story) == [PLANNED, STARTED, PageTextAppended(1, 0, "Twice")]


async def test_a_redis_that_lost_everything_opens_a_new_epoch(redis: Redis, log: StoryLog, story: UUID) -> None:
    before = await log.publish(story, 1, [Message.now(PLANNED, "plan"), words("", "Once ")])
    await empty(redis)
    assert await log.position(story) is None

    after = await log.publish(story, 1, [words("Once ", "upon")])

    assert after.epoch != before.epoch
    assert after.sequence == 1


async def test_a_position_that_is_begun_stays_the_epoch_of_what_follows(log: StoryLog, story: UUID) -> None:
    begun = await log.position(story, begin=True)
    assert begun is not None
    assert (begun.sequence, begun.texts) == (0, {})
    assert await log.position(story, begin=True) == begun

    assert await log.publish(story, 1, [Message.now(PLANNED, "plan")]) == Cursor(begun.epoch, 1)


async def test_a_redis_that_fell_back_opens_a_new_epoch(redis: Redis, log: StoryLog, story: UUID) -> None:
    early = await log.publish(story, 1, [Message.now(PLANNED, "plan"), words("", "Once ")])
    names = [f"sc:{{{story}}}:{name}" for name in ("meta", "log", "text", "seen")]
    kept = {name: await redis.dump(name) for name in names}
    late = await log.publish(story, 1, [words("Once ", "upon ")])
    await empty(redis)
    for key, value in kept.items():
        assert value is not None
        await redis.restore(key, 0, value)

    after = await log.publish(story, 1, [words("Once upon ", "a time")])

    assert early.epoch == late.epoch != after.epoch
    assert await told(log, story) == [PageTextAppended(1, 0, "Once upon a time")]


async def test_lost_words_are_told_again_whole(redis: Redis, log: StoryLog, story: UUID) -> None:
    await log.publish(story, 1, [words("", "Once ")])
    await empty(redis)

    await log.publish(story, 1, [words("Once ", "upon ")])
    await log.publish(story, 1, [words("Once upon ", "a time")])

    assert await told(log, story) == [PageTextAppended(1, 0, "Once upon "), PageTextAppended(1, 10, "a time")]
    position = await log.position(story)
    assert position is not None
    assert position.texts == {1: "Once upon a time"}


async def test_a_part_that_starts_over_drops_its_unfinished_words(log: StoryLog, story: UUID) -> None:
    await log.publish(story, 1, [words("", "Once"), words("", "Twice", page=2)])
    restarted = Message.now(PagePartRestarted(1, PagePart.TEXT), "text:1:again", TextSoFar(1, None))

    await log.publish(story, 2, [restarted])

    position = await log.position(story)
    assert position is not None
    assert position.texts == {2: "Twice"}


async def test_the_log_knows_whether_its_story_has_ended(log: StoryLog, story: UUID) -> None:
    await log.publish(story, 1, [Message.now(StoryEnded(), "ended:1")])
    ended = await log.position(story)
    await log.publish(story, 2, [Message.now(STARTED, "image:1:2")])
    resumed = await log.position(story)

    assert ended is not None
    assert ended.ended
    assert resumed is not None
    assert not resumed.ended


async def test_events_that_are_gone_are_said_to_be(redis: Redis, log: StoryLog, story: UUID) -> None:
    top = await log.publish(story, 1, [words("", "a"), words("a", "b"), words("ab", "c")])
    await redis.xtrim(f"sc:{{{story}}}:log", maxlen=1, approximate=False)

    assert await log.read(story, 0, top.sequence) is None
    last = await log.read(story, 2, top.sequence)
    assert last is not None
    assert [event.event for event in last] == [PageTextAppended(1, 2, "c")]
    assert await log.read(story, 3, 3) == []


@pytest.mark.parametrize("given", ["", ":", "a:", ":1", "a:x", "a:-1", "a b:1", "é:1", f"a:{10**15}", f"{'a' * 41}:1"])
def test_what_never_was_a_cursor_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.parse(given)


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert Cursor.parse(str(Cursor("e1", 12))) == Cursor("e1", 12)
