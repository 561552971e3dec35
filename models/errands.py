"""Errands: work in the background that is about an account, and that nobody may forget.

One row each, under the sweeper's eyes: `due_at` says when it is next to be run, whoever runs it. To take an errand is
to push `due_at` into the future, which is its lease; a worker that dies leaves it to the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    ForeignKey,
    Index,
    Select,
    Uuid,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or_not
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
    SETTLE_PAYMENT = "SETTLE_PAYMENT"
    END_SUBSCRIPTIONS = "END_SUBSCRIPTIONS"
    RECONCILE = "RECONCILE"


_OF_DELETIONS = (ErrandKind.DELETE_ACCOUNT, ErrandKind.END_SUBSCRIPTIONS)


class ErrandStatus(StrEnum):
    WAITING = "WAITING"
    WORKING = "WORKING"
    DONE = "DONE"
    FAILED = "FAILED"


class Errand(SQLModel, table=True):
    """`due_at` is empty when nothing is left to do. `attempts` is the fence: who has a lower number changes nothing.

    `subject` is what of the payments' vendor a SETTLE_PAYMENT looks at. `email` is whom a letter goes to, known to have
    an account or not, and is forgotten when the errand is done.
    `outcome` is what came of it: a receipt of what was removed, or where an export lies.
    """

    __tablename__ = "errands"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        Index("errands_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("errands_waiting_for_subject", "subject", postgresql_where=text("status = 'WAITING'")),
        Index("errands_one_reconciliation", "kind", unique=True, postgresql_where=text("kind = 'RECONCILE'")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: ErrandKind = Field(sa_column=Column(word(ErrandKind), nullable=False))
    account_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("accounts.id"), nullable=True, index=True)
    )
    email: str | None = Field(default=None, max_length=254)
    subject: str | None = Field(default=None, max_length=300)
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


async def ask_to_settle(session: Session, subject: str) -> UUID | None:
    """A new errand to look at a subject; None where one waits already, which will see what we would.

    One that was claimed before may have looked already, and does not count.
    """
    waiting = exists().where(col(Errand.subject) == subject, col(Errand.status) == ErrandStatus.WAITING)
    columns = {
        "id": literal(uuid4(), Uuid()),
        "kind": literal(ErrandKind.SETTLE_PAYMENT, word(ErrandKind)),
        "subject": literal(subject),
        "status": literal(ErrandStatus.WAITING, word(ErrandStatus)),
        "attempts": literal(0),
    }
    row = insert(Errand).from_select(list(columns), select(*columns.values()).where(~waiting), include_defaults=False)
    return (await session.execute(row.returning(col(Errand.id)))).scalar_one_or_none()


async def plan_reconciliation(session: Session) -> None:
    """Sees to it that there is the one errand that compares the books, night by night."""
    row = insert_or_not(Errand).values(id=uuid4(), kind=ErrandKind.RECONCILE, attempts=0, status=ErrandStatus.WAITING)
    # One that was given up is begun again a day later: something was wrong with it, and by then is perhaps not.
    again = {"status": ErrandStatus.WAITING, "attempts": 0, "due_at": func.clock_timestamp(), "finished_at": None}
    given_up = (col(Errand.status) == ErrandStatus.FAILED) & (col(Errand.finished_at) < func.now() - timedelta(days=1))
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[col(Errand.kind)],
            index_where=text("kind = 'RECONCILE'"),
            set_=again,
            where=given_up,
        )
    )


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

    What a deletion asks for is tried for ever: nobody can sign in any more to ask for it again.
    """
    hopeless = errand.attempts >= MOST_ATTEMPTS and errand.kind not in _OF_DELETIONS
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
    """What else was to be done for an account that is going; its deletion stays, and the end of what it pays for."""
    await session.execute(
        delete(Errand).where(col(Errand.account_id) == account_id, col(Errand.kind).not_in(_OF_DELETIONS))
    )


def errands_to_ask_for(limit: int) -> Select[UUID]:
    """Errands that are due, and that whoever wanted them has had the time to ask for."""
    return (
        select(col(Errand.id))
        .where(col(Errand.due_at) < func.clock_timestamp() - timedelta(seconds=1))
        .order_by(col(Errand.due_at))
        .limit(limit)
    )


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
