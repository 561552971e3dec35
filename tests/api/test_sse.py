"""GraphQL over server-sent events, distinct connections mode: the same story as over the WebSocket, event for event."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.test_live_server import FLOOD, FOLLOW, Live, Teller, eventually, live_server
from tests.harness import Api
from tests.servers import Servers

EVENTS = {"Accept": "text/event-stream"}
EventOf = tuple[str, Any]
"""An event's name, and its data decoded; None where it has none."""
COMPLETE: EventOf = ("complete", None)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Live]:
    async with live_server(servers, tmp_path_factory.mktemp("live")) as server:
        yield server


class Stream:
    """An open answer, read event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments: list[str] = []
        self._lines = response.aiter_lines()

    async def event(self) -> EventOf | None:
        """The next event; None where the stream has ended."""
        name, data = "", ""
        async with asyncio.timeout(20):
            async for line in self._lines:
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    data = value.strip()
                elif line.startswith(":"):
                    self.comments.append(line)
                elif name:
                    return name, json.loads(data) if data else None
        return None

    async def batch(self) -> dict[str, Any]:
        """The next batch of a story that is followed."""
        event = await self.event()
        assert event is not None
        assert event[0] == "next", event
        return event[1]["data"]["storyProgress"]

    async def rest(self) -> list[EventOf]:
        events: list[EventOf] = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events


@asynccontextmanager
async def asked(api: Api, query: str, *, get: bool = False, **variables: Any) -> AsyncGenerator[Stream]:
    """An operation whose answers are asked for as events; by GET as a browser's EventSource does it."""
    headers = {**EVENTS, **({"Authorization": f"Bearer {api.token}"} if api.token else {})}
    given: dict[str, Any] = {"json": {"query": query, "variables": variables}}
    if get:
        headers["Cache-Control"] = "no-cache"
        given = {"params": {"query": query, "variables": json.dumps(variables)}}
    method = "GET" if get else "POST"
    # Its own connection: leaving the block ends it, as a page that is closed does.
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as http,
        http.stream(method, f"{api.url}/graphql", headers=headers, **given) as response,
    ):
        yield Stream(response)


@asynccontextmanager
async def followed(
    live: Live, teller: Teller, after: str | None = None, *, get: bool = False
) -> AsyncGenerator[Stream]:
    async with asked(live.parent, FOLLOW, get=get, id=teller.story, after=after) as stream:
        yield stream


def deltas(batches: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(event["sequence"], event["delta"]) for batch in batches for event in batch["events"]]


# -------------------------------------------------------------------- what is told


async def test_the_answer_is_a_stream_that_nobody_keeps_and_that_opens_at_once(live: Live) -> None:
    teller = await live.story()
    async with followed(live, teller) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.response.headers["x-accel-buffering"] == "no"
        assert (await stream.batch())["reset"] is True
        assert stream.comments == [":"]  # what tells a browser that it is open, before anything has happened


@pytest.mark.parametrize("get", [False, True])
async def test_a_follower_is_told_what_one_over_the_websocket_is(live: Live, get: bool) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader, followed(live, teller, get=get) as stream:
        first = await stream.batch()
        assert (first["cursor"], first["previousCursor"], first["reset"]) == (reader.cursor, None, True)
        for word in ("Once ", "upon ", "a time"):
            await teller.tell(word)
            assert await stream.batch() == await reader.hear()


async def test_a_follower_resumes_behind_its_cursor_as_one_over_the_websocket_does(live: Live) -> None:
    teller = await live.story()
    async with followed(live, teller) as stream:
        await stream.batch()
        await teller.tell("Once ")
        cursor = (await stream.batch())["cursor"]
    await teller.tell("upon ", "a time")

    async with live.following(teller.story, cursor, "Once ") as reader, followed(live, teller, cursor) as stream:
        batch = await stream.batch()
        assert (batch["previousCursor"], batch["cursor"], batch["reset"]) == (cursor, reader.cursor, False)
        assert deltas([batch]) == [(3, "upon a time")]
        assert reader.sequences == [3]


async def test_a_query_and_a_mutation_are_one_answer_and_complete(live: Live) -> None:
    async with asked(live.parent, "{ __typename }") as stream:
        (name, answer), end = await stream.rest()
        assert (name, answer["data"], end) == ("next", {"__typename": "Query"}, COMPLETE)
    async with asked(live.parent, "mutation { __typename }") as stream:
        (name, answer), end = await stream.rest()
        assert (name, answer["data"], end) == ("next", {"__typename": "Mutation"}, COMPLETE)


