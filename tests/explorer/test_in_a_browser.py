"""The explorer as a partner meets it, in a real Chromium, with a real server and a real worker."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest_asyncio
from playwright.async_api import Request, WebSocketRoute, expect

from models.settings import Settings
from tests.explorer.partner import PASSWORD, Partner
from tests.harness import Api, serving, settings_for, working

KEPT_AS = "storycanvas.explorer.session"
STYLES = "query Styles { artStyles { key name } }"


@pytest_asyncio.fixture(loop_scope="session")
async def empty_house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[tuple[Api, Settings]]:
    settings = settings_for(database_url, redis_url, tmp_path)
    async with serving(settings) as (api, _):
        yield api, settings.model_copy(update={"port": int(api.url.split(":")[-1])})


async def cut_first_socket(partner: Partner) -> list[int]:
    """Cuts the first WebSocket as soon as it has brought a batch; the list grows with every one that is opened."""
    opened: list[int] = []

    async def between(route: WebSocketRoute) -> None:
        opened.append(len(opened))
        is_first = len(opened) == 1
        server = route.connect_to_server()

        async def pass_on(message: str | bytes) -> None:
            route.send(message)
            if is_first and '"next"' in str(message):
                await route.close(code=1012)

        server.on_message(pass_on)

    await partner.page.route_web_socket(re.compile("/graphql$"), between)
    return opened


async def test_a_partner_goes_from_a_character_to_a_page_through_a_cut(
    partner: Partner, empty_house: tuple[Api, Settings]
) -> None:
    api, settings = empty_house
    page = partner.page
    opened = await cut_first_socket(partner)
    await partner.arrive(api.url)
    await partner.sign_up()
    for title in ("Make a character", "Make a story"):
        await partner.open_example(title)
        await partner.run()
        await partner.state_is("Answered")
    await partner.button("Follow it live").click()
    await partner.tab_is("Follow it live")
    await partner.run()
    await expect(page.locator(".facts")).to_contain_text("resumed once")
    assert len(opened) == 2

    async with working(settings):
        log = page.get_by_role("log")
        await expect(log).to_contain_text("The end: ready", timeout=90_000)
        await partner.state_is("Ended")
    for number in (1, 2, 3):
        live = page.get_by_role("article", name=f"Page {number}", exact=True)
        await expect(live.locator("img")).to_have_js_property("complete", True)
        assert await live.locator("img").evaluate("picture => picture.naturalWidth") > 0
        assert await live.locator("audio").get_attribute("src")
        assert len(await live.locator(".spoken").inner_text()) > 10

    await partner.open_example("List stories")
    await partner.run()
    await expect(page.locator(".gallery img")).to_be_visible()
    await partner.open_example("Read a page")
    await partner.run()
    await expect(page.locator(".gallery .spoken span").nth(3)).to_be_visible()
    await page.locator(".gallery audio").evaluate("player => { player.muted = true; player.play() }")
    await expect(page.locator(".gallery .spoken .now")).to_be_visible()


async def test_a_link_carries_an_operation_and_nothing_secret(partner: Partner, quiet_app: Api) -> None:
    await partner.arrive(quiet_app.url)
    await partner.sign_up()
    token = json.loads(await partner.page.evaluate(f"sessionStorage['{KEPT_AS}']"))["accessToken"]
    await partner.write(
        "mutation In($input: SignInInput!) { signIn(input: $input) { __typename } }",
        {"input": {"email": "somebody@example.com", "password": PASSWORD}},
    )
    await partner.button("Share").click()
    await expect(partner.button("Link copied")).to_be_visible()
    link = urlsplit(await partner.copied())
    shared = parse_qs(link.fragment)
    assert link.query == ""
    assert shared["query"][0].startswith("mutation In(")
    assert json.loads(shared["variables"][0]) == {"input": {"email": "somebody@example.com", "password": ""}}
    assert PASSWORD not in link.geturl()
    assert token not in link.geturl()

    other = Partner(await partner.page.context.new_page(), wrongs=partner.wrongs)
    await other.arrive(quiet_app.url, f"#{link.fragment}")
    await expect(other.page.locator(".graphiql-tab-active")).to_contain_text("In")
    await expect(other.page.locator(".graphiql-editor-tool .view-lines")).to_contain_text("somebody@example.com")
    assert urlsplit(other.page.url).fragment == ""
    await expect(other.page.locator("header").get_by_role("button", name="Sign in")).to_be_visible()


async def test_a_key_is_taken_once_and_an_unknown_one_refused_with_words(partner: Partner, quiet_app: Api) -> None:
    somebody = await quiet_app.as_somebody()
    await partner.arrive(quiet_app.url)
    await partner.paste_key("sc_test_nobodyknowsthisone")
    alert = partner.page.get_by_role("dialog").get_by_role("alert")
    await expect(alert).to_contain_text("does not know this key")
    assert somebody.token is not None
    await partner.paste_key(somebody.token)
    await expect(partner.button("Forget key")).to_be_visible()
    await partner.write("query Me { me { email } }")
    await partner.run()
    await expect(partner.page.locator(".result-window")).to_contain_text("@example.")
    stays = await partner.page.evaluate("JSON.stringify(localStorage)")
    assert somebody.token not in stays
    assert "query Me" not in stays
    await partner.button("Forget key").click()
    assert await partner.page.evaluate(f"sessionStorage['{KEPT_AS}'] ?? null") is None


async def test_a_session_that_runs_out_is_renewed_once(partner: Partner, quiet_app: Api) -> None:
    await partner.arrive(quiet_app.url)
    email = await partner.sign_up()
    kept = json.loads(await partner.page.evaluate(f"sessionStorage['{KEPT_AS}']"))
    run_out = json.dumps({**kept, "expiresAt": "2020-01-01T00:00:00Z"})
    await partner.page.evaluate(f"run_out => sessionStorage['{KEPT_AS}'] = run_out", run_out)
    await partner.arrive(quiet_app.url)
    renewals: list[str] = []

    def count(asked: Request) -> None:
        if "refreshSession" in (asked.post_data or ""):
            renewals.append(asked.url)

    partner.page.on("request", count)
    await partner.write("query Me { me { email } }")
    await partner.run()
    await expect(partner.page.locator(".result-window")).to_contain_text(email.partition("@")[0])
    assert len(renewals) == 1


async def test_whoever_has_not_signed_in_is_told_so_and_led_there(partner: Partner, quiet_app: Api) -> None:
    await partner.arrive(quiet_app.url)
    await partner.open_example("List stories")
    await partner.run()
    alert = partner.page.get_by_role("alert")
    await alert.get_by_role("button", name="Sign in").click()
    await expect(partner.page.get_by_role("dialog", name="Who asks?")).to_be_visible()


async def test_the_keyboard_runs_an_operation(partner: Partner, quiet_app: Api) -> None:
    await partner.arrive(quiet_app.url)
    await partner.write(STYLES)
    await partner.page.keyboard.press("ControlOrMeta+Enter")
    await expect(partner.page.locator(".result-window")).to_contain_text("watercolor")
    await expect(partner.page.locator(".facts")).to_have_text(re.compile(r"HTTP 200 · .+ points? · \d+ left"))


async def test_docs_are_our_descriptions(partner: Partner, quiet_app: Api) -> None:
    await partner.arrive(quiet_app.url)
    await partner.button("Show Documentation Explorer").click()
    docs = partner.page.get_by_role("region", name="Documentation Explorer")
    await docs.get_by_role("link", name="Subscription", exact=True).first.click()
    await expect(docs).to_contain_text("Every later event arrives exactly once")


async def test_everything_to_press_has_a_name_and_fits_a_narrow_screen(partner: Partner, quiet_app: Api) -> None:
    await partner.page.set_viewport_size({"width": 375, "height": 812})
    await partner.page.emulate_media(color_scheme="dark")
    await partner.arrive(quiet_app.url)
    await partner.write(STYLES)
    await partner.run()
    await partner.state_is("Answered")
    width = await partner.page.evaluate("document.documentElement.scrollWidth")
    assert width == 375
    for button in await partner.page.get_by_role("button").all():
        name = await button.evaluate("it => it.getAttribute('aria-label') || it.innerText || it.title")
        assert name.strip(), await button.evaluate("it => it.outerHTML")
    for editor in await partner.page.locator(".monaco-editor textarea").all():
        assert "Alt" in (name := str(await editor.get_attribute("aria-label"))) or "JSON" in name
