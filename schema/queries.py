"""Reading: one field a noun."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import UNSET, argument, field

from models.errors import BadUserInput, StoryCanvasError, Unauthenticated
from models.plans import CATALOG
from models.styles import ART_STYLES
from models.vocabulary import ApiScope, StoryOrder, StoryStatus
from resolvers import api_keys, characters, creation, pages, personal, signing_in, stories
from schema.accounts import User
from schema.characters import Character, CharacterConnection
from schema.choices import ArtStyle, Voice
from schema.context import Info
from schema.ids import Node, row_id, split
from schema.key_verbs import ApiKey
from schema.listing import After, First, how_many
from schema.money import CreditEntryConnection, CreditPack, Plan
from schema.pages import Page
from schema.permissions import Requires, reading, signed_in
from schema.personal_verbs import AccountDeletion, Consent, DataExport
from schema.signing_in_verbs import Session
from schema.stories import Story, StoryConnection

Id = Annotated[strawberry.ID, argument(description="The id, as the API gave it.")]


@strawberry.input(description="Which stories. All that is given must fit.")
class StoryFilter:
    status: list[StoryStatus] | None = field(default=None, description="Stories in one of these states.")
    character_id: strawberry.ID | None = field(default=None, description="Stories that this character is in.")
    search: str | None = field(default=None, description="Stories with these words in title or premise.")


def _wanted(given: StoryFilter | None) -> stories.Filter | None:
    """The resolvers' filter; None where no story can fit it."""
    if given is None:
        return stories.Filter()
    character_id = None
    if given.character_id is not None:
        character_id = row_id(given.character_id, "Character")
        if character_id is None:
            return stories.Filter(statuses=[])
    return stories.Filter(given.status, character_id, given.search)


async def _user(info: Info, id: UUID) -> User | None:
    account = info.context.caller.account
    return None if account is None or account.id != id else User.of(account)


async def _story(info: Info, id: UUID) -> Story | None:
    row = await stories.story(info.context.house, info.context.caller, id)
    return None if row is None else Story.of(row)


async def _character(info: Info, id: UUID) -> Character | None:
    row = await characters.character(info.context.house, info.context.caller, id)
    return None if row is None else Character.of(row)


async def _page(info: Info, id: UUID) -> Page | None:
    row = await pages.page(info.context.house, info.context.caller, id)
    return None if row is None else Page.of(row)


async def _api_key(info: Info, id: UUID) -> ApiKey | None:
    row = await api_keys.api_key(info.context.house, info.context.caller, id)
    return None if row is None else ApiKey.of(row)


async def _session(info: Info, id: UUID) -> Session | None:
    row = await signing_in.session_by_id(info.context.house, info.context.caller, id)
    return None if row is None else Session.of(info, row)


_NODES: dict[str, Callable[[Info, UUID], Awaitable[Node | None]]] = {
    "User": _user,
    "Story": _story,
    "Character": _character,
    "Page": _page,
    "ApiKey": _api_key,
    "Session": _session,
}


async def _node(info: Info, id: str) -> Node | None:
    parts = split(id)
    if parts is None:
        raise BadUserInput("This is not an id. Ids come from the API and are passed back as they are.")
    kind, local = parts
    if kind == "Voice":
        return Voice.by_id(info, local)
    info.context.caller.need(ApiScope.STORIES_READ)
    found = row_id(id, kind) if kind in _NODES else None
    return None if found is None else await _NODES[kind](info, found)


