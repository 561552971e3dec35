"""The fence: whose story it is, and who is refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from models import endings, generation, journal, leases
from models.accounts import Account
from models.database import Database, Session
from models.errors import Fenced
from models.generation import Step
from models.leases import Lease
from models.pages import Page
from models.stories import Story
from models.vocabulary import AgeBand


@pytest_asyncio.fixture(loop_scope="session")
async def session(database_url: str) -> AsyncGenerator[Session]:
    database = Database(database_url, 2)
    async with database.session() as opened:
        yield opened
    await database.close()


async def a_story(session: Session) -> UUID:
    account = Account(email="parent@example.com", password_hash="none")
    session.add(account)
    await session.flush()
    story = Story(
        account_id=account.id,
        premise="A mole",
        age_band=AgeBand.AGES_3_5,
        language="en",
        art_style="watercolor",
        narrated=False,
        page_count=1,
        writer="offline",
        painter="offline",
        narrator="offline",
    )
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
