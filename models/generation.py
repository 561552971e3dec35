"""The steps of a story: one row for each piece of work, and every version of it that was ever asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, Update, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Column, Field, SQLModel, col

from models import billing
from models.database import Session, UtcTime, word
from models.pages import CONTENT_COLUMN, STATUS_COLUMN, Page
from models.stories import Story
from models.vocabulary import PagePart, PartStatus


class StepState(StrEnum):
    WAITING = "WAITING"
    WORKING = "WORKING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Step(SQLModel, table=True):
    """One piece of work, unique by (story, key, version). A crash spends no attempt; a vendor's failure does.

    Keys are `plan`, `portrait:{cast key}`, `text:{page}`, `image:{page}`, `audio:{page}`. `output` is what later steps
    and readers need of it; the outputs of older versions are the history. `price` is what is captured when it is done,
    in credits.
    """

    __tablename__ = "steps"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (UniqueConstraint("story_id", "key", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID = Field(sa_column=Column(ForeignKey("stories.id", ondelete="CASCADE"), nullable=False))
    key: str = Field(max_length=60)
    version: int = 1
    price: int = 0
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


def first_steps(page_count: int, narrated: bool) -> list[str]:
    """The keys that a new story begins with; portraits join when the plan names the cast."""
    keys = ["plan"]
    for number in range(1, page_count + 1):
        keys += [f"text:{number}", f"image:{number}"] + ([f"audio:{number}"] if narrated else [])
    return keys


async def add_steps(session: Session, story_id: UUID, keys: Iterable[str], *, free: bool = False) -> None:
    """Adds the first version of each."""
    session.add_all([Step(story_id=story_id, key=key, price=0 if free else billing.step_price(key)) for key in keys])
    await session.flush()


async def add_versions(
    session: Session, latest: Mapping[str, Step], prices: Mapping[str, int], instruction: str | None = None
) -> list[Step]:
    """Adds a new version of each step that `prices` names, in that order; the parts they make wait for them."""
    added = [
        Step(
            story_id=latest[key].story_id,
            key=key,
            version=latest[key].version + 1,
            price=price,
            instruction=instruction,
        )
        for key, price in prices.items()
    ]
    session.add_all(added)
    await session.flush()
    for step in added:
        if (place := part_of(step)) is not None:
            await set_part(session, step.story_id, *place, PartStatus.WAITING)
    return added


def part_of(step: Step) -> tuple[int, PagePart] | None:
    """The page and part that a step makes; None for plan and portraits."""
    kind, _, page = step.key.partition(":")
    part = {"text": PagePart.TEXT, "image": PagePart.IMAGE, "audio": PagePart.AUDIO}.get(kind)
    return None if part is None else (int(page), part)


def step_key(number: int, part: PagePart) -> str:
    """The key of the step that makes a part of page `number`."""
    return f"{part.value.lower()}:{number}"


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


async def drop_step(session: Session, step: Step, problem: str) -> Page | None:
    """Gives a new version of a part up for the one that is there; gives the page where there is one."""
    await fail_step(session, step, problem)
    place = part_of(step)
    return None if place is None else await settle_part(session, step.story_id, *place, PartStatus.FAILED)


async def was_begun(session: Session, step: Step) -> bool:
    """Whether work on the step, or on an earlier version of it, has begun before."""
    if step.started_at is not None or step.version == 1:
        return step.started_at is not None
    found = await session.execute(
        select(col(Step.id))
        .where(
            col(Step.story_id) == step.story_id,
            col(Step.key) == step.key,
            col(Step.version) < step.version,
            col(Step.started_at).is_not(None),
        )
        .limit(1)
    )
    return found.scalar_one_or_none() is not None


async def begin_step(session: Session, step: Step, input_hash: str) -> None:
    await session.execute(_beginning(), {"step": step.id, "given": input_hash})


@cache
def _beginning() -> Update:
    return (
        update(Step)
        .where(col(Step.id) == bindparam("step"))
        .values(
            state=StepState.WORKING,
            input_hash=bindparam("given"),
            started_at=func.coalesce(col(Step.started_at), func.clock_timestamp()),
        )
    )


async def finish_step(session: Session, step: Step, output: dict[str, object], cost_micros: int = 0) -> bool:
    """Keeps the step's output and spends its price.

    False where it was finished before: a commit whose answer was lost is not done twice.
    """
    found = await session.execute(_finishing(), {"step": step.id, "made": output, "cost": cost_micros})
    if found.scalar_one_or_none() is None:
        return False
    await billing.capture(session, step.story_id, step.key, step.version, step.price)
    return True


@cache
def _finishing() -> ReturningUpdate[UUID]:
    """The step, and with it the story that has come further."""
    done = (
        update(Step)
        .where(col(Step.id) == bindparam("step"), col(Step.state) == StepState.WORKING)
        .values(
            state=StepState.DONE,
            output=bindparam("made"),
            cost_micros=col(Step.cost_micros) + bindparam("cost"),
            problem=None,
            finished_at=func.clock_timestamp(),
        )
        .returning(col(Step.story_id))
        .cte("done")
    )
    further = update(Story).where(col(Story.id) == done.c.story_id).values(takeovers=0, updated_at=func.now())
    return further.returning(col(Story.id))


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


async def settle_part(session: Session, story_id: UUID, number: int, part: PagePart, missing: PartStatus) -> Page:
    """Ends the making of a part without a result: READY where an older version is there, else `missing`."""
    there = getattr(Page, CONTENT_COLUMN[part]).is_not(None)
    found = await session.execute(
        update(Page)
        .where(col(Page.story_id) == story_id, col(Page.number) == number)
        .values({STATUS_COLUMN[part]: case((there, PartStatus.READY), else_=missing)})
        .returning(Page)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def close_open_steps(
    session: Session, story_id: UUID, state: StepState, missing: PartStatus, problem: str | None = None
) -> None:
    """What has not been made when a story ends is closed: its steps in `state`, its parts as `settle_part` does."""
    await session.execute(
        update(Step)
        .where(col(Step.story_id) == story_id, col(Step.state).in_((StepState.WAITING, StepState.WORKING)))
        .values(state=state, problem=problem, finished_at=func.clock_timestamp())
    )
    for part, column in STATUS_COLUMN.items():
        there = getattr(Page, CONTENT_COLUMN[part]).is_not(None)
        await session.execute(
            update(Page)
            .where(
                col(Page.story_id) == story_id,
                getattr(Page, column).in_((PartStatus.WAITING, PartStatus.WORKING)),
            )
            .values({column: case((there, PartStatus.READY), else_=missing)})
        )