@strawberry.type(description="Everything that can be read.")
class Query:
    @field(
        description="Any object by its id; null where it is not there or not yours. Voices are everybody's.",
        directives=[Requires(scope=ApiScope.STORIES_READ)],
    )
    async def node(self, info: Info, id: Id) -> Node | None:
        return await _node(info, id)

    @field(
        description="Objects by their ids, up to 100, in the order asked for.",
        directives=[Requires(scope=ApiScope.STORIES_READ)],
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], argument(description="The ids.")]
    ) -> list[Node | None]:
        if len(ids) > 100:
            raise BadUserInput("`ids` takes at most 100.")
        found: list[Node | None] = []
        for id in ids:
            try:
                found.append(await _node(info, id))
            except StoryCanvasError as error:
                # graphql-core reports an exception in a list as that item's error, and leaves its neighbours alone.
                found.append(error)  # pyright: ignore[reportArgumentType]  # see above
        return found

    @field(description="The account behind the token, for API keys of any scope too; null where no token was sent.")
    async def me(self, info: Info) -> User | None:
        caller = info.context.caller
        if caller.bad_token:
            raise Unauthenticated
        return None if caller.account is None else User.of(caller.account)

    @field(description="A story of yours.", extensions=reading())
    async def story(self, info: Info, id: Id) -> Story | None:
        found = row_id(id, "Story")
        return None if found is None else await _story(info, found)

    @field(description="Your stories.", extensions=reading())
    async def stories(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        filter: Annotated[StoryFilter | None, argument(description="Which stories.")] = UNSET,
        order_by: Annotated[StoryOrder | None, argument(description="In which order.")] = StoryOrder.NEWEST,
    ) -> StoryConnection | None:
        wanted = _wanted(filter or None) or stories.Filter()
        return await StoryConnection.of(info, wanted, order_by or StoryOrder.NEWEST, first, after)

    @field(description="A character of yours.", extensions=reading())
    async def character(self, info: Info, id: Id) -> Character | None:
        found = row_id(id, "Character")
        return None if found is None else await _character(info, found)

    @field(description="Your characters, newest first.", extensions=reading())
    async def characters(self, info: Info, first: First = 20, after: After = None) -> CharacterConnection | None:
        rows = await characters.characters(info.context.house, info.context.caller, how_many(first), after)
        return CharacterConnection.of(rows)

    @field(description="A page of a story of yours.", extensions=reading())
    async def page(self, info: Info, id: Id) -> Page | None:
        found = row_id(id, "Page")
        return None if found is None else await _page(info, found)

    @field(
        description="Your API keys: those that hold first, then up to 100 in all that were revoked.",
        extensions=signed_in(),
    )
    async def api_keys(self, info: Info) -> list[ApiKey] | None:
        return [ApiKey.of(row) for row in await api_keys.listed(info.context.house, info.context.caller)]

    @field(description="Your sessions, the one used last first; at most 100.", extensions=signed_in())
    async def sessions(self, info: Info) -> list[Session] | None:
        rows = await signing_in.sessions(info.context.house, info.context.caller)
        return [Session.of(info, row) for row in rows]

    @field(description="What a parent agrees to, and whether this account has.")
    async def consent(self, info: Info) -> Consent | None:
        return Consent.of(await personal.agreement(info.context.house, info.context.caller))

    @field(description="What has become of exportMyData.", extensions=signed_in())
    async def data_export(self, info: Info, id: Id) -> DataExport | None:
        found = row_id(id, "DataExport")
        export = None if found is None else await personal.export(info.context.house, info.context.caller, found)
        return None if export is None else DataExport.of(export)

    @field(description="What has become of deleteAccount: for whoever has its id, since nobody can sign in any more.")
    async def account_deletion(self, info: Info, id: Id) -> AccountDeletion | None:
        found = row_id(id, "AccountDeletion")
        errand = None if found is None else await personal.deletion(info.context.house, found)
        return None if errand is None else AccountDeletion.of(errand)

    @field(description="What a story would cost, in credits, before it is asked for.")
    async def story_price(
        self,
        page_count: Annotated[int, argument(description="1 to 24.")],
        narrated: Annotated[bool, argument(description="With narration.")] = True,
    ) -> int | None:
        return creation.price(page_count, narrated)

    @field(description="What can be subscribed to, the free plan first.")
    async def plans(self) -> list[Plan]:
        return [Plan.of(row) for row in CATALOG.plans.values()]

    @field(description="Credits that can be bought once.")
    async def credit_packs(self) -> list[CreditPack]:
        return [CreditPack.of(row) for row in CATALOG.packs.values()]

    @field(description="Where your credits came from and went, the newest first; as in `me`.", extensions=signed_in())
    async def credit_history(self, info: Info, first: First = 20, after: After = None) -> CreditEntryConnection | None:
        return await CreditEntryConnection.of(info, first, after)

    @field(description="The styles that stories can be drawn in.")
    async def art_styles(self) -> list[ArtStyle]:
        return [ArtStyle.of(style) for style in ART_STYLES.values()]

    @field(description="The voices that read aloud.")
    async def voices(
        self,
        info: Info,
        language: Annotated[
            str | None, argument(description="BCP 47; 'en' takes all kinds, and so does a region without a voice.")
        ] = UNSET,
    ) -> list[Voice]:
        found = (
            Voice.by_id(info, sheet.id)
            for sheet in creation.voices(info.context.house, info.context.caller, language or None)
        )
        return [voice for voice in found if voice is not None]
