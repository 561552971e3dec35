"""The one schema: what it holds, and what of an error leaves the house."""

from __future__ import annotations

import re
from typing import Any, cast

import strawberry
import structlog
from graphql import GraphQLEnumType, GraphQLError, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from models import errors
from models.database import is_connection_lost
from schema.choices import Voice
from schema.mutations import Mutation
from schema.queries import Query
from schema.subscriptions import EVENT_TYPES, Subscription
from schema.vocabulary import ENUM_VALUES

_log = structlog.get_logger()


def _described(schema: strawberry.Schema) -> strawberry.Schema:
    """Gives enum values their descriptions."""
    core = core_schema(schema)
    for name, words in ENUM_VALUES.items():
        enum = cast(GraphQLEnumType, core.type_map[name])
        for value, description in words.items():
            enum.values[value].description = description
    return schema


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    return schema._schema  # pyright: ignore[reportPrivateUsage]  # strawberry has no public way to it


schema = _described(
    strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*EVENT_TYPES, Voice],
        config=StrawberryConfig(auto_camel_case=True),
    )
)


def print_sdl() -> str:
    """The schema as it stands in schema.graphql."""
    return schema.as_str() + "\n"


def shown(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """What a client is told of an error: our own words for our own errors, nothing of anybody else's."""
    formatted = cast(dict[str, Any], dict(error.formatted))
    formatted["message"] = _short(formatted["message"])
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
        formatted.update(masked(request_id))
        extensions = formatted["extensions"]
    elif formatted["message"].startswith("Syntax Error"):
        extensions = {"code": "GRAPHQL_PARSE_FAILED"}
    elif _ABOUT_VALUES.match(formatted["message"]):
        extensions = {"code": "BAD_USER_INPUT"}
    else:
        extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
    return {**formatted, "extensions": extensions}


def masked(request_id: str) -> dict[str, Any]:
    """What a client is told of a failure of ours; the log tells more under the same id."""
    extensions = {"code": "INTERNAL", "requestId": request_id}
    return {"message": "Something went wrong on our side. Please try again.", "extensions": extensions}


def refused(error: errors.StoryCanvasError) -> dict[str, Any]:
    """What a client is told of an operation that the house refuses as a whole."""
    return {"message": error.message, "extensions": _extensions(error)}


LONGEST_MESSAGE = 600
"""In characters. graphql-core quotes names and values of a document in its errors, however long they are."""


def _short(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"


_ABOUT_VALUES = re.compile(r"Variable '\$\w+' has invalid value|Argument .* (has|of) (invalid|required)")
"""What graphql-core says of values that a schema does not take, not of documents that are wrong with any values."""


def _extensions(error: errors.StoryCanvasError) -> dict[str, Any]:
    match error:
        case errors.Unauthenticated():
            return {"code": "UNAUTHENTICATED"}
        case errors.Forbidden():
            return {"code": "FORBIDDEN"}
        case errors.NotFound():
            return {"code": "NOT_FOUND"}
        case errors.CostLimit():
            return {"code": "COST_LIMIT"}
        case errors.RateLimited():
            return {"code": "RATE_LIMITED", "retryAfter": error.retry_after_s}
        case _:
            return {"code": "BAD_USER_INPUT"}
