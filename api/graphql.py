"""GraphQL over HTTP, as the draft of November 2025 has it: POST with JSON, GET for queries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import structlog
from graphql import ExecutionResult, OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.addresses import address_of
from api.admission import UNKNOWN, Admitted
from api.answers import Answer, holds, kept_headers, tag_of
from api.auth import bearer, client_of
from api.door import Door
from api.encoding import encode
from api.operation import BadRequest, Operation, TurnedAway, decoded, operation_of
from api.origins import PREFLIGHT, cross_origin, is_allowed
from api.sse import MEDIA_TYPE, EventStream, only
from models.database import is_connection_lost
from resolvers.caller import Caller, identify
from schema.context import Context
from schema.documents import Prepared
from schema.plans import execute
from schema.root import masked, shown
from schema.stream import Refused, stream

_log = structlog.get_logger()

MODERN = "application/graphql-response+json"
LEGACY = "application/json"
INVALID = ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", UNKNOWN)
"""Codes of documents that can't be run."""
TOO_LONG = {
    "message": "This took too long and was stopped. Ask for less at once.",
    "extensions": {"code": "TIMEOUT"},
}


class _Request(Request):
    """Its headers are read once: a handful of them is looked for, in Starlette each time from the beginning."""

    @property
    def headers(self) -> Headers:
        known: Headers | None = getattr(self, "_known", None)
        if known is None:
            known = self._known = _Headers(scope=self.scope)
        return known


class _Headers(Headers):
    def get(self, key: str, default: Any = None) -> Any:  # as Mapping has it
        known: dict[str, str] | None = getattr(self, "_known", None)
        if known is None:
            # The first of a name counts, as in Starlette.
            known = self._known = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw[::-1]}
        return known.get(key, default)


