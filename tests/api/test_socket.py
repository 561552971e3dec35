"""graphql-transport-ws, frame by frame: what is sent, and with which code a socket ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.harness import Api, serving, settings_for, working

PROTOCOL = Subprotocol("graphql-transport-ws")
_PROBES = [up / "shared/checks/ws_probe.py" for up in Path(__file__).parents]
PROBE = next((each for each in _PROBES if each.exists()), _PROBES[0])
PREMISE = "A snail who wins a race"


@asynccontextmanager
async def connected(api: Api, *, initialised: bool = True) -> AsyncGenerator[ClientConnection]:
    url = f"{api.url.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(url, subprotocols=[PROTOCOL]) as socket:
        if initialised:
            payload = {"authorization": f"Bearer {api.token}"} if api.token else {}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert await heard(socket) == {"type": "connection_ack"}
        yield socket


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def closed(socket: ClientConnection) -> int:
    """The code with which the server ends the socket, whatever it says before."""
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code


def subscribe(query: str, id: str = "1", **more: Any) -> str:
    return json.dumps({"id": id, "type": "subscribe", "payload": {"query": query, **more}})


def progress(story_id: str) -> str:
    return f'subscription {{ storyProgress(storyId: "{story_id}") {{ cursor events {{ __typename }} }} }}'


async def a_story_of(parent: Api) -> str:
    return (await parent.create_story(premise=PREMISE, pageCount=1))["story"]["id"]


@pytest.mark.parametrize(
    "message",
    [
        "{nope",
        "null",
        "[]",
        "{}",
        '{"type": []}',
        '{"type": "start"}',
        b'{"type": "ping"}',
        '{"type": "ping", "payload": "x"}',
        '{"type": "complete"}',
        '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"id": 1, "type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"id": "", "type": "subscribe", "payload": {"query": "{ __typename }"}}',
        '{"id": "1", "type": "subscribe"}',
        '{"id": "1", "type": "subscribe", "payload": {"query": 1}}',
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "variables": []}}',
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename \\ud800 }"}}',
    ],
)
async def test_a_message_of_the_wrong_shape_closes_with_4400(shared_app: Api, message: str | bytes) -> None:
    async with connected(shared_app) as socket:
        await socket.send(message)
        assert await closed(socket) == 4400


async def test_a_subscribe_before_the_acknowledgement_closes_with_4401(shared_app: Api) -> None:
    async with connected(shared_app, initialised=False) as socket:
        await socket.send(subscribe("{ __typename }"))
        assert await closed(socket) == 4401


@pytest.mark.parametrize("payload", [{"authorization": "Bearer nonsense"}, {"Authorization": 7}])
async def test_a_bad_token_closes_with_4403(shared_app: Api, payload: dict[str, object]) -> None:
    async with connected(shared_app, initialised=False) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert await closed(socket) == 4403


async def test_a_token_that_expires_closes_with_4403(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, redis_url, tmp_path, access_token_s=1)
    async with serving(settings) as (api, _):
        parent = await api.as_somebody()
        async with connected(parent) as socket:
            assert await closed(socket) == 4403


async def test_a_second_initialisation_closes_with_4429(shared_app: Api) -> None:
    async with connected(shared_app) as socket:
        await socket.send('{"type": "connection_init"}')
        assert await closed(socket) == 4429


async def test_a_flood_of_messages_closes_with_4429(shared_app: Api) -> None:
    async with connected(shared_app) as socket:
        for _ in range(1000):
            await socket.send('{"type": "pong"}')
        assert await closed(socket) == 4429


async def test_a_message_over_64_kib_closes_with_1009(shared_app: Api) -> None:
    async with connected(shared_app) as socket:
        await socket.send(json.dumps({"type": "ping", "payload": {"a": "x" * 64 * 1024}}))
        assert await closed(socket) == 1009


@pytest.mark.parametrize("offered", [None, [Subprotocol("graphql-ws")]])
async def test_another_subprotocol_closes_with_4406(shared_app: Api, offered: list[Subprotocol] | None) -> None:
    url = f"{shared_app.url.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(url, subprotocols=offered) as socket:
        assert await closed(socket) == 4406


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://["])
async def test_pages_of_other_origins_are_refused(shared_app: Api, origin: str) -> None:
    url = f"{shared_app.url.replace('http', 'ws', 1)}/graphql"
    with pytest.raises(InvalidStatus) as refused:
        async with websockets.connect(url, subprotocols=[PROTOCOL], additional_headers={"Origin": origin}):
            pass
    assert refused.value.response.status_code == 403


async def test_a_live_id_used_again_closes_with_4409(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    story = await a_story_of(parent)
    async with connected(parent) as socket:
        await socket.send(subscribe(progress(story)))
        assert (await heard(socket))["type"] == "next"
        await socket.send(subscribe(progress(story)))
        assert await closed(socket) == 4409


async def test_the_21st_operation_is_refused_and_the_others_live_on(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    story = await a_story_of(parent)
    async with connected(parent) as socket:
        for number in range(21):
            await socket.send(subscribe(progress(story), str(number)))
        told = [await heard(socket) for _ in range(21)]
        (refused,) = [message for message in told if message["type"] == "error"]
        assert refused["id"] == "20"
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await socket.send('{"id": "3", "type": "complete"}')
        await socket.send(subscribe(progress(story), "20"))
        assert (await heard(socket))["id"] == "20"


async def test_a_ping_is_answered_even_before_the_initialisation(shared_app: Api) -> None:
    async with connected(shared_app, initialised=False) as socket:
        await socket.send('{"type": "ping", "payload": {"a": 1}}')
        assert await heard(socket) == {"type": "pong", "payload": {"a": 1}}


async def test_a_query_gets_one_answer_and_its_id_is_free_again(shared_app: Api) -> None:
    async with connected(shared_app) as socket:
        for _ in range(3):
            await socket.send(subscribe("{ __typename }"))
            told = await heard(socket)
            assert (told["id"], told["type"], told["payload"]["data"]) == ("1", "next", {"__typename": "Query"})
            assert await heard(socket) == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{a" * 20_000}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nope }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename }", "operationName": "Z"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": progress("nonsense")}, "BAD_USER_INPUT"),
        ({"query": "subscription($id: ID!) { storyProgress(storyId: $id) { cursor } }"}, "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_can_not_begin_is_an_error_and_the_socket_lives_on(
    shared_app: Api, given: dict[str, str], code: str
) -> None:
    parent = await shared_app.as_somebody()
    async with connected(parent) as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": given}))
        told = await heard(socket)
        assert (told["type"], told["id"]) == ("error", "1")
        assert told["payload"][0]["extensions"]["code"] == code
        await socket.send('{"type": "ping"}')
        assert await heard(socket) == {"type": "pong"}


@pytest.mark.parametrize("after", ["", "x", "a:b", "é:1", "a:-1", ":1", f"a:{'9' * 16}", f"{'a' * 41}:1", "a:1\0"])
async def test_a_cursor_that_never_was_one_is_refused(shared_app: Api, after: str) -> None:
    parent = await shared_app.as_somebody()
    story = await a_story_of(parent)
    query = "subscription($id: ID!, $after: String) { storyProgress(storyId: $id, after: $after) { cursor } }"
    async with connected(parent) as socket:
        await socket.send(subscribe(query, variables={"id": story, "after": after}))
        told = await heard(socket)
        assert told["type"] == "error"
        assert told["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_operation_after_signing_out_elsewhere_closes_with_4403(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    story = await a_story_of(parent)
    async with connected(parent) as socket:
        await parent.ask("mutation { signOut { __typename } }")
        await socket.send(subscribe(progress(story)))
        assert await closed(socket) == 4403


@pytest.mark.skipif(not PROBE.exists(), reason="the conformance probe lies beside the project, and not everywhere")
async def test_the_conformance_probe_finds_nothing(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, redis_url, tmp_path, offline_pace=1.0)
    async with serving(settings) as (api, _), working(settings):
        command = [sys.executable, "-W", "ignore", str(PROBE), api.url]
        probe = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await asyncio.wait_for(probe.communicate(), 90)
        failed = [line for line in output.decode().splitlines() if line.startswith("FAIL")]
        assert (probe.returncode, failed) == (0, [])
