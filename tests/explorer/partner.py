"""What a partner does at the explorer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from playwright.async_api import ConsoleMessage, Error, Locator, Page, Request, expect

PASSWORD = "correct horse battery"


@dataclass
class Partner:
    page: Page
    url: str = ""
    wrongs: list[str] = field(default_factory=list[str])
    """What should not have happened: refusals by the policy, requests to other hosts, errors of scripts."""

    async def arrive(self, url: str, fragment: str = "") -> None:
        """Opens the explorer of the server at `url`, and waits until its editor is there."""
        if not self.url:
            self.page.on("request", self._asked)
            self.page.on("console", self._said)
            self.page.on("pageerror", self._broke)
        self.url = url
        await self.page.goto(f"{url}/explorer{fragment}")
        await expect(self.page.locator(".graphiql-query-editor .view-line").first).to_be_visible()

    async def sign_up(self) -> str:
        """Makes an account; gives its address."""
        email = f"{uuid4().hex}@example.com"
        dialog = await self.at_the_door("New account")
        await dialog.get_by_label("E-mail address").fill(email)
        await dialog.get_by_label("Password").fill(PASSWORD)
        await dialog.locator("button[type=submit]").click()
        await expect(self.button("Sign out")).to_be_visible()
        return email

    async def paste_key(self, key: str) -> None:
        dialog = await self.at_the_door("API key")
        await dialog.get_by_label("API key").and_(dialog.locator("input")).fill(key)
        await dialog.locator("button[type=submit]").click()

    async def at_the_door(self, way: str) -> Locator:
        dialog = self.page.get_by_role("dialog", name="Who asks?")
        if not await dialog.is_visible():
            await self.page.locator("header").get_by_role("button", name="Sign in").click()
        await dialog.get_by_role("button", name=way).first.click()
        return dialog

    async def open_example(self, title: str) -> None:
        """Into a tab, with its variables filled in."""
        await self.page.get_by_role("region", name="Examples").get_by_role("button", name=title).click()
        await self.tab_is(title)

    async def tab_is(self, title: str) -> None:
        name = "".join(word.capitalize() for word in title.split())
        await expect(self.page.locator(".graphiql-tab-active")).to_contain_text(name)

    async def write(self, query: str, variables: dict[str, Any] | None = None) -> None:
        """Into the tab that is shown, by the keyboard, in one line: where a line ends the editor closes brackets."""
        await self._type(".graphiql-query-editor", " ".join(query.split()))
        await self._type(".graphiql-editor-tool", json.dumps(variables or {}))

    async def run(self) -> None:
        await self.page.locator(".graphiql-execute-button").click()

    async def state_is(self, state: str) -> None:
        await expect(self.page.get_by_role("status").filter(has_text=state)).to_be_visible()

    async def code(self, language: str) -> str:
        """The code that is shown for the tab, in that language."""
        pane = self.page.get_by_role("region", name="Code")
        if not await pane.is_visible():
            await self.button("Show Code").click()
        await pane.get_by_role("button", name=language).click()
        await pane.get_by_role("button", name="Copy").click()
        await expect(pane.get_by_role("button", name="Copied")).to_be_visible()
        return await self.copied()

    async def copied(self) -> str:
        """What lies in the clipboard."""
        return str(await self.page.evaluate("navigator.clipboard.readText()"))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def _type(self, editor: str, text: str) -> None:
        await self.page.locator(f"{editor} .view-line").first.click()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.insert_text(text)

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != urlsplit(self.url).netloc:
            self.wrongs.append(f"asked {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        # What the policy refuses is told here, by Chromium itself.
        if "Content Security Policy" in message.text:
            self.wrongs.append(message.text)

    def _broke(self, error: Error) -> None:
        self.wrongs.append(str(error))
