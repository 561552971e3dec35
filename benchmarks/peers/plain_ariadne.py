"""The same screens from Ariadne: our SDL, resolvers bound to it, dataloaders, its ASGI application."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ariadne import ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from strawberry.dataloader import DataLoader

from benchmarks.peers import rows
from benchmarks.peers.rows import PORT, Row, Rows, global_id
from benchmarks.peers.serving import Routed, serve

_rows = Rows()
query: Any = QueryType()  # Ariadne's types of resolvers are partial
story: Any = ObjectType("Story")
page: Any = ObjectType("Page")
character: Any = ObjectType("Character")
image: Any = ObjectType("Image")


@query.field("stories")
async def stories(_: object, info: Any, first: int = 20, **__: object) -> dict[str, Any]:
    found = await _rows.stories(info.context["account"], first)
    edges = [{"node": row, "cursor": rows.cursor(row["created_at"], row["id"])} for row in found[:first]]
    end = edges[-1]["cursor"] if edges else None
    return {"edges": edges, "pageInfo": {"hasNextPage": len(found) > first, "endCursor": end}}


@query.field("story")
async def one_story(_: object, info: Any, id: str) -> Row | None:
    return await _rows.story(info.context["account"], id)


@query.field("page")
async def one_page(_: object, info: Any, id: str) -> Row | None:
    return await _rows.page(info.context["account"], id)


def _reads(column: str) -> Callable[[Row, object], Any]:
    def read(row: Row, _: object) -> Any:
        return row[column]

    return read


def _names(kind: str) -> Callable[[Row, object], str]:
    def name(row: Row, _: object) -> str:
        return global_id(kind, row["id"])

    return name


def _loads(loader: str) -> Callable[[Row, Any], Awaitable[Any]]:
    def load(row: Row, info: Any) -> Awaitable[Any]:
        return info.context[loader].load(row["id"])

    return load


def _time(row: Row, _: object) -> str:
    return row["created_at"].isoformat()


def _url(value: dict[str, Any], _: object) -> str:
    return rows.url(value["key"])


story.set_field("id", _names("Story"))
for _name, _column in (("ageBand", "age_band"), ("pageCount", "page_count")):
    story.set_field(_name, _reads(_column))
story.set_field("createdAt", _time)
story.set_field("pages", _loads("pages"))
story.set_field("cover", _loads("covers"))
story.set_field("characters", _loads("casts"))
page.set_field("id", _names("Page"))
page.set_field("textStatus", _reads("text_status"))
page.set_field("imageStatus", _reads("image_status"))
character.set_field("id", _names("Character"))
image.set_field("url", _url)
image.set_field("contentType", _reads("content_type"))
# Ariadne's own resolver reads dicts and attributes; asyncpg's records are neither.
for _name in ("title", "premise", "status", "language"):
    story.set_field(_name, _reads(_name))
for _name in ("number", "text", "image"):
    page.set_field(_name, _reads(_name))
for _name in ("name", "portrait"):
    character.set_field(_name, _reads(_name))


def context(request: Any, _: object = None) -> dict[str, Any]:
    return {
        "account": request.headers["x-account"],
        "pages": DataLoader(_rows.pages),
        "covers": DataLoader(_rows.covers),
        "casts": DataLoader(_rows.casts),
    }


if __name__ == "__main__":
    schema = make_executable_schema(Path(sys.argv[2]).read_text(), query, story, page, character, image)
    serve(Routed(GraphQL(schema, context_value=context)), PORT, _rows)
