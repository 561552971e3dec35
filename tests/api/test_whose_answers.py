"""Whatever becomes of callers, PostgreSQL or Redis, an answer is its asker's, and afterwards everybody is answered."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import psutil
from sqlalchemy import text
from sqlmodel import select

from api.trusted import hash_of
from models.accounts import Account
from models.characters import Character
from models.database import Database, Session
from models.pages import Page
from models.stories import Story
from models.vocabulary import AgeBand, StoryStatus
from schema.ids import global_id
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers

CALLERS, READERS, POOL = 12, 2, 2
ME = "{ me { email } }"
LIBRARY = "{ stories { edges { node { premise cover { alt } pages { text } characters { name } } } } }"
SHELF = "{ stories(orderBy: TITLE) { totalCount edges { node { premise } } } }"
CAST = "{ characters { edges { node { name } } } }"
BOOK = "query($id: ID!) { story(id: $id) { premise pages { text } } }"
FILTERED = "{ stories(filter: {status: [READY]}) { edges { node { premise pages { text } } } } }"
OPEN = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")


@dataclass
class Somebody:
    """Everything that is theirs says so: each text is their address."""

    api: Api
    email: str
    story: str
    chance: random.Random
    answered: int = 0
    others: list[str] = field(default_factory=list[str])

    async def ask(self) -> None:
        """Asks for something, and may not wait for the answer."""
        query = self.chance.choice([ME, LIBRARY, LIBRARY, SHELF, CAST, BOOK, BOOK, FILTERED])
        foreign = self.chance.random() < 0.3
        variables = {"id": self.chance.choice(self.others) if foreign else self.story}
        body: dict[str, Any] = {"query": query, "variables": variables}
        if self.chance.random() < 0.5:
            body["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(query)}}
        patience = self.chance.choice([20.0, 20.0, self.chance.uniform(0, 0.03)])
        headers = {"Authorization": f"Bearer {self.api.token}"}
        try:
            async with asyncio.timeout(patience):
                answer = await self.api.http.post(f"{self.api.url}/graphql", json=body, headers=headers, timeout=25)
        except (TimeoutError, httpx.HTTPError):
            return
        told = answer.json().get("data")
        if not told or "errors" in answer.json():
            return
        texts = set(_texts(told))
        if query == BOOK and foreign:
            assert told == {"story": None}
        else:
            assert texts == {self.email}, f"{self.email} was told {texts}"
        self.answered += 1


def _texts(told: object) -> Generator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for each in cast("dict[str, object]", told).values():
            yield from _texts(each)
    elif isinstance(told, list):
        for each in cast("list[object]", told):
            yield from _texts(each)


async def _fill(session: Session, api: Api) -> Somebody:
    email: str = (await api.ask(ME))["me"]["email"]
    account = (await session.execute(select(Account).where(Account.email == email))).scalar_one()
    story = Story(
        account_id=account.id,
        premise=email,
        status=StoryStatus.READY,
        age_band=AgeBand.AGES_3_5,
        language="en",
        art_style="watercolor",
        narrated=False,
        page_count=2,
        writer="offline",
        painter="offline",
        narrator="offline",
    )
    session.add_all([story, Character(account_id=account.id, name=email, appearance=email)])
    await session.flush()
    session.add_all([Page(story_id=story.id, number=number, text=email) for number in (1, 2)])
    await session.commit()
    return Somebody(api, email, global_id("Story", story.id), random.Random(email))


@asynccontextmanager
async def _asking(everybody: list[Somebody]) -> AsyncGenerator[None]:
    """Everybody asks all the time, until the block ends. Raises what any of them met."""
    done = asyncio.Event()

    async def insist(one: Somebody) -> None:
        while not done.is_set():
            await one.ask()

    async with asyncio.TaskGroup() as group:
        for one in everybody:
            group.create_task(insist(one))
        try:
            yield
        finally:
            done.set()


async def _answered_again(everybody: list[Somebody], times: int = 10) -> None:
    before = [one.answered for one in everybody]
    async with asyncio.timeout(60):
        while any(one.answered < was + times for one, was in zip(everybody, before, strict=True)):  # noqa: ASYNC110  it is the clients that are waited for
            await asyncio.sleep(0.05)


@contextmanager
def _frozen(pid: int | None) -> Generator[None]:
    """A server and its children stand still."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    try:
        for process in processes:
            os.kill(process.pid, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


async def test_every_answer_is_its_askers(servers: Servers, tmp_path: Path) -> None:
    given = {"database_readers": READERS, "database_pool": POOL, "operation_s": 3.0, "points_an_hour": 10_000_000}
    async with fresh_settings(servers, tmp_path, **given) as settings, serving(settings) as (api, house):
        everybody: list[Somebody] = []
        for _ in range(CALLERS):
            own = await api.as_somebody()
            async with house.database.session() as session:
                everybody.append(await _fill(session, own))
        for one in everybody:
            one.others = [other.story for other in everybody if other is not one]
        async with _asking(everybody):
            await _answered_again(everybody)
            with _frozen(servers.valkey.pid):
                await _answered_again(everybody, 3)
            with _frozen(servers.postgres.pid):
                await asyncio.sleep(1)  # nobody can be answered now: it is what they leave behind that is looked at
            await _answered_again(everybody)
            for _ in range(2):
                servers.postgres.kill()
                await servers.postgres.wait()
                await servers.postgres.start()
                await _answered_again(everybody)
        async with asyncio.timeout(20):
            rows = await asyncio.gather(*(one.api.ask(LIBRARY) for one in everybody for _ in range(3)))
        assert len(rows) == 3 * CALLERS

        database = Database(str(settings.database_url.get_secret_value() if settings.database_url else ""), 1)
        async with database.session() as session:
            assert (await session.execute(OPEN)).scalar_one() <= READERS + 2 * POOL
        await database.close()
