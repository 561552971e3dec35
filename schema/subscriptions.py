"""Following a story while it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import argument, field, subscription

from jobs import events
from jobs.events import LoggedEvent
from models.errors import NotFound
from models.stories import Story as StoryRow
from models.vocabulary import ApiScope, PagePart
from resolvers import progress
from schema.context import Info
from schema.ids import row_id
from schema.media import Image
from schema.pages import Page
from schema.permissions import Requires
from schema.stories import Story


@strawberry.interface(
    description="What happened to a story. Sequences rise by one, except where deltas or previews were joined."
)
class StoryEvent:
    sequence: int = field(description="Its number in the story's log.")
    at: datetime = field(description="When it happened.")


@strawberry.type(description="The whole story as of this cursor, unfinished text included: later deltas continue it.")
class StorySnapshot(StoryEvent):
    story: Story = field(description="The story.")


@strawberry.type(description="The plan is made: title, cast and number of pages are known.")
class StoryPlanned(StoryEvent):
    title: str = field(description="The title.")
    page_count: int = field(description="How many pages there are.")


@strawberry.type(description="Work on a part of a page began.")
class PagePartStarted(StoryEvent):
    page_number: int = field(description="The page, from 1.")
    part: PagePart = field(description="The part.")


@strawberry.type(description="Words to add to a page's text.")
class PageTextAppended(StoryEvent):
    page_number: int = field(description="The page, from 1.")
    offset: int = field(description="The length, in code points, of the page's text before this delta.")
    delta: str = field(description="The words.")


@strawberry.type(description="A page's text is finished.")
class PageTextReady(StoryEvent):
    page: Page = field(description="The page as it was then.")


@strawberry.type(description="A rougher picture to show until the final one.")
class PageImagePreviewed(StoryEvent):
    row: strawberry.Private[events.PageImagePreviewed]
    page_number: int = field(description="The page, from 1.")

    @field(description="The rougher picture.")
    def image(self, info: Info) -> Image:
        return Image.shown(info, self.row.image)


@strawberry.type(description="A page's picture is finished.")
class PageImageReady(StoryEvent):
    page: Page = field(description="The page as it was then.")


@strawberry.type(description="A page's narration is finished.")
class PageAudioReady(StoryEvent):
    page: Page = field(description="The page as it was then.")


@strawberry.type(description="The page's part starts over, after a crash or on request; drop what you hold of it.")
class PagePartRestarted(StoryEvent):
    page_number: int = field(description="The page, from 1.")
    part: PagePart = field(description="The part.")


@strawberry.type(description="A part could not be made.")
class PagePartFailed(StoryEvent):
    page_number: int = field(description="The page, from 1.")
    part: PagePart = field(description="The part.")
    message: str = field(description="Why, for the reader's parent.")


@strawberry.type(description="The last event of a generation; then the subscription completes.")
class StoryEnded(StoryEvent):
    story: Story = field(description="The story as it ended.")


@strawberry.type(description="What happened since the last batch.")
class StoryEventBatch:
    cursor: str = field(description="Where you stand after applying this batch; pass it as `after` to resume.")
    previous_cursor: str | None = field(
        description="The cursor this continues from; null only with reset. If it is not your own, resume."
    )
    reset: bool = field(description="Drop what you hold; the first event is a StorySnapshot.")
    events: list[StoryEvent] = field(description="In order; empty in a heartbeat.")

    @classmethod
    def of(cls, batch: progress.Batch) -> StoryEventBatch:
        shown = [told(logged, batch.ended_story) for logged in batch.events]
        if batch.snapshot is not None:
            snapshot = batch.snapshot
            story = Story.of(snapshot.story, snapshot.pages)
            shown.insert(0, StorySnapshot(sequence=snapshot.sequence, at=snapshot.at, story=story))
        return cls(cursor=batch.cursor, previous_cursor=batch.previous, reset=batch.snapshot is not None, events=shown)


def told(logged: LoggedEvent, ended_story: StoryRow | None) -> StoryEvent:
    """The GraphQL type that says what `logged` says."""
    sequence, at, event = logged.sequence, logged.at, logged.event
    match event:
        case events.PageTextAppended(page, offset, delta):
            return PageTextAppended(sequence=sequence, at=at, page_number=page, offset=offset, delta=delta)
        case events.PagePartStarted(page, part):
            return PagePartStarted(sequence=sequence, at=at, page_number=page, part=part)
        case events.PagePartRestarted(page, part):
            return PagePartRestarted(sequence=sequence, at=at, page_number=page, part=part)
        case events.PagePartFailed(page, part, message):
            return PagePartFailed(sequence=sequence, at=at, page_number=page, part=part, message=message)
        case events.PageImagePreviewed(page, _):
            return PageImagePreviewed(sequence=sequence, at=at, row=event, page_number=page)
        case events.PageTextReady(row):
            return PageTextReady(sequence=sequence, at=at, page=Page.of(row))
        case events.PageImageReady(row):
            return PageImageReady(sequence=sequence, at=at, page=Page.of(row))
        case events.PageAudioReady(row):
            return PageAudioReady(sequence=sequence, at=at, page=Page.of(row))
        case events.StoryPlanned(title, page_count):
            return StoryPlanned(sequence=sequence, at=at, title=title, page_count=page_count)
        case events.StoryEnded():
            if ended_story is None:
                raise RuntimeError("a batch with StoryEnded carries its story")
            return StoryEnded(sequence=sequence, at=at, story=Story.of(ended_story))


EVENT_TYPES = [
    StorySnapshot,
    StoryPlanned,
    PagePartStarted,
    PageTextAppended,
    PageTextReady,
    PageImagePreviewed,
    PageImageReady,
    PageAudioReady,
    PagePartRestarted,
    PagePartFailed,
    StoryEnded,
]


@strawberry.type(description="What can be followed.")
class Subscription:
    @subscription(
        description=(
            "Follows one story, from `after` on or from a snapshot. Every later event arrives exactly once, in order. "
            "The last event is StoryEnded; a `complete` without one means: resume with your cursor."
        ),
        directives=[Requires(scope=ApiScope.STORIES_READ)],
    )
    async def story_progress(
        self,
        info: Info,
        story_id: Annotated[strawberry.ID, argument(description="The story.")],
        after: Annotated[str | None, argument(description="The cursor of the last batch you applied.")] = None,
    ) -> AsyncGenerator[StoryEventBatch, None]:
        context = info.context
        context.caller.need(ApiScope.STORIES_READ)
        id = row_id(story_id, "Story")
        if id is None:
            raise NotFound(story_id, "story")
        # What `follow` refuses is refused before the stream begins: an error, not a stream that ends early. What it
        # gives are the resolvers' batches, which schema.stream turns into StoryEventBatch where it has to.
        following = await progress.follow(context.house, context.caller, id, after)
        return cast("AsyncGenerator[StoryEventBatch, None]", following)
