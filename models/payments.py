"""What was paid, given back and disputed, and what of it has reached the ledger.

Everything here is computed from what the vendor says of a payment as it is now, not from what an event says: so events
may come in any order, twice, or late. Whoever calls has locked the account; the vendor was asked at `as_of`, and what
was asked for earlier than what is known already changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, exists, func, select, update
from sqlmodel import Column, Field, SQLModel, col

from models import billing, lots
from models.accounts import Account
from models.billing import Cause
from models.database import Session, UtcTime
from models.stories import Story


class Payment(SQLModel, table=True):
    """One payment, by the vendor's id of its checkout session or invoice.

    `credits` is what it is worth; `due_back` how many of them are to go with the money that went back, since
    `refunded_at`, and `taken_back` how many went. `changes` counts how often that changed.
    """

    __tablename__ = "payments"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: str = Field(primary_key=True, max_length=255)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False, index=True))
    subscription_id: str | None = Field(default=None, max_length=255)
    amount_minor: int
    currency: str = Field(max_length=3)
    credits: int
    refunded_minor: int = 0
    refunded_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    due_back: int = 0
    taken_back: int = 0
    disputed: bool = False
    changes: int = 0
    as_of: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    created_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now(), index=True)
    )


@dataclass(frozen=True, slots=True)
class Money:
    """What was paid, in minor units; `refunded_minor` is what went back, by refunds and by disputes that were lost.

    `disputed` while somebody else decides whose it is.
    """

    amount_minor: int
    currency: str
    refunded_minor: int = 0
    disputed: bool = False


async def now(session: Session) -> datetime:
    """The database's clock: what `as_of` is read from, before the vendor is asked."""
    return (await session.execute(select(func.clock_timestamp()))).scalar_one()


async def pack_was_paid(
    session: Session, account_id: UUID, id: str, credits: int, money: Money, as_of: datetime
) -> list[str]:
    """Grants a pack once, and follows what became of its money. Gives what has changed, in words."""
    payment = await session.get(Payment, id, populate_existing=True)
    changed: list[str] = []
    if payment is None:
        payment = _payment(account_id, id, credits, money, as_of)
        session.add(payment)
        await billing.grant(session, account_id, credits, Cause.PACK, f"pack:{id}")
        changed.append(f"{id}: {credits} credits granted for a pack")
    return changed + await _follow_money(session, payment, money, as_of)


async def months_were_paid(
    session: Session,
    account_id: UUID,
    id: str,
    subscription_id: str,
    months: dict[datetime, int],
    worth: int,
    money: Money,
    as_of: datetime,
) -> list[str]:
    """Grants the months that an invoice pays for, by their ends, up to so many credits each, and follows its money.

    `worth` is how many credits are the invoice's own: for an upgrade, the difference. Gives what has changed, in words.
    """
    changed: list[str] = []
    payment = await session.get(Payment, id, populate_existing=True)
    if payment is None:
        # The first time only: a month that is paid stays what it was when the catalog changes.
        for month_ends_at, credits in sorted(months.items()):
            granted = await lots.raise_month(session, account_id, subscription_id, month_ends_at, credits)
            if granted:
                changed.append(f"{id}: {granted} credits granted for the month that ends on {month_ends_at:%Y-%m-%d}")
        payment = _payment(account_id, id, worth, money, as_of)
        payment.subscription_id = subscription_id
        session.add(payment)
    return changed + await _follow_money(session, payment, money, as_of)


async def payments_since(session: Session, within: timedelta) -> list[str]:
    """The ids of payments that were first told of within that time."""
    found = await session.execute(
        select(col(Payment.id)).where(col(Payment.created_at) > func.now() - within).order_by(col(Payment.created_at))
    )
    return list(found.scalars())


def _payment(account_id: UUID, id: str, credits: int, money: Money, as_of: datetime) -> Payment:
    return Payment(
        id=id,
        account_id=account_id,
        amount_minor=money.amount_minor,
        currency=money.currency,
        credits=credits,
        as_of=as_of,
    )


async def _follow_money(session: Session, payment: Payment, money: Money, as_of: datetime) -> list[str]:
    """Takes back credits with money that went back, as far as they are unspent, and freezes while it is disputed."""
    await session.flush()
    if as_of < payment.as_of:
        return []
    payment.as_of = as_of
    changed: list[str] = []
    if money.refunded_minor != payment.refunded_minor:
        changed.append(await _refund(session, payment, money))
    if money.disputed != payment.disputed:
        payment.disputed = money.disputed
        await session.flush()
        await _freeze(session, payment.account_id)
        changed.append(f"{payment.id}: {'disputed' if money.disputed else 'not disputed any more'}")
    await session.flush()
    return changed


async def _refund(session: Session, payment: Payment, money: Money) -> str:
    """In proportion, rounded in the family's favour. A refund that failed gives back what it had taken."""
    paid = max(1, payment.amount_minor)
    due_back = payment.credits * min(money.refunded_minor, paid) // paid
    difference = due_back - payment.due_back
    if difference > 0:
        payment.refunded_at = await now(session)
        moved = await _take(session, payment, difference)
    else:
        moved = -max(0, payment.taken_back - due_back)
        await billing.grant(session, payment.account_id, -moved, Cause.REFUND, _next_key(payment))
        payment.taken_back += moved
    payment.refunded_minor, payment.due_back = money.refunded_minor, due_back
    return f"{payment.id}: {payment.refunded_minor} of {payment.amount_minor} went back, {moved} credits with it"


async def _take(session: Session, payment: Payment, credits: int) -> int:
    """As far as they are available; gives how many those were."""
    await lots.draw(session, payment.account_id)
    taken = await billing.take_back(session, payment.account_id, credits, Cause.REFUND, _next_key(payment))
    await lots.forget_taken(session, payment.account_id, payment.subscription_id, taken)
    payment.taken_back += taken
    return taken


def _next_key(payment: Payment) -> str:
    payment.changes += 1
    return f"refund:{payment.id}:{payment.changes}"


async def take_what_was_held(session: Session, story: Story, released: int) -> None:
    """Takes back what a story has just given back, where money went back while the story held it.

    It was unspent then, and out of reach. What was set aside after the refund was paid by other money. The caller has
    locked the account.
    """
    owing = await session.execute(
        select(Payment)
        .where(col(Payment.account_id) == story.account_id, col(Payment.due_back) > col(Payment.taken_back))
        .order_by(col(Payment.refunded_at))
        .execution_options(populate_existing=True)
    )
    for payment in owing.scalars():
        if payment.refunded_at is None:
            continue
        held = released + await billing.held_since_before(session, story, payment.refunded_at)
        credits = min(released, held, payment.due_back - payment.taken_back)
        if credits > 0:
            released -= await _take(session, payment, credits)
    await session.flush()


async def _freeze(session: Session, account_id: UUID) -> None:
    disputed = exists().where(col(Payment.account_id) == account_id, col(Payment.disputed))
    await session.execute(update(Account).where(col(Account.id) == account_id).values(frozen=disputed))
