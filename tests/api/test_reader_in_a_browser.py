"""The reader page in a real browser: what can only be seen there."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.api.test_accounts import PASSWORD, address
from tests.harness import Api, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]

SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { __typename } }"
TOKEN = "JSON.parse(localStorage.getItem('storycanvas.session')).accessToken"
COUNT_RATINGS = """() => { window.ratings = 0; const ask = window.fetch; window.fetch = (where, what) => {
    window.ratings += /rateStory/.test(what?.body ?? ""); return ask(where, what); }; }"""


async def press(page: Page, words: str) -> None:
    await page.locator("button:visible", has_text=words).first.click()


async def sign_up(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/")
    await expect(page.locator("#home")).to_be_visible()
    await press(page, "Sign in")
    await page.locator("#email").fill(email)
    await page.locator("#account-form input[name=password]").fill(PASSWORD)
    await press(page, "Make my account")
    await expect(page.locator("#account-label")).to_have_text("My account")


async def test_a_parent_asks_for_the_letter_that_verifies_an_address(stage: Stage, browser: Browser) -> None:
    email = address()
    page = await browser.new_page()
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
    await page.close()


async def test_arrow_keys_rate_a_book_once(stage: Stage, browser: Browser) -> None:
    page = await browser.new_page()
    await sign_up(page, stage.api.url, address())
    parent = Api(stage.api.url, await page.evaluate(TOKEN), stage.api.http)
    story = await parent.make_story(1, narrated=False)
    await page.evaluate(COUNT_RATINGS)
    await page.evaluate(f"location.hash = '#/story/{story['id']}/2'")
    await expect(page.locator(".stars:not([hidden])")).to_be_visible()
    await page.locator(".stars input").first.focus()

    for _ in range(4):
        await page.keyboard.press("ArrowRight")

    await expect(page.locator("#announcer")).to_contain_text("You gave this book 5 stars")
    rating = "query($id: ID!) { story(id: $id) { rating } }"
    assert (await parent.ask(rating, id=story["id"]))["story"]["rating"] == 5
    assert await page.evaluate("window.ratings") == 1
    await page.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "books.example"])
async def test_a_link_signs_a_guest_in_on_this_machine_and_nowhere_else(
    stage: Stage, browser: Browser, host: str
) -> None:
    email = address()
    await stage.api.ask(SIGN_UP, input={"email": email, "password": PASSWORD})
    here = urlsplit(stage.api.url).netloc
    page = await browser.new_page()
    signing_in: list[str] = []

    async def from_here(route: Route) -> None:
        asked = route.request
        if "signIn" in (asked.post_data or ""):
            signing_in.append(asked.post_data or "")
        url = urlunsplit(urlsplit(asked.url)._replace(netloc=here))
        await route.fulfill(response=await route.fetch(url=url))

    await page.route("**/*", from_here)
    await page.goto(f"http://{host}:{urlsplit(stage.api.url).port}/#/guest/{email}/{quote(PASSWORD)}/a-story")
    await expect(page.locator("#account-label")).to_have_text("Guest" if host == "127.0.0.1" else "Sign in")

    assert bool(signing_in) == (host == "127.0.0.1")
    assert page.url.endswith("#/story/a-story"), "a password stays in no address bar"
    await page.unroute_all(behavior="wait")
    await page.close()
