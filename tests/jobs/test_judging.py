"""A verdict's rows in the journal, while PostgreSQL comes and goes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import uuid4

from sqlmodel import col, select

from jobs.judging import Judge
from jobs.limits import Limits
from jobs.log import StoryLog
from jobs.ports import Verdict
from jobs.queue import Queue, open_arq, open_redis
from jobs.work import Transactions
from models.database import Database
from models.journal import CallOutcome, Subject, VendorCall
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


async def test_a_verdict_outlives_a_database_that_goes_while_it_is_thought_about(
    servers: Servers, database_url: str, redis_url: str
) -> None:
    database, redis, arq = Database(database_url), open_redis(redis_url), open_arq(redis_url, patient=False)
    moderator, story_id = Looking(), uuid4()
    judge = Judge(moderator, Limits(redis, {}, patience_s=20), Transactions(database, StoryLog(redis), Queue(arq)))
    judging = asyncio.create_task(judge.picture("a picture", PICTURE, Subject("image:1", 1, "me", story_id=story_id)))
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
    await arq.aclose()
