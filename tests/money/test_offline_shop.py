"""The offline checkout, as somebody meets it who has just started StoryCanvas: in a browser, without any key."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness import Api, becomes, serving, settings_for, working
from tests.money.chromium import Page, browser
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of what the browser shows, to look at."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def offline(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    database_url, redis_url = await servers.fresh_database(), await servers.empty_valkey()
    settings = settings_for(database_url, redis_url, tmp_path_factory.mktemp("offline"))
    async with serving(settings) as (api, _), working(settings):
        yield api
    await servers.drop_database(database_url)


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.picture(Path(SHOTS) / f"{name}.png")


async def test_a_newcomer_buys_in_the_browser(offline: Api, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.go(f"{offline.url}/")
        await page.until("document.getElementById('home')?.hidden === false")
        await page.press("Sign in")
        await page.press("Try without an account")
        assert await page.until("document.getElementById('credits').textContent") == "100 credits"
        await page.press("Guest")
        await page.until("document.getElementById('shop-offers').children.length === 4")
        await _shot(page, "account")
        await page.press("100 credits, ")
        await page.until("location.pathname.startsWith('/offline/checkout/')")
        await page.until("!!document.querySelector('button[value=pay]')")
        await _shot(page, "checkout")
        await page.press("Decline")
        await page.until(
            "location.pathname === '/' && document.getElementById('credits')?.textContent === '100 credits'"
        )
        await page.press("Guest")
        await page.press("Plus: 200 credits")
        await page.press("Pay")
        await page.until(
            "location.pathname === '/' && document.getElementById('credits')?.textContent === '300 credits'"
        )
        await page.press("Guest")
        assert "Plus" in await page.until("document.getElementById('shop-plan').textContent")
        await page.press("Change or end my plan")
        await page.until("location.pathname.startsWith('/offline/portal/')")
        await _shot(page, "portal")
        await page.press("Change to Family")
        await page.until("document.querySelector('.item')?.textContent === 'Family'")
        await page.press("End with this month")
        await page.until("document.body.textContent.includes('Ends on')")
        await page.go(f"{offline.url}/#/bought")
        await page.until("document.getElementById('credits')?.textContent === '600 credits'")


async def test_a_month_that_is_left_ends(offline: Api) -> None:
    parent = await offline.as_somebody()
    given = {"planKey": "plus", "successUrl": f"{offline.url}/", "cancelUrl": f"{offline.url}/"}
    checkout = (await parent.verb("startCheckout", "url", **given))["url"]
    for _ in range(2):
        assert (await offline.http.post(checkout, data={"pressed": "pay"})).status_code in (200, 303)

    async def plan() -> str:
        return (await parent.ask("{ me { plan { key } } }"))["me"]["plan"]["key"]

    async def on_plus() -> bool:
        return await plan() == "plus" and await parent.credits() == (300, 0)

    async def on_nothing() -> bool:
        return await plan() == "free"

    await becomes(on_plus)
    portal = (await parent.verb("openBillingPortal", "url", returnUrl=f"{offline.url}/"))["url"]
    for pressed in ("leave", "month"):
        assert (await offline.http.post(portal, data={"pressed": pressed})).status_code == 303
    await becomes(on_nothing)
    assert await parent.credits() == (300, 0)
    assert (await offline.http.get(f"{offline.url}/offline/checkout/cs_nobody_knows")).status_code == 404
    assert (await offline.http.get(f"{offline.url}/offline/portal/..%2f..%2fsecret")).status_code == 404
