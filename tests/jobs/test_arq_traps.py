"""arq's known traps, each of which a worker with arq's plain settings falls into.

That SIGTERM is ours and not arq's, and that half a minute without Redis is outlived, is proved in test_worker.py.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from arq import ArqRedis, create_pool
from arq.connections import RedisSettings
from arq.constants import in_progress_key_prefix, job_key_prefix, retry_key_prefix
from arq.jobs import deserialize_job_raw
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError
from sqlalchemy import text, update
from sqlmodel import col

from jobs import queue
from jobs.queue import Ask, MakePortrait, MakeStory, RemoveStory, open_arq
from jobs.worker import ASKS_IN_VAIN, SWEEP_EVERY_S, Workbench
from models import endings, leases
from models.characters import Character
from models.settings import Settings
from models.stories import Story, delete_story
from models.vocabulary import PartStatus
from tests.harness import settings_for
from tests.jobs.worker_process import add_account, ask_for_story, at_work, opened, story_now, until
from tests.servers import Servers
from tests.vendors import Script

LONG_S = 600
"""Longer than any of these tests: what waits for this is not waited for."""


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, redis_url, tmp_path)


@asynccontextmanager
async def doorbell(settings: Settings) -> AsyncGenerator[ArqRedis]:
    assert settings.redis_url
    arq = open_arq(settings.redis_url.get_secret_value(), patient=False)
    try:
        yield arq
    finally:
        await arq.aclose()


@asynccontextmanager
async def plain_worker(
    settings: Settings, ring: Callable[..., Coroutine[Any, Any, None]]
) -> AsyncGenerator[tuple[ArqRedis, asyncio.Task[None]]]:
    """A worker with nothing but arq's own settings, and the pool that asks it to `ring`."""
    assert settings.redis_url
    socket = settings.redis_url.get_secret_value().removeprefix("unix://")
    pool = await create_pool(RedisSettings(unix_socket_path=socket), default_queue_name="plain")
    job = func(cast(WorkerCoroutine, ring), name="ring")
    worker = Worker([job], redis_pool=pool, queue_name="plain", handle_signals=False)
    running = asyncio.create_task(worker.main())
    try:
        yield pool, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pool.aclose()


async def add_character(bench: Workbench) -> UUID:
    """A character whose portrait is to be painted, and that nobody has asked for yet."""
    async with bench.transactions.begin() as work:
        account = await add_account(work.session)
        character = Character(account_id=account.id, name="Mo", appearance="a mole")
        work.session.add(character)
    return character.id


async def answers_the_bell(bench: Workbench, script: Script, ask: Ask | None = None) -> None:
    """Until a portrait that is asked for is painted. Nobody but the bell brings a worker to paint one."""
    await bench.queue.ask(ask or MakePortrait(await add_character(bench), 1))
    async with asyncio.timeout(10):
        await script.arrival("portrait:c1").wait()


async def put_job(arq: ArqRedis, id: str, raw: bytes) -> None:
    """Puts a job into the queue as whoever can write to Redis could."""
    await arq.set(f"{job_key_prefix}{id}", raw)
    await arq.zadd(queue.QUEUE, {id: int(time.time() * 1000) - 1})


async def is_gone(arq: ArqRedis, id: str) -> bool:
    return await arq.zscore(queue.QUEUE, id) is None


# ---------------------------------------------------------------- what a killed worker leaves in the queue


async def leave_in_progress(arq: ArqRedis, ask: Ask) -> None:
    """What a worker leaves that is killed with the ask in its hands."""
    await arq.enqueue_job(ask.name, *ask.arguments(), _job_id=ask.key)
    await arq.psetex(f"{in_progress_key_prefix}{ask.key}", LONG_S * 1000, b"1")


async def test_the_job_of_a_worker_killed_after_its_claim_blocks_nobody(settings: Settings) -> None:
    script = Script()
    async with opened(settings, script) as dead, doorbell(settings) as arq:
        story_id = await ask_for_story(dead.transactions)
        await dead.transactions.left()
        await leave_in_progress(arq, MakeStory(story_id, 0))
        async with dead.transactions.begin() as work:
            assert await leases.claim(work.session, story_id, "a dead worker")
            gone_by = text("clock_timestamp() - interval '1 second'")
            await work.session.execute(update(Story).where(col(Story.id) == story_id).values(lease_until=gone_by))

    async with at_work(settings, script) as bench:
        async with asyncio.timeout(ASKS_IN_VAIN * SWEEP_EVERY_S):  # later it is taken even if nothing is heard
            await script.arrival("plan").wait()
        assert (await story_now(bench.transactions, story_id)).generation == 2


async def test_the_job_of_a_worker_killed_before_its_claim_blocks_nobody_for_long(settings: Settings) -> None:
    script = Script()
    async with opened(settings, script) as dead, doorbell(settings) as arq:
        story_id = await ask_for_story(dead.transactions)
        await dead.transactions.left()
        await leave_in_progress(arq, MakeStory(story_id, 0))

    async with at_work(settings, script), asyncio.timeout(15):
        await script.arrival("plan").wait()


async def test_an_ask_that_was_answered_can_be_repeated_under_its_key(settings: Settings) -> None:
    script = Script()
    async with at_work(settings, script) as bench, doorbell(settings) as arq:
        character_id = await add_character(bench)
        async with bench.transactions.begin() as work:
            character = await work.session.get_one(Character, character_id)
            character.portrait_status = PartStatus.FAILED
        ask = MakePortrait(character_id, 1)
        await bench.queue.ask(ask)
        await until(lambda: is_gone(arq, ask.key))
        async with bench.transactions.begin() as work:
            character = await work.session.get_one(Character, character_id)
            character.portrait_status = PartStatus.WAITING

        await answers_the_bell(bench, script, ask)


