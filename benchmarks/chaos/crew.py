"""The processes of the run: `serve` and the workers, each of which can be killed, frozen and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from api.lifeline import tied
from api.preflight import free_port
from api.supervisor import own_command
from benchmarks.chaos.callbook import CallBook
from benchmarks.chaos.sabotage import Guard, break_database
from benchmarks.stage import HOST, until_ready
from models.database import Database
from models.migrations import upgrade

STOPS_WITHIN_S = 15.0


@dataclass
class Member:
    """One process and its command line. What it writes to stderr goes to `log`."""

    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    frozen: bool = False
    _process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """None while it is down."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tied(self.command, signal.SIGKILL),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, and we end it
            )

    def send(self, what: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(what)

    async def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """Asks kindly first; a frozen process hears nothing until it is thawed."""
        if self.pid is None or self._process is None:
            return
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


@dataclass
class House:
    """Everything that is stormed: servers, processes, and how to reach them."""

    url: str
    port: int
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    database: Database
    server: Member
    workers: list[Member]
    book: CallBook
    logs: Path
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever kills or freezes a worker."""

    def worker_of(self, pid: int) -> Member | None:
        """The worker with this process id, unless it is gone or frozen."""
        return next((each for each in self.awake if each.pid == pid), None)

    @property
    def awake(self) -> list[Member]:
        return [each for each in self.workers if each.pid is not None and not each.frozen]

    async def start_server(self) -> None:
        """Returns when it answers that it is ready."""
        await self.server.start()
        await until_ready(self.port)


def name_of(pid: int) -> str:
    """What a worker process calls itself in leases and in the journal."""
    return f"{socket.gethostname()}:{pid}"


@asynccontextmanager
async def housed(data: Path, *, workers: int, seed: int, durable: bool, guard: Guard | None) -> AsyncGenerator[House]:
    """PostgreSQL, Valkey, `serve` and the workers, all of which are stopped at the end."""
    postgres, valkey = EmbeddedPostgres(data, durable=durable), EmbeddedValkey(data)
    port = free_port(HOST, 0)
    async with running(postgres, valkey):
        await upgrade(postgres.url)
        house = _house(data, port, postgres, valkey, workers, seed, guard)
        try:
            await break_database(guard, house.database)
            await asyncio.gather(*(each.start() for each in house.workers))
            await house.start_server()
            yield house
        finally:
            await asyncio.gather(*(each.stop() for each in (house.server, *house.workers)))
            await house.database.close()
            house.book.close()


def _house(
    data: Path,
    port: int,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    workers: int,
    seed: int,
    guard: Guard | None,
) -> House:
    environment = os.environ | {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "STORYCANVAS_DATA": str(data),
        "STORYCANVAS_HOST": HOST,
        "STORYCANVAS_PORT": str(port),
        "STORYCANVAS_OFFLINE_PACE": "0",
        "STORYCANVAS_SIGNUP_CREDITS": "100000",
        "STORYCANVAS_STORIES_AT_ONCE": "100",
        "STORYCANVAS_ADDRESS_TRIES": "1000000",
        "STORYCANVAS_LOG_LEVEL": "error",
    }
    logs, book = data / "logs", data / "calls"
    logs.mkdir()
    broken = [] if guard is None else [guard.value]
    serve = own_command("serve") if guard is None else [sys.executable, "-m", "benchmarks.chaos.server", *broken]
    worker = [sys.executable, "-m", "benchmarks.chaos.worker", str(book), str(seed), *broken]
    return House(
        url=f"http://{HOST}:{port}",
        port=port,
        postgres=postgres,
        valkey=valkey,
        database=Database(postgres.url, 4),
        server=Member(serve, environment, logs / "serve"),
        workers=[Member(worker, environment, logs / f"worker-{number}") for number in range(1, workers + 1)],
        book=CallBook(book),
        logs=logs,
    )
