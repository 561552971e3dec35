"""How a story is made, as PostgreSQL sees it: the lease, the steps, and the journal of vendor calls.

Whoever makes a story holds its lease under a generation number. Every transaction that changes the story begins with
`hold`, which locks the story's row and refuses an older generation; so a worker that was frozen past its lease, or
whose story was cancelled, changes nothing when it thaws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word
from models.errors import Fenced
from models.pages import STATUS_COLUMN, Page
from models.stories import Story
from models.vocabulary import PagePart, PartStatus, StoryStatus

LEASE = timedelta(seconds=10)
RENEW_EVERY_S = 2.0
MAX_TAKEOVERS = 20


class StepState(StrEnum):
    WAITING = "WAITING"
    WORKING = "WORKING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class Step(SQLModel, table=True):
    """One piece of work, unique by (story, key, version). A crash spends no attempt; a vendor's failure does.

    Keys are `plan`, `portrait:{cast key}`, `text:{page}`, `image:{page}`, `audio:{page}`. `output` is what later steps
    and readers need of it; the outputs of older versions are the history.
    """

    __tablename__ = "steps"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (UniqueConstraint("story_id", "key", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID = Field(sa_column=Column(ForeignKey("stories.id", ondelete="CASCADE"), nullable=False))
    key: str = Field(max_length=60)
    version: int = 1
    state: StepState = Field(default=StepState.WAITING, sa_column=Column(word(StepState), nullable=False))
    attempts: int = 0
    stalls: int = 0
    refusals: int = 0
    instruction: str | None = None
    input_hash: str | None = None
    vendor_handle: str | None = None
    output: dict[str, object] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    cost_micros: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))
    problem: str | None = None
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    started_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))

    @property
    def open(self) -> bool:
        return self.state in (StepState.WAITING, StepState.WORKING)


class CallOutcome(StrEnum):
    OK = "OK"
    REFUSED = "REFUSED"
    BUSY = "BUSY"
    STALLED = "STALLED"
    UNUSABLE = "UNUSABLE"
    CLOSED = "CLOSED"
    ABANDONED = "ABANDONED"


class VendorCall(SQLModel, table=True):
    """The journal: a row before each call leaves, finished with what came of it. `outcome` is empty while in flight.

    It outlives the story: what was paid was paid.
    """

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


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make a story, until a higher generation exists."""

    story_id: UUID
    generation: int
    worker: str


_UNDER_WAY = (StoryStatus.QUEUED, StoryStatus.GENERATING)


async def claim(session: Session, story_id: UUID, worker: str) -> tuple[Lease, Story] | None:
    """Takes a story whose lease is free or has run out; None where there is nothing to take."""
    found = await session.execute(
        update(Story)
        .where(
            col(Story.id) == story_id,
            col(Story.status).in_(_UNDER_WAY),
            or_(col(Story.lease_until).is_(None), col(Story.lease_until) < func.clock_timestamp()),
        )
        .values(
            generation=col(Story.generation) + 1,
            lease_until=func.clock_timestamp() + LEASE,
            worker=worker,
            status=StoryStatus.GENERATING,
            takeovers=col(Story.takeovers) + 1,
        )
        .returning(Story)
        .execution_options(populate_existing=True)
    )
    story = found.scalar_one_or_none()
    return None if story is None else (Lease(story.id, story.generation, worker), story)


async def renew(session: Session, lease: Lease) -> None:
    """Raises Fenced where the story is somebody else's by now."""
    found = await session.execute(
        update(Story).where(*_mine(lease)).values(lease_until=func.clock_timestamp() + LEASE).returning(col(Story.id))
    )
    if found.scalar_one_or_none() is None:
        raise Fenced


async def hand_over(session: Session, lease: Lease) -> None:
    """Gives the lease back at once, without counting it as a failure."""
    await session.execute(
        update(Story)
        .where(*_mine(lease))
        .values(lease_until=None, takeovers=func.greatest(col(Story.takeovers) - 1, 0))
    )


async def hold(session: Session, lease: Lease) -> None:
    """Locks the story's row for this transaction. Raises Fenced where it is somebody else's by now."""
    found = await session.execute(select(col(Story.id)).where(*_mine(lease)).with_for_update())
    if found.scalar_one_or_none() is None:
        raise Fenced


def _mine(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Story.id) == lease.story_id,
        col(Story.generation) == lease.generation,
        col(Story.status) == StoryStatus.GENERATING,
    )


async def stories_to_ask_for(session: Session, limit: int) -> list[tuple[UUID, int]]:
    """Ids and generations of stories under way that nobody holds."""
    found = await session.execute(
        select(col(Story.id), col(Story.generation))
        .where(
            col(Story.status).in_(_UNDER_WAY),
            or_(
                col(Story.lease_until) < func.clock_timestamp(),
                col(Story.lease_until).is_(None)
                & (col(Story.updated_at) < func.clock_timestamp() - timedelta(seconds=1)),
            ),
        )
        .order_by(col(Story.updated_at))
        .limit(limit)
    )
    return [(story_id, number) for story_id, number in found]


