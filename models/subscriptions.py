"""What accounts subscribe to, as the payments' vendor last said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word


class SubscriptionState(StrEnum):
    WAITING = "WAITING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


LIVE = (SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE, SubscriptionState.PAUSED)
"""States in which nobody may subscribe a second time."""


class Subscription(SQLModel, table=True):
    """`plan` is a key of plans.toml, or None for a price that it does not know. `as_of`: when the vendor was asked."""

    __tablename__ = "subscriptions"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: str = Field(primary_key=True, max_length=255)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False, index=True))
    plan: str | None = Field(default=None, max_length=40)
    state: SubscriptionState = Field(sa_column=Column(word(SubscriptionState), nullable=False))
    renews_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    cancels_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    as_of: datetime = Field(sa_column=Column(UtcTime, nullable=False))


async def note_subscription(session: Session, subscription: Subscription) -> bool:
    """Keeps it, unless something newer is known; says whether anything is different now."""
    told = {name: getattr(subscription, name) for name in ("plan", "state", "renews_at", "cancels_at")}
    before = await session.get(Subscription, subscription.id, populate_existing=True)
    if before is not None and before.as_of >= subscription.as_of:
        return False
    row = insert(Subscription).values(
        id=subscription.id, account_id=subscription.account_id, as_of=subscription.as_of, **told
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[col(Subscription.id)],
            set_={name: row.excluded[name] for name in (*told, "as_of")},
            where=col(Subscription.as_of) < row.excluded.as_of,
        )
    )
    return before is None or any(getattr(before, name) != value for name, value in told.items())


async def live_subscriptions(session: Session, account_id: UUID) -> list[Subscription]:
    found = await session.execute(
        select(Subscription)
        .where(col(Subscription.account_id) == account_id, col(Subscription.state).in_(LIVE))
        .order_by(col(Subscription.id))
    )
    return list(found.scalars())


async def overdue_subscriptions(session: Session, by: timedelta) -> list[str]:
    """The ids of those that are live in our books, and ought to have been renewed, or to have ended, so long ago."""
    turned_at = func.coalesce(col(Subscription.renews_at), col(Subscription.cancels_at))
    found = await session.execute(
        select(col(Subscription.id))
        .where(col(Subscription.state).in_(LIVE), turned_at < func.now() - by)
        .order_by(col(Subscription.id))
    )
    return list(found.scalars())


async def newest_of(session: Session, account_ids: Sequence[UUID]) -> dict[UUID, Subscription]:
    """Of each account the subscription to show: one that is live, else the one that ended last."""
    found = await session.execute(
        select(Subscription)
        .where(col(Subscription.account_id).in_(account_ids), col(Subscription.state) != SubscriptionState.WAITING)
        .order_by(col(Subscription.state).in_(LIVE), col(Subscription.as_of))
    )
    return {row.account_id: row for row in found.scalars()}
