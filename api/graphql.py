"""GraphQL over HTTP, as the draft of November 2025 has it: POST with JSON, GET for queries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.auth import bearer
from api.encoding import encode
from api.origins import is_allowed
from api.sse import MEDIA_TYPE, EventStream, only
from models.database import is_connection_lost
from resolvers.caller import identify
from resolvers.house import House
from schema import root
from schema.context import Context
from schema.reading import execute
from schema.root import Prepared
from schema.stream import Refused, stream

MAX_BODY = 256 * 1024
DEADLINE_S = 10.0
MODERN = "application/graphql-response+json"
LEGACY = "application/json"
NO_OPERATION = "The document has no such operation, or several; name one with `operationName`."


@dataclass(frozen=True, slots=True)
class Operation:
    query: str
    variables: dict[str, Any] | None
    name: str | None


class BadRequest(Exception):
    """The request is no GraphQL request; `status` and `message` say why."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def operation_of(payload: object) -> Operation:
    """The operation of a decoded request or `subscribe` payload. Raises BadRequest."""
    if not isinstance(payload, dict):
        raise BadRequest(400, "The body takes one JSON object with `query`.")
    fields = cast(dict[str, Any], payload)
    query, variables, name = fields.get("query"), fields.get("variables"), fields.get("operationName")
    if not isinstance(query, str):
        raise BadRequest(400, "`query` takes the text of a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "`variables` takes a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` takes a name.")
    if fields.get("extensions") is not None and not isinstance(fields["extensions"], dict):
        raise BadRequest(400, "`extensions` takes a JSON object.")
    return Operation(query, cast("dict[str, Any] | None", variables), name)


class GraphqlHttp:
    """The endpoint of one house."""

    def __init__(self, house: House, allowed_origins: frozenset[str]) -> None:
        self._house = house
        self._allowed_origins = allowed_origins
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Ends every stream of events without a `complete`, so that its client comes back to another process."""
        self._leaving.set()

    async def __call__(self, request: Request) -> Response:
        request_id = uuid4().hex
        accepted = _accepted(request.headers.get("accept"))
        try:
            if accepted is None:
                raise BadRequest(406, f"This endpoint answers in {MODERN} or {LEGACY}.")
            if not is_allowed(request, self._allowed_origins):
                raise BadRequest(403, "This origin may not talk to the API.")
            operation = await self._read(request)
            return await self._run(request, operation, accepted, request_id)
        except BadRequest as error:
            body = {"errors": [{"message": error.message, "extensions": {"code": error.code}}]}
            headers = {405: {"Allow": "GET, POST"}, 503: {"Retry-After": "1"}}.get(error.status, {})
            return _answer(body, error.status, LEGACY if accepted in (None, MEDIA_TYPE) else accepted, headers)
        except ClientDisconnect:
            return Response(status_code=400)

    async def _read(self, request: Request) -> Operation:
        if request.method != "POST":  # GET, or HEAD, which Starlette serves wherever it serves GET
            return _operation_of_query(request)
        media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
        other_charset = "charset" in parameters and "utf-8" not in parameters
        if media_type.strip() != LEGACY or other_charset:
            raise BadRequest(415, "Send the operation as application/json in UTF-8.")
        return operation_of(_decoded(await _body(request), "The body"))

    async def _run(self, request: Request, operation: Operation, accepted: str, request_id: str) -> Response:
        try:
            caller = await identify(self._house, bearer(request.headers.get("authorization")))
        except Exception as error:
            if is_connection_lost(error):
                raise BadRequest(503, "The service is away for a moment. Please try again.", "INTERNAL") from None
            raise
        context = Context(self._house, caller, request_id)
        try:
            prepared = root.prepare(operation.query, operation.name)
        except GraphQLError as error:
            refusal = {"errors": [root.shown(error, request_id)]}
            if accepted == MEDIA_TYPE:
                return EventStream(only(refusal))
            return _answer(refusal, 200 if accepted == LEGACY else 400, accepted)
        except LookupError:
            raise BadRequest(400, NO_OPERATION, "GRAPHQL_VALIDATION_FAILED") from None
        kind = prepared.kind
        if kind is OperationType.SUBSCRIPTION:
            if accepted != MEDIA_TYPE:
                raise BadRequest(400, f"Follow a subscription over the WebSocket, or accept {MEDIA_TYPE}.")
            until = caller.expires_at
            left_s = None if until is None else (until - datetime.now(UTC)).total_seconds()
            return EventStream(_followed(prepared, operation, context), self._leaving, left_s)
        if kind is OperationType.MUTATION and request.method != "POST":
            raise BadRequest(405, "GET serves queries only; send mutations with POST.")
        try:
            async with asyncio.timeout(DEADLINE_S):
                result = await execute(prepared, operation.variables, context)
        except TimeoutError:
            raise BadRequest(200, "This took too long and was stopped. Ask for less at once.", "TIMEOUT") from None
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [root.shown(error, request_id) for error in result.errors]
        executed = result.data is not None or not result.errors or any(error.path for error in result.errors)
        if executed:
            body["data"] = result.data
        if accepted == MEDIA_TYPE:
            return EventStream(only(body))
        status = 200 if executed or accepted == LEGACY else 400
        return _answer(body, status, accepted)


async def _followed(prepared: Prepared, operation: Operation, context: Context) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(stream(prepared, operation.variables, context)) as answers:
            async for answer in answers:
                yield answer
    except Refused as refused:
        yield encode({"errors": refused.errors})


def _accepted(header: str | None) -> str | None:
    """The media type to answer in. A client that says nothing gets plain JSON, as older clients expect.

    Who accepts events wants events, whatever else it accepts: clients list JSON too, for refusals.
    """
    if not header:
        return LEGACY
    wanted = [part.split(";")[0].strip().lower() for part in header.split(",")]
    if MEDIA_TYPE in wanted:
        return MEDIA_TYPE
    if MODERN in wanted:
        return MODERN
    if any(part in (LEGACY, "application/*", "*/*") for part in wanted):
        return LEGACY
    return None


def _operation_of_query(request: Request) -> Operation:
    given: dict[str, Any] = {}
    for name in ("query", "operationName", "variables", "extensions"):
        value = request.query_params.get(name)
        if value:
            given[name] = _decoded(value.encode(), f"`{name}`") if name in ("variables", "extensions") else value
    return operation_of(given)


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise BadRequest(413, f"A request takes up to {MAX_BODY // 1024} KiB.")
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(raw: bytes, what: str) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate in string" in str(error):
            raise BadRequest(400, "Text takes no lone surrogates (half of a \\u pair).", "BAD_USER_INPUT") from None
        raise BadRequest(400, f"{what} is not JSON.") from None


def _answer(body: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Response(
        encode(body),
        status,
        {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-store", **(headers or {})},
    )
