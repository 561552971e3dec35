"""uvicorn's HTTP protocol, with an end to what a client may send before anybody has looked at it.

httptools counts nothing and waits for ever; its parser is fed here, so this is where bytes and time are counted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.headers import SECURITY

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

PORTION = 8 * 1024
"""Bytes that the parser is given at once. What it keeps of one header is never more than this beyond the limit."""
LINGERS_S, LINGERS_BYTES = 1.0, 1024 * 1024
"""How long a connection that was refused stays half open, and for how much."""
MOST_PIPELINED = 16
"""Requests of one connection that wait for the one before them to be answered."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What is waited for: header bytes, counted with the request line; seconds for headers, and for a body."""

    header_bytes: int = 32 * 1024
    headers_s: float = 10.0
    body_s: float = 20.0


class _Enough(Exception):
    """The parser is to stop."""


class BoundedHttp(HttpToolsProtocol):
    """Answers 431 to headers that are too many or too long, and lets go of whoever sends too slowly."""

    patience: ClassVar = Patience()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._refusal = HTTPStatus.BAD_REQUEST
        self._refused = False
        self._dropped = 0
        self._backlog = bytearray()
        self._held = False
        self._running: RequestResponseCycle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._got_on = False
        self._unparsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # as uvicorn narrows it
        super().connection_made(transport)
        self.flow = _HeldFlow(transport, self)
        self._wait(self.patience.headers_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._backlog.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses a portion in each turn of the loop, so that many small pieces of a body hold nobody else up."""
        if self._refused:
            self._dropped += len(data)
            if self._dropped > LINGERS_BYTES:
                self.transport.abort()
            return
        if self._timer is None and self._idle:
            self._wait(self.patience.headers_s)  # the first bytes of another request
        if len(data) <= PORTION and not self._backlog:
            self._parse(data)
            return
        self._backlog += data
        if not self._held:
            self._held = True
            self.flow.pause_reading()
            self._parse_portion()

    def _parse_portion(self) -> None:
        if not self._backlog:  # the connection is gone
            return
        portion = bytes(self._backlog[:PORTION])
        del self._backlog[:PORTION]
        self._parse(portion)
        if self._refused or self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._backlog.clear()
        if self._backlog:
            self.loop.call_soon(self._parse_portion)
        else:
            self._held = False
            self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        """Counts what the parser has made neither headers nor a body of: beside headers that do not end also trailers
        and the extensions of chunks, which it would go on to take for as long as they come."""
        self._got_on = False
        super().data_received(data)
        self._unparsed = 0 if self._got_on else self._unparsed + len(data)
        if self._unparsed > self.patience.header_bytes + PORTION:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MOST_PIPELINED:
            self._refusal = HTTPStatus.TOO_MANY_REQUESTS
            raise _Enough
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._got_on = True
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.patience.header_bytes:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise _Enough
        self._wait(self.patience.body_s)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._got_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._got_on = True
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @property
    def held(self) -> bool:
        """Whether something that has been read waits to be parsed."""
        return self._held

    @property
    def _idle(self) -> bool:
        """Whether no request is being answered."""
        return self._running is None or self._running.response_complete

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Says why, where no other answer is under way on the connection, and ends it."""
        self._stop_waiting()
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self.pipeline.clear()
        running = self._running
        if running is not None and not running.response_complete:
            running.disconnected = True  # what the application still says is dropped
            running.message_event.set()
            if running.response_started:
                self.transport.abort()
                return
        body = status.phrase.encode()
        headers = {
            **SECURITY,
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {each}" for name, each in headers.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        # What comes meanwhile is read and dropped. A connection that is closed with something unread is reset, and its
        # client may never read what it was told.
        self.transport.write_eof()
        self._timer = self.loop.call_later(LINGERS_S, self.transport.abort)


class _HeldFlow(FlowControl):
    """Reads nothing more while what has been read waits to be parsed."""

    def __init__(self, transport: asyncio.Transport, protocol: BoundedHttp) -> None:
        super().__init__(transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self._protocol.held:
            super().resume_reading()


def bounded(patience: Patience) -> type[BoundedHttp]:
    """The protocol with these limits. uvicorn makes one for each connection, and passes it nothing of ours."""
    return type("BoundedHttp", (BoundedHttp,), {"patience": patience})
