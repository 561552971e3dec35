"""`storycanvas up`: the whole house in one process tree, from the servers to the worker."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from api.embedded import EmbeddedPostgres, EmbeddedValkey
from api.embedded_server import EmbeddedServer
from api.preflight import (
    CannotStart,
    causes,
    database_answers,
    free_port,
    one_line,
    redis_answers,
    writable_folder,
)
from api.supervisor import Child, Supervisor, own_command
from models.migrations import downgrade, upgrade
from models.settings import Settings

# After Ctrl-C the worker ends first, then serve, then the servers in at most 5 s: 20 s must do for all of it.
WORKER_STOPS_WITHIN_S = 6.0
SERVE_STOPS_WITHIN_S = 7.0
SHORTEN_LOGS_EVERY_S = 60.0
PATIENCE_S = 30.0
COLOURS = {"postgres": "blue", "valkey": "red", "serve": "green", "worker": "magenta"}
SAMPLE_PREMISE = "A small fox who is afraid of the dark finds a lantern that a star has dropped in the forest"
SAMPLE_CAST = ("Finn", "a small orange fox with a white tail tip and a blue scarf")


async def up(settings: Settings, *, sample: bool, command: Callable[[str], Sequence[str]] = own_command) -> None:
    """Runs everything until SIGINT, SIGTERM or SIGHUP; a second one ends it at once. Raises CannotStart.

    Has to be the first task of the main thread's event loop. `command` is how the children `serve` and `worker` run.
    """
    port = free_port(settings.host, settings.port)
    data = writable_folder(settings.data)
    house = _House(settings.model_copy(update={"port": port, "data": data}), command)
    try:
        await house.run(sample)
    except asyncio.CancelledError:
        if not house.stopping:
            raise
    finally:
        await house.stop()


class _House:
    def __init__(self, settings: Settings, command: Callable[[str], Sequence[str]]) -> None:
        self.stopping = False
        self._settings = settings
        self._command = command
        self._console = Console(highlight=False)
        self._servers: list[EmbeddedServer] = []
        self._supervisor = Supervisor(self._say)

    async def run(self, sample: bool) -> None:
        """Comes back only by an error or by the cancellation that a signal brings."""
        self._listen_for_signals()
        database_url, redis_url = await self._start_servers()
        await migrate(database_url)
        environment = self._environment(database_url, redis_url)
        await self._supervisor.start(self._child("serve", environment, SERVE_STOPS_WITHIN_S))
        await self._supervisor.start(self._child("worker", environment, WORKER_STOPS_WITHIN_S))
        await self._until_ready()
        self._announce()
        if sample:
            await self._make_sample()
        await self._keep_logs_short()

    async def stop(self) -> None:
        self.stopping = True
        await self._supervisor.stop()

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, self._on_signal, asyncio.current_task())

    def _on_signal(self, task: asyncio.Task[object] | None) -> None:
        if self.stopping or task is None:
            self._supervisor.kill()
            return
        self.stopping = True
        self._say("storycanvas", "stopping; once more stops it at once")
        task.cancel()

    async def _start_servers(self) -> tuple[str, str]:
        """Starts those that are not given, sees that those given answer, and returns the URLs of both."""
        postgres, valkey = EmbeddedPostgres(self._settings.data), EmbeddedValkey(self._settings.data)
        database_url, redis_url = self._settings.database_url, self._settings.redis_url
        self._servers += [] if database_url else [postgres]
        self._servers += [] if redis_url else [valkey]
        if database_url:
            await database_answers(database_url.get_secret_value())
        if redis_url:
            await redis_answers(redis_url.get_secret_value())
        await self._supervisor.start(*self._servers)
        return (
            database_url.get_secret_value() if database_url else postgres.url,
            redis_url.get_secret_value() if redis_url else valkey.url,
        )

    def _environment(self, database_url: str, redis_url: str) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STORYCANVAS_DATA": str(self._settings.data),
            "STORYCANVAS_HOST": self._settings.host,
            "STORYCANVAS_PORT": str(self._settings.port),
            "PYTHONUNBUFFERED": "1",
        }

    def _child(self, name: str, environment: dict[str, str], stop_within_s: float) -> Child:
        show = self._say if self._console.is_terminal else None
        return Child(name, self._command(name), environment, stop_within_s, show)

    async def _until_ready(self) -> None:
        host, port = client_host(self._settings.host), self._settings.port
        asked_at = time.monotonic()
        told = False
        while not await answers_ready(host, port):
            await asyncio.sleep(0.05)
            if not told and time.monotonic() - asked_at > PATIENCE_S:
                told = True
                self._say("storycanvas", "not ready yet; the lines above may say why, and it goes on trying")

    def _announce(self) -> None:
        address = (self._settings.public_url or self._address()).rstrip("/")
        self._console.print(Text.assemble(("StoryCanvas is up.", "bold"), " Ctrl-C stops it."))
        for what, where in (
            ("Reader", f"{address}/"),
            ("API", f"{address}/graphql"),
            ("Data", str(self._settings.data)),
        ):
            self._console.print(Text.assemble((f"  {what:<7}", "dim"), where), soft_wrap=True)

    def _address(self) -> str:
        """Where this machine reaches the API, whatever it is called outside."""
        host = client_host(self._settings.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"

    async def _make_sample(self) -> None:
        from api.client.making import BookRequest, CastMember
        from api.story_command import make_book

        request = BookRequest(SAMPLE_PREMISE, characters=(CastMember(*SAMPLE_CAST),))
        # Lines that children write meanwhile go through the same console, which puts them above the live picture.
        await make_book(request, url=self._address(), token=None, console=self._console)

    async def _keep_logs_short(self) -> None:
        while True:
            for server in self._servers:
                server.shorten_log()
            await asyncio.sleep(SHORTEN_LOGS_EVERY_S)

    def _say(self, name: str, line: str) -> None:
        if self._console.is_terminal:
            prefix = (f"{name:<11} ", COLOURS.get(name, "bold"))
            self._console.print(Text.assemble(prefix, Text.from_ansi(line)), soft_wrap=True)
        else:
            self._console.print(Text(f"{name}: {line}"), soft_wrap=True)


async def migrate(database_url: str, revision: str | None = None) -> None:
    """Brings the tables up to date, or down to `revision`. Raises CannotStart with the reason when that fails."""
    try:
        await (upgrade(database_url) if revision is None else downgrade(database_url, revision))
    except Exception as error:  # Alembic, SQLAlchemy, asyncpg and the system each have errors of their own
        reason = one_line(list(causes(error))[-1])
        raise CannotStart(f"the tables can't be migrated: {reason}") from error


async def answers_ready(host: str, port: int) -> bool:
    """Whether GET /readyz is answered with 200."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).split()[1:2] == [b"200"]
            finally:
                writer.close()
    except OSError:  # TimeoutError is one
        return False


def client_host(host: str) -> str:
    """Where a client on this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  not what we listen on