# -------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("get", [False, True])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { storyProgress(storyId: "nonsense") { cursor } }', "BAD_USER_INPUT"),
        ("subscription($id: ID!) { storyProgress(storyId: $id) { cursor } }", "BAD_USER_INPUT"),
    ],
)
async def test_a_refusal_is_an_answer_with_errors_and_complete(live: Live, query: str, code: str, get: bool) -> None:
    async with asked(live.parent, query, get=get) as stream:
        assert await refused(stream) == code


async def refused(stream: Stream) -> str:
    """The code of the one error that the stream tells before it completes."""
    assert stream.response.status_code == 200
    (name, answer), completed = await stream.rest()
    assert (name, completed) == ("next", COMPLETE)
    assert answer.get("data") is None
    (error,) = answer["errors"]
    return error["extensions"]["code"]


async def test_nobody_follows_what_is_not_theirs(live: Live) -> None:
    teller = await live.story()
    stranger = await live.parent.as_somebody()
    async with asked(stranger, FOLLOW, id=teller.story) as stream:
        assert await refused(stream) == "NOT_FOUND"
    async with asked(Api(live.parent.url), FOLLOW, id=teller.story) as stream:
        assert await refused(stream) == "UNAUTHENTICATED"
    assert await live.followed(teller.story) == 0


async def test_a_cursor_that_never_was_one_is_refused_and_one_of_another_time_resets(live: Live) -> None:
    teller = await live.story()
    async with followed(live, teller, "garbage") as stream:
        assert await refused(stream) == "BAD_USER_INPUT"
    for other in ("anotherepoch:1", "g1:999"):
        async with followed(live, teller, other) as stream:
            assert (await stream.batch())["reset"] is True


async def test_a_mutation_by_get_is_refused_with_405(live: Live) -> None:
    async with asked(live.parent, "mutation { signOut { __typename } }", get=True) as stream:
        await stream.response.aread()
        assert stream.response.status_code == 405
        assert stream.response.headers["allow"] == "GET, POST"
    assert await live.parent.ask("{ me { id } }")


# -------------------------------------------------------------------- ends


async def test_a_client_that_goes_leaves_nothing_behind(live: Live) -> None:
    teller = await live.story()
    async with followed(live, teller) as stream:
        await stream.batch()
        assert await live.followed(teller.story) == 1
    await live.until_left(teller.story)


async def test_a_stream_ends_without_complete_when_its_token_expires_or_its_server_is_told_to_end(
    servers: Servers, tmp_path: Path
) -> None:
    async with live_server(servers, tmp_path, STORYCANVAS_ACCESS_TOKEN_SECONDS="3") as live:
        teller = await live.story()
        async with followed(live, teller) as stream:
            await stream.batch()
            assert await stream.rest() == []
        await live.until_left(teller.story)

        live.parent.token = (await live.parent.as_somebody()).token
        teller = await live.story()
        async with followed(live, teller) as stream:
            await stream.batch()
            live.process.send_signal(signal.SIGTERM)
            assert await stream.rest() == []
            async with asyncio.timeout(20):
                assert await live.process.wait() in (0, -signal.SIGTERM)


async def test_a_client_that_stops_reading_is_gone_and_one_of_a_quiet_story_gets_heartbeats(live: Live) -> None:
    noisy, quiet = await live.story(), await live.story()
    async with live.following(noisy.story) as reader, followed(live, quiet) as stream:
        await stream.batch()
        stalled = await _stalled(live, noisy)
        try:
            began = time.monotonic()
            await noisy.flood(reader, FLOOD // 2)
            port = stalled.getsockname()[1]
            assert port in live.peers()
            heartbeat = await stream.batch()
            assert (heartbeat["events"], heartbeat["cursor"]) == ([], heartbeat["previousCursor"])
            await eventually(lambda: port not in live.peers())
            assert time.monotonic() - began < 20
        finally:
            stalled.close()
        await reader.connection.close()
        await live.until_left(noisy.story)


async def _stalled(live: Live, teller: Teller) -> socket.socket:
    """A client that has seen the beginning of its stream, and reads no more. A little waits in its kernel."""
    loop = asyncio.get_running_loop()
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await loop.sock_connect(connection, ("127.0.0.1", live.port))
    body = json.dumps({"query": FOLLOW, "variables": {"id": teller.story}}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {live.parent.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    await loop.sock_sendall(connection, head.encode() + body)
    seen = b""
    async with asyncio.timeout(10):
        while b"event: next" not in seen:
            seen += await loop.sock_recv(connection, 1024)
    return connection
