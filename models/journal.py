"""The journal of vendor calls: the receipt, and what an operator looks at.

A row is there before its call leaves, and is finished with what came of it. A call whose maker died, or whose story was
cancelled, is ABANDONED; what it was for may have to be paid again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Index, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word
from models.errors import Fenced
from models.generation import Step
from models.leases import Lease, held_by
from models.stories import Story


class CallOutcome(StrEnum):
    OK = "OK"
    REFUSED = "REFUSED"
    BUSY = "BUSY"
    STALLED = "STALLED"
    UNUSABLE = "UNUSABLE"
    CLOSED = "CLOSED"
    ABANDONED = "ABANDONED"


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


async def begin_call(session: Session, lease: Lease, step: Step, vendor: str, model: str) -> UUID:
    """Notes a call that is about to leave. Raises Fenced, and notes nothing, unless the lease is held right now."""
    call_id = uuid4()
    row = select(
        literal(call_id),
        col(Story.id),
        literal(step.key),
        literal(step.version),
        literal(vendor),
        literal(model),
        literal(step.attempts + 1),
        literal(lease.generation),
        literal(lease.worker),
        literal(0),
    ).where(*held_by(lease), col(Story.lease_until) > func.clock_timestamp())
    columns = ["id", "story_id", "step_key", "step_version", "vendor", "model", "attempt", "generation", "worker"]
    found = await session.execute(
        insert(VendorCall).from_select([*columns, "cost_micros"], row).returning(col(VendorCall.id))
    )
    if found.scalar_one_or_none() is None:
        raise Fenced
    return call_id


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
    await session.execute(
        update(VendorCall)
        .where(col(VendorCall.id) == call_id, col(VendorCall.outcome).is_(None))
        .values(outcome=outcome, usage=usage, cost_micros=cost_micros, finished_at=func.clock_timestamp())
    )


async def abandon(session: Session, story_id: UUID) -> None:
    """Closes what earlier makers of a story left in flight: nobody will hear the answers."""
    await session.execute(
        update(VendorCall)
        .where(col(VendorCall.story_id) == story_id, col(VendorCall.outcome).is_(None))
        .values(outcome=CallOutcome.ABANDONED, finished_at=func.clock_timestamp())
    )
