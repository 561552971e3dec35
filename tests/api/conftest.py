"""One server a module, for tests that need no empty tables: each takes an account of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.harness import Api, serving, settings_for
from tests.servers import Servers


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """The API without a worker, on a database of this module's own."""
    database_url = await servers.fresh_database()
    redis_url = await servers.empty_valkey()
    settings = settings_for(database_url, redis_url, tmp_path_factory.mktemp("shared"), stories_at_once=1000)
    async with serving(settings) as (api, _):
        yield api
    await servers.drop_database(database_url)
