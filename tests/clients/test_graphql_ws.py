"""npm graphql-ws, the protocol's own client, against our server: it opens, pings, and comes back where it is let go."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.settings import Settings
from tests.clients.cutting import between
from tests.clients.driven import HERE, lines_of, require_packages
from tests.harness import Api, free_port, serving, settings_for, working
from tests.machine import find_node

QUERY = """subscription($id: ID!) { storyProgress(storyId: $id) {
    cursor previousCursor reset events { __typename sequence } } }"""


@dataclass(frozen=True)
class ServerProcess:
    process: asyncio.subprocess.Process
    port: int


@asynccontextmanager
async def a_server_process(settings: Settings) -> AsyncGenerator[ServerProcess]:
    """`storycanvas serve` as a process of its own, with the limits and the protocol that it has in earnest."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    assert settings.secret is not None
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "STORYCANVAS_SECRET": settings.secret.get_secret_value(),
        "STORYCANVAS_DATA": str(settings.data),
        "STORYCANVAS_PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", "serve"), cwd=HERE.parents[1], env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        await _listening(process)
        yield ServerProcess(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _listening(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        if b"server.listening" in line:
            return
    raise AssertionError("the server ended before it listened")


async def until(lines: AsyncGenerator[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The next line of this kind. What else is told meanwhile may only be pongs and batches."""
    while (line := await anext(lines))["kind"] != kind:
        assert line["kind"] in ("pong", "next"), line
    return line


def names(line: dict[str, Any]) -> list[str]:
    return [event["__typename"] for event in line["data"]["storyProgress"]["events"]]


async def test_npm_graphql_ws_subscribes_pings_and_comes_back_after_a_server_has_left(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    require_packages("graphql-ws", "ws")
    settings = settings_for(database_url, redis_url, tmp_path)
    async with asyncio.timeout(90), serving(settings) as (stays, _), a_server_process(settings) as leaves:
        ports = [_port(stays), leaves.port]
        parent = await stays.as_somebody()
        story = (await parent.create_story(premise="A snail who wins a race", pageCount=1, narrated=False))["story"]
        async with (
            between(lambda: ports[-1], lambda: float("inf")) as proxy,
            lines_of(
                [find_node(), str(HERE / "graphql_ws.mjs")],
                url=f"{proxy.url.replace('http', 'ws', 1)}/graphql",
                accessToken=parent.token,
                query=QUERY,
                variables={"id": story["id"]},
            ) as lines,
        ):
            assert (await until(lines, "connected"))["again"] is False
            assert names(await until(lines, "next")) == ["StorySnapshot"]
            await until(lines, "pong")

            ports.pop()
            leaves.process.send_signal(signal.SIGTERM)
            assert (await until(lines, "closed"))["code"] == 1001
            assert (await until(lines, "connected"))["again"] is True
            assert names(await until(lines, "next")) == ["StorySnapshot"]

            async with working(settings):
                told = [line async for line in lines if line["kind"] != "pong"]
            # Once it has let everybody go, uvicorn hands the signal on to the process.
            assert await leaves.process.wait() in (0, -signal.SIGTERM)
        *batches, completed, closed = told
        assert names(batches[-1])[-1] == "StoryEnded"
        assert completed["kind"] == "complete"
        assert (closed["kind"], closed["code"]) == ("closed", 1000)


def _port(api: Api) -> int:
    return int(api.url.rsplit(":", 1)[1])
