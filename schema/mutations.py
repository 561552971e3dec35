"""Changing: one input and one result a verb."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import argument, field, mutation

from models.errors import InvalidInput as InvalidInputError
from models.vocabulary import AgeBand
from resolvers import accounts, characters, stories
from resolvers.stories import Wish
from schema.context import Info
from schema.errors import (
    Conflict,
    ContentRejected,
    EmailTaken,
    InvalidCredentials,
    InvalidInput,
    NotFound,
    Unavailable,
    refusing,
)
from schema.ids import global_id, row_of, split
from schema.types import Character, Story, User

ONE = argument(description="What the verb takes.")


@strawberry.input(description="A new account.")
class SignUpInput:
    email: str = field(description="The address to sign in with.")
    password: str = field(description="8 to 128 characters, and not among the commonest.")
    display_name: str | None = field(default=None, description="What to call you.")


@strawberry.input(description="What an account signs in with.")
class SignInInput:
    email: str = field(description="The account's address.")
    password: str = field(description="The account's password.")


@strawberry.input(description="A refresh token, which is spent by this.")
class RefreshSessionInput:
    refresh_token: str = field(description="The newest one of the session.")


@strawberry.input(description="A new member of the library.")
class CreateCharacterInput:
    name: str = field(description="1 to 80 characters.")
    appearance: str = field(description="What it looks like, 1 to 1,000 characters.")
    personality: str | None = field(default=None, description="What it is like, up to 1,000 characters.")


@strawberry.input(description="What is to change; the rest stays.")
class UpdateCharacterInput:
    id: strawberry.ID = field(description="The character.")
    name: str | None = field(default=None, description="1 to 80 characters.")
    appearance: str | None = field(default=None, description="1 to 1,000 characters; a new portrait is painted.")
    personality: str | None = field(default=None, description="Up to 1,000 characters; empty takes it away.")


@strawberry.input(description="Which character leaves the library.")
class DeleteCharacterInput:
    id: strawberry.ID = field(description="The character.")


@strawberry.input(description="What the story is to be.")
class CreateStoryInput:
    premise: str = field(description="What the story is about, 3 to 2,000 characters.")
    title: str | None = field(default=None, description="Up to 200 characters; the plan finds one where none is given.")
    character_ids: list[strawberry.ID] = field(default_factory=list, description="The cast, up to 8 of yours.")
    page_count: int = field(default=8, description="1 to 24.")
    age_band: AgeBand = field(default=AgeBand.AGES_3_5, description="Whom it is for.")
    language: str = field(default="en", description="BCP 47.")
    art_style: str = field(default="watercolor", description="The key of an art style.")
    voice_id: strawberry.ID | None = field(default=None, description="Who reads it; found by language if left out.")
    narrated: bool = field(default=True, description="Whether it is read aloud.")


@strawberry.type(description="Signed in.")
class SessionPayload:
    access_token: str = field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = field(description="Gets the next access token, once.")
    expires_at: datetime = field(description="When the access token ends.")
    user: User = field(description="Who is signed in.")

    @classmethod
    def of(cls, session: accounts.Session) -> SessionPayload:
        return cls(
            access_token=session.access_token,
            refresh_token=session.refresh_token,
            expires_at=session.expires_at,
            user=User.of(session.account),
        )


@strawberry.type(description="Signed out.")
class SignOutPayload:
    signed_out: bool = field(description="Whether there was a session to end.")


@strawberry.type(description="The new character; its portrait is being painted.")
class CreateCharacterPayload:
    character: Character = field(description="The character.")


@strawberry.type(description="The character as it is now.")
class UpdateCharacterPayload:
    character: Character = field(description="The character.")


@strawberry.type(description="The character has left the library; stories it is in keep it.")
class DeleteCharacterPayload:
    deleted_id: strawberry.ID = field(description="The id it had.")


@strawberry.type(description="The new story; follow it with storyProgress.")
class CreateStoryPayload:
    story: Story = field(description="The story, with all its pages.")


SignUpResult = Annotated[
    SessionPayload | InvalidInput | EmailTaken, strawberry.union("SignUpResult", description="What signUp answers.")
]
SignInResult = Annotated[
    SessionPayload | InvalidCredentials, strawberry.union("SignInResult", description="What signIn answers.")
]
RefreshSessionResult = Annotated[
    SessionPayload | InvalidCredentials,
    strawberry.union("RefreshSessionResult", description="What refreshSession answers."),
]
SignOutResult = Annotated[SignOutPayload, strawberry.union("SignOutResult", description="What signOut answers.")]
CreateCharacterResult = Annotated[
    CreateCharacterPayload | InvalidInput | ContentRejected | Unavailable,
    strawberry.union("CreateCharacterResult", description="What createCharacter answers."),
]
UpdateCharacterResult = Annotated[
    UpdateCharacterPayload | InvalidInput | ContentRejected | NotFound | Unavailable,
    strawberry.union("UpdateCharacterResult", description="What updateCharacter answers."),
]
DeleteCharacterResult = Annotated[
    DeleteCharacterPayload | NotFound,
    strawberry.union("DeleteCharacterResult", description="What deleteCharacter answers."),
]
CreateStoryResult = Annotated[
    CreateStoryPayload | InvalidInput | ContentRejected | NotFound | Conflict | Unavailable,
    strawberry.union("CreateStoryResult", description="What createStory answers."),
]


def _voice(given: strawberry.ID | None) -> str | None:
    """The voice's own id. Raises InvalidInput where it is not one of a voice."""
    if given is None:
        return None
    parts = split(given)
    if parts is None or parts[0] != "Voice":
        raise InvalidInputError.at("voiceId", "There is no such voice; `voices` lists them all.")
    return parts[1]


