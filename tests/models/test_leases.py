"""The fence: whose story it is, and who is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from models import endings, generation, journal, leases
from models.accounts import Account
from models.database import SERVER_SETTINGS, Database, Session, is_connection_lost
from models.errors import Fenced
from models.generation import Step
from models.leases import LEASE, Lease
from models.pages import Page
from models.stories import Story
from tests.stories import new_story


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncGenerator[Database]:
    opened = Database(database_url, 2)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def session(database: Database) -> AsyncGenerator[Session]:
    async with database.session() as opened:
        yield opened


async def a_story(session: Session) -> UUID:
    account = Account(email=f"{uuid4().hex}@example.com", password_hash="none")
    session.add(account)
    await session.flush()
    story = new_story(account.id)
    session.add(story)
    await session.flush()
    session.add(Page(story_id=story.id, number=1))
    await generation.add_steps(session, story.id, ["plan", "text:1", "image:1"])
    return story.id


async def claimed(session: Session, story_id: UUID, worker: str) -> Lease:
    found = await leases.claim(session, story_id, worker)
    assert found is not None
    return found[0]


async def run_out(session: Session, story_id: UUID) -> None:
    late = "UPDATE stories SET lease_until = clock_timestamp() - interval '1 second' WHERE id = :id"
    await session.execute(text(late), {"id": story_id})


async def the_plan(session: Session, story_id: UUID) -> Step:
    return (await generation.latest_steps(session, story_id))["plan"]


async def test_a_story_that_is_held_can_not_be_claimed(session: Session) -> None:
    story_id = await a_story(session)
    await claimed(session, story_id, "first")
    assert await leases.claim(session, story_id, "second") is None


async def test_who_has_been_taken_over_changes_nothing_and_calls_nobody(session: Session) -> None:
    story_id = await a_story(session)
    first = await claimed(session, story_id, "first")
    await run_out(session, story_id)
    second = await claimed(session, story_id, "second")

    with pytest.raises(Fenced):
        await leases.hold(session, first)
    with pytest.raises(Fenced):
        await journal.begin_call(session, first, await the_plan(session, story_id), "offline", "model")
    assert await leases.still_held(session, [first, second]) == {second}
    assert await leases.renew(session, [first, second]) == {second}
    await leases.hold(session, second)


async def test_who_makes_a_cancelled_story_changes_nothing_and_calls_nobody(session: Session) -> None:
    story_id = await a_story(session)
    lease = await claimed(session, story_id, "first")
    await endings.cancel_story(session, story_id)

    with pytest.raises(Fenced):
        await leases.hold(session, lease)
    with pytest.raises(Fenced):
        await journal.begin_call(session, lease, await the_plan(session, story_id), "offline", "model")
    assert await leases.still_held(session, [lease]) == set()


async def test_a_lease_that_ran_out_and_that_nobody_took_is_its_holders_again(session: Session) -> None:
    story_id = await a_story(session)
    lease = await claimed(session, story_id, "first")
    await run_out(session, story_id)
    with pytest.raises(Fenced):
        await journal.begin_call(session, lease, await the_plan(session, story_id), "offline", "model")

    await leases.hold(session, lease)

    await journal.begin_call(session, lease, await the_plan(session, story_id), "offline", "model")
    assert await leases.claim(session, story_id, "second") is None


# ---------------------------------------------------------------- one that is frozen inside a transaction


async def lease_ends(session: Session, lease: Lease) -> datetime:
    found = await session.execute(select(col(Story.lease_until)).where(col(Story.id) == lease.story_id))
    end = found.scalar_one()
    assert end is not None
    return end


@asynccontextmanager
async def frozen(database: Database, lease: Lease) -> AsyncGenerator[Session]:
    """A transaction of the lease's holder, which has locked the story and goes no further."""
    async with database.session() as session:
        await leases.hold(session, lease)
        yield session


async def test_a_story_that_is_locked_keeps_no_other_lease_from_being_renewed(
    database: Database, session: Session
) -> None:
    locked = await claimed(session, await a_story(session), "first")
    free = await claimed(session, await a_story(session), "first")
    await session.commit()
    ends = {lease: await lease_ends(session, lease) for lease in (locked, free)}

    async with frozen(database, locked), asyncio.timeout(5):
        renewed = await leases.renew(session, [locked, free])

    assert renewed == {locked, free}, "to be left for the next time is not to be lost"
    assert await lease_ends(session, free) > ends[free]
    assert await lease_ends(session, locked) == ends[locked]


async def test_who_freezes_inside_a_transaction_loses_its_locks_before_its_lease(session: Session) -> None:
    setting = text("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
    most_ms = (await session.execute(setting)).scalar_one()
    assert 0 < most_ms < LEASE.total_seconds() * 1000


async def test_a_story_whose_maker_froze_inside_a_transaction_can_be_claimed(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    story_id = await a_story(session)
    first = await claimed(session, story_id, "first")
    await session.commit()
    monkeypatch.setitem(SERVER_SETTINGS, "idle_in_transaction_session_timeout", "300")
    impatient = Database(database.engine.url.render_as_string(hide_password=False), 1)

    async with frozen(impatient, first) as thawing:
        async with asyncio.timeout(10):
            await run_out(session, story_id)  # which waits for the lock
            second = await claimed(session, story_id, "second")
        await session.commit()

        with pytest.raises(DBAPIError) as lost:
            await leases.hold(thawing, first)
    assert is_connection_lost(lost.value), "so that its maker looks again instead of giving the step up"
    async with impatient.session() as again:
        with pytest.raises(Fenced):
            await leases.hold(again, first)
        await leases.hold(again, second)
    await impatient.close()
