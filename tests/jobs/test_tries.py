"""Buckets of tries: counted together in Redis, and the same way by each process while Redis is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest
import pytest_asyncio

from jobs.queue import open_redis
from jobs.tries import MOST_KEPT, Bucket, Tries, TriesOfOneProcess
from tests.harness import free_port

GUESSES = Bucket("guesses of somebody", tries=3, within_s=600)
OTHERS = Bucket("guesses of somebody else", tries=3, within_s=600)
ADDRESS = Bucket("an address", tries=4, within_s=600)


@pytest_asyncio.fixture(params=["together", "alone"], loop_scope="session")
async def tries(request: pytest.FixtureRequest, redis_url: str) -> AsyncGenerator[Tries]:
    """With Redis, and with a Redis that is away."""
    url = redis_url if request.param == "together" else f"redis://127.0.0.1:{free_port()}"
    redis = open_redis(url)
    yield Tries(redis)
    await redis.aclose()


async def test_as_many_tries_as_there_are_and_then_a_wait_for_the_next(tries: Tries) -> None:
    assert [await tries.take([GUESSES]) for _ in range(3)] == [0, 0, 0]
    assert 190 <= await tries.take([GUESSES]) <= 200
    assert await tries.take([OTHERS]) == 0


async def test_who_is_refused_has_lost_nothing(tries: Tries) -> None:
    for _ in range(3):
        assert await tries.take([GUESSES, ADDRESS]) == 0
    for _ in range(5):
        assert await tries.take([GUESSES, ADDRESS]) > 0

    assert await tries.take([OTHERS, ADDRESS]) == 0
    assert await tries.take([OTHERS, ADDRESS]) > 0


async def test_a_try_that_is_given_back_can_be_taken_again(tries: Tries) -> None:
    for _ in range(20):
        assert await tries.take([GUESSES, ADDRESS]) == 0
        await tries.give_back([GUESSES, ADDRESS])
    assert [await tries.take([GUESSES]) > 0 for _ in range(4)] == [False, False, False, True]


async def test_many_at_the_same_moment_are_many_tries(tries: Tries) -> None:
    waits = await asyncio.gather(*(tries.take([GUESSES]) for _ in range(40)))
    assert sum(wait == 0 for wait in waits) == 3


async def test_tries_come_back_evenly() -> None:
    now = [0.0]
    alone = TriesOfOneProcess(lambda: now[0])
    for _ in range(3):
        assert alone.take([GUESSES]) == 0
    assert alone.take([GUESSES]) == 200_000

    now[0] += 199_999
    assert alone.take([GUESSES]) == 1
    now[0] += 1
    assert alone.take([GUESSES]) == 0
    assert alone.take([GUESSES]) == 200_000
    now[0] += 600_000
    assert [alone.take([GUESSES]) for _ in range(3)] == [0, 0, 0]


async def test_a_process_alone_keeps_the_emptiest_buckets_and_not_too_many() -> None:
    alone = TriesOfOneProcess(lambda: 0.0)
    for _ in range(3):
        alone.take([GUESSES])
    for number in range(MOST_KEPT + 10):
        alone.take([Bucket(f"stranger {number}", tries=3, within_s=600)])

    assert len(alone._full_at) <= MOST_KEPT  # pyright: ignore[reportPrivateUsage]  # memory is what this is about
    assert alone.take([GUESSES]) > 0


async def test_redis_keeps_no_bucket_longer_than_it_takes_to_fill_and_no_name(redis_url: str) -> None:
    redis = open_redis(redis_url)
    tries = Tries(redis)
    await tries.take([GUESSES])

    # redis-py types its options loosely
    (key,) = cast("list[bytes]", await redis.keys())  # pyright: ignore[reportUnknownMemberType]  # see above

    assert b"somebody" not in key
    assert 0 < cast(int, await redis.pttl(key)) <= 200_000
    await redis.aclose()
