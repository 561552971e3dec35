"""Changing the library of characters."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import field, mutation

from resolvers import characters
from schema.characters import Character
from schema.context import Info
from schema.errors import ContentRejected, InvalidInput, NotFound, Unavailable, refusing
from schema.ids import global_id, row_of
from schema.inputs import ONE
from schema.permissions import writing


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


@strawberry.type(description="The new character; its portrait is being painted.")
class CreateCharacterPayload:
    character: Character = field(description="The character.")


@strawberry.type(description="The character as it is now.")
class UpdateCharacterPayload:
    character: Character = field(description="The character.")


@strawberry.type(description="The character has left the library; stories it is in keep it.")
class DeleteCharacterPayload:
    deleted_id: strawberry.ID = field(description="The id it had.")


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


@strawberry.type
class CharacterVerbs:
    """What is done with characters; a part of Mutation."""

    @mutation(
        description="Adds a character to the library; its portrait is painted in the background.", extensions=writing()
    )
    @refusing
    async def create_character(
        self, info: Info, input: Annotated[CreateCharacterInput, ONE]
    ) -> CreateCharacterResult | None:
        row = await characters.create(
            info.context.house, info.context.caller, input.name, input.appearance, input.personality
        )
        return CreateCharacterPayload(character=Character.of(row))

    @mutation(description="Changes a character; new looks get a new portrait.", extensions=writing())
    @refusing
    async def update_character(
        self, info: Info, input: Annotated[UpdateCharacterInput, ONE]
    ) -> UpdateCharacterResult | None:
        row = await characters.update(
            info.context.house,
            info.context.caller,
            row_of(input.id, "Character"),
            input.name,
            input.appearance,
            input.personality,
        )
        return UpdateCharacterPayload(character=Character.of(row))

    @mutation(description="Takes a character out of the library.", extensions=writing())
    @refusing
    async def delete_character(
        self, info: Info, input: Annotated[DeleteCharacterInput, ONE]
    ) -> DeleteCharacterResult | None:
        id = row_of(input.id, "Character")
        await characters.delete(info.context.house, info.context.caller, id)
        return DeleteCharacterPayload(deleted_id=global_id("Character", id))
