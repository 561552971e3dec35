"""Who may use a field, said once: as a directive that readers of schema.graphql see, and checked before the field."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import field
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver
from strawberry.schema_directive import Location
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from models.vocabulary import ApiScope


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="For an account; an API key needs the scope, or is refused with FORBIDDEN.",
)
class Requires:
    scope: ApiScope = field(description="What an API key needs to have.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="For a person who has signed in; API keys are refused with FORBIDDEN.",
)
class SignedIn:
    pass


class _Checking(FieldExtension):
    def __init__(self, directive: Requires | SignedIn) -> None:
        self._directive = directive

    def is_for(self, scope: ApiScope) -> bool:
        return isinstance(self._directive, Requires) and self._directive.scope is scope

    def apply(self, field: StrawberryField) -> None:
        field.directives.append(self._directive)

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,  # as FieldExtension has it
        info: Info,
        **kwargs: Any,
    ) -> Any:
        caller = info.context.caller
        if isinstance(self._directive, Requires):
            caller.need(self._directive.scope)
        else:
            caller.person  # noqa: B018  # raises where there is none
        return await next_(source, info, **kwargs)


def reading() -> list[FieldExtension]:
    """A field that shows stories or characters. For an asynchronous resolver, like the others here."""
    return [_Checking(Requires(scope=ApiScope.STORIES_READ))]


def is_reading(field: StrawberryField) -> bool:
    """Whether what `reading` checks is all that stands before the field. It lets in everybody who has signed in."""
    return not field.permission_classes and all(
        isinstance(each, _Checking) and each.is_for(ApiScope.STORIES_READ) for each in field.extensions
    )


def writing() -> list[FieldExtension]:
    """A field that changes stories or characters."""
    return [_Checking(Requires(scope=ApiScope.STORIES_WRITE))]


def signed_in() -> list[FieldExtension]:
    """A field about the account itself: its keys, sessions, data and money."""
    return [_Checking(SignedIn())]
