"""Guards taken out on purpose: a run that does not notice proves nothing.

What is replaced is a function of a module, in the process that begins with it; the code itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, func, text, update
from sqlmodel import col

from models import billing, generation, idempotency, journal, leases
from models.database import Database, Session
from models.generation import Step
from models.idempotency import Repeatable
from models.leases import Lease
from models.stories import Story


class Guard(StrEnum):
    """What can be taken out: the fence of stories, the keys of repeated verbs, or the ledger's constraints."""

    FENCE = "fence"
    KEY = "key"
    LEDGER = "ledger"


def break_worker(guard: Guard | None) -> None:
    """Takes a guard out of this worker process."""
    if guard is Guard.FENCE:
        leases.fence = journal.fence = _whoever_holds  # before the first statement is built
        leases.renew, leases.still_held = _renew_whoever_holds, _all_of_them
    if guard is Guard.LEDGER:
        generation.finish_step = _finish_and_charge_twice


def break_server(guard: Guard | None) -> None:
    """Takes a guard out of this server process."""
    if guard is Guard.KEY:
        idempotency.answer_to = _no_answer
        idempotency.remember = _forget


async def break_database(guard: Guard | None, database: Database) -> None:
    """Takes a guard out of the tables."""
    if guard is not Guard.LEDGER:
        return
    async with database.session() as session:
        found = await session.execute(
            text("""SELECT conrelid::regclass::text, conname FROM pg_constraint
                WHERE conrelid IN ('accounts'::regclass, 'stories'::regclass, 'ledger'::regclass)
                    AND contype IN ('c', 'u') AND conname NOT LIKE '%email%'""")
        )
        for table, name in found.all():
            await session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
        await session.commit()


def _whoever_holds(story_id: UUID | BindParameter[UUID], number: object) -> tuple[ColumnElement[bool], ...]:
    return (col(Story.id) == story_id,)


async def _all_of_them(session: Session, held: Collection[Lease]) -> set[Lease]:
    return set(held)


async def _renew_whoever_holds(session: Session, held: Collection[Lease]) -> set[Lease]:
    await session.execute(
        update(Story)
        .where(col(Story.id).in_([lease.story_id for lease in held]))
        .values(lease_until=func.clock_timestamp() + leases.LEASE)
    )
    return set(held)


_finish = generation.finish_step


async def _finish_and_charge_twice(
    session: Session, step: Step, output: dict[str, object], cost_micros: int = 0
) -> bool:
    finished = await _finish(session, step, output, cost_micros)
    if finished:
        await billing.capture(session, step.story_id, step.key, step.version, step.price)
    return finished


async def _no_answer(session: Session, asked: Repeatable) -> None:
    return None


async def _forget(session: Session, asked: Repeatable, answer: object) -> None:
    return None
