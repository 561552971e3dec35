"""The nouns: what clients read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Private, argument, field

from models import media
from models.accounts import Account as AccountRow
from models.billing import LedgerEntry
from models.characters import Character as CharacterRow
from models.pages import Page as PageRow
from models.stories import Story as StoryRow
from models.styles import ART_STYLES
from models.styles import ArtStyle as ArtStyleRow
from models.vocabulary import AgeBand, PagePart, PartStatus, StoryOrder, StoryStatus
from resolvers import characters, credit_history, shop, stories
from resolvers.listing import Slice
from resolvers.stories import Filter
from schema.context import Info
from schema.ids import global_id
from schema.permissions import reading, signed_in

if TYPE_CHECKING:
    from schema.money import CreditEntryConnection, Plan, PlanSubscription

strawberry.enum(StoryStatus, description="Where a story stands as a whole.")
strawberry.enum(PartStatus, description="Where one part of a page stands.")
strawberry.enum(PagePart, description="A page's text, picture or narration.")
strawberry.enum(AgeBand, description="Whom a story is for, in years of age.")
strawberry.enum(StoryOrder, description="In which order stories are listed.")

ENUM_VALUES = {
    "StoryStatus": {
        "QUEUED": "Waits for a worker.",
        "GENERATING": "Is being made.",
        "READY": "Everything that was asked for is there.",
        "INCOMPLETE": "Ended with something missing.",
        "FAILED": "Ended with nothing made at all.",
        "CANCELLED": "Was cancelled; what had been made by then is there.",
    },
    "PartStatus": {
        "WAITING": "Not begun; in a story that was cancelled, not made.",
        "WORKING": "Being made; an older version stays visible meanwhile.",
        "READY": "There.",
        "FAILED": "Could not be made, and there is no older version.",
        "SKIPPED": "Not wanted: narration of a story without any.",
    },
    "PagePart": {"TEXT": "The words.", "IMAGE": "The picture.", "AUDIO": "The narration."},
    "AgeBand": {
        "AGES_0_2": "Up to 2 years: a few very short sentences.",
        "AGES_3_5": "3 to 5 years: short sentences.",
        "AGES_6_8": "6 to 8 years: for first readers.",
        "AGES_9_12": "9 to 12 years: longer sentences, richer words.",
    },
    "StoryOrder": {
        "NEWEST": "The newest first.",
        "OLDEST": "The oldest first.",
        "TITLE": "By title, whatever its case; stories without one first.",
    },
    "ConflictReason": {
        "STORY_ENDED": "The story has ended already.",
        "STORY_NOT_ENDED": "The story is still being made.",
        "STORY_COMPLETE": "Nothing is missing from the story.",
        "PART_BUSY": "The part is being made just now.",
        "TOO_MANY_STORIES": "As many stories as allowed are being made.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key came before, with other input.",
        "ALREADY_SUBSCRIBED": "The account has a subscription, which the billing portal changes.",
        "NOTHING_BOUGHT": "The account has bought nothing yet, so there is nothing to manage.",
    },
}


First = Annotated[int | None, argument(description="How many, 1 to 100.")]
After = Annotated[str | None, argument(description="The cursor to go on from.")]


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = field(description="Opaque and stable; pass it back as it is.")


@strawberry.type(description="A picture. Cache its bytes by `key`: they never change.")
class Image:
    key: str = field(description="Names the bytes for ever.")
    url: str = field(description="Absolute and signed; the same within 6 hours and valid at least 6 hours more.")
    width: int = field(description="In pixels.")
    height: int = field(description="In pixels.")
    content_type: str = field(description="A media type, such as image/webp.")
    alt: str = field(description="What the picture shows, in words.")
    blurhash: str = field(description="A few characters to paint a blurred preview from (blurha.sh).")

    @classmethod
    def of(cls, info: Info, image: media.Image | None) -> Image | None:
        return None if image is None else cls.shown(info, image)

    @classmethod
    def shown(cls, info: Info, image: media.Image) -> Image:
        return cls(
            key=image.key,
            url=info.context.url(image.key),
            width=image.width,
            height=image.height,
            content_type=image.content_type,
            alt=image.alt,
            blurhash=image.blurhash,
        )


@strawberry.type(description="One spoken word: when it is said, and where it stands in the page's text.")
class WordTiming:
    word: str = field(description="Exactly text[start:end] of the page's text.")
    start_ms: int = field(description="Milliseconds from the start of the recording.")
    end_ms: int = field(description="Milliseconds from the start of the recording.")
    start: int = field(description="Offset in the page's text, in code points.")
    end: int = field(description="Offset of the word's end, in code points.")


@strawberry.type(description="A narration. Cache its bytes by `key`: they never change.")
class Audio:
    key: str = field(description="Names the bytes for ever.")
    url: str = field(description="Absolute and signed; the same within 6 hours and valid at least 6 hours more.")
    duration_ms: int = field(description="Length in milliseconds.")
    content_type: str = field(description="A media type, such as audio/mpeg.")
    words: list[WordTiming] = field(description="Every spoken word, in order.")

    @classmethod
    def of(cls, info: Info, row: PageRow) -> Audio | None:
        if row.audio is None:
            return None
        words = [
            WordTiming(word=word.word, start_ms=word.start_ms, end_ms=word.end_ms, start=word.start, end=word.end)
            for word in row.words or ()
        ]
        return cls(
            key=row.audio.key,
            url=info.context.url(row.audio.key),
            duration_ms=row.audio.duration_ms,
            content_type=row.audio.content_type,
            words=words,
        )


@strawberry.type(description="A style that stories can be drawn in.")
class ArtStyle:
    key: str = field(description="What createStory takes.")
    name: str = field(description="What to show.")
    description: str = field(description="How it looks.")

    @classmethod
    def of(cls, style: ArtStyleRow) -> ArtStyle:
        return cls(key=style.key, name=style.name, description=style.description)


@strawberry.type(description="A narrator's voice.")
class Voice(Node):
    name: str = field(description="What to show.")
    language: str = field(description="BCP 47.")
    description: str = field(description="How it sounds.")

    @classmethod
    def by_id(cls, info: Info, id: str | None) -> Voice | None:
        for sheet in info.context.house.voices:
            if sheet.id == id:
                return cls(
                    id=global_id("Voice", sheet.id),
                    name=sheet.name,
                    language=sheet.language,
                    description=sheet.description,
                )
        return None


@strawberry.type(description="Parts finished out of parts planned. A part is one page's text, image or audio.")
class Progress:
    done: int = field(description="Parts that are ready.")
    total: int = field(description="Parts that are wanted.")


@strawberry.type(description="Where a page of a list lies.")
class PageInfo:
    has_next_page: bool = field(description="Whether more follows.")
    has_previous_page: bool = field(description="Whether something lies before.")
    start_cursor: str | None = field(description="The cursor of the first edge.")
    end_cursor: str | None = field(description="The cursor of the last edge; pass it as `after` to go on.")

    @classmethod
    def of(cls, rows: Slice[StoryRow] | Slice[CharacterRow] | Slice[LedgerEntry]) -> PageInfo:
        return cls(
            has_next_page=rows.has_next,
            has_previous_page=rows.has_previous,
            start_cursor=rows.cursors[0] if rows.cursors else None,
            end_cursor=rows.cursors[-1] if rows.cursors else None,
        )


@strawberry.type(description="Credits, which pages and narrations cost.")
class CreditBalance:
    available: int = field(description="What can be spent.")
    reserved: int = field(description="What is set aside for stories that are being made.")


@strawberry.type(description="An account: somebody who makes stories.")
class User(Node):
    row: Private[AccountRow]
    email: str = field(description="The address the account signs in with.")
    email_verified: bool = field(description="Whether it is known to be read by the account's owner.")
    display_name: str | None = field(description="What to call the person.")
    created_at: datetime = field(description="When the account was made.")
    credits: CreditBalance = field(description="What it has to make stories with.")

    @classmethod
    def of(cls, row: AccountRow) -> User:
        return cls(
            id=global_id("User", row.id),
            row=row,
            email=row.email,
            email_verified=row.email_verified_at is not None,
            display_name=row.display_name,
            created_at=row.created_at,
            credits=CreditBalance(available=row.available, reserved=row.reserved),
        )

    @field(description="The plan it is on; the free one without a subscription.")
    async def plan(self, info: Info) -> Annotated[Plan, strawberry.lazy("schema.money")]:
        from schema.money import Plan

        return Plan.of(shop.plan_of(await info.context.subscriptions.load(self.row.id)))

    @field(description="What it subscribes to, or did at last; null where it never did.", extensions=signed_in())
    async def subscription(self, info: Info) -> Annotated[PlanSubscription, strawberry.lazy("schema.money")] | None:
        from schema.money import PlanSubscription

        row = await info.context.subscriptions.load(self.row.id)
        return None if row is None else PlanSubscription.of(row)

    @field(description="Where its credits came from and went, the newest first.", extensions=signed_in())
    async def credit_history(
        self, info: Info, first: First = 20, after: After = None
    ) -> Annotated[CreditEntryConnection, strawberry.lazy("schema.money")] | None:
        from schema.money import CreditEntryConnection

        house, caller = info.context.house, info.context.caller
        rows = await credit_history.credit_history(house, caller, 20 if first is None else first, after)
        return CreditEntryConnection.of(rows)


@strawberry.type(description="Somebody who can be in stories, and looks the same in all of them.")
class Character(Node):
    row: Private[CharacterRow]
    name: str = field(description="What it is called.")
    appearance: str = field(description="What it looks like; goes into every picture it appears in.")
    personality: str | None = field(description="What it is like; goes into the text.")
    portrait_status: PartStatus = field(description="Where its portrait stands.")
    sandbox: bool = field(description="Made with a sandbox key, and for stories of such a key only.")
    created_at: datetime = field(description="When it joined the library.")

    @classmethod
    def of(cls, row: CharacterRow) -> Character:
        return cls(
            id=global_id("Character", row.id),
            row=row,
            name=row.name,
            appearance=row.appearance,
            personality=row.personality,
            portrait_status=row.portrait_status,
            sandbox=row.sandbox,
            created_at=row.created_at,
        )

    @field(description="Its picture, which every illustration is held against.")
    def portrait(self, info: Info) -> Image | None:
        return Image.of(info, self.row.portrait)

    @field(description="The stories it is in, newest first.", extensions=reading())
    async def stories(self, info: Info, first: First = 20, after: After = None) -> StoryConnection:
        wanted = Filter(character_id=self.row.id)
        return await StoryConnection.of(info, wanted, StoryOrder.NEWEST, 20 if first is None else first, after)


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
    async def story(self, info: Info) -> Story:
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
    async def of(cls, info: Info, wanted: Filter, order: StoryOrder, first: int, after: str | None) -> StoryConnection:
        rows = await stories.stories(info.context.house, info.context.caller, first, after, wanted, order)
        edges = [
            StoryEdge(node=Story.of(row), cursor=cursor) for row, cursor in zip(rows.rows, rows.cursors, strict=True)
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(rows))

    @field(description="How many there are in all; counted only where it is selected.")
    async def total_count(self, info: Info) -> int:
        return await stories.count(info.context.house, info.context.caller, self.wanted)


@strawberry.type(description="One character of a list.")
class CharacterEdge:
    node: Character = field(description="The character.")
    cursor: str = field(description="Its place in the list.")


@strawberry.type(description="A page of a list of characters.")
class CharacterConnection:
    edges: list[CharacterEdge] = field(description="The characters of this page.")
    page_info: PageInfo = field(description="Where this page lies.")

    @classmethod
    def of(cls, rows: Slice[CharacterRow]) -> CharacterConnection:
        edges = [
            CharacterEdge(node=Character.of(row), cursor=cursor)
            for row, cursor in zip(rows.rows, rows.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=PageInfo.of(rows))

    @field(description="How many there are in all; counted only where it is selected.")
    async def total_count(self, info: Info) -> int:
        return await characters.count(info.context.house, info.context.caller)


def art_styles() -> Sequence[ArtStyle]:
    return [ArtStyle.of(style) for style in ART_STYLES.values()]
