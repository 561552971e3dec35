"""The documented clients as processes, and what is needed to run those in Node."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.machine import find_node, missing

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / "docs" / "clients"
# Every line may hold a whole book.
LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Documented:
    """One of them, and the npm packages without which it can't run."""

    language: str
    client: str
    packages: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """Skips the test where the machine has not what it takes; under `make clients` that is a failure."""
        if self.language == "python":
            return [sys.executable, str(HERE / "drive.py")]
        require_packages(*self.packages)
        return [find_node(), str(HERE / "drive.mjs")]


ALL = {
    "python": Documented("python", "websocket"),
    "python-sse": Documented("python", "sse"),
    "javascript": Documented("javascript", "websocket", ("graphql-ws", "ws")),
    "javascript-sse": Documented("javascript", "sse"),
    "apollo": Documented("javascript", "apollo", ("@apollo/client", "graphql-ws", "ws")),
}


def require_packages(*names: str) -> None:
    lacking = [name for name in names if not (CLIENTS / "node_modules" / name).is_dir()]
    if lacking:
        missing(
            f"npm's {', '.join(lacking)} is not installed: `make clients` does that and runs this test",
            "CLIENTS_REQUIRED",
        )


@asynccontextmanager
async def lines_of(command: list[str], **given: object) -> AsyncGenerator[AsyncGenerator[dict[str, Any]]]:
    """What the client tells, line by line to its end; it has to end by itself, and well."""
    process = await asyncio.create_subprocess_exec(
        *command, json.dumps(given), stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
    )
    try:
        yield _lines(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _lines(process: asyncio.subprocess.Process) -> AsyncGenerator[dict[str, Any]]:
    assert process.stdout is not None
    async for line in process.stdout:
        yield json.loads(line)
    assert await process.wait() == 0
