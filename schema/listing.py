"""What all lists have in common: how much of one is asked for, and where a page of it lies."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import argument, field

from resolvers.listing import Slice

First = Annotated[int | None, argument(description="How many, 1 to 100.")]
After = Annotated[str | None, argument(description="The cursor to go on from.")]


def how_many(first: int | None) -> int:
    return 20 if first is None else first


@strawberry.type(description="Where a page of a list lies.")
class PageInfo:
    has_next_page: bool = field(description="Whether more follows.")
    has_previous_page: bool = field(description="Whether something lies before.")
    start_cursor: str | None = field(description="The cursor of the first edge.")
    end_cursor: str | None = field(description="The cursor of the last edge; pass it as `after` to go on.")

    @classmethod
    def of(cls, rows: Slice[object]) -> PageInfo:
        return cls(
            has_next_page=rows.has_next,
            has_previous_page=rows.has_previous,
            start_cursor=rows.cursors[0] if rows.cursors else None,
            end_cursor=rows.cursors[-1] if rows.cursors else None,
        )
