"""The pages of a story and what is finished of them."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import Column, Field, SQLModel, col

from models.database import Json, Session, word
from models.media import Audio, Image, WordTiming
from models.vocabulary import PagePart, PartStatus


def _status() -> Column[PartStatus]:
    return Column(word(PartStatus), nullable=False, default=PartStatus.WAITING)


class Page(SQLModel, table=True):
    """Exists from createStory on. What it holds stays visible while a part of it is made again.

    `reading_level` is the age at which the text is read with ease, in years, as measured; None where it was not.
    """

    __tablename__ = "pages"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (UniqueConstraint("story_id", "number"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID = Field(sa_column=Column(ForeignKey("stories.id", ondelete="CASCADE"), nullable=False))
    number: int
    text: str | None = None
    text_status: PartStatus = Field(default=PartStatus.WAITING, sa_column=_status())
    reading_level: float | None = None
    image: Image | None = Field(default=None, sa_column=Column(Json(Image)))
    image_status: PartStatus = Field(default=PartStatus.WAITING, sa_column=_status())
    audio: Audio | None = Field(default=None, sa_column=Column(Json(Audio)))
    words: list[WordTiming] | None = Field(default=None, sa_column=Column(Json(list[WordTiming])))
    audio_status: PartStatus = Field(default=PartStatus.WAITING, sa_column=_status())

    def holds(self, part: PagePart) -> bool:
        """Whether some version of the part is there."""
        return getattr(self, CONTENT_COLUMN[part]) is not None

    def status_of(self, part: PagePart) -> PartStatus:
        return PartStatus(getattr(self, STATUS_COLUMN[part]))


STATUS_COLUMN = {PagePart.TEXT: "text_status", PagePart.IMAGE: "image_status", PagePart.AUDIO: "audio_status"}

CONTENT_COLUMN = {PagePart.TEXT: "text", PagePart.IMAGE: "image", PagePart.AUDIO: "audio"}


async def pages_of(session: Session, story_id: UUID) -> list[Page]:
    found = await session.execute(
        select(Page)
        .where(col(Page.story_id) == story_id)
        .order_by(col(Page.number))
        .execution_options(populate_existing=True)
    )
    return list(found.scalars())


async def page_of(session: Session, story_id: UUID, number: int) -> Page:
    found = await session.execute(
        select(Page)
        .where(col(Page.story_id) == story_id, col(Page.number) == number)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def save_text(session: Session, story_id: UUID, number: int, text: str, level: float | None) -> Page:
    """A narration of other words goes: its word times would not fit these."""
    ready = PartStatus.READY
    return await _save(
        session, story_id, number, text=text, text_status=ready, reading_level=level, audio=None, words=None
    )


async def save_image(session: Session, story_id: UUID, number: int, image: Image) -> Page:
    return await _save(session, story_id, number, image=image, image_status=PartStatus.READY)


async def save_audio(session: Session, story_id: UUID, number: int, audio: Audio, words: list[WordTiming]) -> Page:
    return await _save(session, story_id, number, audio=audio, words=words, audio_status=PartStatus.READY)


async def _save(session: Session, story_id: UUID, number: int, **values: Any) -> Page:  # columns of many types
    new = {f"new_{name}": value for name, value in values.items()}
    found = await session.execute(_saving(tuple(values)), {"story": story_id, "page": number, **new})
    return found.scalar_one()


@cache
def _saving(names: tuple[str, ...]) -> ReturningUpdate[Page]:
    """Sets the columns of these names."""
    return (
        update(Page)
        .where(col(Page.story_id) == bindparam("story"), col(Page.number) == bindparam("page"))
        .values({name: bindparam(f"new_{name}") for name in names})
        .returning(Page)
        .execution_options(populate_existing=True)
    )
