"""asyncpg, which ships no types, as the few typed calls that starting a PostgreSQL needs."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

import asyncpg


class Connection(Protocol):
    async def execute(self, query: str) -> str: ...

    async def fetchval(self, query: str) -> object: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def connected(sockets: Path, number: int, user: str, database: str) -> AsyncGenerator[Connection]:
    """A connection over the socket `.s.PGSQL.{number}` in the folder `sockets`, closed at the end.

    Raises NotReady while no server listens there or it is still recovering, NoSuchDatabase when it has no `database`.
    """
    try:
        opened = await asyncpg.connect(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  no types
            host=str(sockets), port=number, user=user, database=database, timeout=5
        )
    except asyncpg.InvalidCatalogNameError as error:
        raise NoSuchDatabase(database) from error
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError) as error:
        raise NotReady from error
    connection = cast(Connection, opened)
    try:
        yield connection
    finally:
        await connection.close()


class NotReady(Exception):
    pass


class NoSuchDatabase(Exception):
    pass
