"""Errands: work in the background that is about an account, and that nobody may forget.

One row each, under the sweeper's eyes: `due_at` says when it is next to be run, whoever runs it. To take an errand is
to push `due_at` into the future, which is its lease; a worker that dies leaves it to the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, case, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word

LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
MOST_ATTEMPTS = 20
LONGEST_PAUSE_S = 600


class ErrandKind(StrEnum):
    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105  # no password
    DELETE_ACCOUNT = "DELETE_ACCOUNT"
    EXPORT_DATA = "EXPORT_DATA"


class ErrandStatus(StrEnum):
    WAITING = "WAITING"
    WORKING = "WORKING"
    DONE = "DONE"
    FAILED = "FAILED"


class Errand(SQLModel, table=True):
    """`due_at` is empty when nothing is left to do. `attempts` is the fence: who has a lower number changes nothing.

    `email` is whom a letter goes to, known to have an account or not, and is forgotten when the errand is done.
    `outcome` is what came of it: a receipt of what was removed, or where an export lies.
    """

    __tablename__ = "errands"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (Index("errands_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: ErrandKind = Field(sa_column=Column(word(ErrandKind), nullable=False))
    account_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("accounts.id"), nullable=True, index=True)
    )
    email: str | None = Field(default=None, max_length=254)
    status: ErrandStatus = Field(default=ErrandStatus.WAITING, sa_column=Column(word(ErrandStatus), nullable=False))
    attempts: int = 0
    due_at: datetime | None = Field(
        default=None, sa_column=Column(UtcTime, nullable=True, server_default=func.clock_timestamp())
    )
    outcome: dict[str, object] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, index=True))


async def add_errand(
    session: Session, kind: ErrandKind, *, account_id: UUID | None = None, email: str | None = None
) -> Errand:
    values = {"id": uuid4(), "kind": kind, "account_id": account_id, "email": email, "attempts": 0}
    found = await session.execute(
        insert(Errand).values(**values, status=ErrandStatus.WAITING, due_at=func.clock_timestamp()).returning(Errand)
    )
    return found.scalar_one()


async def claim_errand(session: Session, errand_id: UUID) -> Errand | None:
    """Takes an errand that is due, for LEASE; None where it is not, or somebody else's at this moment."""
    found = await session.execute(
        update(Errand)
        .where(col(Errand.id) == errand_id, col(Errand.due_at) <= func.clock_timestamp())
        .values(
            attempts=col(Errand.attempts) + 1,
            due_at=func.clock_timestamp() + LEASE,
            status=case((col(Errand.status) == ErrandStatus.WAITING, ErrandStatus.WORKING), else_=col(Errand.status)),
        )
        .returning(Errand)
    )
    return found.scalar_one_or_none()


class LostErrand(Exception):
    """Somebody else has taken the errand over, or it is no more: stop, change nothing."""


async def keep_errand(session: Session, errand: Errand) -> None:
    """Renews the lease of a long one. Raises LostErrand."""
    if not await _change(session, errand, {"due_at": func.clock_timestamp() + LEASE}):
        raise LostErrand


async def finish_errand(
    session: Session, errand: Errand, outcome: Mapping[str, object] | None = None, again_in: timedelta | None = None
) -> bool:
    """Done. `again_in` has it run once more, to clear away what it has left. Says whether it was still ours."""
    values: dict[str, object] = {
        "status": ErrandStatus.DONE,
        "outcome": None if outcome is None else dict(outcome),
        "email": None,
        "attempts": 0,
        "finished_at": func.coalesce(col(Errand.finished_at), func.clock_timestamp()),
        "due_at": None if again_in is None else func.clock_timestamp() + again_in,
    }
    return await _change(session, errand, values)


async def postpone_errand(
    session: Session, errand: Errand, pause: timedelta, outcome: Mapping[str, object] | None = None
) -> bool:
    """Goes on after a pause, which is no failure. `outcome` is what is known so far."""
    values: dict[str, object] = {"due_at": func.clock_timestamp() + pause, "attempts": 0}
    if outcome is not None:
        values["outcome"] = dict(outcome)
    return await _change(session, errand, values)


async def errand_failed(session: Session, errand: Errand) -> bool:
    """Has it tried again, later each time, MOST_ATTEMPTS times in all: for about two hours.

    A deletion is tried for ever: nobody can sign in any more to ask for it again.
    """
    hopeless = errand.attempts >= MOST_ATTEMPTS and errand.kind is not ErrandKind.DELETE_ACCOUNT
    pause = timedelta(seconds=min(LONGEST_PAUSE_S, 2 ** min(errand.attempts, 10)))
    values: dict[str, object] = {"due_at": None if hopeless else func.clock_timestamp() + pause}
    if hopeless:
        values |= {"status": ErrandStatus.FAILED, "email": None, "finished_at": func.clock_timestamp()}
    return await _change(session, errand, values)


async def _change(session: Session, errand: Errand, values: dict[str, object]) -> bool:
    found = await session.execute(
        update(Errand)
        .where(col(Errand.id) == errand.id, col(Errand.attempts) == errand.attempts)
        .values(values)
        .returning(col(Errand.id))
    )
    return found.scalar_one_or_none() is not None


async def drop_errands(session: Session, account_id: UUID) -> None:
    """What else was to be done for an account that is going; its deletion stays."""
    await session.execute(
        delete(Errand).where(col(Errand.account_id) == account_id, col(Errand.kind) != ErrandKind.DELETE_ACCOUNT)
    )


async def errands_to_ask_for(session: Session, limit: int) -> list[UUID]:
    found = await session.execute(
        select(col(Errand.id))
        .where(col(Errand.due_at) < func.clock_timestamp() - timedelta(seconds=1))
        .order_by(col(Errand.due_at))
        .limit(limit)
    )
    return list(found.scalars())


async def forget_errands(session: Session) -> None:
    """Receipts of deletions are kept for good; everything else that is done, for KEPT."""
    await session.execute(
        delete(Errand).where(
            col(Errand.finished_at) < func.now() - KEPT,
            col(Errand.due_at).is_(None),
            col(Errand.kind) != ErrandKind.DELETE_ACCOUNT,
        )
    )


async def errand_of(
    session: Session, errand_id: UUID, kind: ErrandKind, account_id: UUID | None = None
) -> Errand | None:
    """An errand of this kind; `account_id`, where given, has to be whom it is about."""
    wanted = select(Errand).where(col(Errand.id) == errand_id, col(Errand.kind) == kind)
    if account_id is not None:
        wanted = wanted.where(col(Errand.account_id) == account_id)
    return (await session.execute(wanted)).scalar_one_or_none()


async def open_errand(session: Session, kind: ErrandKind, account_id: UUID) -> Errand | None:
    """One of this kind that has been asked for and is neither done nor given up."""
    found = await session.execute(
        select(Errand)
        .where(
            col(Errand.kind) == kind,
            col(Errand.account_id) == account_id,
            col(Errand.status).in_((ErrandStatus.WAITING, ErrandStatus.WORKING)),
        )
        .limit(1)
    )
    return found.scalar_one_or_none()
