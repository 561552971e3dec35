"""What must be true before anything is started, and the one error that says what to do when it is not."""

import asyncio
import contextlib
import errno
import os
import socket
import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

REACHABLE_WITHIN_S = 5.0
BACKLOG = 2048
"""Connections that wait to be taken."""


class CannotStart(Exception):
    """Told to the operator in one line, without a traceback: what is wrong, and what to do about it."""


def free_port(host: str, port: int) -> int:
    """`port`, or a free one for 0. Raises CannotStart when nobody can listen there."""
    with listening(host, port) as trial:
        return int(trial.getsockname()[1])


def listening(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens. Raises CannotStart when none can.

    One that is `shared` listens beside others of this user that are, and the kernel deals connections out evenly.
    """
    opened = bound(host, port, shared=shared)
    try:
        opened.listen(BACKLOG)  # Linux lets two sockets bind with SO_REUSEADDR, but not listen
    except OSError as error:
        opened.close()
        raise CannotStart(_why_not(host, port, error)) from error
    return opened


def bound(host: str, port: int, *, shared: bool) -> socket.socket:
    """A socket that has an address and does not listen yet. Raises CannotStart when nobody can have it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
            if shared:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind(address)
        except OSError:
            opened.close()
            raise
    except OSError as error:
        raise CannotStart(_why_not(host, port, error)) from error
    return opened


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: stop what listens there, or choose another with --port or STORYCANVAS_PORT"
    if error.errno == errno.EACCES:
        return f"port {port} is not for ordinary users: choose one above 1023 with --port"
    return f"nobody can listen on {host} port {port} ({error.strerror}): choose another with --host and --port"


def writable_folder(folder: Path) -> Path:
    """Makes the data folder when it is missing and returns its absolute path. Raises CannotStart."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder.resolve()
    except OSError as error:
        raise CannotStart(
            f"the data folder {folder} is not writable ({os.strerror(error.errno or 0)}): choose another with --data"
        ) from error


async def database_answers(url: str) -> None:
    """Raises CannotStart within about 5 s when the PostgreSQL of DATABASE_URL can't be used."""
    from models.database import Database

    async with _reachable("DATABASE_URL", "PostgreSQL", "postgresql://user:password@host:5432/database"):
        database = Database(url)
        try:
            await database.ping()
        finally:
            await database.close()


async def redis_answers(url: str) -> None:
    """Raises CannotStart within about 5 s when the Redis or Valkey of REDIS_URL can't be used."""
    from redis.asyncio import Redis

    async with (
        _reachable("REDIS_URL", "Redis or Valkey", "redis://user:password@host:6379/0"),
        Redis.from_url(url) as redis,  # pyright: ignore[reportUnknownMemberType]  its keyword arguments have no types
    ):
        await redis.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]  its answer has no type


@contextlib.asynccontextmanager
async def _reachable(variable: str, server: str, form: str) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(REACHABLE_WITHIN_S):
            yield
    except TimeoutError as error:
        raise CannotStart(
            f"{variable}: no {server} answered within {REACHABLE_WITHIN_S:.0f} s: start it, or correct the URL"
        ) from error
    except Exception as error:  # the drivers raise errors of a dozen families, and all mean the same to an operator
        raise CannotStart(f"{variable}: {_reason(error, server, form)}") from error


def _reason(error: Exception, server: str, form: str) -> str:
    # What the system or a server says is worth repeating. A complaint about the URL itself may quote its password.
    for cause in causes(error):
        driver = type(cause).__module__.partition(".")[0] in {"asyncpg", "redis"}
        if isinstance(cause, OSError) or (driver and not isinstance(cause, ValueError)):
            return f"{server} can't be used ({one_line(cause)}): start it, or correct the URL"
    return f"this is not a URL of the form {form}"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was raised from, what that was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__


def one_line(error: BaseException) -> str:
    """An error's own words on one line, or its name when it has none."""
    return " ".join(str(error).split()) or type(error).__name__
