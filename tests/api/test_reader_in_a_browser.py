"""The reader page in a real browser: what can only be seen there."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.api.test_accounts import PASSWORD, address
from tests.harness import Api, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]

TOKEN = "() => JSON.parse(localStorage.getItem('storycanvas.session')).accessToken"
COUNT_RATINGS = """() => { window.ratings = 0; const ask = window.fetch; window.fetch = (where, what) => {
    window.ratings += /rateStory/.test(what?.body ?? ""); return ask(where, what); }; }"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncGenerator[Page]:
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def press(page: Page, words: str) -> None:
    await page.locator("button:visible", has_text=words).first.click()


async def sign_up(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/")
    await expect(page.locator("#home")).to_be_visible()
    await press(page, "Sign in")
    await page.fill("#email", email)
    await page.fill("#account-form [name=password]", PASSWORD)
    await press(page, "Make my account")
    await expect(page.locator("#account-label")).to_have_text("My account")


async def test_a_parent_asks_for_the_letter_that_verifies_an_address(stage: Stage, page: Page) -> None:
    email = address()
    await sign_up(page, stage.api.url, email)
    await press(page, "My account")
    await press(page, "Send me a letter")
    await expect(page.locator("#letter-words")).to_contain_text("on its way")
    letter = await stage.vendors.mail.to(email)
    link = re.search(r"/(#verify-email=[\w-]+)", letter.text)
    assert link is not None
    await page.evaluate("document.getElementById('letter-dialog').close()")

    await page.evaluate(f"location.hash = '{link[1]}'")

    await expect(page.locator("#letter-words")).to_contain_text("We know now")
    await page.evaluate("document.getElementById('letter-dialog').close()")
    await press(page, "My account")
    await expect(page.locator("#shop-plan")).not_to_be_empty()  # asked for later
    await expect(page.locator("#leave-unread")).to_be_hidden()


async def test_arrow_keys_rate_a_book_once(stage: Stage, page: Page) -> None:
    await sign_up(page, stage.api.url, address())
    parent = Api(stage.api.url, await page.evaluate(TOKEN), stage.api.http)
    story = await parent.make_story(1, narrated=False)
    await page.evaluate(COUNT_RATINGS)
    await page.evaluate(f"location.hash = '#/story/{story['id']}/2'")
    first_star = page.locator(".stars:not([hidden]) input").first
    await first_star.focus()

    for _ in range(4):
        await page.keyboard.press("ArrowRight")

    await expect(page.locator("#announcer")).to_contain_text("You gave this book 5 stars")
    rating = "query($id: ID!) { story(id: $id) { rating } }"
    assert (await parent.ask(rating, id=story["id"]))["story"]["rating"] == 5
    assert await page.evaluate("window.ratings") == 1
