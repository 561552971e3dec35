"""Follows a story to its end over any number of connections: none of its events is missed, none comes twice.

The loop in short: hold the cursor of the last batch that was used; whatever happens to the connection, wait a little,
subscribe again `after` that cursor, and go on. Only StoryEnded is the end.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import NoReturn, cast

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from graphql import ExecutionResult
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.client.operations import STORY_PROGRESS
from api.client.problems import Refused, SignedOut, Unreachable
from api.client.session import Session, is_loopback, problem_of
from api.client.wire import Batch

# Heartbeats come every 15 s: after 40 s of nothing at least two are missing.
SILENCE_S = 40.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.1, 10.0
# A server that stays away longer than this is not coming back while somebody watches.
PATIENCE_S = 300.0

_TOKEN_REFUSED = {4401, 4403}
_NOT_OUR_PROTOCOL = {4400, 4406}


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The connection is gone; another attempt follows in `wait_s` seconds."""

    reason: str
    wait_s: float


class BackOff:
    """Exponential, with full jitter, so that clients that were cut off together do not come back together."""

    def __init__(self) -> None:
        self._failures = 0

    def succeeded(self) -> None:
        self._failures = 0

    def next_wait_s(self) -> float:
        ceiling_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2 ** min(self._failures, 16))
        self._failures += 1
        return random.uniform(0, ceiling_s)  # noqa: S311 - spreads load, keeps no secret


class Follower:
    """One story followed by one consumer, which applies each batch before it asks for the next."""

    def __init__(self, session: Session, story_id: str) -> None:
        self._session = session
        self._story_id = story_id
        self._cursor: str | None = None
        self._is_astray = False

    def start_over(self) -> None:
        """Tells that the last batch did not fit: the next one will be a snapshot."""
        self._cursor, self._is_astray = None, True

    async def updates(self) -> AsyncGenerator[Batch | Reconnecting]:
        """Batches in order, the last of them with StoryEnded. Raises Refused, SignedOut, or Unreachable for good."""
        back_off = BackOff()
        heard_at = time.monotonic()
        while True:
            try:
                async with aclosing(self._connection()) as batches:
                    async for batch in batches:
                        yield batch
                        if self._is_astray:
                            raise Unreachable("The server's last batch left something out.")
                        if _has_the_end(batch):
                            return
                        heard_at = time.monotonic()
                        back_off.succeeded()
                if self._session.renew_in_s <= 0:
                    continue
                lost = Unreachable("The server ended the stream before the story's end.")
            except SignedOut:
                lost = await self._renewed()
            except Unreachable as error:
                lost = error
            if time.monotonic() - heard_at > PATIENCE_S:
                raise lost
            wait_s = max(back_off.next_wait_s(), lost.retry_after_s)
            yield Reconnecting(str(lost), wait_s)
            await asyncio.sleep(wait_s)

    async def _renewed(self) -> Unreachable:
        try:
            await self._session.renew()
        except Unreachable as error:
            return error
        return Unreachable("The token had run out.")

    async def _connection(self) -> AsyncGenerator[Batch]:
        """The batches of one connection, each continuing from our cursor.

        Ends when the server completes the stream, or when the token is due to be renewed. Raises ClientProblem.
        """
        self._is_astray = False
        transport = _transport(self._session.url, await self._session.authorization())
        client = AsyncClientSession(Client(transport=transport))
        try:
            await client.connect()
            variables = {"storyId": self._story_id, "after": self._cursor}
            stream = client.subscribe(
                GraphQLRequest(STORY_PROGRESS, variable_values=variables), get_execution_result=True
            )
            async with aclosing(stream):
                while (batch := await self._next_batch(stream)) is not None:
                    if not batch["reset"] and batch["previousCursor"] != self._cursor:
                        raise Unreachable("The server's batch does not continue from where we are.")
                    self._cursor = batch["cursor"]
                    yield batch
        except (TransportError, TimeoutError, OSError) as error:
            _raise_as_ours(error)
        finally:
            await client.close()

    async def _next_batch(self, stream: AsyncGenerator[ExecutionResult]) -> Batch | None:
        """The next batch; None if there is none, or if the token is due for renewal. Raises Unreachable on silence."""
        renew_in_s = self._session.renew_in_s
        try:
            async with asyncio.timeout(min(SILENCE_S, max(renew_in_s, 0.0))):
                result = await anext(stream, None)
        except TimeoutError as error:
            if renew_in_s < SILENCE_S:
                return None
            raise Unreachable(f"The server said nothing for {SILENCE_S:.0f} seconds.") from error
        if result is None or result.data is None:
            return None
        return cast(Batch, result.data["storyProgress"])


def _has_the_end(batch: Batch) -> bool:
    return any(event["kind"] == "StoryEnded" for event in batch["events"])


def _transport(url: str, authorization: str) -> WebsocketsTransport:
    return WebsocketsTransport(
        f"ws{url.removeprefix('http')}/graphql",
        init_payload={"authorization": authorization},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        close_timeout=2,
        connect_args={"close_timeout": 1, "proxy": None if is_loopback(url) else True},
    )


def _raise_as_ours(error: Exception) -> NoReturn:
    """gql tells of a closed socket by TransportConnectionFailed; what closed it is further down the chain of causes."""
    if isinstance(error, TransportQueryError):
        raise problem_of(error) from error
    code = _closing_code(error)
    if code in _TOKEN_REFUSED:
        raise SignedOut("The token is not accepted.") from error
    if code in _NOT_OUR_PROTOCOL:
        raise Refused(f"The server closed the connection with code {code}: it speaks another protocol.") from error
    raise Unreachable("The connection is lost.") from error


def _closing_code(error: BaseException | None) -> int | None:
    while error is not None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            return error.rcvd.code
        if isinstance(error, InvalidStatus) and error.response.status_code == 401:
            return 4401
        error = error.__cause__
    return None
