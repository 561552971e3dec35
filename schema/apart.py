"""Pages that are loaded apart from their stories, because those of finished ones are likely to be at hand already."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import orjson

from models.readers import Row
from models.vocabulary import StoryStatus
from resolvers.screens import Columns, PagesOf
from schema.context import Context
from schema.selections import NotPlain

ENDED = frozenset(status.value for status in StoryStatus if status.ended)
Shape = Callable[[Sequence[Any], Callable[[str], str]], Any]
"""Of the arrays of one story's pages, and what signs URLs."""
Pages = Mapping[UUID, orjson.Fragment]


class Apart:
    """One selection of pages, of one plan. What is kept of it is kept under a name of its own, which no other has.

    The name is not itself: pieces outlive plans, and would keep statement and code, many times as large, with them.
    """

    def __init__(self, columns: Columns, shape: Shape) -> None:
        self._name = object()
        self._shape = shape
        self._pages = PagesOf(columns)

    async def read(self, stories: Sequence[tuple[UUID, str, str]], context: Context) -> Pages:
        """The pages of stories, of which it knows id, version and status. Raises NotPlain where one has just gone."""
        kept = context.house.kept
        # URLs are signed anew in every window, and in one the same: any of them names it. One string for all pieces.
        window = sys.intern(context.url("window.webp"))
        found: dict[UUID, orjson.Fragment] = {}
        missing: list[UUID] = []
        for id, version, status in stories:
            piece = kept.get((self._name, window, id, version)) if status in ENDED else None
            if piece is None:
                missing.append(id)
            else:
                found[id] = orjson.Fragment(piece)
        if missing:
            for row in await self._pages.read(context.house, context.caller, missing):
                id, version, status = cast("tuple[UUID, str, str]", tuple(row[:3]))
                piece = orjson.dumps(self._shape(row[3:], context.url))
                found[id] = orjson.Fragment(piece)
                if status in ENDED:
                    kept.put((self._name, window, id, version), piece)
        if len(found) < len(stories):
            raise NotPlain
        return found


class Versions:
    """Where in a row of stories id, version and status stand."""

    def __init__(self, columns: Columns) -> None:
        self._places = [list(columns).index(name) for name in ("id", "xmin", "status")]

    def of(self, rows: Sequence[Row]) -> list[tuple[UUID, str, str]]:
        id, version, status = self._places
        return [(row[id], row[version], row[status]) for row in rows]
