"""Events that the payments' vendor has told us of: each counts once, with what it sets off, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime

KEPT = timedelta(days=90)
"""Stripe tells an event again for three days, and an operator may have it told again for thirty."""


class HeardEvent(SQLModel, table=True):
    """`id` and `kind` are the vendor's. What an event was about is not kept: it is fetched as it is now."""

    __tablename__ = "heard_events"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: str = Field(primary_key=True, max_length=255)
    kind: str = Field(max_length=255)
    heard_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now(), index=True)
    )


async def was_heard(session: Session, id: str) -> bool:
    return (await session.execute(select(exists().where(col(HeardEvent.id) == id)))).scalar_one()


async def hear(session: Session, id: str, kind: str) -> bool:
    """Notes an event; False where it was heard before."""
    row = insert(HeardEvent).values(id=id, kind=kind).on_conflict_do_nothing().returning(col(HeardEvent.id))
    return (await session.execute(row)).scalar_one_or_none() is not None


async def forget_old_events(session: Session) -> None:
    await session.execute(delete(HeardEvent).where(col(HeardEvent.heard_at) < func.now() - KEPT))
