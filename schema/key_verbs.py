"""Making and revoking API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field, mutation

from models.api_keys import ApiKey as ApiKeyRow
from models.vocabulary import ApiKeyKind, ApiScope
from resolvers import api_keys
from schema.context import Info
from schema.errors import InvalidInput, NotFound, refusing
from schema.ids import Node, global_id, row_of
from schema.inputs import ONE
from schema.permissions import signed_in


@strawberry.type(description="What a program shows instead of a person's session: `Authorization: Bearer sc_live_…`.")
class ApiKey(Node):
    name: str = field(description="What its owner calls it.")
    kind: ApiKeyKind = field(description="What its stories are for.")
    prefix: str = field(description="How it begins, to tell it from others.")
    scopes: list[ApiScope] = field(description="What it may do.")
    created_at: datetime = field(description="When it was made.")
    last_used_at: datetime | None = field(description="When it was last used, to the minute; null where never.")
    revoked_at: datetime | None = field(description="When it was ended; null while it holds.")

    @classmethod
    def of(cls, row: ApiKeyRow) -> ApiKey:
        return cls(
            id=global_id("ApiKey", row.id),
            name=row.name,
            kind=row.kind,
            prefix=row.prefix,
            scopes=list(row.scopes),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    name: str = field(description="1 to 100 characters, for people.")
    scopes: list[ApiScope] = field(description="What it may do.")
    kind: ApiKeyKind = field(default=ApiKeyKind.LIVE, description="What its stories are for.")


@strawberry.input(description="Which key ends.")
class RevokeApiKeyInput:
    id: strawberry.ID = field(description="The key.")


@strawberry.type(description="The new key. Its secret is shown once, here.")
class CreateApiKeyPayload:
    api_key: ApiKey = field(description="The key.")
    secret: str = field(description="What the program shows. It is not kept: copy it now.")


@strawberry.type(description="The key, which holds no more.")
class RevokeApiKeyPayload:
    api_key: ApiKey = field(description="The key.")


CreateApiKeyResult = Annotated[
    CreateApiKeyPayload | InvalidInput,
    strawberry.union("CreateApiKeyResult", description="What createApiKey answers."),
]
RevokeApiKeyResult = Annotated[
    RevokeApiKeyPayload | NotFound, strawberry.union("RevokeApiKeyResult", description="What revokeApiKey answers.")
]


@strawberry.type
class KeyVerbs:
    """What is done with API keys; a part of Mutation."""

    @mutation(description="Makes an API key for a partner's program.", extensions=signed_in())
    @refusing
    async def create_api_key(self, info: Info, input: Annotated[CreateApiKeyInput, ONE]) -> CreateApiKeyResult | None:
        made = await api_keys.create(info.context.house, info.context.caller, input.name, input.scopes, input.kind)
        return CreateApiKeyPayload(api_key=ApiKey.of(made.key), secret=made.secret)

    @mutation(
        description="Ends an API key at once; a socket that is open closes with its next operation.",
        extensions=signed_in(),
    )
    @refusing
    async def revoke_api_key(self, info: Info, input: Annotated[RevokeApiKeyInput, ONE]) -> RevokeApiKeyResult | None:
        key = await api_keys.revoke(info.context.house, info.context.caller, row_of(input.id, "ApiKey"))
        return RevokeApiKeyPayload(api_key=ApiKey.of(key))
