"""Stories as rows, for tests that ask no server for them."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from models import generation
from models.database import Session
from models.pages import Page
from models.stories import Story
from models.vocabulary import AgeBand, StoryStatus


class Columns(TypedDict, total=False):
    """What a test may want to be otherwise than in any story."""

    id: UUID
    title: str | None
    premise: str
    status: StoryStatus
    art_style: str
    voice: str
    narrated: bool
    page_count: int
    generation: int
    created_at: datetime
    updated_at: datetime


def new_story(account_id: UUID, **columns: Unpack[Columns]) -> Story:
    """Of one page that nobody reads aloud, where `columns` say nothing else. It is in no table yet."""
    story = Story(
        account_id=account_id,
        premise="A mole",
        age_band=AgeBand.AGES_3_5,
        language="en",
        art_style="watercolor",
        narrated=False,
        page_count=1,
        writer="offline",
        painter="offline",
        narrator="offline",
    )
    for name, value in columns.items():
        setattr(story, name, value)
    return story


async def add_narrated(session: Session, account_id: UUID, page_count: int) -> Story:
    """A story of the scripted vendors with its pages and its first steps, not paid for yet."""
    story = new_story(account_id, voice="scripted:mo", narrated=True, page_count=page_count)
    session.add(story)
    await session.flush()
    session.add_all([Page(story_id=story.id, number=number) for number in range(1, page_count + 1)])
    await generation.add_steps(session, story.id, generation.first_steps(page_count, narrated=True))
    return story
