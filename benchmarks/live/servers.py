"""The servers that are measured, each a process pinned to one core; everything else runs on another."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import psutil

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from api.preflight import free_port
from benchmarks.stage import HOST, folder, process, until_ready
from jobs.log import StoryLog
from jobs.queue import open_redis
from models.migrations import upgrade
from tests.harness import Api

ROOT = Path(__file__).parents[2]
NODE_PEER = ROOT / "benchmarks" / "peers" / "graphql-ws"
PREPARED_PEER = ROOT / "benchmarks" / "peers" / "prepared.py"
FILES = 8192
"""Open files that a process needs: a thousand sockets, and more."""
DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs. `token` is what its followers sign in with."""

    name: str
    port: int
    process: psutil.Process
    token: str | None = None

    def processor_s(self) -> float:
        """Processor time so far, of all its threads, in seconds."""
        times = self.process.cpu_times()
        return times.user + times.system

    def resident(self) -> int:
        """Resident memory in bytes."""
        return self.process.memory_info().rss

    def sockets(self) -> int:
        """How many of its connections are open, in any state but listening."""
        return sum(each.status != psutil.CONN_LISTEN for each in self.process.net_connections("tcp"))


def take_apart() -> int:
    """Pins this process, and what it starts, to the second core it may use; gives the first, which is the servers'."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[1] if len(cores) > 1 else cores[0]})
    return cores[0]


class Ground:
    """PostgreSQL and Valkey of its own, and servers on them."""

    def __init__(self, data: Path, core: int, http: httpx.AsyncClient) -> None:
        self.postgres = EmbeddedPostgres(data)
        self.valkey = EmbeddedValkey(data)
        self._data = data
        self._core = core
        self._http = http
        self.token = ""

    def log(self) -> StoryLog:
        return StoryLog(open_redis(self.valkey.url))

    async def subscribed(self, channel: str) -> int:
        """How many connections to Valkey hear of a channel."""
        async with open_redis(self.valkey.url) as redis:
            answer = cast("list[tuple[bytes, int]]", await redis.pubsub_numsub(channel))  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
            return answer[0][1]

    @asynccontextmanager
    async def ours(self) -> AsyncGenerator[Server]:
        port = free_port(HOST, 0)
        environment = {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "STORYCANVAS_DATA": str(self._data),
            "STORYCANVAS_PORT": str(port),
            "STORYCANVAS_STORIES_AT_ONCE": "10000",
            "STORYCANVAS_SIGNUP_CREDITS": "100000000",
            "STORYCANVAS_ACCESS_TOKEN_SECONDS": str(DAY_S),
        }
        # Not the installed command: what is measured is what stands beside this file.
        async with process([sys.executable, "-m", "api", "serve"], environment) as started:
            started.cpu_affinity([self._core])
            await until_ready(port)
            yield Server("StoryCanvas", port, started, self.token)

    @asynccontextmanager
    async def node(self) -> AsyncGenerator[Server]:
        """Raises FileNotFoundError where there is no Node."""
        await _installed()
        port = free_port(HOST, 0)
        command = ["node", str(NODE_PEER / "server.mjs"), str(port), str(ROOT / "schema.graphql")]
        async with process([*command, str(self.valkey.socket)], {}) as started:
            started.cpu_affinity([self._core])
            await until_ready(port)
            yield Server("Node graphql-ws", port, started)

    @asynccontextmanager
    async def prepared(self, message: str) -> AsyncGenerator[Server]:
        """uvicorn alone, which sends `message` for every event."""
        port = free_port(HOST, 0)
        command = [sys.executable, str(PREPARED_PEER), str(port), str(self.valkey.socket), message]
        async with process(command, {}) as started:
            started.cpu_affinity([self._core])
            await until_ready(port)
            yield Server("uvicorn, prepared", port, started)

    async def stories(self, count: int) -> list[str]:
        """Ids of new stories, which wait for a worker that never comes."""
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(self.ours())
            parent = Api(f"http://{HOST}:{server.port}", self.token or None, self._http)
            if not self.token:
                parent = await parent.as_somebody()
                assert parent.token is not None
                self.token = parent.token
            made: list[str] = []
            for number in range(count):
                answer = await parent.create_story(premise=f"A fox who counts to {number}", pageCount=4)
                if answer["__typename"] != "CreateStoryPayload":
                    raise RuntimeError(f"the story was not taken: {answer}")
                made.append(answer["story"]["id"])
            return made


@asynccontextmanager
async def ground(core: int) -> AsyncGenerator[Ground]:
    async with folder() as data, httpx.AsyncClient(trust_env=False) as http:
        made = Ground(data, core, http)
        async with running(made.postgres, made.valkey):
            await upgrade(made.postgres.url)
            yield made


async def _installed() -> None:
    """Fetches the Node server's packages, the first time."""
    if (NODE_PEER / "node_modules").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm")
    fetching = await asyncio.create_subprocess_exec(npm, "ci", "--silent", cwd=NODE_PEER)
    if await fetching.wait() != 0:
        raise RuntimeError("npm ci failed")