async def test_an_ask_that_many_workers_died_of_is_still_answered(settings: Settings) -> None:
    async with opened(settings, Script()) as looking, doorbell(settings) as arq:
        story_id = await ask_for_story(looking.transactions)
        await looking.transactions.left()
        await looking.log.position(story_id, begin=True)
        async with looking.transactions.begin() as work:
            await endings.cancel_story(work.session, story_id)
            await delete_story(work.session, story_id)
        ask = RemoveStory(story_id)  # which the sweeper does not repeat for minutes
        await arq.set(f"{retry_key_prefix}{ask.key}", 1000)
        await looking.queue.ask(ask)

        async with at_work(settings, Script()):
            await until(lambda: has_no_log(looking, story_id), within_s=10)


async def has_no_log(bench: Workbench, story_id: UUID) -> bool:
    return await bench.log.position(story_id) is None


# ---------------------------------------------------------------- how soon, and past how many others


async def test_the_bell_is_answered_sooner_than_arq_would_by_itself(settings: Settings) -> None:
    script, rung = Script(gates={"plan": asyncio.Event()}), asyncio.Event()
    rounds = 6

    async def ring(ctx: dict[Any, Any]) -> None:
        rung.set()

    async with at_work(settings, script) as bench, plain_worker(settings, ring) as (pool, _), asyncio.timeout(30):
        await answers_the_bell(bench, script)
        began = time.monotonic()
        for _ in range(rounds):
            await pool.enqueue_job("ring", _queue_name="plain")
            await rung.wait()
            rung.clear()
        plain_s = time.monotonic() - began
        account_id = (await story_now(bench.transactions, await ask_for_story(bench.transactions))).account_id
        await script.arrival("plan").wait()
        began = time.monotonic()
        for _ in range(rounds):
            script.reached.pop("plan")
            await ask_for_story(bench.transactions, account_id, pages=1)
            await script.arrival("plan").wait()
        ours_s = time.monotonic() - began

    assert ours_s < 0.75 * plain_s  # with arq's own pace both wait for a whole poll, each time


async def test_an_ask_behind_hundreds_that_others_have_in_hand_is_answered(settings: Settings) -> None:
    script = Script()
    async with doorbell(settings) as arq:
        for _ in range(300):
            await leave_in_progress(arq, MakePortrait(uuid4(), 1))
        async with at_work(settings, script) as bench:
            await answers_the_bell(bench, script)
            assert await arq.zcard(queue.QUEUE) >= 300


# ---------------------------------------------------------------- what goes wrong in a job, or with it


async def test_an_ask_that_breaks_in_an_unforeseen_way_is_asked_again(settings: Settings) -> None:
    script = Script()
    async with at_work(settings, script) as bench, doorbell(settings) as arq:
        await rename(bench, "vendor_calls", "vendor_calls_away")  # so a claim raises what nobody foresaw
        story_id = await ask_for_story(bench.transactions)
        await bench.transactions.left()
        await until(lambda: is_gone(arq, MakeStory(story_id, 0).key))
        await rename(bench, "vendor_calls_away", "vendor_calls")

        async with asyncio.timeout(ASKS_IN_VAIN * SWEEP_EVERY_S):
            await script.arrival("plan").wait()
        await answers_the_bell(bench, script)


async def rename(bench: Workbench, table: str, name: str) -> None:
    async with bench.transactions.begin() as work:
        await work.session.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def job_of(function: object, arguments: list[object]) -> bytes:
    return queue.dump({"t": None, "f": function, "a": arguments, "k": {}, "et": 0})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        job_of("no_such_job", []),
        job_of(["not", "a", "name"], []),
        job_of("make_story", ["no id"]),
        job_of("make_story", []),
        job_of("make_story", [None, 1, {}]),
    ],
)
async def test_a_job_that_makes_no_sense_deafens_nobody(settings: Settings, raw: bytes) -> None:
    script = Script()
    async with doorbell(settings) as arq, at_work(settings, script) as bench:
        await put_job(arq, "nonsense", raw)
        await answers_the_bell(bench, script)


class Trap:
    """Whoever unpickles it creates a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.file,)


async def test_a_pickled_job_is_refused_and_runs_nothing(settings: Settings, tmp_path: Path) -> None:
    sprung, script = tmp_path / "sprung", Script()
    raw = pickle.dumps({"t": None, "f": "make_story", "a": (Trap(sprung),), "k": {}, "et": 0})
    deserialize_job_raw(raw)  # as arq would by itself
    sprung.unlink()

    async with doorbell(settings) as arq, at_work(settings, script) as bench:
        await put_job(arq, "pickled", raw)
        await until(lambda: is_gone(arq, "pickled"))
        await answers_the_bell(bench, script)
        assert not sprung.exists()


# ---------------------------------------------------------------- Redis away


async def test_an_outage_of_redis_that_kills_a_plain_worker_does_not_kill_ours(
    settings: Settings, servers: Servers
) -> None:
    script = Script()

    async def ring(ctx: dict[Any, Any]) -> None: ...

    async with at_work(settings, script) as bench, plain_worker(settings, ring) as (_, plain), asyncio.timeout(30):
        servers.valkey.kill()
        await servers.valkey.wait()
        with suppress(RedisError):
            await plain
        assert plain.done()
        await servers.valkey.start()

        await answers_the_bell(bench, script)
