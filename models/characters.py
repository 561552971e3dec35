"""An account's cast: who can appear in its stories, and what they look like."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, Select, func, or_, select, update
from sqlmodel import Column, Field, SQLModel, col

from models.database import Json, Session, UtcTime, word
from models.media import Image
from models.vocabulary import PartStatus

PORTRAIT_LEASE = timedelta(seconds=60)
"""How long one worker may take for a portrait before another may try."""


class Character(SQLModel, table=True):
    """`portrait_version` rises with every change of looks; a portrait of an older version is not saved.

    A deleted character leaves the library and stays in the stories it is in, so its row stays. A `sandbox` character
    is one that a sandbox key has made, for sandbox stories.
    """

    __tablename__ = "characters"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (Index("characters_of_account", "account_id", "created_at", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False))
    name: str = Field(max_length=80)
    appearance: str = Field(max_length=1000)
    personality: str | None = Field(default=None, max_length=1000)
    portrait: Image | None = Field(default=None, sa_column=Column(Json(Image)))
    portrait_status: PartStatus = Field(default=PartStatus.WAITING, sa_column=Column(word(PartStatus), nullable=False))
    portrait_version: int = 1
    portrait_lease_until: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    portrait_failures: int = 0
    sandbox: bool = False
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    deleted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


def readable_by(account_id: UUID) -> Select[Character]:
    """The characters of an account's library."""
    return select(Character).where(col(Character.account_id) == account_id, col(Character.deleted_at).is_(None))


async def claim_portrait(session: Session, character_id: UUID) -> Character | None:
    """Makes the portrait this caller's to paint; None where it is done, somebody else's just now, or nobody's."""
    found = await session.execute(
        update(Character)
        .where(
            col(Character.id) == character_id,
            or_(
                col(Character.portrait_status) == PartStatus.WAITING,
                (col(Character.portrait_status) == PartStatus.WORKING)
                & (col(Character.portrait_lease_until) < func.clock_timestamp()),
            ),
        )
        .values(portrait_status=PartStatus.WORKING, portrait_lease_until=func.clock_timestamp() + PORTRAIT_LEASE)
        .returning(Character)
    )
    return found.scalar_one_or_none()


async def save_portrait(session: Session, character: Character, portrait: Image) -> bool:
    """False where the character looks different by now: then the picture is nobody's."""
    return await _settle(session, character, portrait=portrait, portrait_status=PartStatus.READY, portrait_failures=0)


async def give_up_portrait(session: Session, character: Character) -> bool:
    return await _settle(session, character, portrait_status=PartStatus.FAILED)


async def hand_back_portrait(session: Session, character: Character, *, failed: bool) -> bool:
    """Lets the next caller claim it; `failed` counts against it."""
    return await _settle(
        session,
        character,
        portrait_status=PartStatus.WAITING,
        portrait_failures=col(Character.portrait_failures) + (1 if failed else 0),
    )


async def _settle(session: Session, character: Character, **values: Any) -> bool:  # columns of many types
    found = await session.execute(
        update(Character)
        .where(
            col(Character.id) == character.id,
            col(Character.portrait_version) == character.portrait_version,
            col(Character.portrait_status) == PartStatus.WORKING,
        )
        .values(portrait_lease_until=None, **values)
        .returning(col(Character.id))
    )
    return found.scalar_one_or_none() is not None


def portraits_to_ask_for(limit: int) -> Select[UUID, int]:
    """Ids and versions of portraits that nobody is painting although somebody should."""
    return (
        select(col(Character.id), col(Character.portrait_version))
        .where(
            col(Character.portrait_status).in_((PartStatus.WAITING, PartStatus.WORKING)),
            col(Character.deleted_at).is_(None),
            or_(
                col(Character.portrait_lease_until) < func.clock_timestamp(),
                col(Character.portrait_lease_until).is_(None)
                & (col(Character.created_at) < func.clock_timestamp() - timedelta(seconds=5)),
            ),
        )
        .limit(limit)
    )


async def characters_by_id(session: Session, ids: list[UUID]) -> dict[UUID, Character]:
    found = await session.execute(select(Character).where(col(Character.id).in_(ids)))
    return {character.id: character for character in found.scalars()}
