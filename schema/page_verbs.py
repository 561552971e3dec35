"""Changing single pages of a story."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import field, mutation

from models.vocabulary import PagePart
from resolvers import revision
from schema.context import Info
from schema.errors import (
    Conflict,
    ContentRejected,
    InvalidInput,
    NotFound,
    OutOfCredits,
    Unavailable,
    refusing,
)
from schema.ids import row_of
from schema.inputs import KEY, ONE
from schema.pages import Page
from schema.permissions import writing


@strawberry.input(description="A page's new words.")
class EditPageTextInput:
    page_id: strawberry.ID = field(description="The page.")
    text: str = field(description="The whole text, 1 to 4,000 characters.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="What is to be made again of a page.")
class RedoPageInput:
    page_id: strawberry.ID = field(description="The page.")
    parts: list[PagePart] = field(
        description="Which parts, each once. Each costs a credit; new words are read aloud anew as well, for another."
    )
    instruction: str | None = field(default=None, description="What should be different, up to 500 characters.")
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.type(description="The page with its new words; its narration is being made again.")
class EditPageTextPayload:
    page: Page = field(description="The page.")


@strawberry.type(description="The page, which keeps what it has until the new parts are ready.")
class RedoPagePayload:
    page: Page = field(description="The page.")


EditPageTextResult = Annotated[
    EditPageTextPayload | InvalidInput | NotFound | Conflict | ContentRejected | OutOfCredits | Unavailable,
    strawberry.union("EditPageTextResult", description="What editPageText answers."),
]
RedoPageResult = Annotated[
    RedoPagePayload | InvalidInput | NotFound | Conflict | ContentRejected | OutOfCredits | Unavailable,
    strawberry.union("RedoPageResult", description="What redoPage answers."),
]


@strawberry.type
class PageVerbs:
    """What is done with single pages; a part of Mutation."""

    @mutation(
        description="Changes a page's words by hand, which costs nothing; its narration is made again, for a credit. "
        "Until it is ready the page has none, since word times fit one text only. The same words change nothing.",
        extensions=writing(),
    )
    @refusing
    async def edit_page_text(self, info: Info, input: Annotated[EditPageTextInput, ONE]) -> EditPageTextResult | None:
        id = row_of(input.page_id, "Page")
        row = await revision.edit(info.context.house, info.context.caller, id, input.text, input.idempotency_key)
        return EditPageTextPayload(page=Page.of(row))

    @mutation(
        description="Makes parts of one page again, optionally with an instruction. The old version stays until the "
        "new one is ready, and for ever where no new one can be made. Each part costs a credit when it is ready.",
        extensions=writing(),
    )
    @refusing
    async def redo_page(self, info: Info, input: Annotated[RedoPageInput, ONE]) -> RedoPageResult | None:
        row = await revision.redo(
            info.context.house,
            info.context.caller,
            row_of(input.page_id, "Page"),
            input.parts,
            input.instruction,
            input.idempotency_key,
        )
        return RedoPagePayload(page=Page.of(row))
