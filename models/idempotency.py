"""Keys under which clients repeat a verb: the second time, the first answer is given and nothing is done again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime
from models.errors import Conflict, ConflictReason

KEPT = timedelta(days=30)


class IdempotencyKey(SQLModel, table=True):
    """`digest` is of the verb and its input; `answer` is the row that the verb made or changed."""

    __tablename__ = "idempotency_keys"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True))
    key: str = Field(primary_key=True, max_length=200)
    digest: bytes
    answer: UUID
    created_at: datetime = Field(
        default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now(), index=True)
    )


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A verb with its input, as an account sends it under a key. Without a key, every time is the first."""

    account_id: UUID
    key: str | None
    digest: bytes


async def answer_to(session: Session, asked: Repeatable) -> UUID | None:
    """What was answered before. Raises Conflict where the key was used for something else."""
    if asked.key is None:
        return None
    found = await session.execute(
        select(IdempotencyKey).where(
            col(IdempotencyKey.account_id) == asked.account_id,
            col(IdempotencyKey.key) == asked.key,
            col(IdempotencyKey.created_at) > func.now() - KEPT,
        )
    )
    row = found.scalar_one_or_none()
    if row is None:
        return None
    if row.digest != asked.digest:
        raise Conflict(ConflictReason.IDEMPOTENCY_KEY_REUSED)
    return row.answer


async def remember(session: Session, asked: Repeatable, answer: UUID) -> None:
    """Keeps the answer with what it answers. A key that is older than KEPT is free again."""
    if asked.key is None:
        return
    row = insert(IdempotencyKey).values(
        account_id=asked.account_id, key=asked.key, digest=asked.digest, answer=answer, created_at=func.now()
    )
    places = [col(IdempotencyKey.account_id), col(IdempotencyKey.key)]
    given = {name: row.excluded[name] for name in ("digest", "answer", "created_at")}
    await session.execute(
        row.on_conflict_do_update(
            index_elements=places, set_=given, where=col(IdempotencyKey.created_at) <= func.now() - KEPT
        )
    )


async def forget_old_keys(session: Session) -> None:
    await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) <= func.now() - KEPT))