@strawberry.type(description="Everything that can be changed.")
class Mutation:
    @mutation(description="Makes an account and signs it in.")
    @refusing
    async def sign_up(self, info: Info, input: Annotated[SignUpInput, ONE]) -> SignUpResult | None:
        session = await accounts.sign_up(info.context.house, input.email, input.password, input.display_name)
        return SessionPayload.of(session)

    @mutation(description="Signs in.")
    @refusing
    async def sign_in(self, info: Info, input: Annotated[SignInInput, ONE]) -> SignInResult | None:
        return SessionPayload.of(await accounts.sign_in(info.context.house, input.email, input.password))

    @mutation(description="Gets a new access token, and the next refresh token, for a refresh token.")
    @refusing
    async def refresh_session(
        self, info: Info, input: Annotated[RefreshSessionInput, ONE]
    ) -> RefreshSessionResult | None:
        return SessionPayload.of(await accounts.refresh(info.context.house, input.refresh_token))

    @mutation(description="Ends the session of the token that is sent; none of its tokens holds any more.")
    @refusing
    async def sign_out(self, info: Info) -> SignOutResult | None:
        return SignOutPayload(signed_out=await accounts.sign_out(info.context.house, info.context.caller))

    @mutation(description="Adds a character to the library; its portrait is painted in the background.")
    @refusing
    async def create_character(
        self, info: Info, input: Annotated[CreateCharacterInput, ONE]
    ) -> CreateCharacterResult | None:
        row = await characters.create(
            info.context.house, info.context.caller, input.name, input.appearance, input.personality
        )
        return CreateCharacterPayload(character=Character.of(row))

    @mutation(description="Changes a character; new looks get a new portrait.")
    @refusing
    async def update_character(
        self, info: Info, input: Annotated[UpdateCharacterInput, ONE]
    ) -> UpdateCharacterResult | None:
        info.context.caller.account_id  # noqa: B018  # nobody learns which ids are well-formed
        row = await characters.update(
            info.context.house,
            info.context.caller,
            row_of(input.id, "Character"),
            input.name,
            input.appearance,
            input.personality,
        )
        return UpdateCharacterPayload(character=Character.of(row))

    @mutation(description="Takes a character out of the library.")
    @refusing
    async def delete_character(
        self, info: Info, input: Annotated[DeleteCharacterInput, ONE]
    ) -> DeleteCharacterResult | None:
        info.context.caller.account_id  # noqa: B018  # nobody learns which ids are well-formed
        id = row_of(input.id, "Character")
        await characters.delete(info.context.house, info.context.caller, id)
        return DeleteCharacterPayload(deleted_id=global_id("Character", id))

    @mutation(description="Asks for a story. It is made in the background, page by page.")
    @refusing
    async def create_story(self, info: Info, input: Annotated[CreateStoryInput, ONE]) -> CreateStoryResult | None:
        info.context.caller.account_id  # noqa: B018  # nobody learns which ids are well-formed
        wish = Wish(
            premise=input.premise,
            title=input.title,
            character_ids=[row_of(id, "Character") for id in input.character_ids[:250]],
            page_count=input.page_count,
            age_band=input.age_band,
            language=input.language,
            art_style=input.art_style,
            voice=_voice(input.voice_id),
            narrated=input.narrated,
        )
        return CreateStoryPayload(story=Story.of(await stories.create(info.context.house, info.context.caller, wish)))
