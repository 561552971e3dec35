"""Credits: what things cost, the ledger that nothing is taken back from, and the balance of every account.

An account's credits lie in three pots: `available`, `reserved` for what is being made, and `spent`. Each line of the
ledger is one movement: GRANT into available, RESERVE from available to reserved, CAPTURE from reserved to spent,
RELEASE from reserved back to available, and REFUND and EXPIRE out of available, and out of what was granted. One
statement moves the credits and writes the line, so neither is ever there without the other; the database's constraints
hold `available + reserved + spent = granted`, refuse a pot below zero, a second line under the same key, and any change
of a line.

Who locks a story and an account locks the story first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Uuid,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlmodel import Column, Field, SQLModel, col

from models.accounts import Account
from models.database import Session, UtcTime, word
from models.errors import OutOfCredits, Unavailable
from models.stories import Story

PAGE = 1
"""Credits for a page, captured with its picture, its text included."""
NARRATION = 1
"""Credits for a page's narration."""
REDONE = 1
"""Credits for a part of a page that is made again on request."""


FROZEN = "A payment of this account is disputed, and nothing can be made until that is settled."


def story_price(page_count: int, narrated: bool) -> int:
    """In credits; portraits cost nothing."""
    return page_count * (PAGE + (NARRATION if narrated else 0))


def step_price(key: str) -> int:
    """What a step that makes something for the first time costs, in credits."""
    return {"image": PAGE, "audio": NARRATION}.get(key.partition(":")[0], 0)


class LedgerKind(StrEnum):
    GRANT = "GRANT"
    RESERVE = "RESERVE"
    CAPTURE = "CAPTURE"
    RELEASE = "RELEASE"
    REFUND = "REFUND"
    EXPIRE = "EXPIRE"


class Cause(StrEnum):
    """Why credits moved."""

    SIGN_UP = "SIGN_UP"
    STORY = "STORY"
    RESUME = "RESUME"
    REDO = "REDO"
    EDIT = "EDIT"
    PART = "PART"
    END = "END"
    CANCEL = "CANCEL"
    PLAN = "PLAN"
    PACK = "PACK"
    REFUND = "REFUND"
    EXPIRED = "EXPIRED"


class LedgerEntry(SQLModel, table=True):
    """One movement of credits. It outlives the story that it was for."""

    __tablename__ = "ledger"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (CheckConstraint("credits > 0", name="credits"), Index("ledger_of_account", "account_id", "id"))

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id"), nullable=False))
    kind: LedgerKind = Field(sa_column=Column(word(LedgerKind), nullable=False))
    credits: int
    cause: Cause = Field(sa_column=Column(word(Cause), nullable=False))
    story_id: UUID | None = None
    step_key: str | None = Field(default=None, max_length=60)
    step_version: int | None = None
    key: str = Field(unique=True)
    created_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.clock_timestamp())
    )


@dataclass(frozen=True, slots=True)
class _Movement:
    """One line of the ledger to be."""

    kind: LedgerKind
    credits: int
    cause: Cause
    key: str
    story_id: UUID | None = None
    step_key: str | None = None
    step_version: int | None = None


_FLOWS = {
    LedgerKind.GRANT: {"granted": 1, "available": 1},
    LedgerKind.RESERVE: {"available": -1, "reserved": 1},
    LedgerKind.CAPTURE: {"reserved": -1, "spent": 1},
    LedgerKind.RELEASE: {"reserved": -1, "available": 1},
    LedgerKind.REFUND: {"granted": -1, "available": -1},
    LedgerKind.EXPIRE: {"granted": -1, "available": -1},
}
"""Which pots each kind of movement fills and empties. What is reserved is reserved for a story: its share moves too."""


async def grant(session: Session, account_id: UUID, credits: int, cause: Cause, key: str) -> None:
    """Gives an account credits."""
    if credits:
        await _move(session, _Movement(LedgerKind.GRANT, credits, cause, key), col(Account.id) == account_id)


async def grant_once(session: Session, account_id: UUID, credits: int, cause: Cause, key: str) -> None:
    """`grant`, unless there is a line under this key already. The caller has locked the account."""
    owner = col(Account.id) == account_id
    if credits:
        unheard = ~exists().where(col(LedgerEntry.key) == key)
        await _move(session, _Movement(LedgerKind.GRANT, credits, cause, key), owner & unheard)


async def take_back(session: Session, account_id: UUID, credits: int, cause: Cause, key: str) -> int:
    """Takes credits out of an account again, as far as they are available; gives how many those were.

    The caller has locked the account.
    """
    found = await session.execute(select(col(Account.available)).where(col(Account.id) == account_id))
    taken = min(credits, found.scalar_one())
    if taken <= 0:
        return 0
    kind = LedgerKind.EXPIRE if cause is Cause.EXPIRED else LedgerKind.REFUND
    enough = (col(Account.id) == account_id) & (col(Account.available) >= taken)
    return taken if await _move(session, _Movement(kind, taken, cause, key), enough) else 0


async def reserve(session: Session, story: Story, step_key: str, version: int, credits: int, cause: Cause) -> None:
    """Sets credits aside for a story. The step names what for: the first one that will capture of it.

    Moves nothing and raises OutOfCredits where fewer are available, Unavailable where the account is frozen.
    """
    if not credits:
        return
    key = f"reserve:{story.id}:{step_key}:{version}"
    movement = _Movement(LedgerKind.RESERVE, credits, cause, key, story.id, step_key, version)
    owner = col(Account.id) == story.account_id
    free = (col(Account.available) >= credits) & ~col(Account.frozen)
    if not await _move(session, movement, owner & free):
        found = await session.execute(select(col(Account.available), col(Account.frozen)).where(owner))
        available, frozen = found.one()
        if frozen:
            raise Unavailable(FROZEN)
        raise OutOfCredits(needed=credits, available=available)


