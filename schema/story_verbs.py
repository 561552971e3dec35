"""Asking for stories, stopping them, going on with them, and deleting them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import field, mutation

from models.errors import InvalidInput as InvalidInputError
from models.vocabulary import AgeBand
from resolvers import creation, stories
from resolvers.creation import Wish
from schema.context import Info
from schema.errors import (
    Conflict,
    ConsentRequired,
    ContentRejected,
    InvalidInput,
    NotFound,
    OutOfCredits,
    Unavailable,
    refusing,
)
from schema.ids import global_id, row_of, split
from schema.inputs import KEY, ONE
from schema.permissions import writing
from schema.stories import Story


@strawberry.input(description="What the story is to be.")
class CreateStoryInput:
    premise: str = field(description="What the story is about, 3 to 2,000 characters.")
    title: str | None = field(default=None, description="Up to 200 characters; the plan finds one where none is given.")
    character_ids: list[strawberry.ID] = field(default_factory=list, description="The cast, up to 8 of yours.")
    page_count: int = field(default=8, description="1 to 24.")
    age_band: AgeBand = field(default=AgeBand.AGES_3_5, description="Whom it is for.")
    language: str = field(default="en", description="BCP 47.")
    art_style: str = field(default="watercolor", description="The key of an art style.")
    voice_id: strawberry.ID | None = field(default=None, description="Who reads it; found by language if left out.")
    narrated: bool = field(default=True, description="Whether it is read aloud.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="Which story stops.")
class CancelStoryInput:
    id: strawberry.ID = field(description="The story.")


@strawberry.input(description="Which story goes on.")
class ResumeStoryInput:
    id: strawberry.ID = field(description="The story.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="Which story goes away.")
class DeleteStoryInput:
    id: strawberry.ID = field(description="The story.")


@strawberry.input(description="How much a story is liked.")
class RateStoryInput:
    story_id: strawberry.ID = field(description="The story; it has ended.")
    stars: int = field(description="1 to 5.")


@strawberry.type(description="The new story; follow it with storyProgress.")
class CreateStoryPayload:
    story: Story = field(description="The story, with all its pages.")


@strawberry.type(description="The story as it has been stopped; finished parts are there.")
class CancelStoryPayload:
    story: Story = field(description="The story.")


@strawberry.type(description="The story, queued again for what is missing.")
class ResumeStoryPayload:
    story: Story = field(description="The story.")


@strawberry.type(description="The story is gone, and its pictures and recordings with it.")
class DeleteStoryPayload:
    deleted_id: strawberry.ID = field(description="The id it had.")


@strawberry.type(description="The story with its rating.")
class RateStoryPayload:
    story: Story = field(description="The story.")


CreateStoryResult = Annotated[
    CreateStoryPayload
    | InvalidInput
    | OutOfCredits
    | ContentRejected
    | NotFound
    | Conflict
    | Unavailable
    | ConsentRequired,
    strawberry.union("CreateStoryResult", description="What createStory answers."),
]
CancelStoryResult = Annotated[
    CancelStoryPayload | NotFound | Conflict,
    strawberry.union("CancelStoryResult", description="What cancelStory answers."),
]
ResumeStoryResult = Annotated[
    ResumeStoryPayload | InvalidInput | NotFound | Conflict | OutOfCredits | Unavailable,
    strawberry.union("ResumeStoryResult", description="What resumeStory answers."),
]
DeleteStoryResult = Annotated[
    DeleteStoryPayload | NotFound, strawberry.union("DeleteStoryResult", description="What deleteStory answers.")
]

RateStoryResult = Annotated[
    RateStoryPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("RateStoryResult", description="What rateStory answers."),
]


def _voice(given: strawberry.ID | None) -> str | None:
    """The voice's own id. Raises InvalidInput where it is not one of a voice."""
    if given is None:
        return None
    parts = split(given)
    if parts is None or parts[0] != "Voice":
        raise InvalidInputError.at("voiceId", "There is no such voice; `voices` lists them all.")
    return parts[1]


@strawberry.type
class StoryVerbs:
    """What is done with whole stories; a part of Mutation."""

    @mutation(description="Asks for a story. It is made in the background, page by page.", extensions=writing())
    @refusing
    async def create_story(self, info: Info, input: Annotated[CreateStoryInput, ONE]) -> CreateStoryResult | None:
        wish = Wish(
            premise=input.premise,
            title=input.title,
            character_ids=[row_of(id, "Character") for id in input.character_ids[:250]],
            page_count=input.page_count,
            age_band=input.age_band,
            language=input.language,
            art_style=input.art_style,
            voice=_voice(input.voice_id),
            narrated=input.narrated,
        )
        row = await creation.create(info.context.house, info.context.caller, wish, input.idempotency_key)
        return CreateStoryPayload(story=Story.of(row))

    @mutation(
        description="Stops generation. Finished parts are kept; what was not generated is refunded.",
        extensions=writing(),
    )
    @refusing
    async def cancel_story(self, info: Info, input: Annotated[CancelStoryInput, ONE]) -> CancelStoryResult | None:
        row = await stories.cancel(info.context.house, info.context.caller, row_of(input.id, "Story"))
        return CancelStoryPayload(story=Story.of(row))

    @mutation(
        description="Generates again only what is missing from an INCOMPLETE, FAILED or CANCELLED story.",
        extensions=writing(),
    )
    @refusing
    async def resume_story(self, info: Info, input: Annotated[ResumeStoryInput, ONE]) -> ResumeStoryResult | None:
        id = row_of(input.id, "Story")
        row = await stories.resume(info.context.house, info.context.caller, id, input.idempotency_key)
        return ResumeStoryPayload(story=Story.of(row))

    @mutation(
        description="Rates a story that has ended, in stars. Said again, the rating is changed.", extensions=writing()
    )
    @refusing
    async def rate_story(self, info: Info, input: Annotated[RateStoryInput, ONE]) -> RateStoryResult | None:
        id = row_of(input.story_id, "Story")
        row = await stories.rate(info.context.house, info.context.caller, id, input.stars)
        return RateStoryPayload(story=Story.of(row))

    @mutation(
        description="Takes a story away at once, under way or not, with its pictures and recordings.",
        extensions=writing(),
    )
    @refusing
    async def delete_story(self, info: Info, input: Annotated[DeleteStoryInput, ONE]) -> DeleteStoryResult | None:
        id = row_of(input.id, "Story")
        await stories.delete(info.context.house, info.context.caller, id)
        return DeleteStoryPayload(deleted_id=global_id("Story", id))
