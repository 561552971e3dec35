"""Everything that is stored about a person, found by the tables' own foreign keys: a table that is added later is
taken out, and shown to its owner, without anybody having to think of it.

What goes with an account is what PostgreSQL would remove with it: the tables whose rows hang on it, or on one of its
stories, by ON DELETE CASCADE. The BOOKS hang on it without: their rows stay, and so does the account's row, but
without the person.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlmodel import SQLModel, col

from models.accounts import Account
from models.characters import Character
from models.database import Session
from models.pages import Page
from models.stories import Story

BOOKS = ("ledger", "customers", "checkouts", "payments", "subscriptions", "monthly_lots")
"""What stays when the account goes: who has paid for what, and what came of it."""
SECRET_COLUMNS = frozenset({"password_hash", "digest"})
"""Not told even to their owner: whoever reads an export must not become able to sign in."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """One table's rows of an account."""

    table: Table
    mine: ColumnElement[bool]


def belongings(account_id: UUID) -> list[Belongings]:
    """The tables whose rows go with the account, those that hang on others after these."""
    found: dict[Table, ColumnElement[bool]] = {}
    accounts = SQLModel.metadata.tables["accounts"]
    for table in SQLModel.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table
            if key.ondelete != "CASCADE" or table in found:
                continue
            if parent is accounts:
                found[table] = key.parent == account_id
            elif parent in found:
                found[table] = key.parent.in_(select(key.column).where(found[parent]))
    return [Belongings(table, mine) for table, mine in found.items()]


async def story_ids(session: Session, account_id: UUID) -> list[UUID]:
    """All of the account's stories, also those that were deleted and still have rows."""
    found = await session.execute(select(col(Story.id)).where(col(Story.account_id) == account_id))
    return list(found.scalars())


async def character_ids(session: Session, account_id: UUID) -> list[UUID]:
    found = await session.execute(select(col(Character.id)).where(col(Character.account_id) == account_id))
    return list(found.scalars())


async def counted(session: Session, account_id: UUID) -> dict[str, int]:
    """How many rows there are of each table, and how many pictures and recordings."""
    counts: dict[str, int] = {}
    for each in belongings(account_id):
        found = await session.execute(select(func.count()).select_from(each.table).where(each.mine))
        counts[str(each.table.name)] = found.scalar_one()
    of_stories = col(Page.story_id).in_(select(col(Story.id)).where(col(Story.account_id) == account_id))
    portraits = select(func.count(col(Character.portrait))).where(col(Character.account_id) == account_id)
    files = await session.execute(select(func.count(col(Page.image)), func.count(col(Page.audio))).where(of_stories))
    pictures, recordings = files.one()
    counts["pictures"] = pictures + (await session.execute(portraits)).scalar_one()
    counts["recordings"] = recordings
    return counts


async def erase(session: Session, account_id: UUID) -> None:
    """Removes every row that goes with the account, and the person from the account's own row."""
    for each in reversed(belongings(account_id)):
        await session.execute(delete(each.table).where(each.mine))
    await forget_person(session, account_id)


async def forget_person(session: Session, account_id: UUID) -> None:
    """Nobody can sign in to the account any more, its address is free, and its row says nothing of anybody."""
    values: dict[str, object] = {
        "email": f"{account_id}@deleted.invalid",
        "email_verified_at": None,
        "password_hash": "",
        "display_name": None,
        "deleted_at": func.coalesce(col(Account.deleted_at), func.now()),
    }
    await session.execute(update(Account).where(col(Account.id) == account_id).values(values))


async def rows_of(session: Session, account_id: UUID) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
    """Everything that is stored about the account, row by row, each with its table's name; never all at once.

    Rows are of many shapes; secrets are left out.
    """
    accounts = SQLModel.metadata.tables["accounts"]
    books = [SQLModel.metadata.tables[name] for name in BOOKS]
    for each in [
        Belongings(accounts, accounts.c.id == account_id),
        *belongings(account_id),
        *(Belongings(table, table.c.account_id == account_id) for table in books),
    ]:
        columns = [column for column in each.table.columns if column.name not in SECRET_COLUMNS]
        found = await session.stream(select(*columns).where(each.mine).execution_options(yield_per=100))
        async for row in found.mappings():
            yield str(each.table.name), dict(row)


async def media_keys_of(session: Session, account_id: UUID) -> AsyncGenerator[str]:
    """The keys of all pictures and recordings that can be seen and heard now."""
    portraits = select(col(Character.portrait)).where(col(Character.account_id) == account_id)
    of_stories = col(Page.story_id).in_(select(col(Story.id)).where(col(Story.account_id) == account_id))
    pages = select(col(Page.image), col(Page.audio)).where(of_stories)
    for statement in (portraits, pages):
        found = await session.stream(statement.execution_options(yield_per=100))
        async for row in found:
            for file in row:
                if file is not None:
                    yield file.key
