"""Whoever waits keeps nothing from others: stories' transactions, and sending, while connections are few."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any, cast
from uuid import uuid4

import pytest_asyncio
from sqlalchemy import text

from jobs.attempts import StoryRun
from jobs.log import StoryLog
from jobs.queue import Queue, open_arq, open_redis
from jobs.work import Transactions
from models import leases
from models.database import Database
from tests.models.test_leases import a_story

IN_TIME_S = 20


@pytest_asyncio.fixture(loop_scope="session")
async def transactions(database_url: str, redis_url: str) -> AsyncGenerator[Transactions]:
    """On two connections, which are waited for a little while."""
    database, redis, arq = Database(database_url, 1, 0.3), open_redis(redis_url), open_arq(redis_url, patient=False)
    yield Transactions(database, StoryLog(redis), Queue(arq))
    await database.close()
    await redis.aclose()
    await arq.aclose()


async def a_run(transactions: Transactions) -> StoryRun:
    """A story's run, as far as its transactions need it."""
    async with transactions.database.session() as session:
        story_id = await a_story(session)
        found = await leases.claim(session, story_id, "me")
        assert found is not None
        await session.commit()
    nobody = cast(Any, None)
    return StoryRun(*found, nobody, nobody, nobody, transactions, nobody, {}, {})


async def test_a_story_keeps_one_connection_however_many_of_its_steps_end_together(transactions: Transactions) -> None:
    run, done = await a_run(transactions), list[int]()

    async def end(number: int) -> None:
        async with run.begin() as work:
            await work.session.execute(text("SELECT 1"))
            done.append(number)

    async with asyncio.TaskGroup() as steps, run.begin():
        for number in range(5):
            steps.create_task(end(number))
        await asyncio.sleep(0)
        async with transactions.database.session() as session:  # another story's
            await session.execute(text("SELECT 1"))
        assert not done
    assert sorted(done) == list(range(5))


async def test_sending_that_nobody_waits_for_any_more_fails_in_silence(transactions: Transactions) -> None:
    """It is the sweeper's by then: an error that nobody hears of would be told on the process's standard error."""
    told: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context))
    try:
        async with AsyncExitStack() as everything:
            for _ in range(2):
                session = await everything.enter_async_context(transactions.database.session())
                await session.execute(text("SELECT 1"))
            sending = asyncio.create_task(transactions.send_events_of(uuid4()))
            await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
            others = asyncio.all_tasks() - {asyncio.current_task()}
            turn = next(task for task in others if "_send_in_turn" in repr(task))
            await asyncio.wait([turn], timeout=IN_TIME_S)
            assert turn.done()
            del turn, others, sending
            gc.collect()
    finally:
        loop.set_exception_handler(None)
    assert not told
