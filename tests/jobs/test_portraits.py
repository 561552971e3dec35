"""The portrait of a character of the library: what has been painted is kept, and nobody paints for a lost story."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import col, select

from jobs.driver import take_story
from jobs.steps.portrait import paint_character
from jobs.work import Transactions
from jobs.worker import Workbench, open_workbench
from models.characters import Character
from models.errors import Fenced
from models.journal import CallOutcome, VendorCall
from models.leases import Lease
from models.settings import Settings
from models.stories import Story, StoryCharacter
from models.vocabulary import PartStatus, StoryStatus
from tests.harness import settings_for
from tests.jobs.worker_process import are_done, ask_for_story, finished, story_now
from tests.servers import Servers
from tests.vendors import KeptMedia, Vendors

PORTRAIT = "portrait:c1"


@dataclass
class WatchedMedia(KeptMedia):
    """Says when something has been stored."""

    stored: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await super().put(key, data, content_type)
        self.stored.set()


@pytest.fixture
def media() -> WatchedMedia:
    return WatchedMedia()


@pytest.fixture
def vendors(media: WatchedMedia) -> Vendors:
    return Vendors(media=media)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(database_url, redis_url, tmp_path_factory.mktemp("portraits"))


@pytest_asyncio.fixture(loop_scope="session")
async def bench(settings: Settings, vendors: Vendors) -> AsyncGenerator[Workbench]:
    """A worker's bench at which nobody works; what a test has begun there is ended."""
    async with open_workbench(settings, vendors.open) as opened:
        yield opened
        await opened.hand_over()


async def a_story_with(transactions: Transactions) -> tuple[UUID, UUID]:
    """A story of one page and the character that was picked for it, who has no portrait yet; gives their ids."""
    story_id = await ask_for_story(transactions, pages=1)
    async with transactions.begin() as work:
        story = await work.session.get_one(Story, story_id)
        character = Character(account_id=story.account_id, name="Mo", appearance="a mole")
        work.session.add(character)
        await work.session.flush()
        work.session.add(StoryCharacter(story_id=story_id, character_id=character.id, position=1))
    return story_id, character.id


async def portrait_now(transactions: Transactions, character_id: UUID) -> PartStatus:
    async with transactions.database.session() as session:
        character = await session.get_one(Character, character_id)
        assert (character.portrait is not None) == (character.portrait_status is PartStatus.READY)
        return character.portrait_status


async def receipts(transactions: Transactions, character_id: UUID) -> list[tuple[CallOutcome | None, int]]:
    """Outcome and cost of every call for the character's portrait."""
    async with transactions.database.session() as session:
        found = await session.execute(select(VendorCall).where(col(VendorCall.character_id) == character_id))
        return [(call.outcome, call.cost_micros) for call in found.scalars()]


@asynccontextmanager
async def postgres_away(servers: Servers) -> AsyncGenerator[None]:
    servers.postgres.kill()
    await servers.postgres.wait()
    try:
        yield
    finally:
        await servers.postgres.start()


async def answer_without_postgres(servers: Servers, vendors: Vendors, media: WatchedMedia) -> None:
    """The painter answers while PostgreSQL is away, so that there is nowhere to write its answer down."""
    async with asyncio.timeout(30):
        await vendors.script.arrival(PORTRAIT).wait()
        async with postgres_away(servers):
            vendors.script.gates[PORTRAIT].set()
            await media.stored.wait()


async def test_a_portrait_that_was_painted_while_postgres_was_away_is_kept(
    bench: Workbench, vendors: Vendors, media: WatchedMedia, servers: Servers
) -> None:
    _, character_id = await a_story_with(bench.transactions)
    vendors.script.shut(PORTRAIT)
    bench.paint(character_id, "offline")
    (painting,) = bench.portraits

    await answer_without_postgres(servers, vendors, media)
    async with asyncio.timeout(20):
        await asyncio.gather(painting, return_exceptions=True)

    assert await portrait_now(bench.transactions, character_id) is PartStatus.READY
    assert await receipts(bench.transactions, character_id) == [(CallOutcome.OK, 1)]
    assert vendors.script.calls == [PORTRAIT]


async def test_what_a_painter_that_is_no_more_left_in_flight_is_closed_by_the_next_one(
    bench: Workbench, vendors: Vendors
) -> None:
    _, character_id = await a_story_with(bench.transactions)
    transactions, looks = bench.transactions, bench.judge
    vendors.script.shut(PORTRAIT)
    async with asyncio.timeout(30):
        frozen = asyncio.create_task(paint_character(transactions, bench.ports, looks, "offline", character_id, "w1"))
        await vendors.script.arrival(PORTRAIT).wait()
        async with transactions.begin() as work:
            await work.session.execute(text("UPDATE characters SET portrait_lease_until = now() - interval '1 s'"))
        next_one = asyncio.create_task(paint_character(transactions, bench.ports, looks, "offline", character_id, "w2"))
        while len(vendors.script.calls) < 2:  # noqa: ASYNC110  # the script tells of a first arrival only
            await asyncio.sleep(0.01)
        assert sorted(await receipts(transactions, character_id), key=str) == [(CallOutcome.ABANDONED, 0), (None, 0)]

        vendors.script.gates[PORTRAIT].set()
        await asyncio.gather(frozen, next_one)

    assert await portrait_now(transactions, character_id) is PartStatus.READY
    assert [cost for _, cost in await receipts(transactions, character_id)] == [1, 1]  # both were painted, and are paid


async def test_a_story_goes_on_with_the_portrait_that_was_painted_while_postgres_was_away(
    bench: Workbench, vendors: Vendors, media: WatchedMedia, servers: Servers
) -> None:
    story_id, character_id = await a_story_with(bench.transactions)
    vendors.script.shut(PORTRAIT)
    await bench.take(story_id)

    await answer_without_postgres(servers, vendors, media)
    await finished(bench)

    assert (await story_now(bench.transactions, story_id)).status is StoryStatus.READY
    assert await are_done(bench.transactions, story_id, PORTRAIT)
    assert await portrait_now(bench.transactions, character_id) is PartStatus.READY
    assert await receipts(bench.transactions, character_id) == [(CallOutcome.OK, 1)]
    assert vendors.script.calls.count(PORTRAIT) == 1


async def test_for_a_story_that_is_somebody_elses_by_now_no_portrait_is_begun(
    bench: Workbench, vendors: Vendors
) -> None:
    transactions = bench.transactions
    story_id, character_id = await a_story_with(transactions)
    first = await taken(transactions, story_id, "first")
    second = await taken(transactions, story_id, "second")

    with pytest.raises(Fenced):
        await paint_character(transactions, bench.ports, bench.judge, "offline", character_id, "first", first)

    assert vendors.script.calls == []
    assert await receipts(transactions, character_id) == []
    assert await portrait_now(transactions, character_id) is PartStatus.WAITING
    await paint_character(transactions, bench.ports, bench.judge, "offline", character_id, "second", second)
    assert await portrait_now(transactions, character_id) is PartStatus.READY


async def taken(transactions: Transactions, story_id: UUID, worker: str) -> Lease:
    """The story's lease for that worker, who takes it from whoever has it."""
    late = "UPDATE stories SET lease_until = clock_timestamp() - interval '1 second' WHERE id = :id"
    async with transactions.begin() as work:
        await work.session.execute(text(late), {"id": story_id})
    found = await take_story(transactions, story_id, worker)
    assert found is not None
    return found[0]
