"""Workers with scripted vendors: in the test's process, or in one of their own.

`python -m tests.jobs.worker_process FD` is the latter.

A worker process is held on a line by the test that started it: each vendor call is told over the line, and returns
when the test's script lets it. So a script's calls, arrivals and gates mean the same on both sides.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import text

from api.lifeline import tied
from jobs.events import LoggedEvent
from jobs.log import StoryLog
from jobs.ports import Ports
from jobs.providers.offline_media import LocalMediaStore
from jobs.queue import MakeStory
from jobs.work import Transactions
from jobs.worker import Workbench, open_workbench, run, work
from models import billing, generation
from models.accounts import Account
from models.billing import Cause
from models.database import Session
from models.settings import Settings
from models.stories import Story
from tests.stories import add_narrated
from tests.vendors import Script, Vendors

ROOT = Path(__file__).parents[2]
NOTED = ("accounts", "ledger", "outbox", "pages", "steps", "stories", "vendor_calls")
"""The tables that the making of a story writes to."""


@asynccontextmanager
async def scripted_ports(settings: Settings, script: Script) -> AsyncGenerator[Ports]:
    """Vendors that follow `script`; what they make lies in the data folder, where other workers find it."""
    media = LocalMediaStore(settings.data / "media", "http://media.example", b"m" * 32, time.time)
    async with Vendors(script).open() as ports:
        yield replace(ports, media=media)


# ---------------------------------------------------------------- in the test's own process


@asynccontextmanager
async def opened(settings: Settings, script: Script) -> AsyncGenerator[Workbench]:
    """A worker's bench at which nobody works."""
    async with open_workbench(settings, partial(scripted_ports, settings, script)) as bench:
        yield bench


@asynccontextmanager
async def at_work(settings: Settings, script: Script) -> AsyncGenerator[Workbench]:
    """A whole worker in this process: bell, sweeper and all. It hands over at the end."""
    stop = asyncio.Event()
    async with opened(settings, script) as bench:
        working = asyncio.create_task(work(settings, bench, stop))
        try:
            yield bench
        finally:
            stop.set()
            await working


async def finished(bench: Workbench) -> None:
    """Until this bench has made all that it is at."""
    async with asyncio.timeout(20):
        await asyncio.gather(*bench.making.values())


async def until(holds: Callable[[], Awaitable[bool]], within_s: float = 20) -> None:
    """Looks until it holds. Every look asks a server, which is wait enough."""
    async with asyncio.timeout(within_s):
        while not await holds():
            pass


# ---------------------------------------------------------------- stories


async def add_account(session: Session) -> Account:
    account = Account(email=f"{uuid4().hex}@example.com", password_hash="none")
    session.add(account)
    await session.flush()
    await billing.grant(session, account.id, 1000, Cause.SIGN_UP, f"sign-up:{account.id}")
    return account


async def ask_for_story(transactions: Transactions, account_id: UUID | None = None, pages: int = 2) -> UUID:
    """Commits a narrated story, paid for and asked for; of a new account where none is given."""
    async with transactions.begin() as work:
        session = work.session
        story = await add_narrated(session, account_id or (await add_account(session)).id, pages)
        await billing.reserve(session, story, "image:1", 1, billing.story_price(pages, narrated=True), Cause.STORY)
        work.ask(MakeStory(story.id, 0), story.id)
    return story.id


async def story_now(transactions: Transactions, story_id: UUID) -> Story:
    async with transactions.database.session() as session:
        return await session.get_one(Story, story_id)


async def are_done(transactions: Transactions, story_id: UUID, *keys: str) -> bool:
    """Whether all of these steps are."""
    async with transactions.database.session() as session:
        steps = await generation.latest_steps(session, story_id)
        return all(key in steps and steps[key].state is generation.StepState.DONE for key in keys)


async def told(log: StoryLog, story_id: UUID) -> list[LoggedEvent]:
    """All that followers of the story were told, in order."""
    position = await log.position(story_id)
    events = await log.read(story_id, 0, position.sequence if position is not None else 0)
    assert events is not None
    return events


async def all_rows(transactions: Transactions) -> dict[str, list[str]]:
    """Everything that is noted anywhere, to compare with a later look."""
    async with transactions.database.session() as session:
        found = {table: await session.execute(text(f"SELECT t::text FROM {table} t ORDER BY 1")) for table in NOTED}  # noqa: S608
        return {table: list(rows.scalars()) for table, rows in found.items()}


# ---------------------------------------------------------------- in a process of its own


class WorkerProcess:
    """A running worker process; `script` is told what its vendors are called for, and lets them answer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def exit_status(self) -> int:
        async with asyncio.timeout(20):
            return await self._process.wait()


@asynccontextmanager
async def worker_process(settings: Settings, script: Script) -> AsyncGenerator[WorkerProcess]:
    """Starts the real worker on the settings' servers and data folder; kills it at the end, if it still runs."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.jobs.worker_process", str(theirs.fileno())]
    with theirs, (settings.data / "worker.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *tied(command, signal.SIGKILL),
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
            env=_environment(settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    listening = asyncio.create_task(_answer_calls(reader, writer, script))
    try:
        yield WorkerProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.close()


def _environment(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYCANVAS_")}
    secrets = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    secrets["STORYCANVAS_SECRET"] = settings.secret
    plain = {name: (value or SecretStr("")).get_secret_value() for name, value in secrets.items()}
    return {**kept, **plain, "STORYCANVAS_DATA": str(settings.data), "STORYCANVAS_LOG_LEVEL": "info"}


async def _answer_calls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, script: Script) -> None:
    """Answers each `NUMBER CALL` with its number, when the script has let the call pass."""

    async def answer(number: str, call: str) -> None:
        await script(call)
        writer.write(f"{number}\n".encode())

    async with asyncio.TaskGroup() as group:
        with contextlib.suppress(ConnectionError):  # it was killed
            while line := (await reader.readline()).decode():
                number, _, call = line.rstrip().partition(" ")
                group.create_task(answer(number, call))


class _Remote(Script):
    """The worker's end of the line: a call passes when the test says so."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self._reader = reader
        self._writer = writer
        self._passed: list[asyncio.Event] = []

    async def __call__(self, call: str) -> None:
        passed = asyncio.Event()
        self._writer.write(f"{len(self._passed)} {call}\n".encode())
        self._passed.append(passed)
        await passed.wait()

    async def listen(self) -> None:
        while line := await self._reader.readline():
            self._passed[int(line)].set()


@asynccontextmanager
async def _remote_ports(settings: Settings, line: socket.socket) -> AsyncGenerator[Ports]:
    reader, writer = await asyncio.open_unix_connection(sock=line)
    script = _Remote(reader, writer)
    listening = asyncio.create_task(script.listen())
    try:
        async with scripted_ports(settings, script) as ports:
            yield ports
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.close()


def _main(descriptor: str) -> None:
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own argument
    run(settings, partial(_remote_ports, settings, socket.socket(fileno=int(descriptor))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
