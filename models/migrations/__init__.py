"""The way from any version of the tables to any other: Alembic, asked for by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from models.database import asyncpg_url

LOCK = 7_241_001
"""Any number of our own: two processes that migrate at once take turns."""


async def upgrade(database_url: str, revision: str = "head") -> None:
    """Brings the tables to `revision`. Safe to call from several processes at once, and when there is nothing to do."""
    await _run(database_url, lambda config: command.upgrade(config, revision))


async def downgrade(database_url: str, revision: str) -> None:
    """Takes the tables back to `revision`; `base` removes them all."""
    await _run(database_url, lambda config: command.downgrade(config, revision))


async def check(database_url: str) -> None:
    """Raises alembic's CommandError where the tables of the code and of the migrations differ."""
    await _run(database_url, command.check)


async def _run(database_url: str, action: Callable[[Config], None]) -> None:
    engine = create_async_engine(asyncpg_url(database_url), poolclass=pool.NullPool, connect_args={"timeout": 5})

    def act(connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        action(config)

    try:
        async with asyncio.timeout(120), engine.begin() as connection:
            await connection.run_sync(act)
    finally:
        await engine.dispose()
