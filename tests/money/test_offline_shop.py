"""The offline checkout, as somebody meets it who has just started StoryCanvas: in a browser, without any key."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.harness import Api, becomes, fresh_settings, serving, working
from tests.machine import WITHIN_MS
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of what the browser shows, to look at."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def offline(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    folder = tmp_path_factory.mktemp("offline")
    async with fresh_settings(servers, folder) as settings, serving(settings) as (api, _), working(settings):
        yield api


async def _shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def _press(page: Page, words: str) -> None:
    await page.locator("button:visible", has_text=words).first.click()


async def _is_home_with(page: Page, credits: int) -> None:
    await page.wait_for_url(lambda url: urlsplit(url).path == "/")
    await expect(page.locator("#credits")).to_have_text(f"{credits} credits")


async def test_a_newcomer_buys_in_the_browser(offline: Api, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(WITHIN_MS)
    await page.goto(f"{offline.url}/")
    await expect(page.locator("#home")).to_be_visible()
    await _press(page, "Sign in")
    await _press(page, "Try without an account")
    await _is_home_with(page, 100)
    shown = "(currency) => import('/static/js/shop.js').then(({ price }) => price({ priceMinor: 600, currency }))"
    assert [await page.evaluate(shown, currency) for currency in ("usd", "jpy")] == ["$6.00", "¥600"]
    await _press(page, "Guest")
    await expect(page.locator("#shop-offers > *")).to_have_count(4)
    await _shot(page, "account")
    await _press(page, "100 credits, ")
    await page.wait_for_url("**/offline/checkout/*")
    await expect(page.locator("button[value=pay]")).to_be_visible()
    await _shot(page, "checkout")
    await _press(page, "Decline")
    await _is_home_with(page, 100)
    await _press(page, "Guest")
    await _press(page, "Plus: 200 credits")
    await _press(page, "Pay")
    await _is_home_with(page, 300)
    await _press(page, "Guest")
    await expect(page.locator("#shop-plan")).to_contain_text("Plus")
    await _press(page, "Change or end my plan")
    await page.wait_for_url("**/offline/portal/*")
    await _shot(page, "portal")
    await _press(page, "Change to Family")
    await expect(page.locator(".item")).to_have_text("Family")
    await _press(page, "End with this month")
    await expect(page.locator("body")).to_contain_text("Ends on")
    await page.goto(f"{offline.url}/#/bought")
    await _is_home_with(page, 600)
    await page.close()


async def test_a_month_that_is_left_ends(offline: Api) -> None:
    parent = await offline.as_somebody()
    given = {"planKey": "plus", "successUrl": f"{offline.url}/", "cancelUrl": f"{offline.url}/"}
    checkout = (await parent.verb("startCheckout", "url", **given))["url"]
    for _ in range(2):
        assert (await offline.http.post(checkout, data={"pressed": "pay"})).status_code in (200, 303)
    assert f'href="{offline.url}/"' in (await offline.http.get(checkout)).text, "a closed checkout leads back"

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
