"""Whom the payments' vendor knows as whom, and what they went to its checkout for.

These rows stay when an account goes, as the ledger does: money may come, or go back, long after.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime


class Customer(SQLModel, table=True):
    """The vendor's id of an account. `gone_at`: deleted there; its old payments are still the account's."""

    __tablename__ = "customers"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        Index("customer_of_account", "account_id", unique=True, postgresql_where=text("gone_at IS NULL")),
    )

    id: str = Field(primary_key=True, max_length=255)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False))
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    gone_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class Checkout(SQLModel, table=True):
    """One visit to the vendor's checkout; its id goes there and comes back with the payment.

    `item` is a key of plans.toml, and `credits` what a pack held then; 0 for a plan. `closed_at`: it has been paid, or
    can't be any more.
    """

    __tablename__ = "checkouts"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (Index("checkouts_open", "account_id", postgresql_where=text("closed_at IS NULL")),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False))
    item: str = Field(max_length=40)
    credits: int
    session_id: str | None = Field(default=None, max_length=255, unique=True)
    url: str | None = None
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    closed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


async def customer_of(session: Session, account_id: UUID) -> str | None:
    """The account's present customer."""
    found = await session.execute(
        select(col(Customer.id)).where(col(Customer.account_id) == account_id, col(Customer.gone_at).is_(None))
    )
    return found.scalar_one_or_none()


async def customers_before(session: Session, account_id: UUID) -> int:
    """How many customers the account has been."""
    found = await session.execute(
        select(func.count()).select_from(Customer).where(col(Customer.account_id) == account_id)
    )
    return found.scalar_one()


async def account_of_customer(session: Session, customer: str) -> UUID | None:
    found = await session.execute(select(col(Customer.account_id)).where(col(Customer.id) == customer))
    return found.scalar_one_or_none()


async def remember_customer(session: Session, customer: str, account_id: UUID) -> None:
    """Notes it once, whoever else has just done so."""
    row = insert(Customer).values(id=customer, account_id=account_id)
    await session.execute(row.on_conflict_do_nothing())


async def customer_is_gone(session: Session, customer: str) -> bool:
    """Says whether that was news."""
    found = await session.execute(
        update(Customer)
        .where(col(Customer.id) == customer, col(Customer.gone_at).is_(None))
        .values(gone_at=func.now())
        .returning(col(Customer.id))
    )
    return found.scalar_one_or_none() is not None


async def open_checkouts(session: Session, account_id: UUID) -> list[Checkout]:
    """Those that may still be paid."""
    found = await session.execute(
        select(Checkout).where(col(Checkout.account_id) == account_id, col(Checkout.closed_at).is_(None))
    )
    return list(found.scalars())


async def plans_begun_before(session: Session, checkout: Checkout) -> list[Checkout]:
    """Checkouts of the same account for plans, older than this one, that may still be paid. The account is locked."""
    others = await open_checkouts(session, checkout.account_id)
    return [each for each in others if not each.credits and each.created_at < checkout.created_at]


async def sent_to(session: Session, checkout_id: UUID, session_id: str, url: str) -> bool:
    """Notes where a checkout is paid; False where it has been closed meanwhile. The caller has locked the account."""
    found = await session.execute(
        update(Checkout)
        .where(col(Checkout.id) == checkout_id, col(Checkout.closed_at).is_(None))
        .values(session_id=session_id, url=url)
        .returning(col(Checkout.id))
    )
    return found.scalar_one_or_none() is not None


async def close_checkout(session: Session, checkout_id: UUID) -> None:
    await session.execute(
        update(Checkout)
        .where(col(Checkout.id) == checkout_id, col(Checkout.closed_at).is_(None))
        .values(closed_at=func.now())
    )
