"""One server a module, for tests that need no empty tables: each takes an account of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """The API without a worker, on a database of this module's own."""
    folder = tmp_path_factory.mktemp("shared")
    async with fresh_settings(servers, folder, stories_at_once=1000) as settings, serving(settings) as (api, _):
        yield api
