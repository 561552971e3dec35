"""The one schema: what it holds, how it runs an operation, and what of an error leaves the house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import strawberry
import structlog
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from models import errors
from models.database import is_connection_lost
from schema.context import Context
from schema.money import MONEY_ENUM_VALUES
from schema.mutations import Mutation
from schema.permissions import KEY_ENUM_VALUES
from schema.personal_verbs import ERRAND_ENUM_VALUES
from schema.queries import Query
from schema.subscriptions import EVENT_TYPES, Subscription
from schema.types import ENUM_VALUES, Voice

_log = structlog.get_logger()


class Schema(strawberry.Schema):
    """Errors are logged where they are masked, once, and not by the library."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:  # the library's hook
        return


def _described(schema: Schema) -> Schema:
    """Gives enum values their descriptions, which the models that own them can't know of."""
    core = core_schema(schema)
    for name, words in (ENUM_VALUES | KEY_ENUM_VALUES | ERRAND_ENUM_VALUES | MONEY_ENUM_VALUES).items():
        enum = cast(GraphQLEnumType, core.type_map[name])
        for value, description in words.items():
            enum.values[value].description = description
    return schema


def core_schema(schema: Schema) -> GraphQLSchema:
    return schema._schema  # pyright: ignore[reportPrivateUsage]  # strawberry has no public way to it


schema = _described(
    Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*EVENT_TYPES, Voice],
        config=StrawberryConfig(auto_camel_case=True, disable_field_suggestions=True),
    )
)


def print_sdl() -> str:
    """The schema as it stands in schema.graphql."""
    return schema.as_str() + "\n"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """A document that has been parsed, and of which one operation has been chosen (GraphQL's GetOperation)."""

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode

    @property
    def kind(self) -> OperationType:
        return self.operation.operation


def prepare(query: str, operation_name: str | None) -> Prepared:
    """Raises GraphQLError where the document can't be read, LookupError where it has no such operation, or several and
    no name says which: Strawberry would run the first."""
    return _prepared_before(query, operation_name) if len(query) <= KEPT_TEXT else _prepared(query, operation_name)


def _prepared(query: str, operation_name: str | None) -> Prepared:
    try:
        document = parse(query, max_tokens=MOST_TOKENS)
    except RecursionError:
        raise GraphQLError("Syntax Error: The document is nested too deeply.") from None
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if operation_name is not None:
        found = [node for node in found if node.name is not None and node.name.value == operation_name]
    if len(found) != 1:
        raise LookupError("no such operation")
    return Prepared(query, document, found[0])


KEPT_TEXT = 8 * 1024
MOST_TOKENS = 1000
"""Of one document (LIMITS: tokens)."""
_prepared_before = lru_cache(maxsize=512)(_prepared)


async def execute(
    query: str,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    context: Context,
) -> ExecutionResult:
    """Runs a query or mutation that `prepare` has found."""
    return await schema.execute(query, variables, context, None, operation_name)


def shown(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """What a client is told of an error: our own words for our own errors, nothing of anybody else's."""
    formatted = cast(dict[str, Any], dict(error.formatted))
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    extensions: dict[str, Any]
    if isinstance(original, errors.StoryCanvasError):
        formatted["message"] = original.message
        extensions = _extensions(original)
    elif original is not None:
        if is_connection_lost(original):
            _log.warning("request.without_database", request_id=request_id, error=type(original).__name__)
        else:
            _log.error("request.failed", request_id=request_id, exc_info=original)
        formatted["message"] = "Something went wrong on our side. Please try again."
        extensions = {"code": "INTERNAL", "requestId": request_id}
    elif formatted["message"].startswith("Syntax Error"):
        extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    elif _ABOUT_VARIABLES.match(formatted["message"]):
        extensions = {"code": "BAD_USER_INPUT"}
    else:
        extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
    return {**formatted, "extensions": extensions}


_ABOUT_VARIABLES = re.compile(r'Variable "?\$|Variable \'\$|Argument .* (has|of) (invalid|required)')


def _extensions(error: errors.StoryCanvasError) -> dict[str, Any]:
    match error:
        case errors.Unauthenticated():
            return {"code": "UNAUTHENTICATED"}
        case errors.Forbidden():
            return {"code": "FORBIDDEN"}
        case errors.NotFound():
            return {"code": "NOT_FOUND"}
        case errors.RateLimited():
            return {"code": "RATE_LIMITED", "retryAfter": error.retry_after_s}
        case _:
            return {"code": "BAD_USER_INPUT"}
