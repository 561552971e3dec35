"""A partner at the explorer. Whatever breaks its policy, or asks another host, fails the test."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from api.explorer import BUILT
from tests.explorer.partner import Partner
from tests.harness import Api, fresh_settings, serving, shared_stage, stage
from tests.machine import missing
from tests.servers import Servers

__all__ = ["shared_stage", "stage"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def quiet_app(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """The API without a worker, one a module."""
    async with fresh_settings(servers, tmp_path_factory.mktemp("explorer")) as settings, serving(settings) as (api, _):
        yield api


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