class GraphqlHttp:
    """The endpoint of one house."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Ends every stream of events without a `complete`, so that its client comes back to another process."""
        self._leaving.set()

    async def respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that nobody else needs to look at."""
        answer = await self(_Request(scope, receive))
        await answer(scope, receive, send)

    async def __call__(self, request: Request) -> Response:
        request_id = uuid4().hex
        accepted = _accepted(request.headers.get("accept"))
        try:
            answer = await self._answered(request, accepted, request_id)
        except TurnedAway as away:
            media_type = LEGACY if accepted in (None, MEDIA_TYPE) else accepted
            answer = _answer(away.body, away.status, media_type, away.headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            _log.error("request.failed", request_id=request_id, exc_info=error)
            answer = _answer({"errors": [masked(request_id)]}, 500, LEGACY)
        more = cross_origin(request, self._door.allowed_origins)
        if isinstance(answer, Answer):
            answer.add(more)
        else:
            answer.headers.setdefault("Vary", "Origin")
            answer.headers.update(more)
        return answer

    async def _answered(self, request: Request, accepted: str | None, request_id: str) -> Response:
        if not is_allowed(request, self._door.allowed_origins):
            raise BadRequest(403, "This origin may not talk to the API.")
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=PREFLIGHT)
        if accepted is None:
            raise BadRequest(406, f"This endpoint answers in {MODERN} or {LEGACY}.")
        operation = await self._read(request)
        try:
            async with asyncio.timeout(self._door.operation_s):
                context = Context(self._door.house, await self._caller(request), request_id)
                return await self._run(request, operation, accepted, context)
        except TimeoutError:
            body = {"data": None, "errors": [TOO_LONG]}
            return EventStream(only(body)) if accepted == MEDIA_TYPE else _answer(body, 200, accepted)

    async def _read(self, request: Request) -> Operation:
        if request.method != "POST":  # GET, or HEAD, which Starlette serves wherever it serves GET
            return _operation_of_query(request)
        media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
        other_charset = "charset" in parameters and "utf-8" not in parameters
        if media_type.strip() != LEGACY or other_charset:
            raise BadRequest(415, "Send the operation as application/json in UTF-8.")
        return operation_of(decoded(await _body(request, self._door.body_bytes), "The body"))

    async def _caller(self, request: Request) -> Caller:
        try:
            return await identify(self._door.house, bearer(request.headers.get("authorization")), client_of(request))
        except Exception as error:
            if is_connection_lost(error):
                words = "The service is away for a moment. Please try again."
                raise BadRequest(503, words, "INTERNAL", {"Retry-After": "1"}) from None
            raise

    async def _run(self, request: Request, operation: Operation, accepted: str, context: Context) -> Response:
        try:
            admitted = await self._door.admission.admit(operation, context, address_of(request))
        except TurnedAway as away:
            if accepted == MEDIA_TYPE and away.status == 400:
                return EventStream(only(away.body))
            # Whoever knows only application/json takes a status other than 200 for a failure of the transport.
            if (
                away.errors[0]["extensions"]["code"] in INVALID
                and accepted == LEGACY
                and not isinstance(away, BadRequest)
            ):
                away.status = 200
            raise
        if admitted.kind is OperationType.SUBSCRIPTION:
            return self._stream(admitted, operation, accepted, context)
        if admitted.kind is OperationType.MUTATION and request.method != "POST":
            raise BadRequest(405, "GET serves queries only; send mutations with POST.", headers={"Allow": "GET, POST"})
        result = await execute(admitted.prepared, operation.variables, context)
        body = answered(result, context.request_id, admitted.extensions)
        if accepted == MEDIA_TYPE:
            return EventStream(only(body))
        if admitted.kind is OperationType.MUTATION:
            # Not compressed: beside what the client sent stand tokens, whose letters the length would give away.
            return _answer(body, 200 if "data" in body or accepted == LEGACY else 400, accepted)
        return _told(request, body, accepted)

    def _stream(self, admitted: Admitted, operation: Operation, accepted: str, context: Context) -> Response:
        if accepted != MEDIA_TYPE:
            raise BadRequest(400, f"Follow a subscription over the WebSocket, or accept {MEDIA_TYPE}.")
        until = context.caller.expires_at
        left_s = None if until is None else (until - datetime.now(UTC)).total_seconds()
        answers = _followed(admitted.prepared, operation, context, self._door.operation_s)
        return EventStream(answers, self._leaving, left_s)


def answered(result: ExecutionResult, request_id: str, extensions: dict[str, Any] | None) -> dict[str, Any]:
    """An execution's result as it is told; without `data` where it failed before it began."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [shown(error, request_id) for error in result.errors]
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        body["data"] = result.data
    if extensions is not None:
        body["extensions"] = extensions
    return body


async def _followed(
    prepared: Prepared, operation: Operation, context: Context, begin_s: float
) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(stream(prepared, operation.variables, context, begin_s=begin_s)) as answers:
            async for answer in answers:
                yield answer
    except Refused as refused:
        yield encode({"errors": refused.errors})
    except TimeoutError:
        yield encode({"errors": [TOO_LONG]})


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
    for name in ("query", "operationName", "variables", "extensions", "documentId"):
        value = request.query_params.get(name)
        if value:
            given[name] = decoded(value.encode(), f"`{name}`") if name in ("variables", "extensions") else value
    return operation_of(given)


async def _body(request: Request, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BadRequest(413, f"A request takes up to {most // 1024} KiB.")
        chunks.append(chunk)
    return b"".join(chunks)


def _told(request: Request, body: dict[str, Any], accepted: str) -> Response:
    """A query's answer. One that was asked for with GET has a tag, and whoever has it already is only told so."""
    if request.method == "POST" or "errors" in body:
        answer = _answer(body, 200 if "data" in body or accepted == LEGACY else 400, accepted)
    else:
        data = encode(body["data"])
        tag = tag_of(data)
        if holds(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=kept_headers(tag))
        answer = _answer({**body, "data": orjson.Fragment(data)}, 200, accepted)
        answer.keep(tag)
    answer.compress(request.headers.get("accept-encoding"))
    return answer


def _answer(body: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(encode(body), status, media_type, headers)
