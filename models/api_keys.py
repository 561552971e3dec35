"""API keys: what a partner's program shows instead of a person's session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, func, select, update
from sqlmodel import Column, Field, SQLModel, col

from models.accounts import Account
from models.database import Json, Session, UtcTime, word
from models.vocabulary import ApiKeyKind, ApiScope

NOTED_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is: a key that is in use writes its row once a minute, not with every request."""
MOST_LISTED = 100


class ApiKey(SQLModel, table=True):
    """Kept as SHA-256: a key has 192 random bits, so there is nothing to guess that a slow hash would protect.

    `prefix` is how it begins, for people to tell their keys apart. A key of kind SANDBOX makes stories that are free.
    """

    __tablename__ = "api_keys"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(
        sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    name: str = Field(max_length=100)
    kind: ApiKeyKind = Field(sa_column=Column(word(ApiKeyKind), nullable=False))
    prefix: str = Field(max_length=16)
    digest: bytes = Field(unique=True)
    scopes: list[ApiScope] = Field(sa_column=Column(Json(list[ApiScope]), nullable=False))
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


async def key_that_holds(session: Session, **shown: UUID | bytes) -> tuple[ApiKey, Account, bool] | None:
    """The key with this `id` or `digest`, whose it is, and whether its last use was noted long ago."""
    found = await session.execute(
        select(ApiKey, Account, _noted_long_ago())
        .join(Account, col(Account.id) == col(ApiKey.account_id))
        .where(
            *(getattr(ApiKey, name) == value for name, value in shown.items()),
            col(ApiKey.revoked_at).is_(None),
            col(Account.deleted_at).is_(None),
        )
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _noted_long_ago() -> ColumnElement[bool]:
    return func.coalesce(col(ApiKey.last_used_at) < func.now() - NOTED_EVERY, True)


async def note_use(session: Session, key_id: UUID) -> None:
    """Where many requests come at once, the first writes and the others find nothing left to do."""
    await session.execute(
        update(ApiKey).where(col(ApiKey.id) == key_id, _noted_long_ago()).values(last_used_at=func.now())
    )


async def keys_of(session: Session, account_id: UUID) -> Sequence[ApiKey]:
    """Those that hold first, then those that were revoked; the newest of each first, MOST_LISTED in all."""
    found = await session.execute(
        select(ApiKey)
        .where(col(ApiKey.account_id) == account_id)
        .order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.created_at).desc(), col(ApiKey.id))
        .limit(MOST_LISTED)
    )
    return found.scalars().all()


async def key_of(session: Session, account_id: UUID, key_id: UUID) -> ApiKey | None:
    found = await session.execute(select(ApiKey).where(col(ApiKey.account_id) == account_id, col(ApiKey.id) == key_id))
    return found.scalar_one_or_none()


async def count_of_keys(session: Session, account_id: UUID) -> int:
    """How many of the account's keys hold."""
    found = await session.execute(
        select(func.count()).where(col(ApiKey.account_id) == account_id, col(ApiKey.revoked_at).is_(None))
    )
    return found.scalar_one()


async def revoke_key(session: Session, account_id: UUID, key_id: UUID) -> ApiKey | None:
    """Ends a key, once; a second time changes nothing. None where the account has no such key."""
    found = await session.execute(
        update(ApiKey)
        .where(col(ApiKey.account_id) == account_id, col(ApiKey.id) == key_id)
        .values(revoked_at=func.coalesce(col(ApiKey.revoked_at), func.now()))
        .returning(ApiKey)
    )
    return found.scalar_one_or_none()


async def revoke_all_keys(session: Session, account_id: UUID) -> None:
    await session.execute(
        update(ApiKey)
        .where(col(ApiKey.account_id) == account_id, col(ApiKey.revoked_at).is_(None))
        .values(revoked_at=func.now())
    )
