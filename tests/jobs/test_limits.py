"""Vendors' limits over all workers, and their breakers, on a real Valkey."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from jobs.limits import FAILURES, Limits, StillClosed
from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorRefused
from jobs.queue import open_redis
from tests.servers import Servers

AWAY = "redis://127.0.0.1:9/0"


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncGenerator[Redis]:
    async with open_redis(redis_url) as redis:
        yield redis


def limits(redis: Redis, most: int = 2, patience_s: float = 20, **given: float) -> Limits:
    return Limits(redis, {"openai": most, "openai/moderation": 5}, patience_s, **given)


async def fail(limits: Limits, error: VendorError) -> None:
    with pytest.raises(type(error)):
        async with limits.slot("openai"):
            raise error


async def test_over_two_processes_no_more_call_at_once_than_may(redis: Redis) -> None:
    processes = [limits(redis, 3), limits(redis, 3)]
    under_way = most = 0

    async def call(process: Limits) -> None:
        nonlocal under_way, most
        async with process.slot("openai"):
            under_way += 1
            most = max(most, under_way)
            for _ in range(20):
                await redis.ping()  # pyright: ignore[reportUnknownMemberType]  # something that takes its time
            under_way -= 1

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for number in range(30):
            group.create_task(call(processes[number % 2]))
    assert most == 3


async def test_a_killed_workers_slots_are_free_when_their_lease_is_over(redis: Redis) -> None:
    killed, other = limits(redis, 1, lease_s=0.5), limits(redis, 1, lease_s=0.5)
    async with AsyncExitStack() as never_left:
        await never_left.enter_async_context(killed.slot("openai"))
        await killed.close()  # nobody renews the lease any more
        async with asyncio.timeout(20), other.slot("openai"):
            pass


async def test_a_slot_is_held_for_as_long_as_its_call_takes(redis: Redis) -> None:
    holder, other = limits(redis, 1, lease_s=1), limits(redis, 1, lease_s=1)
    async with holder.slot("openai"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3), other.slot("openai"):
                pass


async def test_a_shut_door_keeps_everybody_out_until_one_tries_and_finds_it_open(redis: Redis) -> None:
    first, second = limits(redis, closed_for_s=0.5), limits(redis, closed_for_s=0.5)
    await fail(first, VendorClosed("no key"))
    assert await second.open_for_s("openai") > 0
    async with asyncio.timeout(20), second.slot("openai"):
        with pytest.raises(TimeoutError):  # one tries, the others wait for what it finds
            async with asyncio.timeout(0.5), first.slot("openai"):
                pass
    async with asyncio.timeout(20), first.slot("openai"), second.slot("openai"):
        assert await first.open_for_s("openai") == 0


async def test_who_has_no_patience_is_told_at_once(redis: Redis) -> None:
    impatient = limits(redis, patience_s=0)
    await fail(impatient, VendorClosed("no key"))
    with pytest.raises(StillClosed):
        async with impatient.slot("openai"):
            pass


async def test_patience_is_counted_from_the_first_shut_door_on(redis: Redis) -> None:
    waiting = limits(redis, patience_s=1, closed_for_s=0.3)
    found: VendorError = VendorClosed("not yet")
    async with asyncio.timeout(20):
        while not isinstance(found, StillClosed):
            try:
                async with waiting.slot("openai"):
                    raise VendorClosed("no quota")
            except VendorClosed as error:
                found = error


async def test_a_run_of_failures_opens_the_breaker_and_a_success_ends_the_run(redis: Redis) -> None:
    process = limits(redis)
    for _ in range(FAILURES - 1):
        await fail(process, VendorBusy("503"))
    async with process.slot("openai"):
        pass
    for _ in range(FAILURES - 1):
        await fail(process, VendorBusy("503"))
    assert await process.open_for_s("openai") == 0
    await fail(process, VendorBusy("503"))
    assert await process.open_for_s("openai") > 0


async def test_a_refusal_says_nothing_against_the_vendor(redis: Redis) -> None:
    process = limits(redis)
    for _ in range(FAILURES + 1):
        await fail(process, VendorRefused())
    assert await process.open_for_s("openai") == 0


async def test_a_failure_is_that_of_the_vendor_that_was_called(redis: Redis) -> None:
    process = limits(redis)
    with pytest.raises(VendorClosed):
        async with process.slot("openai"), process.slot("openai/moderation"):
            raise VendorClosed("no key")
    assert await process.open_for_s("openai/moderation") > 0
    assert await process.open_for_s("openai") == 0


async def test_when_redis_has_forgotten_everything_calls_go_on(redis: Redis) -> None:
    process = limits(redis)
    async with process.slot("openai"):
        await redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # redis-py types no options
    await fail(process, VendorClosed("no key"))
    await redis.flushall()  # pyright: ignore[reportUnknownMemberType]
    async with asyncio.timeout(20), process.slot("openai"):
        pass


async def test_without_redis_each_process_keeps_its_own_limits() -> None:
    async with open_redis(AWAY) as away:
        process = limits(away, 1, patience_s=0)
        async with process.slot("openai"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), process.slot("openai"):
                    pass
        await fail(process, VendorClosed("no key"))
        assert await process.open_for_s("openai") > 0
        with pytest.raises(StillClosed):
            async with process.slot("openai"):
                pass


async def test_vendors_without_a_limit_are_let_be() -> None:
    async with open_redis(AWAY) as away:
        async with limits(away).slot("offline"):
            pass
        assert await limits(away).open_for_s("offline") == 0


async def test_nobody_waits_long_for_a_redis_that_is_silent(servers: Servers, redis: Redis) -> None:
    process, pid = limits(redis), servers.valkey.pid
    assert pid is not None
    async with process.slot("openai"):  # its scripts are known
        pass
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(4.5):  # one wait of redis-py alone takes five
            assert await process.open_for_s("openai") == 0
            async with process.slot("openai"):
                pass
    finally:
        os.kill(pid, signal.SIGCONT)
