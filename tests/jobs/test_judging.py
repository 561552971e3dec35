"""A verdict's rows in the journal, while PostgreSQL comes and goes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from sqlmodel import col, select

from jobs.judging import Judge
from jobs.limits import Limits
from jobs.ports import Verdict
from jobs.queue import open_redis
from models.database import Database
from models.errors import Fenced
from models.journal import CallOutcome, Subject, VendorCall
from models.leases import Lease
from tests.models.test_leases import a_story, claimed, run_out
from tests.servers import Servers
from tests.vendors import PICTURE


@dataclass
class Looking:
    """A paid moderator, who answers when told."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    vendor: str = "scripted"
    model: str = "moderator"
    paid: bool = True

    async def judge_text(self, text: str) -> Verdict:
        return Verdict(True)

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        self.asked.set()
        await self.done.wait()
        return Verdict(True)


def subject_of(lease: Lease) -> Subject:
    return Subject("image:1", 1, lease.worker, lease.generation, lease.story_id)


async def test_a_verdict_outlives_a_database_that_goes_while_it_is_thought_about(
    servers: Servers, database_url: str, redis_url: str
) -> None:
    database, redis, moderator = Database(database_url), open_redis(redis_url), Looking()
    async with database.session() as session:
        story_id = await a_story(session)
        lease = await claimed(session, story_id, "me")
        await session.commit()
    judge = Judge(moderator, Limits(redis, {}, patience_s=20), database)
    judging = asyncio.create_task(judge.picture("a picture", PICTURE, subject_of(lease)))
    await asyncio.wait_for(moderator.asked.wait(), 20)
    servers.postgres.kill()
    await servers.postgres.wait()
    moderator.done.set()
    await asyncio.sleep(0.2)  # long enough for a try that meets nobody
    assert not judging.done()
    await servers.revive()
    await asyncio.wait_for(judging, 20)
    async with database.session() as session:
        call = (await session.execute(select(VendorCall).where(col(VendorCall.story_id) == story_id))).scalar_one()
    assert call.outcome is CallOutcome.OK
    await database.close()
    await redis.aclose()


async def test_who_has_lost_the_story_asks_for_no_verdict(database_url: str, redis_url: str) -> None:
    database, redis, moderator = Database(database_url), open_redis(redis_url), Looking()
    async with database.session() as session:
        story_id = await a_story(session)
        lost = await claimed(session, story_id, "me")
        await run_out(session, story_id)
        await claimed(session, story_id, "somebody else")
        await session.commit()
    moderator.done.set()
    judge = Judge(moderator, Limits(redis, {}, patience_s=20), database)
    with pytest.raises(Fenced):
        await judge.picture("a picture", PICTURE, subject_of(lost))
    assert not moderator.asked.is_set()
    async with database.session() as session:
        rows = await session.execute(select(VendorCall).where(col(VendorCall.story_id) == story_id))
        assert not rows.scalars().all()
    await database.close()
    await redis.aclose()
