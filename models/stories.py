"""Stories, and who is in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field, SQLModel, col

from models.characters import Character
from models.database import Session, UtcTime, word
from models.vocabulary import AgeBand, StoryStatus

MAX_PAGES = 24
REMOVED_AFTER = timedelta(minutes=5)
"""How long a deleted story's row stays: until then somebody frozen may still be putting media under its name."""


class Story(SQLModel, table=True):
    """`writer`, `painter` and `narrator` are the names of the vendors that make it, chosen at its creation.

    `generation` is the fence: it rises with every claim by a worker and with every cancellation, and whoever holds a
    lower one may change nothing. `lease_until` is by the database's clock. `takeovers` counts claims without progress.
    `reserved` are the account's credits that are set aside for what is still to be made. `arms` are the experiments
    that it is part of, and their arms that make it. `rating` is its owner's, in stars. `first_words_at` is when the
    first words were shown, and `whole_at` when nothing was missing for the first time. A `sandbox` story is a partner's
    rehearsal: made by the offline vendors, the same from the same wish, and free.
    """

    __tablename__ = "stories"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        CheckConstraint("reserved >= 0", name="reserved"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("stories_removed", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("stories_newest", "account_id", "created_at", "id", postgresql_where=text("deleted_at IS NULL")),
        Index(
            "stories_by_title",
            "account_id",
            text("lower(coalesce(title, ''))"),
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("stories_under_way", "lease_until", postgresql_where=text("status IN ('QUEUED', 'GENERATING')")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False))
    title: str | None = Field(default=None, max_length=200)
    premise: str = Field(max_length=2000)
    status: StoryStatus = Field(default=StoryStatus.QUEUED, sa_column=Column(word(StoryStatus), nullable=False))
    age_band: AgeBand = Field(sa_column=Column(word(AgeBand), nullable=False))
    language: str = Field(max_length=35)
    art_style: str = Field(max_length=40)
    voice: str | None = Field(default=None, max_length=120)
    narrated: bool
    page_count: int
    writer: str = Field(max_length=40)
    painter: str = Field(max_length=40)
    narrator: str = Field(max_length=40)
    arms: dict[str, str] = Field(default_factory=dict[str, str], sa_column=Column(JSONB, nullable=False))
    sandbox: bool = False
    problem: str | None = None
    rating: int | None = None
    reserved: int = 0
    generation: int = 0
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    worker: str | None = None
    takeovers: int = 0
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    updated_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    first_words_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    whole_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    deleted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class StoryCharacter(SQLModel, table=True):
    """Who is in a story, in the order they were picked."""

    __tablename__ = "story_characters"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    story_id: UUID = Field(sa_column=Column(ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True))
    character_id: UUID = Field(
        sa_column=Column(ForeignKey("characters.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    position: int


def readable_by(account_id: UUID) -> Select[Story]:
    """The stories that an account may read. Every query of stories starts here."""
    return select(Story).where(col(Story.account_id) == account_id, col(Story.deleted_at).is_(None))


async def story_by_id(session: Session, story_id: UUID) -> Story | None:
    """For jobs, which act for nobody in particular."""
    return await session.get(Story, story_id, populate_existing=True)


async def lock_story(session: Session, story_id: UUID) -> Story | None:
    """For jobs: the story as it is, which nobody else changes until this transaction ends."""
    found = await session.execute(select(Story).where(col(Story.id) == story_id).with_for_update())
    return found.scalar_one_or_none()


async def cast_of(session: Session, story_id: UUID) -> list[Character]:
    """The picked characters in their order, also those that have left the library since."""
    found = await session.execute(
        select(Character)
        .join(StoryCharacter, col(StoryCharacter.character_id) == col(Character.id))
        .where(col(StoryCharacter.story_id) == story_id)
        .order_by(col(StoryCharacter.position))
    )
    return list(found.scalars())


async def set_title(session: Session, story_id: UUID, title: str) -> None:
    """Gives the story the plan's title, unless a parent has given it one."""
    await session.execute(
        update(Story).where(col(Story.id) == story_id).values(title=func.coalesce(col(Story.title), title))
    )


async def mark_first_words(session: Session, story_id: UUID, ago: timedelta) -> None:
    """Notes when the story's first words were shown, unless that is known; `ago` is how long ago it was."""
    await session.execute(
        update(Story)
        .where(col(Story.id) == story_id, col(Story.first_words_at).is_(None))
        .values(first_words_at=func.clock_timestamp() - ago)
    )


async def rate_story(session: Session, story_id: UUID, stars: int) -> Story:
    found = await session.execute(
        update(Story)
        .where(col(Story.id) == story_id)
        .values(rating=stars, updated_at=func.now())
        .returning(Story)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def delete_story(session: Session, story_id: UUID) -> None:
    """From now on nobody can read it. Its media and rows are for `jobs.removal` to remove."""
    await session.execute(update(Story).where(col(Story.id) == story_id).values(deleted_at=func.now()))


def stories_to_remove(limit: int) -> Select[UUID]:
    """Deleted stories whose rows are still there though nobody can be at work on them any more."""
    return select(col(Story.id)).where(_deleted_long_ago()).limit(limit)


async def is_to_be_removed(session: Session, story_id: UUID) -> bool:
    found = await session.execute(select(col(Story.id)).where(col(Story.id) == story_id, _deleted_long_ago()))
    return found.scalar_one_or_none() is not None


async def remove_story(session: Session, story_id: UUID) -> None:
    """Removes the row, and with it pages and steps, where it was deleted long enough ago."""
    await session.execute(delete(Story).where(col(Story.id) == story_id, _deleted_long_ago()))


def _deleted_long_ago() -> ColumnElement[bool]:
    return col(Story.deleted_at) < func.now() - REMOVED_AFTER