async def capture(session: Session, story_id: UUID, step_key: str, version: int, credits: int) -> None:
    """Spends what was reserved for a step, in the transaction that commits the step's result."""
    if not credits:
        return
    key = f"capture:{story_id}:{step_key}:{version}"
    movement = _Movement(LedgerKind.CAPTURE, credits, Cause.PART, key, story_id, step_key, version)
    owner = select(col(Story.account_id)).where(col(Story.id) == story_id).scalar_subquery()
    if not await _move(session, movement, col(Account.id) == owner):
        raise LookupError(f"nobody to charge for {key}")


async def release(session: Session, story: Story, cause: Cause) -> int:
    """Gives back what is still set aside for a story that has just ended, and says how many credits that was.

    The caller holds the story's row.
    """
    found = await session.execute(select(col(Story.reserved)).where(col(Story.id) == story.id))
    credits = found.scalar_one()
    if credits:
        key = f"release:{story.id}:{story.generation}"
        movement = _Movement(LedgerKind.RELEASE, credits, cause, key, story.id)
        await _move(session, movement, col(Account.id) == story.account_id)
    return credits


async def held_since_before(session: Session, story: Story, moment: datetime) -> int:
    """How many credits were set aside for a story before then, less all that have been spent or given back."""
    set_aside = col(LedgerEntry.kind) == LedgerKind.RESERVE
    before = func.sum(col(LedgerEntry.credits)).filter(set_aside, col(LedgerEntry.created_at) < moment)
    gone = func.sum(col(LedgerEntry.credits)).filter(~set_aside)
    found = await session.execute(
        select(func.coalesce(before, 0) - func.coalesce(gone, 0)).where(
            col(LedgerEntry.account_id) == story.account_id, col(LedgerEntry.story_id) == story.id
        )
    )
    return int(found.scalar_one())


async def _move(session: Session, movement: _Movement, owner: ColumnElement[bool]) -> bool:
    """Moves credits between an account's pots, and a story's share with them, and writes the line: one statement.

    False, and nothing has happened, where no account meets the condition.
    """
    flows, credits = _FLOWS[movement.kind], movement.credits
    pots = {pot: col(getattr(Account, pot)) + sign * credits for pot, sign in flows.items()}
    moved = update(Account).where(owner).values(pots).returning(col(Account.id)).cte("moved")
    values = {
        "kind": literal(movement.kind, word(LedgerKind)),
        "credits": literal(credits),
        "cause": literal(movement.cause, word(Cause)),
        "story_id": literal(movement.story_id, Uuid()),
        "step_key": literal(movement.step_key, String()),
        "step_version": literal(movement.step_version, Integer()),
        "key": literal(movement.key),
    }
    line = insert(LedgerEntry).from_select(["account_id", *values], select(moved.c.id, *values.values()))
    if "reserved" in flows:
        of_story = (
            update(Story)
            .where(col(Story.id) == movement.story_id, col(Story.account_id).in_(select(moved.c.id)))
            .values(reserved=col(Story.reserved) + flows["reserved"] * credits)
            .returning(col(Story.id))
        )
        line = line.add_cte(of_story.cte("of_story"))
    found = await session.execute(line.returning(col(LedgerEntry.id)))
    return found.scalar_one_or_none() is not None


async def lines_of_stories(session: Session, account_id: UUID, story_ids: Sequence[UUID]) -> list[LedgerEntry]:
    """The ledger's lines for an account's stories, in the order they were written."""
    found = await session.execute(
        select(LedgerEntry)
        .where(col(LedgerEntry.account_id) == account_id, col(LedgerEntry.story_id).in_(story_ids))
        .order_by(col(LedgerEntry.id))
    )
    return list(found.scalars())


_DRIFT = text("""
    SELECT account.id, account.granted, account.available, account.reserved, account.spent,
        line.granted - line.gone, line.released - line.set_aside + line.granted - line.gone,
        line.set_aside - line.captured - line.released, line.captured, story.reserved
    FROM accounts AS account
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(credits) FILTER (WHERE kind = 'GRANT'), 0) AS granted,
            coalesce(sum(credits) FILTER (WHERE kind = 'RESERVE'), 0) AS set_aside,
            coalesce(sum(credits) FILTER (WHERE kind = 'CAPTURE'), 0) AS captured,
            coalesce(sum(credits) FILTER (WHERE kind = 'RELEASE'), 0) AS released,
            coalesce(sum(credits) FILTER (WHERE kind IN ('REFUND', 'EXPIRE')), 0) AS gone
        FROM ledger WHERE ledger.account_id = account.id
    ) AS line
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(reserved), 0) AS reserved FROM stories WHERE stories.account_id = account.id
    ) AS story
""")


async def drift(session: Session) -> list[str]:
    """What of the balances does not follow from the ledger, in words; nothing where all is well."""
    wrong: list[str] = []
    for account_id, *numbers in await session.execute(_DRIFT):
        granted, available, reserved, spent, *told, of_stories = (int(number) for number in numbers)
        if [granted, available, reserved, spent] != told:
            wrong.append(f"{account_id}: the pots hold {granted, available, reserved, spent}, the ledger says {told}")
        if reserved != of_stories:
            wrong.append(f"{account_id}: {reserved} are reserved, its stories hold {of_stories}")
        if available + reserved + spent != granted:
            wrong.append(f"{account_id}: {available} + {reserved} + {spent} are not {granted}")
    return wrong
