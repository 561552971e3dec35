"""Real PostgreSQL and Valkey for tests: one pair a pytest process, a fresh database and an empty Valkey each test.

A conftest imports the three fixtures by name. The servers may be killed and started again by a test; the next test
then finds them running all the same.
"""

import itertools
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from models.migrations import upgrade

TEMPLATE = "migrated"


@dataclass
class Servers:
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def make_template(self) -> None:
        """Runs the migrations once; every fresh database is a copy of the outcome."""
        async with self.postgres.connected() as connection:
            await connection.execute(f"CREATE DATABASE {TEMPLATE}")
        await upgrade(self.postgres.url_of(TEMPLATE))

    async def fresh_database(self, template: str = TEMPLATE) -> str:
        """The URL of a new database with all tables and no rows; `template1` gives one without tables."""
        await self.revive()
        name = f"test_{next(self._numbers)}"
        async with self.postgres.connected() as connection:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.postgres.url_of(name)

    async def drop_database(self, url: str) -> None:
        """Drops it even while a test has left connections to it open."""
        await self.revive()
        name = urlsplit(url).path.removeprefix("/")
        async with self.postgres.connected() as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def empty_valkey(self) -> str:
        """The URL of the Valkey, with nothing in it."""
        await self.revive()
        assert await self.valkey.ask(b"FLUSHALL") == b"+OK"
        return self.valkey.url

    async def revive(self) -> None:
        for server in (self.postgres, self.valkey):
            if server.pid is None:
                await server.start()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Servers]:
    data: Path = tmp_path_factory.mktemp("servers")
    pair = Servers(EmbeddedPostgres(data, durable=False), EmbeddedValkey(data))
    async with running(pair.postgres, pair.valkey):
        await pair.make_template()
        yield pair


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(servers: Servers) -> AsyncGenerator[str]:
    url = await servers.fresh_database()
    yield url
    await servers.drop_database(url)


@pytest_asyncio.fixture(loop_scope="session")
async def redis_url(servers: Servers) -> str:
    return await servers.empty_valkey()
