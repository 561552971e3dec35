"""Verdicts that callers wait for: within the moderator's limits, and soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from jobs.limits import CLOSED_FOR_S, FAILURES, Limits
from jobs.ports import VendorClosed, Verdict
from jobs.queue import open_redis
from models.errors import Unavailable
from resolvers.judging import judge


@dataclass
class Thinking:
    """A moderator who answers when told, and remembers how many asked at once."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    asked: int = 0
    under_way: int = 0
    most: int = 0
    vendor: str = "scripted"
    model: str = "moderator"
    paid: bool = False

    async def judge_text(self, text: str) -> Verdict:
        self.asked += 1
        if self.closed:
            raise VendorClosed("no key")
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.answers.wait()
        finally:
            self.under_way -= 1
        return Verdict(True)

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        return Verdict(True)


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with open_redis(redis_url) as redis:
        yield redis


def limits(redis: Redis, most: int) -> Limits:
    return Limits(redis, {"scripted/moderation": most}, patience_s=20)


async def test_no_more_verdicts_are_asked_for_at_once_than_may(redis: Redis) -> None:
    moderator, processes = Thinking(), [limits(redis, 2), limits(redis, 2)]
    judging = [asyncio.create_task(judge(processes[number % 2], moderator, "a fox")) for number in range(6)]
    async with asyncio.timeout(20):
        while moderator.under_way < 2:  # noqa: ASYNC110  # slots are Redis' to give
            await asyncio.sleep(0.01)
    moderator.answers.set()

    verdicts = await asyncio.gather(*judging, return_exceptions=True)

    assert moderator.most == 2
    assert [verdict for verdict in verdicts if isinstance(verdict, Verdict) and verdict.allowed]


async def test_a_moderator_that_has_shut_its_door_is_left_alone(redis: Redis) -> None:
    moderator, process = Thinking(closed=True), limits(redis, 2)
    with pytest.raises(Unavailable):
        await judge(process, moderator, "a fox")

    with pytest.raises(Unavailable) as refused:
        await judge(process, moderator, "a fox")

    assert moderator.asked == 1
    assert 0 < (refused.value.retry_after_ms or 0) <= CLOSED_FOR_S * 1000


async def test_a_moderator_that_does_not_answer_is_left_alone_after_a_while(redis: Redis) -> None:
    moderator, process = Thinking(), limits(redis, FAILURES)

    verdicts = await asyncio.gather(
        *(judge(process, moderator, "a fox") for _ in range(FAILURES)), return_exceptions=True
    )
    assert [type(verdict) for verdict in verdicts] == [Unavailable] * FAILURES

    asked = moderator.asked
    with pytest.raises(Unavailable):
        await judge(process, moderator, "a fox")
    assert moderator.asked == asked
