"""Stories, as clients read them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import Private, field

from models.pages import Page as PageRow
from models.stories import Story as StoryRow
from models.styles import ART_STYLES
from models.vocabulary import AgeBand, PagePart, StoryOrder, StoryStatus
from resolvers import stories
from resolvers.stories import Filter
from schema.characters import Character
from schema.choices import ArtStyle, Voice
from schema.context import Info
from schema.ids import Node, global_id
from schema.listing import PageInfo, how_many
from schema.media import Image
from schema.pages import Page


@strawberry.type(description="Parts finished out of parts planned. A part is one page's text, image or audio.")
class Progress:
    done: int = field(description="Parts that are ready.")
    total: int = field(description="Parts that are wanted.")


@strawberry.type(description="A part of a page that was made and paid for.")
class PaidPart:
    page_number: int = field(description="Of which page.")
    part: PagePart = field(description="Which part.")
    version: int = field(description="1 for the first time it was made, 2 for the second, and so on.")
    credits: int = field(description="What it cost.")


@strawberry.type(description="What a story has cost, in credits: setAside = spent + returned + reserved.")
class Receipt:
    set_aside: int = field(description="What was set aside for it, in all.")
    spent: int = field(description="What its parts have cost.")
    returned: int = field(description="What was given back: for parts that failed, or were never made.")
    reserved: int = field(description="What is still set aside.")
    parts: list[PaidPart] = field(description="Every part that was paid for, in the order they were finished.")


@strawberry.type(description="A picture book: a premise, a cast, and pages that are made one by one.")
class Story(Node):
    row: Private[StoryRow]
    known_pages: Private[list[PageRow] | None]
    title: str | None = field(description="Given by the parent, or found by the plan.")
    premise: str = field(description="What the story is about.")
    status: StoryStatus = field(description="Where it stands as a whole.")
    age_band: AgeBand = field(description="Whom it is for.")
    language: str = field(description="BCP 47.")
    page_count: int = field(description="How many pages it has, from the beginning on.")
    problem: str | None = field(description="Why it failed or is incomplete, in words for the reader's parent.")
    rating: int | None = field(description="How much its owner likes it, 1 to 5 stars; null where nobody has said.")
    sandbox: bool = field(description="Made with a sandbox key: free, and the same each time the same is wished for.")
    created_at: datetime = field(description="When it was asked for.")
    updated_at: datetime = field(description="When something of it last changed.")

    @classmethod
    def of(cls, row: StoryRow, pages: list[PageRow] | None = None) -> Story:
        """`pages`, where given, are shown as they are: a snapshot's hold text that no table has yet."""
        return cls(
            id=global_id("Story", row.id),
            row=row,
            known_pages=pages,
            title=row.title,
            premise=row.premise,
            status=row.status,
            age_band=row.age_band,
            language=row.language,
            page_count=row.page_count,
            problem=row.problem,
            rating=row.rating,
            sandbox=row.sandbox,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def _pages(self, info: Info) -> list[PageRow]:
        return await info.context.pages.load(self.row.id) if self.known_pages is None else self.known_pages

    @field(description="The style it is drawn in.")
    def art_style(self) -> ArtStyle:
        return ArtStyle.of(ART_STYLES[self.row.art_style])

    @field(description="Who reads it aloud; null where nobody does.")
    def voice(self, info: Info) -> Voice | None:
        return Voice.by_id(info, self.row.voice)

    @field(description="The first page's picture.")
    async def cover(self, info: Info) -> Image | None:
        pages = await self._pages(info)
        return Image.of(info, pages[0].image) if pages else None

    @field(description="The picked cast, in order; also those that have left the library since.")
    async def characters(self, info: Info) -> list[Character]:
        return [Character.of(row) for row in await info.context.casts.load(self.row.id)]

    @field(description="All pages, in order. They exist, with stable ids, from createStory on.")
    async def pages(self, info: Info) -> list[Page]:
        return [Page.of(row, self) for row in await self._pages(info)]

    @field(description="What it has cost.")
    async def receipt(self, info: Info) -> Receipt:
        of = await info.context.receipts.load(self.row.id)
        parts = [
            PaidPart(page_number=each.page_number, part=each.part, version=each.version, credits=each.credits)
            for each in of.parts
        ]
        return Receipt(set_aside=of.set_aside, spent=of.spent, returned=of.returned, reserved=of.reserved, parts=parts)

    @field(description="How far it is.")
    async def progress(self, info: Info) -> Progress:
        done, total = await info.context.progress.load(self.row.id)
        return Progress(done=done, total=total)


@strawberry.type(description="One story of a list.")
class StoryEdge:
    node: Story = field(description="The story.")
    cursor: str = field(description="Its place in the list.")


@strawberry.type(description="A page of a list of stories.")
class StoryConnection:
    wanted: Private[Filter]
    edges: list[StoryEdge] = field(description="The stories of this page.")
    page_info: PageInfo = field(description="Where this page lies.")

    @classmethod
    async def of(
        cls, info: Info, wanted: Filter, order: StoryOrder, first: int | None, after: str | None
    ) -> StoryConnection:
        rows = await stories.stories(info.context.house, info.context.caller, how_many(first), after, wanted, order)
        edges = [StoryEdge(node=Story.of(row), cursor=cursor) for row, cursor in rows.placed()]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(rows))

    @field(description="How many there are in all; counted only where it is selected.")
    async def total_count(self, info: Info) -> int:
        return await stories.count(info.context.house, info.context.caller, self.wanted)
