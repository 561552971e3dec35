"""A partner at the explorer. Whatever breaks its policy, or asks another host, fails the test."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from api.explorer import BUILT
from tests.browser import missing
from tests.explorer.partner import Partner
from tests.harness import Api, serving, settings_for, shared_stage, stage
from tests.servers import Servers

__all__ = ["shared_stage", "stage"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def quiet_app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """The API without a worker, one a module."""
    database_url = await servers.fresh_database()
    settings = settings_for(database_url, await servers.empty_valkey(), tmp_path_factory.mktemp("explorer"))
    async with serving(settings) as (api, _):
        yield api
    await servers.drop_database(database_url)


@pytest_asyncio.fixture(loop_scope="session")
async def partner(browser: Browser) -> AsyncGenerator[Partner]:
    """Somebody at a desk, who has opened nothing yet."""
    if not (BUILT / "index.html").exists():
        missing("the explorer is not built: make explorer")
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    partner = Partner(await context.new_page())
    yield partner
    await context.close()
    assert partner.wrongs == []
