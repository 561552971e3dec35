"""The journal of vendor calls: the receipt, and what an operator looks at.

A row is there before its call leaves, and is finished with what came of it. A call whose maker died, or whose story was
cancelled, is ABANDONED; what it was for may have to be paid again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    String,
    Update,
    bindparam,
    cast,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word
from models.errors import Fenced
from models.generation import Step
from models.leases import Lease, fence
from models.stories import Story


class CallOutcome(StrEnum):
    OK = "OK"
    REFUSED = "REFUSED"
    BUSY = "BUSY"
    STALLED = "STALLED"
    UNUSABLE = "UNUSABLE"
    CLOSED = "CLOSED"
    ABANDONED = "ABANDONED"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a verdict is noted for: a part of a story, or a character of a library."""

    key: str
    version: int
    worker: str
    generation: int = 0
    story_id: UUID | None = None
    character_id: UUID | None = None


class VendorCall(SQLModel, table=True):
    """One call. `outcome` is empty while it is in flight. It outlives the story: what was paid was paid."""

    __tablename__ = "vendor_calls"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (Index("vendor_calls_of_story", "story_id", "started_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID | None = None
    character_id: UUID | None = None
    step_key: str = Field(max_length=60)
    step_version: int
    vendor: str = Field(max_length=40)
    model: str = Field(max_length=80)
    attempt: int
    generation: int
    worker: str
    started_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.clock_timestamp(), index=True)
    )
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    outcome: CallOutcome | None = Field(default=None, sa_column=Column(word(CallOutcome)))
    usage: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    cost_micros: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))


_NOTED = {
    "id",
    "story_id",
    "character_id",
    "step_key",
    "step_version",
    "vendor",
    "model",
    "attempt",
    "generation",
    "worker",
    "cost_micros",
}
"""What is known of a call before it leaves."""


async def begin_call(session: Session, lease: Lease, step: Step, vendor: str, model: str) -> UUID:
    """Notes a call that is about to leave. Raises Fenced, and notes nothing, unless the lease is held right now."""
    call = VendorCall(
        story_id=lease.story_id,
        step_key=step.key,
        step_version=step.version,
        vendor=vendor,
        model=model,
        attempt=step.attempts + 1,
        generation=lease.generation,
        worker=lease.worker,
    )
    return await _begin_held(session, call, in_time=True)


async def begin_verdict(session: Session, subject: Subject, vendor: str, model: str) -> UUID:
    """Notes that somebody is about to be asked whether a picture is fit to be seen, in one statement.

    Raises Fenced, and notes nothing, where the picture's story is somebody else's by now. A lease that has merely run
    out will do: the picture has been paid for.
    """
    call = VendorCall(
        story_id=subject.story_id,
        character_id=subject.character_id,
        step_key=f"judge:{subject.key}",
        step_version=subject.version,
        vendor=vendor,
        model=model,
        attempt=1,
        generation=subject.generation,
        worker=subject.worker,
    )
    if subject.story_id is not None:
        return await _begin_held(session, call, in_time=False)
    await session.execute(insert(VendorCall).values(call.model_dump(include=_NOTED)))
    return call.id


async def _begin_held(session: Session, call: VendorCall, *, in_time: bool) -> UUID:
    found = await session.execute(_noting(in_time), call.model_dump(include=_NOTED))
    if found.scalar_one_or_none() is None:
        raise Fenced
    return call.id


@cache
def _noting(in_time: bool) -> ReturningInsert[UUID]:
    """`in_time`: only before the lease has run out."""
    values = {name: bindparam(name, type_=getattr(VendorCall, name).type) for name in sorted(_NOTED)}
    row = select(*values.values()).where(*fence(values["story_id"], values["generation"]))
    if in_time:
        row = row.where(col(Story.lease_until) > func.clock_timestamp())
    # Given values, the ORM would otherwise take them for rows to be inserted.
    noted = insert(VendorCall).from_select(list(values), row).execution_options(dml_strategy="raw")
    return noted.returning(col(VendorCall.id))


