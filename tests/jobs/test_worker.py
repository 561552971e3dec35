"""That a worker survives its servers, and its stories survive it.

What one story's driver does by itself is in test_driver.py; here are whole workers, some of them real processes that
are stopped, killed and frozen. The journal of vendor calls says who was called for what, and when.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from jobs.events import PagePartStarted, StoryEnded
from jobs.work import Transactions
from jobs.worker import Workbench
from models import billing
from models.generation import Step, StepState
from models.journal import CallOutcome, VendorCall
from models.leases import LEASE
from models.migrations import upgrade
from models.outbox import OutboxRow
from models.settings import Settings
from models.stories import Story
from models.vocabulary import PagePart, StoryStatus
from tests.harness import settings_for
from tests.jobs.worker_process import (
    all_rows,
    are_done,
    ask_for_story,
    at_work,
    finished,
    opened,
    story_now,
    told,
    until,
    worker_process,
)
from tests.servers import Servers
from tests.vendors import Script

OUTAGE_S = 30.0
PROMISED_S = 15.0
"""How soon work goes on after a kill, as the README promises."""
FIRST_PAGE = ("text:1", "image:1", "audio:1")
SECOND_PAGE = ("text:2", "image:2")


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, redis_url, tmp_path)


def gated() -> Script:
    """Lets the first page be made, and keeps the second waiting for its text and its picture."""
    return Script(gates={call: asyncio.Event() for call in SECOND_PAGE})


def open_gates(script: Script) -> None:
    for gate in script.gates.values():
        gate.set()


async def is_halfway(script: Script, transactions: Transactions, story_id: UUID) -> None:
    """Until the first page is there, and the second is being made."""
    async with asyncio.timeout(20):
        for call in SECOND_PAGE:
            await script.arrival(call).wait()
    await until(lambda: are_done(transactions, story_id, *FIRST_PAGE))


async def calls_after_commit(transactions: Transactions) -> int:
    """Vendor calls that were begun for a step that was done already, of all stories."""
    async with transactions.database.session() as session:
        found = await session.execute(
            select(func.count())
            .select_from(VendorCall)
            .join(
                Step,
                (col(Step.story_id) == col(VendorCall.story_id))
                & (col(Step.key) == col(VendorCall.step_key))
                & (col(Step.version) == col(VendorCall.step_version)),
            )
            .where(col(Step.state) == StepState.DONE, col(VendorCall.started_at) > col(Step.finished_at))
        )
        return found.scalar_one()


async def calls_of(transactions: Transactions, story_id: UUID) -> list[VendorCall]:
    async with transactions.database.session() as session:
        found = await session.execute(
            select(VendorCall).where(col(VendorCall.story_id) == story_id).order_by(col(VendorCall.started_at))
        )
        return list(found.scalars())


async def is_whole(bench: Workbench, story_id: UUID) -> None:
    """The story is ready and told to its end once, nothing was called for that was there, and every credit is right."""
    assert (await story_now(bench.transactions, story_id)).status is StoryStatus.READY
    assert await calls_after_commit(bench.transactions) == 0
    async with bench.transactions.database.session() as session:
        assert await billing.drift(session) == []
    ends = [event.sequence for event in await told(bench.log, story_id) if isinstance(event.event, StoryEnded)]
    assert len(ends) == 1
    assert ends == [len(await told(bench.log, story_id))]


# ---------------------------------------------------------------- servers that go away


async def test_a_worker_outlives_half_a_minute_without_a_server_and_goes_on(
    settings: Settings, servers: Servers, tmp_path: Path
) -> None:
    """Two workers side by side, so that the outages take their time at once: each loses a server of its own."""
    own = tmp_path / "own"
    valkey, postgres = EmbeddedValkey(own), EmbeddedPostgres(own, durable=False)
    async with running(valkey, postgres):
        await upgrade(postgres.url)
        without_redis = settings.model_copy(update=settings_for("", valkey.url, own).model_dump(include={"redis_url"}))
        without_postgres = settings_for(postgres.url, servers.valkey.url, tmp_path)
        async with asyncio.timeout(OUTAGE_S + 60), asyncio.TaskGroup() as group:
            group.create_task(outlive_redis(without_redis, valkey))
            group.create_task(outlive_postgres(without_postgres, postgres))


@asynccontextmanager
async def away(server: EmbeddedPostgres | EmbeddedValkey) -> AsyncGenerator[None]:
    """The server is killed, stays away for `OUTAGE_S` at least, and is started again after the body."""
    server.kill()
    await server.wait()
    outage = asyncio.create_task(asyncio.sleep(OUTAGE_S))  # the outage itself, which no event ends
    try:
        yield
        await outage
    finally:
        outage.cancel()
        await server.start()


async def outlive_redis(settings: Settings, valkey: EmbeddedValkey) -> None:
    script = gated()
    async with at_work(settings, script) as bench:
        under_way = await ask_for_story(bench.transactions)
        await is_halfway(script, bench.transactions, under_way)

        async with away(valkey):
            asked_for = await ask_for_story(bench.transactions, pages=1)
            await until(lambda: has_ended(bench, asked_for))

        open_gates(script)
        await finished(bench)
        # With Redis back, a story is begun only when the bell has been heard.
        rung = await ask_for_story(bench.transactions, pages=1)
        await until(lambda: has_ended(bench, rung))
        await until(lambda: nothing_is_unsent(bench))
        for story_id in (under_way, asked_for, rung):
            await is_whole(bench, story_id)
            assert (await story_now(bench.transactions, story_id)).generation == 1


async def outlive_postgres(settings: Settings, postgres: EmbeddedPostgres) -> None:
    script = gated()
    async with at_work(settings, script) as bench:
        under_way = await ask_for_story(bench.transactions)
        await is_halfway(script, bench.transactions, under_way)

        async with away(postgres):
            script.gates["image:2"].set()  # paid for, and nowhere to write it down

        await until(lambda: are_done(bench.transactions, under_way, "image:2"))
        open_gates(script)
        await finished(bench)
        rung = await ask_for_story(bench.transactions, pages=1)
        await until(lambda: has_ended(bench, rung))
        await until(lambda: nothing_is_unsent(bench))
        for story_id in (under_way, rung):
            await is_whole(bench, story_id)
            assert (await story_now(bench.transactions, story_id)).generation == 1
        assert {call.outcome for call in await calls_of(bench.transactions, under_way)} == {CallOutcome.OK}


async def has_ended(bench: Workbench, story_id: UUID) -> bool:
    return (await story_now(bench.transactions, story_id)).ended_at is not None


async def nothing_is_unsent(bench: Workbench) -> bool:
    async with bench.transactions.database.session() as session:
        found = await session.execute(
            select(func.count()).select_from(OutboxRow).where(col(OutboxRow.sent_at).is_(None))
        )
        return found.scalar_one() == 0


# ---------------------------------------------------------------- processes that end


async def test_a_worker_that_is_asked_to_end_hands_its_stories_over_at_once(settings: Settings) -> None:
    first, second = gated(), Script()
    async with worker_process(settings, first) as process, opened(settings, Script()) as looking:
        transactions = looking.transactions
        story_id = await ask_for_story(transactions)
        await is_halfway(first, transactions, story_id)

        process.signal(signal.SIGTERM)

        assert await process.exit_status() == 0
        story = await story_now(transactions, story_id)
        assert (story.status, story.lease_until, story.takeovers) == (StoryStatus.GENERATING, None, 0)
        async with at_work(settings, second) as bench:
            async with asyncio.timeout(LEASE.total_seconds() / 2):  # nobody waits for a lease to run out
                await second.arrival("image:2").wait()
            assert (await story_now(transactions, story_id)).takeovers <= 1
            await finished(bench)
            await is_whole(bench, story_id)
        assert sorted(second.calls) == ["audio:2", "image:2", "text:2"]
        calls = [(call.step_key, call.generation) for call in await calls_of(transactions, story_id)]
        assert len(calls) == len(set(calls))


async def test_after_a_kill_another_worker_goes_on_within_the_promised_time(settings: Settings) -> None:
    first, second = gated(), Script()
    async with worker_process(settings, first) as process, opened(settings, Script()) as looking:
        story_id = await ask_for_story(looking.transactions)
        await is_halfway(first, looking.transactions, story_id)
        async with at_work(settings, second) as bench:
            process.signal(signal.SIGKILL)
            await process.exit_status()

            async with asyncio.timeout(PROMISED_S):
                await second.arrival("image:2").wait()

            await finished(bench)
            await is_whole(bench, story_id)
        assert sorted(second.calls) == ["audio:2", "image:2", "text:2"]
        # What was in flight may have to be paid again; nothing else is, and the journal says what it was.
        abandoned = [
            call.step_key
            for call in await calls_of(looking.transactions, story_id)
            if call.outcome is CallOutcome.ABANDONED
        ]
        assert sorted(abandoned) == ["image:2", "text:1"]  # one call writes every page, under the first one's key


async def test_a_worker_that_was_frozen_past_its_lease_changes_nothing_when_it_thaws(settings: Settings) -> None:
    frozen, second = gated(), gated()
    busy = settings.model_copy(update={"worker_stories": 1})
    async with worker_process(settings, frozen) as process, opened(settings, Script()) as looking:
        transactions, log = looking.transactions, looking.log
        story_id = await ask_for_story(transactions)
        await is_halfway(frozen, transactions, story_id)
        await until(lambda: nothing_is_unsent(looking))  # or it might mark as sent, when it thaws, what was sent

        process.signal(signal.SIGSTOP)
        async with at_work(busy, second) as bench:
            async with asyncio.timeout(PROMISED_S):
                for call in SECOND_PAGE:
                    await second.arrival(call).wait()
            await until(lambda: nothing_is_unsent(looking))
            rows, events = await all_rows(transactions), await told(log, story_id)

            open_gates(frozen)  # its answers lie ready when it wakes up
            process.signal(signal.SIGCONT)
            # Only the thawed worker has room for another story; when that is made, those answers are long dealt with.
            other = await ask_for_story(transactions, (await story_now(transactions, story_id)).account_id, pages=1)
            await until(lambda: has_ended(looking, other))

            later = await all_rows(transactions)
            for table in ("ledger", "outbox", "pages", "steps", "vendor_calls"):
                assert [row for row in later[table] if str(other) not in row] == rows[table]
            assert await told(log, story_id) == events
            assert (await story_now(transactions, story_id)).generation == 2
            open_gates(second)
            await finished(bench)
            await is_whole(bench, story_id)
        process.signal(signal.SIGTERM)
        assert await process.exit_status() == 0


# ---------------------------------------------------------------- room


async def test_a_worker_makes_no_more_stories_at_once_than_it_has_room_for(settings: Settings) -> None:
    script = Script(gates={"plan": asyncio.Event()})
    roomy = settings.model_copy(update={"worker_stories": 3})
    async with opened(settings, Script()) as looking:
        stories = [await ask_for_story(looking.transactions, pages=1)]
        account_id = (await story_now(looking.transactions, stories[0])).account_id
        stories += [await ask_for_story(looking.transactions, account_id, pages=1) for _ in range(11)]
        await looking.transactions.left()  # a dozen asks wait when the worker begins
        async with at_work(roomy, script) as bench:
            await until(lambda: is_full(bench))
            assert await under_way(bench) == 3

            script.gates["plan"].set()
            for story_id in stories:
                await until(lambda story_id=story_id: has_ended(bench, story_id))


async def is_full(bench: Workbench) -> bool:
    return await under_way(bench) >= 3


async def under_way(bench: Workbench) -> int:
    async with bench.transactions.database.session() as session:
        found = await session.execute(
            select(func.count()).select_from(Story).where(col(Story.status) == StoryStatus.GENERATING)
        )
        return found.scalar_one()


# ---------------------------------------------------------------- what is committed and not yet sent


async def note_events(transactions: Transactions, story_id: UUID, count: int) -> None:
    """Commits `count` events, each in a transaction of its own."""
    for number in range(1, count + 1):
        async with transactions.begin() as work:
            work.tell(story_id, 1, PagePartStarted(number, PagePart.TEXT), f"started:{number}")
    async with transactions.begin() as work:
        work.tell(story_id, 1, StoryEnded(), "ended:1")


async def test_what_was_committed_while_redis_was_away_is_told_by_the_next_process_once_and_in_order(
    settings: Settings, tmp_path: Path
) -> None:
    nowhere = settings_for("", f"unix://{tmp_path}/nobody.sock", tmp_path).model_dump(include={"redis_url"})
    async with opened(settings.model_copy(update=nowhere), Script()) as crashed:
        story_id = await ask_for_story(crashed.transactions, pages=5)
        await note_events(crashed.transactions, story_id, 5)

    async with opened(settings, Script()) as one, opened(settings, Script()) as other:
        assert await one.log.position(story_id) is None
        now = timedelta(0)
        await asyncio.gather(*(bench.transactions.sweep(now) for bench in (one, other, one, other)))
        # A process that died between sending and marking leaves rows that were sent already.
        async with one.transactions.database.session() as session:
            await session.execute(update(OutboxRow).values(sent_at=None))
            await session.commit()
        assert await other.transactions.sweep(now) == 7

        events = [event.event for event in await told(one.log, story_id)]
        assert events == [*(PagePartStarted(number, PagePart.TEXT) for number in range(1, 6)), StoryEnded()]
        assert await nothing_is_unsent(one)


async def test_a_book_made_by_a_worker_without_redis_is_told_after_its_death(
    settings: Settings, tmp_path: Path
) -> None:
    nowhere = settings_for("", f"unix://{tmp_path}/nobody.sock", tmp_path).model_dump(include={"redis_url"})
    async with opened(settings, Script()) as looking:
        async with worker_process(settings.model_copy(update=nowhere), Script()) as process:
            story_id = await ask_for_story(looking.transactions)
            await until(lambda: has_ended(looking, story_id))
            process.signal(signal.SIGKILL)
            await process.exit_status()
        async with looking.transactions.database.session() as session:
            noted = await session.execute(
                text("SELECT payload->>'event' FROM outbox WHERE kind = 'EVENT' AND sent_at IS NULL ORDER BY id")
            )
            unsent = list(noted.scalars())
        assert unsent

        async with at_work(settings, Script()) as bench:
            await until(lambda: nothing_is_unsent(bench))
            await is_whole(bench, story_id)
            assert len(await told(bench.log, story_id)) == len(unsent)
