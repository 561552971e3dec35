"""The run itself: families ask, storms rage, and then stories are cancelled."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.chaos.crew import House, housed
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.families import Cancelled, Family, Tale, cancel_one, tales
from benchmarks.chaos.history import History
from benchmarks.chaos.sabotage import Guard
from benchmarks.chaos.storms import Storms, Weather, in_words
from benchmarks.chaos.verdict import Finding, findings
from benchmarks.chaos.watch import Watch
from benchmarks.stage import folder
from models.database import Database
from models.outbox import OutboxRow
from tests.harness import Api

CALMS_DOWN_WITHIN_S = 60.0
LATE_CALLS_S = 1.5
"""How long after the last cancel a call that is too late would be seen."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big a run is. Tales begin within `span_s`; `within_s` bounds all of it."""

    families: int
    tales: int
    span_s: float
    weather: Weather
    cancels: int
    cancelled_at_once: int
    durable: bool
    within_s: float


FULL = Size(
    families=20,
    tales=60,
    span_s=100.0,
    weather=Weather(kills=6, freezes=4, emptied=2, valkey_kills=2, postgres_stops=3, server_kills=1, pause_s=5.0),
    cancels=200,
    cancelled_at_once=20,
    durable=True,
    within_s=420.0,
)
SMALL = Size(
    families=4,
    tales=12,
    span_s=8.0,
    weather=Weather(kills=0, freezes=1, emptied=1, valkey_kills=0, postgres_stops=1, server_kills=1, pause_s=0.5),
    cancels=20,
    cancelled_at_once=20,
    durable=False,
    within_s=150.0,
)
WORKERS = 3


async def run(size: Size, seed: int, guard: Guard | None, say: Callable[[str], None]) -> list[Finding]:
    """Lets everything happen and gives what is to be said about it. Raises TimeoutError after `size.within_s`."""
    history = History()
    async with (
        asyncio.timeout(size.within_s),
        folder() as data,
        housed(data, workers=WORKERS, seed=seed, durable=size.durable, guard=guard) as house,
        httpx.AsyncClient(trust_env=False) as http,
        _watching(house.database) as watch,
    ):
        api = Api(house.url, http=http)
        say(f"{size.tales} books through storms")
        families = [
            Family(await api.as_somebody(), watch, random.Random(f"{seed}:family {number}"))
            for number in range(size.families)
        ]
        wanted = tales(random.Random(f"{seed}:tales"), size.tales, size.span_s)
        wishes = list(zip(itertools.cycle(families), wanted, strict=False))
        await _storm(Storms(house, history, random.Random(f"{seed}:storms")), size.weather, wishes)
        await _until_calm(house, watch)
        for family, tale in wishes:
            await family.hear(tale)
        say(f"{size.cancels} cancels")
        cancelled = await _cancel(api, size, seed)
        await _until_calm(house, watch)
        say(f"what was done: {in_words(history.storms)}")
        evidence = Evidence(history, wanted, cancelled)
        await evidence.read(house)
        return findings(evidence)


@asynccontextmanager
async def _watching(database: Database) -> AsyncGenerator[Watch]:
    watch = Watch(database)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(watch.look())
        try:
            yield watch
        finally:
            looking.cancel()


async def _storm(storms: Storms, weather: Weather, wishes: list[tuple[Family, Tale]]) -> None:
    async with asyncio.TaskGroup() as group:
        for family, tale in wishes:
            group.create_task(family.want(tale))
        group.create_task(storms.rage(weather))


async def _cancel(api: Api, size: Size, seed: int) -> list[Cancelled]:
    """Asks for stories and stops them, several at once, until so many were stopped under way."""
    cancelled: list[Cancelled] = []
    numbers, left = itertools.count(), size.cancels

    async def cancel(parent: Api, chance: random.Random) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            done = await cancel_one(parent, f"stopped-{next(numbers)}", chance)
            if done is None:
                left += 1  # it was too late; another one instead
            else:
                cancelled.append(done)

    parents = [await api.as_somebody() for _ in range(size.cancelled_at_once)]
    async with asyncio.TaskGroup() as group:
        for number, parent in enumerate(parents):
            group.create_task(cancel(parent, random.Random(f"{seed}:cancels {number}")))
    await asyncio.sleep(LATE_CALLS_S)
    return cancelled


async def _until_calm(house: House, watch: Watch) -> None:
    """Returns when nothing is under way and nothing is unsent, or when that takes too long; the verdict says which."""
    try:
        async with asyncio.timeout(CALMS_DOWN_WITHIN_S):
            await watch.all_ended()
            while await unsent(house.database):  # noqa: ASYNC110  it is other processes that send
                await asyncio.sleep(0.2)
    except TimeoutError:
        pass


async def unsent(database: Database) -> int:
    """How many rows of the outbox have not left."""
    async with database.session() as session:
        found = await session.execute(
            select(func.count()).select_from(OutboxRow).where(col(OutboxRow.sent_at).is_(None))
        )
        return found.scalar_one()