async def begin_portrait_call(
    session: Session, character_id: UUID, version: int, vendor: str, model: str, worker: str
) -> UUID:
    """Notes a call for a character's portrait, which belongs to no story."""
    call = VendorCall(
        character_id=character_id,
        step_key="portrait",
        step_version=version,
        vendor=vendor,
        model=model,
        attempt=1,
        generation=0,
        worker=worker,
    )
    session.add(call)
    await session.flush()
    return call.id


async def finish_call(
    session: Session, call_id: UUID, outcome: CallOutcome, usage: dict[str, int] | None = None, cost_micros: int = 0
) -> None:
    values = {"call": call_id, "ending": outcome, "units": usage, "cost": cost_micros}
    await session.execute(_finishing(), values)


@cache
def _finishing() -> Update:
    return (
        update(VendorCall)
        .where(
            col(VendorCall.id) == bindparam("call"),
            # Who was taken for dead, and was answered after all, has the costs to tell.
            or_(col(VendorCall.outcome).is_(None), col(VendorCall.outcome) == CallOutcome.ABANDONED),
        )
        .values(
            outcome=bindparam("ending"),
            usage=bindparam("units"),
            cost_micros=bindparam("cost"),
            finished_at=func.clock_timestamp(),
        )
    )


async def abandon(session: Session, story_id: UUID) -> None:
    """Closes what earlier makers of a story left in flight: nobody will hear the answers."""
    await session.execute(
        update(VendorCall)
        .where(col(VendorCall.story_id) == story_id, col(VendorCall.outcome).is_(None))
        .values(outcome=CallOutcome.ABANDONED, finished_at=func.clock_timestamp())
    )


async def abandon_portrait(session: Session, character_id: UUID, version: int) -> None:
    """Closes what earlier painters of a portrait, whose lease has run out, left in flight."""
    await session.execute(
        update(VendorCall)
        .where(
            col(VendorCall.character_id) == character_id,
            col(VendorCall.step_version) == version,
            col(VendorCall.outcome).is_(None),
        )
        .values(outcome=CallOutcome.ABANDONED, finished_at=func.clock_timestamp())
    )


class CostKey(StrEnum):
    """What money is added up by."""

    STORY = "story"
    VENDOR = "vendor"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls have cost together, in millionths of a US dollar; `failed` of them gave nothing."""

    key: str
    calls: int
    failed: int
    cost_micros: int


async def costs(session: Session, since: datetime, by: CostKey) -> list[Cost]:
    """Added up by story, vendor, model or day (UTC), the dearest first; days in their order."""
    labels: dict[CostKey, ColumnElement[Any]] = {
        CostKey.STORY: func.coalesce(cast(col(VendorCall.story_id), String), "portraits of libraries"),
        CostKey.VENDOR: cast(col(VendorCall.vendor), String),
        CostKey.MODEL: cast(col(VendorCall.model), String),
        CostKey.DAY: func.to_char(func.timezone("UTC", col(VendorCall.started_at)), "YYYY-MM-DD"),
    }
    label = labels[by].label("key")
    cost = func.coalesce(func.sum(col(VendorCall.cost_micros)), 0).label("cost")
    failed = func.count().filter(col(VendorCall.outcome).is_not(None), col(VendorCall.outcome) != CallOutcome.OK)
    found = await session.execute(
        select(label, func.count(), failed, cost)
        .where(col(VendorCall.started_at) >= since)
        .group_by(label)
        .order_by(label if by is CostKey.DAY else cost.desc(), label)
    )
    return [Cost(str(key), calls, without, int(micros)) for key, calls, without, micros in found]


async def spent_since(session: Session, since: datetime) -> int:
    """What finished calls have cost, in millionths of a US dollar. What is in flight is not known yet."""
    total = func.coalesce(func.sum(col(VendorCall.cost_micros)), 0)
    found = await session.execute(select(total).where(col(VendorCall.started_at) >= since))
    return int(found.scalar_one())