# ---------------------------------------------------------------- steps


def first_steps(page_count: int, narrated: bool) -> list[str]:
    """The keys that a new story begins with; portraits join when the plan names the cast."""
    keys = ["plan"]
    for number in range(1, page_count + 1):
        keys += [f"text:{number}", f"image:{number}"] + ([f"audio:{number}"] if narrated else [])
    return keys


async def add_steps(session: Session, story_id: UUID, keys: Iterable[str]) -> None:
    session.add_all([Step(story_id=story_id, key=key) for key in keys])
    await session.flush()


async def latest_steps(session: Session, story_id: UUID) -> dict[str, Step]:
    """The newest version of every step, by key."""
    found = await session.execute(
        select(Step)
        .where(col(Step.story_id) == story_id)
        .ext(distinct_on(col(Step.key)))
        .order_by(col(Step.key), col(Step.version).desc())
        .execution_options(populate_existing=True)
    )
    return {step.key: step for step in found.scalars()}


async def begin_step(session: Session, step: Step, input_hash: str) -> None:
    await session.execute(
        update(Step)
        .where(col(Step.id) == step.id)
        .values(
            state=StepState.WORKING,
            input_hash=input_hash,
            started_at=func.coalesce(col(Step.started_at), func.clock_timestamp()),
        )
    )


async def finish_step(session: Session, step: Step, output: dict[str, object], cost_micros: int = 0) -> bool:
    """False where it was finished before: a commit whose answer was lost is not done twice."""
    found = await session.execute(
        update(Step)
        .where(col(Step.id) == step.id, col(Step.state) == StepState.WORKING)
        .values(
            state=StepState.DONE,
            output=output,
            cost_micros=col(Step.cost_micros) + cost_micros,
            problem=None,
            finished_at=func.clock_timestamp(),
        )
        .returning(col(Step.id))
    )
    if found.scalar_one_or_none() is None:
        return False
    await session.execute(
        update(Story).where(col(Story.id) == step.story_id).values(takeovers=0, updated_at=func.now())
    )
    return True


async def fail_step(session: Session, step: Step, problem: str) -> None:
    await session.execute(
        update(Step)
        .where(col(Step.id) == step.id, col(Step.state) != StepState.DONE)
        .values(state=StepState.FAILED, problem=problem, finished_at=func.clock_timestamp())
    )


async def count_failure(session: Session, step: Step, *, stalled: bool, refused: bool) -> Step:
    """Counts a vendor's failure against the step; gives the step as it is after."""
    found = await session.execute(
        update(Step)
        .where(col(Step.id) == step.id)
        .values(
            attempts=col(Step.attempts) + 1,
            stalls=col(Step.stalls) + (1 if stalled else 0),
            refusals=col(Step.refusals) + (1 if refused else 0),
        )
        .returning(Step)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def set_part(session: Session, story_id: UUID, number: int, part: PagePart, status: PartStatus) -> None:
    await session.execute(
        update(Page)
        .where(col(Page.story_id) == story_id, col(Page.number) == number)
        .values({STATUS_COLUMN[part]: status})
    )


# ---------------------------------------------------------------- the journal


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
    ).where(*_mine(lease), col(Story.lease_until) > func.clock_timestamp())
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


# ---------------------------------------------------------------- the end


async def fail_open_steps(session: Session, story_id: UUID, problem: str) -> None:
    """What has not been made when a story ends is failed, steps and parts of pages alike."""
    await session.execute(
        update(Step)
        .where(col(Step.story_id) == story_id, col(Step.state).in_((StepState.WAITING, StepState.WORKING)))
        .values(state=StepState.FAILED, problem=problem, finished_at=func.clock_timestamp())
    )
    for column in STATUS_COLUMN.values():
        status = getattr(Page, column)
        await session.execute(
            update(Page)
            .where(col(Page.story_id) == story_id, status.in_((PartStatus.WAITING, PartStatus.WORKING)))
            .values({column: PartStatus.FAILED})
        )


async def end_story(session: Session, lease: Lease, status: StoryStatus, problem: str | None) -> Story:
    """Sets the story's last state and frees its lease."""
    found = await session.execute(
        update(Story)
        .where(*_mine(lease))
        .values(
            status=status,
            problem=problem,
            lease_until=None,
            worker=None,
            takeovers=0,
            updated_at=func.now(),
            ended_at=func.now(),
        )
        .returning(Story)
        .execution_options(populate_existing=True)
    )
    story = found.scalar_one_or_none()
    if story is None:
        raise Fenced
    return story
