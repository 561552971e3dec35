"""A real browser without a window, driven over its DevTools protocol (chromedevtools.github.io/devtools-protocol)."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect

_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1100,900 --remote-debugging-port=0"
).split()


@dataclass
class Page:
    """One tab."""

    socket: ClientConnection
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.socket.send(orjson.dumps({"id": number, "method": method, "params": params}).decode())
        while True:
            answer = orjson.loads(await self.socket.recv())
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    async def value(self, script: str) -> Any:
        """What a piece of JavaScript comes to; None while the page is changing."""
        got = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return got["result"].get("value")

    async def until(self, script: str) -> Any:
        """The value, once it is true."""
        async with asyncio.timeout(60):
            while not (found := await self.value(script)):  # noqa: ASYNC110  # the page tells nobody
                await asyncio.sleep(0.05)
        return found

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def press(self, words: str) -> None:
        """Clicks the visible button with these words, as soon as there is one."""
        found = f"""[...document.querySelectorAll("button")].find(
            (each) => each.textContent.includes({orjson.dumps(words).decode()}) && each.checkVisibility())"""
        await self.until(f"!!{found}")
        await self.value(f"{found}.click()")

    async def picture(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


@asynccontextmanager
async def browser(profile: Path) -> AsyncGenerator[Page]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    process = await asyncio.create_subprocess_exec(
        program,
        *_FLAGS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port_file = profile / "DevToolsActivePort"
        async with asyncio.timeout(60):
            while not port_file.exists() or "\n" not in port_file.read_text():  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.05)
        port, path = port_file.read_text().split("\n")[:2]  # a tiny file
        async with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as whole:
            tabs = (await Page(whole).call("Target.getTargets"))["targetInfos"]
        tab = next(each["targetId"] for each in tabs if each["type"] == "page")
        async with connect(f"ws://127.0.0.1:{port}/devtools/page/{tab}", max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        await process.wait()
