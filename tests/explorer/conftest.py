"""A real Chromium on the explorer. Whatever breaks its policy, or asks another host, fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from api.explorer import BUILT
from tests.explorer.partner import Partner
from tests.harness import Api, serving, settings_for, shared_stage, stage
from tests.servers import Servers

__all__ = ["shared_stage", "stage"]

# Chromium would ask its maker's hosts for this and that, which says nothing of ours.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def missing(what: str) -> None:
    """Skips the test where the machine has not what it takes, unless it is said that it has."""
    if os.environ.get("BROWSER_REQUIRED"):
        pytest.fail(what)
    pytest.skip(what)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        missing("there is no Chromium here")
    if not (BUILT / "index.html").exists():
        missing("the explorer is not built: make explorer")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()


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
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    partner = Partner(await context.new_page())
    yield partner
    await context.close()
    assert partner.wrongs == []
