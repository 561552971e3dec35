"""Monthly credits: granted once for a paid month, and gone when the month after it has gone by.

Credits are all alike in an account's pots. What of a month is left is told by what was used since: credits that end
first are used first, and what is set aside for a story counts as used. `accounts.drawn` says up to where that has been
counted; it only rises, so what a story gives back never shortens a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, func, select, update
from sqlmodel import Column, Field, SQLModel, col

from models import billing
from models.accounts import Account
from models.billing import Cause
from models.database import Session, UtcTime

ROLLED_OVER = timedelta(days=31)
"""How long after its month what is unspent can still be used."""


class MonthlyLot(SQLModel, table=True):
    """The credits of one paid month: `credits` granted so far, `left` of them unused."""

    __tablename__ = "monthly_lots"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (CheckConstraint('"left" >= 0 AND "left" <= credits', name="left"),)

    subscription_id: str = Field(primary_key=True, max_length=255)
    month_ends_at: datetime = Field(sa_column=Column(UtcTime, primary_key=True))
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False, index=True))
    credits: int
    left: int
    ends_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))


async def raise_month(
    session: Session, account_id: UUID, subscription_id: str, month_ends_at: datetime, credits: int
) -> int:
    """Sees to it that a paid month holds `credits`, and gives how many were granted for that.

    So a month is granted once however often it is told of, and an upgrade within it grants the difference, in whatever
    order the two are heard of. The caller has locked the account.
    """
    lot = await session.get(MonthlyLot, (subscription_id, month_ends_at), populate_existing=True)
    before = 0 if lot is None else lot.credits
    missing = credits - before
    if missing <= 0:
        return 0
    await draw(session, account_id)
    key = f"month:{subscription_id}:{round(month_ends_at.timestamp())}:{credits}"
    await billing.grant(session, account_id, missing, Cause.PLAN, key)
    now = (await session.execute(select(func.now()))).scalar_one()
    # A month that is told of, or added to, when it has long gone by can still be used for as long as any other.
    ends_at = max(month_ends_at, now) + ROLLED_OVER
    if lot is None:
        lot = MonthlyLot(
            subscription_id=subscription_id,
            month_ends_at=month_ends_at,
            account_id=account_id,
            credits=0,
            left=0,
            ends_at=ends_at,
        )
        session.add(lot)
    lot.credits, lot.left, lot.ends_at = credits, lot.left + missing, ends_at
    await session.flush()
    return missing


async def draw(session: Session, account_id: UUID) -> None:
    """Counts what was used since the last time against the months, those that end first first.

    The caller has locked the account.
    """
    found = await session.execute(
        select(col(Account.reserved) + col(Account.spent), col(Account.drawn)).where(col(Account.id) == account_id)
    )
    used, drawn = found.one()
    if used <= drawn:
        return
    await session.execute(update(Account).where(col(Account.id) == account_id).values(drawn=used))
    _take_from(await _with_credits(session, account_id), used - drawn)
    await session.flush()


async def forget_taken(session: Session, account_id: UUID, subscription_id: str | None, credits: int) -> None:
    """Credits that were taken back with a refund are not left of the subscription's months any more.

    Nor is more left of all months than there is: a pack's refund takes what does not end first, and then of these.
    """
    lots = await _with_credits(session, account_id)
    _take_from([lot for lot in lots if lot.subscription_id == subscription_id], credits)
    found = await session.execute(select(col(Account.available)).where(col(Account.id) == account_id))
    _take_from(lots, max(0, sum(lot.left for lot in lots) - found.scalar_one()))
    await session.flush()


async def end_months(session: Session, account_id: UUID) -> int:
    """Takes back what is left of months that have ended; gives how many credits. The caller has locked the account."""
    await draw(session, account_id)
    found = await session.execute(
        select(MonthlyLot)
        .where(
            col(MonthlyLot.account_id) == account_id, col(MonthlyLot.left) > 0, col(MonthlyLot.ends_at) <= func.now()
        )
        .order_by(col(MonthlyLot.ends_at), col(MonthlyLot.subscription_id))
    )
    ended = 0
    for lot in found.scalars():
        key = f"ended:{lot.subscription_id}:{round(lot.month_ends_at.timestamp())}:{lot.credits}"
        ended += await billing.take_back(session, account_id, lot.left, Cause.EXPIRED, key)
        lot.left = 0
    await session.flush()
    return ended


async def accounts_with_ended_months(session: Session, limit: int) -> list[UUID]:
    found = await session.execute(
        select(col(MonthlyLot.account_id))
        .where(col(MonthlyLot.left) > 0, col(MonthlyLot.ends_at) <= func.now())
        .distinct()
        .limit(limit)
    )
    return list(found.scalars())


async def _with_credits(session: Session, account_id: UUID) -> Sequence[MonthlyLot]:
    found = await session.execute(
        select(MonthlyLot)
        .where(col(MonthlyLot.account_id) == account_id, col(MonthlyLot.left) > 0)
        .order_by(col(MonthlyLot.ends_at), col(MonthlyLot.subscription_id), col(MonthlyLot.month_ends_at))
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


def _take_from(lots: Sequence[MonthlyLot], credits: int) -> None:
    for lot in lots:
        taken = min(lot.left, credits)
        lot.left -= taken
        credits -= taken
