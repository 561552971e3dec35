"""Connections that only read, on a real PostgreSQL: none is lost, none is shared, and nothing is left running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlmodel import col

from models.accounts import Account
from models.database import Database
from models.readers import Readers, Row, Statement, named

SLEEP = Statement(select(func.pg_sleep(named("seconds"))))
WHO = Statement(select(func.pg_backend_pid(), func.pg_sleep(named("seconds"))))
CROWD = Statement(
    text(
        "SELECT count(*), min(pg_sleep(:seconds)::text) FROM pg_stat_activity WHERE datname = current_database()"
        " AND (query LIKE 'SELECT pg_sleep%' OR query LIKE 'SELECT count(*), min%')"
    )
)
TWO = 2


@pytest_asyncio.fixture(loop_scope="session")
async def readers(database_url: str) -> AsyncGenerator[Readers]:
    opened = Readers(database_url, TWO)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncGenerator[Database]:
    opened = Database(database_url, 1)
    yield opened
    await opened.close()


async def running(database: Database) -> int:
    """How many statements of others are at work just now."""
    async with database.reading() as session:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
        return (await session.execute(text(asked))).scalar_one()


async def until_running(database: Database, count: int) -> None:
    async with asyncio.timeout(10):
        while await running(database) != count:  # noqa: ASYNC110  it is the server that is waited for
            await asyncio.sleep(0.01)


async def test_more_callers_than_connections_are_all_answered(readers: Readers) -> None:
    answers = await asyncio.gather(*(readers.fetch(WHO, {"seconds": 0.01}) for _ in range(20)))

    assert len({row[0] for rows in answers for row in rows}) <= TWO
    assert readers.asked == 20


async def test_a_statement_that_nobody_waits_for_any_more_is_stopped(readers: Readers, database: Database) -> None:
    asked = [asyncio.create_task(readers.fetch(SLEEP, {"seconds": 60.0})) for _ in range(TWO)]
    await until_running(database, TWO)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)

    assert await readers.fetch(WHO, {"seconds": 0.0})
    await until_running(database, 0)


async def test_who_stops_waiting_for_a_connection_leaves_the_turn_to_the_next(readers: Readers) -> None:
    busy = [asyncio.create_task(readers.fetch(WHO, {"seconds": 0.3})) for _ in range(TWO)]
    await asyncio.sleep(0)
    leaves = asyncio.create_task(readers.fetch(WHO, {"seconds": 0.0}))
    stays = asyncio.create_task(readers.fetch(WHO, {"seconds": 0.0}))
    await asyncio.sleep(0)
    leaves.cancel()

    assert len(await asyncio.gather(*busy, stays)) == TWO + 1


async def test_a_connection_that_the_server_has_closed_is_replaced(readers: Readers, database: Database) -> None:
    ((gone, _),) = await readers.fetch(WHO, {"seconds": 0.0})
    async with database.reading() as session:
        await session.execute(text(f"SELECT pg_terminate_backend({gone})"))
    async with asyncio.timeout(10):
        while True:
            try:
                ((pid, _),) = await readers.fetch(WHO, {"seconds": 0.0})
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
                continue  # it was asked before it had heard
            break

    assert pid != gone


async def test_an_error_of_one_statement_is_not_the_next_ones(readers: Readers) -> None:
    wrong = Statement(select(func.pg_sleep(named("seconds")), text("1 / 0")))
    for _ in range(TWO + 1):
        with pytest.raises(asyncpg.PostgresError):
            await readers.fetch(wrong, {"seconds": 0.0})

    assert await readers.fetch(WHO, {"seconds": 0.0})


async def test_there_are_never_more_connections_than_was_said(readers: Readers, database: Database) -> None:
    """Also where others come at the very moment at which somebody gets the place of a connection that was closed."""
    most = 0
    for _ in range(5):
        leaves, stays = (asyncio.create_task(readers.fetch(SLEEP, {"seconds": 60.0})) for _ in range(TWO))
        await until_running(database, TWO)
        leaves.cancel()
        crowd: list[asyncio.Task[list[Row]]] = []
        while not any(task.done() for task in crowd):
            if len(crowd) < 1000:
                crowd.append(asyncio.create_task(readers.fetch(CROWD, {"seconds": 0.002})))
            await asyncio.sleep(0)
        stays.cancel()
        most = max([most, *(rows[0][0] for rows in await asyncio.gather(*crowd))])
        await asyncio.gather(leaves, stays, return_exceptions=True)

    assert most == TWO


async def test_a_statement_is_prepared_anew_where_a_migration_has_changed_what_it_gives(
    readers: Readers, database: Database
) -> None:
    titles = Statement(text("SELECT title FROM shelf"))
    for change in ("CREATE TABLE shelf (title varchar(10))", "ALTER TABLE shelf ALTER title TYPE varchar(20)"):
        async with database.session() as session:
            await session.execute(text(change))
            await session.commit()

        assert await readers.fetch(titles, {}) == []


async def test_a_url_says_the_same_to_readers_and_to_the_pool(database_url: str) -> None:
    """`ssl`, as SQLAlchemy has it for asyncpg: most databases that are for hire take no others."""
    url = f"{database_url}&ssl=prefer&prepared_statement_cache_size=50"
    readers, database = Readers(url, 1), Database(url, 1)
    try:
        await database.ping()
        assert await readers.fetch(WHO, {"seconds": 0.0})
    finally:
        await readers.close()
        await database.close()


async def test_nothing_can_be_written(readers: Readers) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await readers.fetch(Statement(text("CREATE TABLE written (id int)")), {})


def test_a_value_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name"):
        Statement(select(Account).where(col(Account.email) == "a@example.com"))
