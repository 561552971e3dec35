"""GraphQL over WebSocket: the graphql-transport-ws protocol, every close code as the protocol names it.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md; the limits are this project's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson
import structlog
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.addresses import address_of
from api.admission import Admitted
from api.auth import bearer_of_init, client_of
from api.door import Door
from api.encoding import encode
from api.graphql import TOO_LONG, answered
from api.operation import BadRequest, Operation, TurnedAway, operation_of
from api.origins import is_allowed
from api.protocol import write_of
from models.database import is_connection_lost
from resolvers.caller import NOBODY, identify
from schema.context import Context
from schema.documents import Prepared
from schema.plans import execute
from schema.stream import Refused, stream

_log = structlog.get_logger()

PROTOCOL = "graphql-transport-ws"

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY = 4429
TOO_BIG = 1009
GOING_AWAY = 1001
GOODBYE_S = 1.0
"""How long a client that is let go may take to close its side."""


class Closing(Exception):
    """The connection ends with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphqlSockets:
    """The sockets of one house. `leave` lets all of them go."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._open: set[_Connection] = set()
        self._gone: asyncio.Future[None] | None = None

    async def __call__(self, socket: WebSocket) -> None:
        if not is_allowed(socket, self._door.allowed_origins):
            await socket.close(FORBIDDEN)  # before accepting, this is HTTP 403
            return
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        connection = _Connection(self._door, socket)
        self._open.add(connection)
        try:
            await connection.serve()
        finally:
            self._open.discard(connection)
            if self._gone is not None and not self._gone.done():
                self._gone.set_result(None)

    async def leave(self, within_s: float) -> None:
        """Asks every client to come back to another process; not all at the same moment, but within so many seconds."""
        loop = asyncio.get_running_loop()
        for connection in self._open:
            loop.call_later(random.uniform(0, within_s), connection.end, GOING_AWAY, "Going away")  # noqa: S311  # no secret
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s + GOODBYE_S):
                while self._open:
                    self._gone = loop.create_future()
                    await self._gone


class _Connection:
    def __init__(self, door: Door, socket: WebSocket) -> None:
        self._door = door
        self._house = door.house
        self._socket = socket
        self._address = address_of(socket)
        self._caller = NOBODY
        self._acknowledged = False
        self._initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._window = (0, 0)
        self._ending: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self._timers: list[asyncio.TimerHandle] = []
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        self._end_after(self._door.init_s, INIT_TIMEOUT, "Connection initialisation timeout")
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({reading, self._ending}, return_when=asyncio.FIRST_COMPLETED)
            closing = self._ending.result() if self._ending.done() else await self._reason(reading)
        finally:
            reading.cancel()
            for timer in self._timers:
                timer.cancel()
            await self._cancel(list(self._operations.values()))
        if closing is not None and self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(closing.code, closing.reason[:120])

    def end(self, code: int, reason: str) -> None:
        if not self._ending.done():
            self._ending.set_result(Closing(code, reason))

    @staticmethod
    async def _reason(reading: asyncio.Task[None]) -> Closing | None:
        try:
            await reading
        except Closing as closing:
            return closing
        except WebSocketDisconnect:
            return None
        except Exception as error:
            if is_connection_lost(error):  # clients give up for good where the code says that a server failed
                _log.warning("socket.without_database", error=type(error).__name__)
                return Closing(GOING_AWAY, "The service is away for a moment")
            _log.exception("socket.failed")
            return Closing(4500, "Something went wrong on our side")
        return None

    @staticmethod
    async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end_after(self, seconds: float, code: int, reason: str) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self.end, code, reason))

    # ---------------------------------------------------------------- what clients say

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                raise Closing(BAD_REQUEST, "Messages are text")
            if len(text.encode("utf-8", "surrogatepass")) > self._door.message_bytes:
                raise Closing(TOO_BIG, "Message too big")
            await self._hear(_message(text))

    async def _hear(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if not (kind == "subscribe" and self._full):
            self._count()
        if kind == "connection_init":
            await self._init(_payload(message))
        elif kind == "ping":
            await self._pong(_payload(message))
        elif kind == "pong":
            _payload(message)
        elif kind == "subscribe":
            await self._subscribe(_id(message), message)
        elif kind == "complete":
            task = self._operations.pop(_id(message), None)
            if task is not None:
                await self._cancel([task])
        else:
            raise Closing(BAD_REQUEST, "Unknown message type")

    async def _pong(self, payload: dict[str, Any] | None) -> None:
        try:
            pong = encode({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
        except TypeError:  # nested deeper than can be written, though not deeper than can be read
            raise Closing(BAD_REQUEST, "`payload` is nested too deeply") from None
        await self._send_raw(pong)

    @property
    def _full(self) -> bool:
        return self._acknowledged and len(self._operations) >= self._door.socket_operations

    def _count(self) -> None:
        second = int(time.monotonic())
        count = self._window[1] + 1 if self._window[0] == second else 1
        self._window = (second, count)
        if count > self._door.socket_messages:
            raise Closing(TOO_MANY, "Too many messages")

    async def _init(self, payload: dict[str, Any] | None) -> None:
        if self._initialised:
            raise Closing(TOO_MANY, "Too many initialisation requests")
        self._initialised = True
        for timer in self._timers:
            timer.cancel()  # the client was in time, however long we take
        self._timers.clear()
        async with asyncio.timeout(self._door.operation_s):
            self._caller = await identify(self._house, bearer_of_init(payload), client_of(self._socket))
        if self._caller.bad_token:
            raise Closing(FORBIDDEN, "The token is not valid")
        if self._caller.expires_at is not None:
            left = (self._caller.expires_at - datetime.now(UTC)).total_seconds()
            self._end_after(max(0.0, left), FORBIDDEN, "The token has expired")
        await self._send({"type": "connection_ack"})
        self._acknowledged = True

    async def _subscribe(self, id: str, message: dict[str, Any]) -> None:
        if not self._acknowledged:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        try:
            operation = operation_of(message.get("payload"))
        except BadRequest as error:
            raise Closing(BAD_REQUEST, error.message) from None
        if id in self._operations:
            raise Closing(SUBSCRIBER_EXISTS, f"Subscriber for {id[:60]} already exists")
        if self._full:
            words = f"A socket takes {self._door.socket_operations} operations at once."
            await self._error(id, [{"message": words, "extensions": {"code": "RATE_LIMITED", "retryAfter": 1}}])
            return
        task = asyncio.create_task(self._operate(id, operation))
        self._operations[id] = task
        task.add_done_callback(lambda done: self._operated(id, done))

    def _operated(self, id: str, task: asyncio.Task[None]) -> None:
        if self._operations.get(id) is task:
            del self._operations[id]
        if not task.cancelled() and (error := task.exception()) is not None:
            if not isinstance(error, WebSocketDisconnect | RuntimeError):
                _log.error("operation.failed", exc_info=error)
            self.end(GOING_AWAY, "Connection lost")

    # ---------------------------------------------------------------- what they are told

    async def _operate(self, id: str, operation: Operation) -> None:
        try:
            async with asyncio.timeout(self._door.operation_s) as deadline:
                caller = await self._caller.again(self._house)
                if caller.bad_token:
                    self.end(FORBIDDEN, "The token is not valid any more")
                    return
                context = Context(self._house, caller, uuid4().hex)
                admitted = await self._door.admission.admit(operation, context, self._address)
                if admitted.kind is OperationType.SUBSCRIPTION:
                    deadline.reschedule(None)
                    await self._stream(id, admitted.prepared, operation, context)
                else:
                    await self._once(id, admitted, operation, context)
        except Refused as refused:
            await self._error(id, refused.errors)
        except TurnedAway as away:
            await self._error(id, away.errors)
        except TimeoutError:
            await self._error(id, [TOO_LONG])

    async def _once(self, id: str, admitted: Admitted, operation: Operation, context: Context) -> None:
        result = await execute(admitted.prepared, operation.variables, context)
        body = answered(result, context.request_id, admitted.extensions)
        if "data" not in body:
            await self._error(id, body["errors"])
            return
        await self._send({"id": id, "type": "next", "payload": body})
        await self._complete(id)

    async def _stream(self, id: str, prepared: Prepared, operation: Operation, context: Context) -> None:
        before = b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)
        write = write_of(self._socket.scope)

        def push(answer: bytes) -> bool:
            return write is not None and write(before + answer + b"}")

        begin_s = self._door.operation_s
        async with contextlib.aclosing(stream(prepared, operation.variables, context, push, begin_s)) as answers:
            async for answer in answers:
                await self._send_raw(before + answer + b"}")
                del answer  # it may be large, and the wait for the next one long
        await self._complete(id)

    async def _complete(self, id: str) -> None:
        # The id is free before the client hears of it, so that it may use it again at once.
        self._operations.pop(id, None)
        await self._send({"id": id, "type": "complete"})

    async def _error(self, id: str, errors: list[dict[str, Any]]) -> None:
        task = self._operations.get(id)
        if task is asyncio.current_task():
            self._operations.pop(id, None)
        await self._send({"id": id, "type": "error", "payload": errors})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_raw(encode(message))

    async def _send_raw(self, message: bytes) -> None:
        async with self._sending:
            await self._socket.send_text(message.decode())


def _message(text: str) -> dict[str, Any]:
    try:
        message = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError):
        raise Closing(BAD_REQUEST, "A message is one JSON object") from None
    if not isinstance(message, dict):
        raise Closing(BAD_REQUEST, "A message is one JSON object")
    return cast(dict[str, Any], message)


def _payload(message: dict[str, Any]) -> dict[str, Any] | None:
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Closing(BAD_REQUEST, "`payload` takes a JSON object")
    return cast("dict[str, Any] | None", payload)


def _id(message: dict[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not id:
        raise Closing(BAD_REQUEST, "`id` takes a text")
    return id
