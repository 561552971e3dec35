"""Characters, as clients read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Private, field

from models.characters import Character as CharacterRow
from models.vocabulary import PartStatus, StoryOrder
from resolvers import characters
from resolvers.listing import Slice
from resolvers.stories import Filter
from schema.context import Info
from schema.ids import Node, global_id
from schema.listing import After, First, PageInfo
from schema.media import Image
from schema.permissions import reading

if TYPE_CHECKING:
    from schema.stories import StoryConnection


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
    async def stories(
        self, info: Info, first: First = 20, after: After = None
    ) -> Annotated[StoryConnection, strawberry.lazy("schema.stories")]:
        from schema.stories import StoryConnection  # stories know their casts

        return await StoryConnection.of(info, Filter(character_id=self.row.id), StoryOrder.NEWEST, first, after)


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
        edges = [CharacterEdge(node=Character.of(row), cursor=cursor) for row, cursor in rows.placed()]
        return cls(edges=edges, page_info=PageInfo.of(rows))

    @field(description="How many there are in all; counted only where it is selected.")
    async def total_count(self, info: Info) -> int:
        return await characters.count(info.context.house, info.context.caller)
