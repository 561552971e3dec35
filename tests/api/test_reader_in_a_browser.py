"""The reader page in a real browser: what can only be seen there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.api.test_accounts import PASSWORD, address
from tests.harness import Api, Stage, shared_stage, stage
from tests.money.chromium import Page, browser

__all__ = ["shared_stage", "stage"]

SHELF = "document.getElementById('home')?.hidden === false"
ACCOUNT = "document.getElementById('account-label').textContent"
TOKEN = "JSON.parse(localStorage.getItem('storycanvas.session')).accessToken"
COUNT_RATINGS = """window.ratings = 0; const ask = window.fetch; window.fetch = (where, what) => {
    window.ratings += /rateStory/.test(what?.body ?? ""); return ask(where, what); };"""


async def sign_up(page: Page, url: str, email: str) -> None:
    await page.go(f"{url}/")
    await page.until(SHELF)
    await page.press("Sign in")
    await page.value(f"document.getElementById('email').value = '{email}'")
    await page.value(f"document.getElementById('account-form').elements.password.value = '{PASSWORD}'")
    await page.press("Make my account")
    await page.until(f"{ACCOUNT} === 'My account'")


async def test_a_parent_asks_for_the_letter_that_verifies_an_address(stage: Stage, tmp_path: Path) -> None:
    email = address()
    async with browser(tmp_path / "profile") as page:
        await sign_up(page, stage.api.url, email)
        await page.press("My account")
        await page.press("Send me a letter")
        await page.until("document.getElementById('letter-words').textContent.includes('on its way')")
        letter = await stage.vendors.mail.to(email)
        link = re.search(r"/(#verify-email=[\w-]+)", letter.text)
        assert link is not None
        await page.value("document.getElementById('letter-dialog').close()")

        await page.value(f"location.hash = '{link[1]}'")

        await page.until("document.getElementById('letter-words').textContent.includes('We know now')")
        await page.value("document.getElementById('letter-dialog').close()")
        await page.press("My account")
        await page.until("document.getElementById('shop-plan').textContent !== ''")  # asked for later
        assert await page.value("document.getElementById('leave-unread').hidden")


async def test_arrow_keys_rate_a_book_once(stage: Stage, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await sign_up(page, stage.api.url, address())
        parent = Api(stage.api.url, await page.value(TOKEN), stage.api.http)
        story = await parent.make_story(1, narrated=False)
        await page.value(COUNT_RATINGS)
        await page.value(f"location.hash = '#/story/{story['id']}/2'")
        await page.until("!!document.querySelector('.stars:not([hidden]) input')?.checkVisibility()")
        await page.value("document.querySelector('.stars input').focus()")

        for _ in range(4):
            for kind in ("keyDown", "keyUp"):
                await page.call(
                    "Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39
                )

        await page.until("document.getElementById('announcer').textContent.includes('You gave this book 5 stars')")
        rating = "query($id: ID!) { story(id: $id) { rating } }"
        assert (await parent.ask(rating, id=story["id"]))["story"]["rating"] == 5
        assert await page.value("window.ratings") == 1
