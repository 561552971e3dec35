"""The same screens from Strawberry as its documentation teaches it: types, resolvers, dataloaders, its ASGI view."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from benchmarks.peers import rows
from benchmarks.peers.rows import PORT, Row, Rows, global_id
from benchmarks.peers.serving import Routed, serve

_rows = Rows()


@strawberry.type
class Image:
    key: str
    width: int
    height: int
    content_type: str
    alt: str
    blurhash: str

    @strawberry.field
    def url(self) -> str:
        return rows.url(self.key)


def _image(value: dict[str, Any] | None) -> Image | None:
    return None if value is None else Image(**value)


@strawberry.type
class Character:
    id: strawberry.ID
    name: str
    portrait: Image | None


@strawberry.type
class Page:
    id: strawberry.ID
    number: int
    text: str | None
    text_status: str
    image: Image | None
    image_status: str


def _page(row: Row) -> Page:
    return Page(
        id=strawberry.ID(global_id("Page", row["id"])),
        number=row["number"],
        text=row["text"],
        text_status=row["text_status"],
        image=_image(row["image"]),
        image_status=row["image_status"],
    )


@strawberry.type
class Story:
    row_id: strawberry.Private[object]
    id: strawberry.ID
    title: str | None
    premise: str
    status: str
    age_band: str
    language: str
    page_count: int
    created_at: datetime

    @strawberry.field
    async def pages(self, info: Info[Any, None]) -> list[Page]:
        return [_page(row) for row in await info.context["pages"].load(self.row_id)]

    @strawberry.field
    async def cover(self, info: Info[Any, None]) -> Image | None:
        return _image(await info.context["covers"].load(self.row_id))

    @strawberry.field
    async def characters(self, info: Info[Any, None]) -> list[Character]:
        return [
            Character(
                id=strawberry.ID(global_id("Character", row["id"])),
                name=row["name"],
                portrait=_image(row["portrait"]),
            )
            for row in await info.context["casts"].load(self.row_id)
        ]


def _story(row: Row) -> Story:
    return Story(
        row_id=row["id"],
        id=strawberry.ID(global_id("Story", row["id"])),
        title=row["title"],
        premise=row["premise"],
        status=row["status"],
        age_band=row["age_band"],
        language=row["language"],
        page_count=row["page_count"],
        created_at=row["created_at"],
    )


@strawberry.type
class StoryEdge:
    node: Story
    cursor: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class StoryConnection:
    edges: list[StoryEdge]
    page_info: PageInfo


@strawberry.type
class Query:
    @strawberry.field
    async def stories(self, info: Info[Any, None], first: int = 20) -> StoryConnection:
        found = await _rows.stories(info.context["account"], first)
        edges = [StoryEdge(node=_story(row), cursor=rows.cursor(row["created_at"], row["id"])) for row in found[:first]]
        end = edges[-1].cursor if edges else None
        return StoryConnection(edges=edges, page_info=PageInfo(has_next_page=len(found) > first, end_cursor=end))

    @strawberry.field
    async def story(self, info: Info[Any, None], id: strawberry.ID) -> Story | None:
        row = await _rows.story(info.context["account"], id)
        return None if row is None else _story(row)

    @strawberry.field
    async def page(self, info: Info[Any, None], id: strawberry.ID) -> Page | None:
        row = await _rows.page(info.context["account"], id)
        return None if row is None else _page(row)


class View(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:  # as Strawberry has it
        return {
            "account": request.headers["x-account"],
            "pages": DataLoader(_rows.pages),
            "covers": DataLoader(_rows.covers),
            "casts": DataLoader(_rows.casts),
        }


if __name__ == "__main__":
    serve(Routed(View(strawberry.Schema(Query))), PORT, _rows)
