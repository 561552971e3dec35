"""Events and asks that are noted in the transaction of what caused them, and leave after its commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    Select,
    Update,
    any_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word


class OutboxKind(StrEnum):
    EVENT = "EVENT"
    ASK = "ASK"


class OutboxRow(SQLModel, table=True):
    """One thing to send. `key` makes sending it twice the same as once; `fence` is the story's generation."""

    __tablename__ = "outbox"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        Index("outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),
        Index("outbox_unsent_of_story", "story_id", "id", postgresql_where=text("sent_at IS NULL")),
        Index("outbox_sent", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    kind: OutboxKind = Field(sa_column=Column(word(OutboxKind), nullable=False))
    story_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("stories.id", ondelete="CASCADE"), nullable=True)
    )
    key: str
    fence: int = 0
    payload: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.clock_timestamp())
    )
    sent_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


async def unsent_events_of(session: Session, story_id: UUID) -> list[OutboxRow]:
    return list((await session.execute(_unsent_events(), {"story": story_id})).scalars())


@cache
def _unsent_events() -> Select[OutboxRow]:
    return (
        select(OutboxRow)
        .where(
            col(OutboxRow.story_id) == bindparam("story"),
            col(OutboxRow.sent_at).is_(None),
            col(OutboxRow.kind) == OutboxKind.EVENT,
        )
        .order_by(col(OutboxRow.id))
    )


async def unsent(session: Session, older_than: timedelta, limit: int) -> list[OutboxRow]:
    return list((await session.execute(_unsent(), {"age": older_than, "most": limit})).scalars())


def left_behind(older_than: ColumnElement[timedelta] | timedelta) -> tuple[ColumnElement[bool], ...]:
    """Rows that nobody has sent, though there was time for it."""
    return col(OutboxRow.sent_at).is_(None), col(OutboxRow.created_at) < func.clock_timestamp() - older_than


@cache
def _unsent() -> Select[OutboxRow]:
    return (
        select(OutboxRow)
        .where(*left_behind(bindparam("age", type_=Interval())))
        .order_by(col(OutboxRow.id))
        .limit(bindparam("most", type_=Integer()))
    )


async def mark_sent(session: Session, ids: Sequence[int]) -> None:
    await session.execute(_marking(), {"ids": ids})


@cache
def _marking() -> Update:
    # In the order of their ids: two processes that send the same rows must not wait for each other crosswise.
    of_ids = col(OutboxRow.id) == any_(bindparam("ids", type_=ARRAY(BigInteger())))
    rows = select(col(OutboxRow.id)).where(of_ids, col(OutboxRow.sent_at).is_(None))
    locked = rows.order_by(col(OutboxRow.id)).with_for_update()
    return update(OutboxRow).where(col(OutboxRow.id).in_(locked)).values(sent_at=func.clock_timestamp())


async def forget_sent(session: Session, older_than: timedelta) -> None:
    await session.execute(delete(OutboxRow).where(col(OutboxRow.sent_at) < func.clock_timestamp() - older_than))
