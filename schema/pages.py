"""A story's pages, as clients read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Private, field

from models.pages import Page as PageRow
from models.vocabulary import PartStatus
from schema.context import Info
from schema.ids import Node, global_id
from schema.media import Audio, Image

if TYPE_CHECKING:
    from schema.stories import Story


@strawberry.type(description="One page: text, picture and narration, each with a state of its own.")
class Page(Node):
    row: Private[PageRow]
    of_story: Private[Story | None]
    number: int = field(description="From 1.")
    text: str | None = field(description="The words; in a snapshot also those that are still being written.")
    text_status: PartStatus = field(description="Where the text stands.")
    reading_level: float | None = field(
        description="The age, in years, at which the text is read with ease; null where it was too short to measure, "
        "or no formula for its language is known."
    )
    image_status: PartStatus = field(description="Where the picture stands.")
    audio_status: PartStatus = field(description="Where the narration stands.")

    @classmethod
    def of(cls, row: PageRow, story: Story | None = None) -> Page:
        return cls(
            id=global_id("Page", row.id),
            row=row,
            of_story=story,
            number=row.number,
            text=row.text,
            text_status=row.text_status,
            reading_level=row.reading_level,
            image_status=row.image_status,
            audio_status=row.audio_status,
        )

    @field(description="The story it belongs to.")
    async def story(self, info: Info) -> Annotated[Story, strawberry.lazy("schema.stories")]:
        from schema.stories import Story  # stories know their pages

        if self.of_story is not None:
            return self.of_story
        row = await info.context.stories.load(self.row.story_id)
        if row is None:
            raise LookupError("the page's story has been deleted")
        return Story.of(row)

    @field(description="The picture.")
    def image(self, info: Info) -> Image | None:
        return Image.of(info, self.row.image)

    @field(description="The narration.")
    def audio(self, info: Info) -> Audio | None:
        return Audio.of(info, self.row)
