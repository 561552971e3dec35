"""Reading pages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from models.characters import Character
from models.pages import Page
from models.stories import Story, StoryCharacter
from models.vocabulary import PagePart, PartStatus
from resolvers.caller import Caller
from resolvers.house import House


async def page(house: House, caller: Caller, id: UUID) -> Page | None:
    mine = caller.stories().with_only_columns(col(Story.id))
    async with house.database.reading() as session:
        found = await session.execute(select(Page).where(col(Page.id) == id, col(Page.story_id).in_(mine)))
        return found.scalar_one_or_none()


async def pages_of_stories(house: House, caller: Caller, story_ids: Sequence[UUID]) -> list[list[Page]]:
    """For each story its pages in order; none for a story that the caller may not read."""
    mine = caller.stories().with_only_columns(col(Story.id)).where(col(Story.id).in_(story_ids))
    async with house.database.reading() as session:
        found = await session.execute(
            select(Page).where(col(Page.story_id).in_(mine)).order_by(col(Page.story_id), col(Page.number))
        )
        pages: dict[UUID, list[Page]] = {story_id: [] for story_id in story_ids}
        for page in found.scalars():
            pages[page.story_id].append(page)
    return [pages[story_id] for story_id in story_ids]


async def casts_of_stories(house: House, caller: Caller, story_ids: Sequence[UUID]) -> list[list[Character]]:
    """For each story its picked characters in order, also those that have left the library since."""
    mine = caller.stories().with_only_columns(col(Story.id)).where(col(Story.id).in_(story_ids))
    async with house.database.reading() as session:
        found = await session.execute(
            select(col(StoryCharacter.story_id), Character)
            .join(Character, col(Character.id) == col(StoryCharacter.character_id))
            .where(col(StoryCharacter.story_id).in_(mine))
            .order_by(col(StoryCharacter.position))
        )
        casts: dict[UUID, list[Character]] = {story_id: [] for story_id in story_ids}
        for story_id, character in found:
            casts[story_id].append(character)
    return [casts[story_id] for story_id in story_ids]


async def progress_of_stories(house: House, caller: Caller, story_ids: Sequence[UUID]) -> list[tuple[int, int]]:
    """For each story how many parts are ready, and how many are wanted in all."""
    mine = caller.stories().with_only_columns(col(Story.id)).where(col(Story.id).in_(story_ids))
    ready = PartStatus.READY
    done = (
        func.count().filter(col(Page.text_status) == ready)
        + func.count().filter(col(Page.image_status) == ready)
        + func.count().filter(col(Page.audio_status) == ready)
    )
    wanted = func.count() * len(PagePart) - func.count().filter(col(Page.audio_status) == PartStatus.SKIPPED)
    async with house.database.reading() as session:
        found = await session.execute(
            select(col(Page.story_id), done, wanted).where(col(Page.story_id).in_(mine)).group_by(col(Page.story_id))
        )
        counts = {story_id: (finished, total) for story_id, finished, total in found}
    return [counts.get(story_id, (0, 0)) for story_id in story_ids]
