"""The way to PostgreSQL: one engine a process, short sessions, and the column types that tables share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from typing import Protocol, TypeVar, cast

import asyncpg
import orjson
from pydantic import TypeAdapter
from sqlalchemy import Dialect, Enum, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.types import DateTime, TypeDecorator
from sqlmodel import SQLModel

Session = AsyncSession

SERVER_SETTINGS = {"idle_in_transaction_session_timeout": "5000"}
"""A process that is frozen inside a transaction keeps its locks, and must not keep them from everybody else."""

_SYNCHRONISED: dict[bool, dict[str, object]] = {True: {}, False: {"synchronize_session": False}}
"""Whether an UPDATE changes what the session has read of its rows too. That is SQLAlchemy's way; to find out how takes
it a good part of each statement's time."""

M = TypeVar("M")

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

UtcTime = DateTime(timezone=True)


def word(members: type[StrEnum]) -> Enum:
    """A member of a closed set, stored as text: PostgreSQL's own enums break downgrade and upgrade.

    A member's name and its value must be the same.
    """
    return Enum(members, native_enum=False, length=32)


class Json(TypeDecorator[M]):
    """A column that holds one validated value as jsonb: a pydantic model, or a list of them."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: type[M]) -> None:
        super().__init__()
        self.shape = shape
        self._adapter = TypeAdapter(shape)

    def process_bind_param(self, value: M | None, dialect: Dialect) -> object:
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: object, dialect: Dialect) -> M | None:
        return None if value is None else self._adapter.validate_python(value)


class _Closable(Protocol):
    def is_closed(self) -> bool: ...


class Database:
    """One engine and its pool. `url` is `postgresql+asyncpg://…`; plain `postgresql://` is understood too.

    There are up to twice `pool_size` connections. Whoever finds all of them taken waits, first come, first served, and
    for `patience_s` at most.
    """

    def __init__(self, url: str, pool_size: int = 10, patience_s: float = 10.0) -> None:
        self.engine: AsyncEngine = create_async_engine(
            asyncpg_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=patience_s,
            json_serializer=_dump_json,
            json_deserializer=orjson.loads,
            hide_parameters=True,  # an error that is logged would carry children's names and their stories
            connect_args={"timeout": 5, "command_timeout": 15, "server_settings": SERVER_SETTINGS},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def session(self, *, synchronised: bool = True) -> AsyncGenerator[Session]:
        """A session for a few statements. What is not committed is rolled back.

        Whoever takes one that is not `synchronised` says RETURNING and `populate_existing` where rows are needed anew:
        what was read before an UPDATE stays as it was read.
        """
        options = _SYNCHRONISED[synchronised]
        async with AsyncSession(self.engine, expire_on_commit=False, execution_options=options) as session:
            yield session

    @asynccontextmanager
    async def single(self, *, synchronised: bool = True) -> AsyncGenerator[Session]:
        """A session whose statements stand alone, without the round trips that begin and end a transaction.

        What a statement writes is committed with it. `synchronised` is as for `session`.
        """
        options = _SYNCHRONISED[synchronised]
        async with AsyncSession(self._single, expire_on_commit=False, execution_options=options) as session:
            yield session

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """A session that only reads."""
        return self.single()

    async def ping(self) -> None:
        """Raises where the database can't be reached."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


def _refuse_closed(connection: DBAPIConnection, record: object, proxy: object) -> None:
    """Has the pool open another connection where the server has closed this one.

    asyncpg hears of that at once, so asking costs nothing; SQLAlchemy's pre-ping would cost three round trips.
    """
    driver = cast(_Closable, connection.driver_connection)
    if driver.is_closed():
        raise DisconnectionError


def _dump_json(value: object) -> str:
    return orjson.dumps(value).decode()


def asyncpg_url(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+asyncpg://" + url.removeprefix(plain)
    return url


_AWAY = ("08", "57P", "53300", "25P03", "40P01")
"""SQLSTATEs of what passes (PostgreSQL's manual, appendix A): a server that goes, comes or is full; a transaction that
idled for too long; a deadlock."""


def is_connection_lost(error: BaseException) -> bool:
    """Whether `error` says that the database is away or too busy, rather than that a statement was wrong.

    It may be SQLAlchemy's, or asyncpg's own (see models.readers).
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    said = error.orig if isinstance(error, DBAPIError) else error
    if str(getattr(said, "sqlstate", None) or "").startswith(_AWAY):
        return True
    if isinstance(error, asyncpg.InterfaceError):  # of a connection that is closed, unless it is about a value
        return not isinstance(error, ValueError)
    return isinstance(error, InterfaceError | OperationalError | PoolTimeout | ConnectionError | TimeoutError | OSError)
