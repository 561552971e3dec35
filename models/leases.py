"""Who makes a story: the lease, under a generation number.

Every transaction that changes a story for its maker begins with `hold`, which locks the story's row and refuses an
older generation; so a worker that was frozen past its lease, or whose story was cancelled, changes nothing when it
thaws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
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
    free = select(col(Story.id)).where(_one_of(held)).with_for_update(skip_locked=True)
    await session.execute(
        update(Story).where(col(Story.id).in_(free)).values(lease_until=func.clock_timestamp() + LEASE)
    )
    return await still_held(session, held)


async def still_held(session: Session, held: Collection[Lease]) -> set[Lease]:
    """Those of the leases that nobody has taken over or cancelled."""
    found = await session.execute(select(col(Story.id), col(Story.generation)).where(_one_of(held)))
    return _of(held, ((story_id, number) for story_id, number in found))


def _one_of(held: Collection[Lease]) -> ColumnElement[bool]:
    places = [(lease.story_id, lease.generation) for lease in held]
    return tuple_(col(Story.id), col(Story.generation)).in_(places) & (col(Story.status) == StoryStatus.GENERATING)


def _of(held: Collection[Lease], rows: Iterable[tuple[UUID, int]]) -> set[Lease]:
    found = set(rows)
    return {lease for lease in held if (lease.story_id, lease.generation) in found}


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
    in_time = func.coalesce(col(Story.lease_until) > func.clock_timestamp(), False)
    found = await session.execute(select(in_time).where(*held_by(lease)).with_for_update())
    row = found.one_or_none()
    if row is None:
        raise Fenced
    if not row[0]:
        await renew(session, [lease])


def held_by(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """The story's row, where its maker is this lease's holder."""
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
