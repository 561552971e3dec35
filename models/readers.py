"""Connections that only read: statements compiled once, prepared once on each connection, and rows as they come.

SQLAlchemy writes these statements, and nothing of it stands between them and asyncpg when they run: that is the
larger part of what a small read costs otherwise. Who may read what is said by the same functions as everywhere
(`readable_by`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, cast
from uuid import UUID

import asyncpg
from sqlalchemy import Executable, bindparam
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.engine import URL, make_url

from models.database import asyncpg_url

Row = Sequence[Any]  # columns of many types

SERVER_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "10000",
    # All of these look rows up by key. A plan for any key is as good as one for this key, and is made once.
    "plan_cache_mode": "force_generic_plan",
}
COMMAND_S = 15.0
"""For a server that is frozen, or a network that has gone; the server itself ends a statement before."""
CONNECT_S = 5.0
WAIT_S = 10.0
MOST_PREPARED = 200
"""Statements of one connection."""


class Statement:
    """A SELECT, compiled once. Its parameters have names, all of them: a plan is made once for all values.

    Raises ValueError where a value stands in it that has no name.
    """

    def __init__(self, select: Executable) -> None:
        compiled = cast(Any, select).compile(dialect=dialect.dialect())  # a ClauseElement too, which Executable hides
        self.text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        if any(value is not None for value in compiled.params.values()):
            raise ValueError(f"a value without a name in {self.text}")

    def values(self, given: Mapping[str, object]) -> list[object]:
        """In the order in which the text counts them."""
        return [given[name] for name in self._names]


class _Prepared(Protocol):
    async def fetch(self, *values: object) -> list[Row]: ...


class _Connection(Protocol):
    def is_closed(self) -> bool: ...

    def terminate(self) -> None: ...

    async def close(self) -> None: ...

    async def prepare(self, query: str) -> _Prepared: ...


class _Reader:
    """One connection, and the statements that are prepared on it."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self._prepared: OrderedDict[str, _Prepared] = OrderedDict()

    async def fetch(self, text: str, values: Sequence[object]) -> list[Row]:
        try:
            return await (await self._of(text)).fetch(*values)
        except asyncpg.InvalidCachedStatementError:  # a migration has changed the type of what it gives
            self._prepared.clear()
            return await (await self._of(text)).fetch(*values)

    async def _of(self, text: str) -> _Prepared:
        prepared = self._prepared.get(text)
        if prepared is None:
            prepared = self._prepared[text] = await self.connection.prepare(text)
            if len(self._prepared) > MOST_PREPARED:
                self._prepared.popitem(last=False)
        return prepared


_connect = cast(
    "Callable[..., Awaitable[_Connection]]",
    asyncpg.connect,  # pyright: ignore[reportUnknownMemberType]  # asyncpg ships no types
)


def _arguments(url: URL) -> dict[str, object]:
    """What SQLAlchemy would have asyncpg called with: asyncpg itself reads URLs otherwise, and knows no `ssl` there."""
    _, given = cast("tuple[object, dict[str, object]]", dialect.dialect().create_connect_args(url))
    return {name: value for name, value in given.items() if not name.startswith("prepared_statement_")}


class Readers:
    """At most `size` connections, opened when they are needed. Who finds none free waits for one, in order.

    `asked` counts the statements that have been run.
    """

    def __init__(self, url: str, size: int) -> None:
        self._url = make_url(asyncpg_url(url))
        self._size = size
        self.asked = 0
        self._open = 0
        self._free: list[_Reader] = []
        self._waiting: deque[asyncio.Future[_Reader | None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    async def fetch(self, statement: Statement, given: Mapping[str, object]) -> list[Row]:
        """Every row. Raises asyncpg's errors, and OSError or TimeoutError where the database is away."""
        reader = await self._taken()
        self.asked += 1
        try:
            rows = await reader.fetch(statement.text, statement.values(given))
        except asyncpg.PostgresError:  # of the statement; the connection is as it was
            self._give_back(reader)
            raise
        except BaseException:
            # Who was cancelled has asyncpg ask the server to stop, in the background; closing waits until it has. Any
            # other error leaves it open what state the connection is in.
            self._leave(reader)
            raise
        self._give_back(reader)
        return rows

    async def close(self) -> None:
        for reader in self._free:
            self._leave(reader)
        self._free.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _taken(self) -> _Reader:
        while self._free:
            reader = self._free.pop()
            if not reader.connection.is_closed():
                return reader
            self._open -= 1
        if self._open < self._size:
            self._open += 1
            return await self._opened()
        turn: asyncio.Future[_Reader | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_S):
                given = await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            raise
        return await self._opened() if given is None else given

    async def _opened(self) -> _Reader:
        """Opens the connection whose place is taken already."""
        try:
            ours = {"timeout": CONNECT_S, "command_timeout": COMMAND_S, "server_settings": SERVER_SETTINGS}
            connection = await _connect(**{**_arguments(self._url), **ours})
        except BaseException:
            self._pass_on(None)
            raise
        return _Reader(connection)

    def _give_back(self, reader: _Reader) -> None:
        self._pass_on(None if reader.connection.is_closed() else reader)

    def _pass_on(self, reader: _Reader | None) -> None:
        """Gives a connection, or with None the place of one, to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(reader)
                return
        if reader is None:
            self._open -= 1  # only now: a place that is on its way to somebody is nobody else's
        else:
            self._free.append(reader)

    def _leave(self, reader: _Reader) -> None:
        task = asyncio.get_running_loop().create_task(self._closed(reader))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _closed(self, reader: _Reader) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                await reader.connection.close()
        except Exception:  # it is gone either way
            reader.connection.terminate()
        finally:
            self._pass_on(None)


def named(name: str) -> Any:  # it takes the type of what it is compared with
    """A parameter of a statement."""
    return cast(Any, bindparam)(name)


def account() -> UUID:
    """The parameter `account`, for functions that say what an account may read."""
    return cast(UUID, named("account"))
