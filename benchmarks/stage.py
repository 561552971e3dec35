"""What is measured: PostgreSQL and Valkey of its own in a temporary folder, and `serve` and a worker as processes.

They are processes of their own, as in earnest, so that the follower that takes the time does not share their loop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx
import psutil

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from api.lifeline import tied
from api.preflight import free_port
from api.supervisor import own_command
from api.up import answers_ready
from models.database import Database
from models.migrations import upgrade
from tests.harness import Api

HOST = "127.0.0.1"
STARTS_WITHIN_S = 90.0
STOPS_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Stage:
    """`parent` is a signed-in client; `server` and `worker` are the processes without their children."""

    parent: Api
    database: Database
    server: psutil.Process
    worker: psutil.Process


@asynccontextmanager
async def folder() -> AsyncGenerator[Path]:
    """An empty folder that is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="storycanvas-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@asynccontextmanager
async def staged(
    worker: Sequence[str] | None = None, more: Mapping[str, str] = MappingProxyType({})
) -> AsyncGenerator[Stage]:
    """The house without waiting vendors' pace; `worker` is a command line other than `storycanvas worker`.

    `more` are settings for both processes.
    """
    async with folder() as data, httpx.AsyncClient(trust_env=False) as http:
        postgres, valkey = EmbeddedPostgres(data), EmbeddedValkey(data)
        port = free_port(HOST, 0)
        environment = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "STORYCANVAS_DATA": str(data),
            "STORYCANVAS_PORT": str(port),
            **more,
        }
        async with running(postgres, valkey):
            await upgrade(postgres.url)
            async with (
                process(own_command("serve"), environment) as server,
                process(worker or own_command("worker"), environment) as working,
            ):
                await until_ready(port)
                parent = await Api(f"http://{HOST}:{port}", http=http).as_somebody()
                database = Database(postgres.url, 1)
                try:
                    yield Stage(parent, database, server, working)
                finally:
                    await database.close()


@asynccontextmanager
async def process(command: Sequence[str], environment: dict[str, str]) -> AsyncGenerator[psutil.Process]:
    """A process that ends with us, asked kindly first. It says nothing but errors."""
    settings = {
        "STORYCANVAS_HOST": HOST,
        "STORYCANVAS_OFFLINE_PACE": "0",
        "STORYCANVAS_SIGNUP_CREDITS": "100000",
        "STORYCANVAS_ACCOUNT_TRIES": "1000000",
        "STORYCANVAS_ADDRESS_TRIES": "1000000",
        "STORYCANVAS_POINTS_AN_HOUR": "1000000000",
        "STORYCANVAS_LOG_LEVEL": "error",
    }
    # PostgreSQL's and Valkey's addresses of whoever measures are not ours to fill.
    inherited = {name: words for name, words in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    started = await asyncio.create_subprocess_exec(
        *tied(command, signal.SIGKILL),
        env=inherited | settings | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield psutil.Process(started.pid)
    finally:
        if started.returncode is None:
            started.terminate()
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await started.wait()
        except TimeoutError:
            started.kill()
            await started.wait()


async def until_ready(port: int) -> None:
    async with asyncio.timeout(STARTS_WITHIN_S):
        while not await answers_ready(HOST, port):  # noqa: ASYNC110  it is another process that gets ready
            await asyncio.sleep(0.02)


async def ask_for_story(parent: Api, premise: str, *, pages: int, narrated: bool) -> str:
    """Gives the new story's id."""
    answer = await parent.create_story(premise=premise, pageCount=pages, narrated=narrated)
    if answer["__typename"] != "CreateStoryPayload":
        raise RuntimeError(f"the story was not taken: {answer}")
    return str(answer["story"]["id"])


async def follow_to_the_end(parent: Api, story_id: str) -> None:
    """Follows a story until it ends. Raises RuntimeError where it ends in any other way than READY."""
    status = ""
    async with aclosing(parent.follow(story_id, "events { ... on StoryEnded { story { status } } }")) as batches:
        async for batch in batches:
            for event in batch["events"]:
                status = event.get("story", {}).get("status", status)
    if status != "READY":
        raise RuntimeError(f"the story ended as {status or 'nothing'}")
