"""The screens in PostGraphile's words, and its answers in ours.

It makes its schema from the tables, so its names are theirs, lists that many tables share have one level more, and a
picture is one JSON value. It neither signs URLs nor knows our cursors: those are left out of the comparison.
"""

from __future__ import annotations

from typing import Any

from benchmarks.reads.library import Reader
from benchmarks.reads.screens import Screen
from schema.ids import global_id

_LIST = "first: 20, orderBy: [CREATED_AT_DESC, ROW_ID_DESC], condition: {accountId: $account, deletedAt: null}"
_CAST = "characters: storyCharactersByStoryId(orderBy: POSITION_ASC) { nodes { characterByCharacterId { %s } } }"
_PAGES = "pages: pagesByStoryId(orderBy: NUMBER_ASC) { nodes { %s } }"
QUERIES = {
    "library": f"""query Library($account: UUID!) {{ stories: allStories({_LIST}) {{
        edges {{ node {{ rowId title status {_CAST % "rowId name"} {_PAGES % "rowId number text textStatus image"} }} }}
        pageInfo {{ hasNextPage endCursor }} }} }}""",
    "book": f"""query Book($id: UUID!) {{ story: storyByRowId(rowId: $id) {{
        rowId title premise status ageBand language pageCount createdAt
        {_CAST % "name portrait"} {_PAGES % "number text textStatus image"} }} }}""",
    "shelf": f"""query Shelf($account: UUID!) {{ stories: allStories({_LIST}) {{
        edges {{ node {{ rowId title cover: pagesByStoryId(condition: {{number: 1}}) {{ nodes {{ image }} }} }} }}
        pageInfo {{ hasNextPage endCursor }} }} }}""",
    "page": "query Page($id: UUID!) { page: pageByRowId(rowId: $id) { rowId number text image } }",
    "__typename": "{ __typename }",
}


def body(screen: Screen, reader: Reader) -> dict[str, Any]:
    """A request for the screen."""
    asked = {"library": reader.account, "shelf": reader.account, "book": reader.story, "page": reader.page}
    name = "account" if screen.name in ("library", "shelf") else "id"
    variables = {name: str(asked[screen.name])} if screen.name in asked else {}
    return {"query": QUERIES[screen.name], "variables": variables}


def ours(screen: Screen, data: dict[str, Any]) -> dict[str, Any]:
    """Its answer as it would be of ours, without what `comparable` leaves out."""
    match screen.name:
        case "library" | "shelf":
            found = data["stories"]
            edges = [{"node": _story(screen, edge["node"])} for edge in found["edges"]]
            return {"stories": {"edges": edges, "pageInfo": {"hasNextPage": found["pageInfo"]["hasNextPage"]}}}
        case "book":
            return {"story": _story(screen, data["story"])}
        case "page":
            return {"page": _page(data["page"], "width", "height", "alt", "blurhash")}
        case _:
            return data


def comparable(value: Any) -> Any:
    """JSON of ours without URLs and cursors."""
    if isinstance(value, dict):
        return {name: comparable(inner) for name, inner in value.items() if name not in ("url", "endCursor")}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON
    if isinstance(value, list):
        return [comparable(each) for each in value]  # pyright: ignore[reportUnknownVariableType]  # JSON
    return value


def _story(screen: Screen, node: dict[str, Any]) -> dict[str, Any]:
    told = {"id": global_id("Story", node["rowId"]), **{name: node[name] for name in node if name != "rowId"}}
    if "createdAt" in node:
        told["createdAt"] = node["createdAt"].replace(".000000", "")
    if "cover" in node:
        told["cover"] = _picture(node["cover"]["nodes"][0]["image"], "blurhash")
    if "characters" in node:
        told["characters"] = [_character(each["characterByCharacterId"]) for each in node["characters"]["nodes"]]
    if "pages" in node:
        parts = ("key", "alt", "blurhash") if screen.name == "library" else ("alt", "blurhash")
        told["pages"] = [_page(each, *parts) for each in node["pages"]["nodes"]]
    return told


def _page(row: dict[str, Any], *parts: str) -> dict[str, Any]:
    told = {name: row[name] for name in row if name != "rowId"} | {"image": _picture(row["image"], *parts)}
    return {"id": global_id("Page", row["rowId"]), **told} if "rowId" in row else told


def _character(row: dict[str, Any]) -> dict[str, Any]:
    told = {"name": row["name"]}
    if "rowId" in row:
        told["id"] = global_id("Character", row["rowId"])
    if "portrait" in row:
        told["portrait"] = _picture(row["portrait"], "blurhash")
    return told


def _picture(image: dict[str, Any] | None, *parts: str) -> dict[str, Any] | None:
    return None if image is None else {name: image[name] for name in parts}
