"""Alembic's door: runs in the connection that models.migrations hands over, or opens one for the command line."""

import asyncio
import importlib
import os
import pkgutil
from typing import Literal

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import AutoString, SQLModel

import models
from models.database import Json, asyncpg_url

for module in pkgutil.iter_modules(models.__path__, "models."):
    importlib.import_module(module.name)  # which is what makes alembic see the tables in it


def render(kind: str, thing: object, _: object) -> str | Literal[False]:
    """Migrations must still run when our own column types have changed, so they name the plain ones."""
    if kind == "type" and isinstance(thing, Json):
        return "postgresql.JSONB(none_as_null=True)"
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String({thing.length or ''})"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_alone() -> None:
    engine = create_async_engine(asyncpg_url(os.environ["DATABASE_URL"]), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(migrate_alone())
