"""Who makes a story: the lease, under a generation number.

Every transaction that changes a story for its maker begins with `hold`, which locks the story's row and refuses an
older generation; so a worker that was frozen past its lease, or whose story was cancelled, changes nothing when it
thaws.

What is asked every second, story or no story, is built once: to build a statement takes a good part of its time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    TableValuedAlias,
    Update,
    Uuid,
    bindparam,
    column,
    func,
    or_,
    select,
    update,
)
from sqlmodel import col

from models.database import Session
from models.errors import Fenced
from models.stories import Story
from models.vocabulary import StoryStatus

LEASE = timedelta(seconds=10)
MAX_TAKEOVERS = 20


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


async def renew(session: Session, held: Collection[Lease]) -> set[Lease]:
    """Renews what is still its holder's; gives those.

    A story whose row somebody has locked at this moment is left for the next time, so that it keeps no other waiting.
    """
    await session.execute(_renewal(), _places(held))
    return await still_held(session, held)


async def still_held(session: Session, held: Collection[Lease]) -> set[Lease]:
    """Those of the leases that nobody has taken over or cancelled."""
    rows = await session.execute(_holding(), _places(held))
    found = {(story_id, number) for story_id, number in rows}
    return {lease for lease in held if (lease.story_id, lease.generation) in found}


def _places(held: Collection[Lease]) -> dict[str, object]:
    return {"ids": [lease.story_id for lease in held], "generations": [lease.generation for lease in held]}


@cache
def _held() -> TableValuedAlias:
    """The leases of `_places` as a table."""
    ids, generations = bindparam("ids", type_=ARRAY(Uuid())), bindparam("generations", type_=ARRAY(Integer()))
    rows = func.unnest(ids, generations).table_valued(
        column("id", Uuid()), column("generation", Integer()), name="held"
    )
    return rows.render_derived()


@cache
def _holding() -> Select[UUID, int]:
    held = _held()
    return select(col(Story.id), col(Story.generation)).where(
        col(Story.id) == held.c.id,
        col(Story.generation) == held.c.generation,
        col(Story.status) == StoryStatus.GENERATING,
    )


@cache
def _renewal() -> Update:
    free = _holding().with_only_columns(col(Story.id)).with_for_update(skip_locked=True, of=Story).correlate(None)
    return update(Story).where(col(Story.id).in_(free)).values(lease_until=func.clock_timestamp() + LEASE)


async def hand_over(session: Session, lease: Lease) -> None:
    """Gives the lease back at once, without counting it as a failure."""
    await session.execute(
        update(Story)
        .where(*held_by(lease))
        .values(lease_until=None, takeovers=func.greatest(col(Story.takeovers) - 1, 0))
    )


async def hold(session: Session, lease: Lease) -> None:
    """Locks the story's row for this transaction. Raises Fenced where it is somebody else's by now.

    A lease that has run out while PostgreSQL was away, and that nobody has taken, is its holder's again.
    """
    found = await session.execute(_locking(), {"story": lease.story_id, "number": lease.generation})
    row = found.one_or_none()
    if row is None:
        raise Fenced
    if not row[0]:
        await renew(session, [lease])


@cache
def _locking() -> Select[bool]:
    in_time = func.coalesce(col(Story.lease_until) > func.clock_timestamp(), False)
    return select(in_time).where(*fence(bindparam("story"), bindparam("number"))).with_for_update()


def held_by(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """The story's row, where its maker is this lease's holder."""
    return fence(lease.story_id, lease.generation)


def fence(story_id: UUID | BindParameter[UUID], number: int | BindParameter[int]) -> tuple[ColumnElement[bool], ...]:
    """The story's row, where it is being made in this generation."""
    return (
        col(Story.id) == story_id,
        col(Story.generation) == number,
        col(Story.status) == StoryStatus.GENERATING,
    )


def stories_to_ask_for(limit: int) -> Select[UUID, int]:
    """Ids and generations of stories under way that nobody holds."""
    return (
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
