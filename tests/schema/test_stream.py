"""What followers are told: made once for all who asked the same, and the same over every wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
import pytest_asyncio
import websockets
from websockets.typing import Subprotocol

from jobs.events import PageImageReady, PagePartStarted, PageTextAppended, PageTextReady, StoryEvent
from jobs.listener import Feed, Heard
from jobs.log import Cursor, Message
from models.media import Image
from models.pages import Page
from models.vocabulary import PagePart
from resolvers.caller import identify
from resolvers.house import House
from schema.context import Context
from schema.documents import read
from schema.ids import global_id, row_id
from schema.stream import Refused, stream
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers

PLAIN = """subscription ($id: ID!) { storyProgress(storyId: $id) { cursor events { __typename sequence
    ... on PageTextAppended { delta offset }
    ... on PageImageReady { page { number text image { key width } } } } } }"""
ALIASED = PLAIN.replace("delta offset", "words: delta offset")
AWAITED = PLAIN.replace("{ number text", "{ number story { id } text")
ODD_WORDS = 'Line\u2028breaks\u2029, "quotes",\r\n\n👩\u200d👩\u200d👧 and \x00'
WORDS = PageTextAppended(1, 0, ODD_WORDS)


prepared = lru_cache(read)
"""As at the door, who asks with the same text gets the same document."""


@dataclass
class Scene:
    """A queued story that nobody makes: only what a test publishes happens to it."""

    api: Api
    parent: Api
    house: House
    id: str

    @property
    def story_id(self) -> UUID:
        found = row_id(self.id, "Story")
        assert found is not None
        return found

    async def tell(self, *events: StoryEvent) -> Cursor:
        return await self.house.log.publish(self.story_id, 1, [Message.now(event) for event in events])

    async def context(self, house: House | None = None) -> Context:
        house = house or self.house
        return Context(house, await identify(house, self.parent.token), "request")

    @asynccontextmanager
    async def following(self, query: str, context: Context | None = None) -> AsyncGenerator[AsyncGenerator[bytes]]:
        """A follower's answers after the snapshot."""
        context = context or await self.context()
        async with (
            asyncio.timeout(20),
            aclosing(stream(prepared(query, None), {"id": self.id}, context)) as answers,
        ):
            snapshot = orjson.loads(await anext(answers))
            assert snapshot["data"]["storyProgress"]["events"][0]["__typename"] == "StorySnapshot"
            yield answers

    async def hear(self, queries: list[str], event: StoryEvent) -> tuple[list[bytes], Heard]:
        """What followers with these queries are told of one event, and what their process has heard of it."""
        async with AsyncExitStack() as open:
            feed = await open.enter_async_context(self.house.listener.following(self.story_id))
            followers = [await open.enter_async_context(self.following(query)) for query in queries]
            top = await self.tell(event)
            # Whoever looks before the process has heard of it reads the log, and shares nothing with anybody.
            heard = await until_heard(feed, Cursor(top.epoch, top.sequence - 1))
            answers = await asyncio.gather(*(anext(follower) for follower in followers))
        return answers, heard


async def until_heard(feed: Feed, after: Cursor) -> Heard:
    """What the process has heard after a cursor, as soon as it has heard something."""
    async with asyncio.timeout(20):
        while True:
            change = feed.change()
            if (heard := feed.after(after)) is not None and heard.events:
                feed.stop_waiting(change)
                return heard
            await change


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Api, House]]:
    folder = tmp_path_factory.mktemp("told")
    async with fresh_settings(servers, folder, stories_at_once=1000) as settings, serving(settings) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def scene(served: tuple[Api, House]) -> Scene:
    api, house = served
    parent = await api.as_somebody()
    return Scene(api, parent, house, await parent.begin_story())


def painted(story_id: UUID, width: int = 640) -> PageImageReady:
    image = Image(key="pictures/1", width=width, height=480, content_type="image/webp", alt="A mole", blurhash="L0")
    return PageImageReady(Page(story_id=story_id, number=1, text=ODD_WORDS, image=image))


def encodings(heard: Heard) -> list[bytes]:
    return [made for made in heard.made.values() if isinstance(made, bytes)]


async def test_followers_who_asked_the_same_share_one_encoding(scene: Scene) -> None:
    (first, second), heard = await scene.hear([PLAIN, PLAIN], WORDS)
    assert first is second
    assert encodings(heard) == [first]
    (event,) = orjson.loads(first)["data"]["storyProgress"]["events"]
    assert event["delta"] == ODD_WORDS


async def test_followers_with_other_response_keys_do_not(scene: Scene) -> None:
    (plain, aliased), heard = await scene.hear([PLAIN, ALIASED], WORDS)
    assert encodings(heard) == [plain, aliased] or encodings(heard) == [aliased, plain]
    (event,) = orjson.loads(aliased)["data"]["storyProgress"]["events"]
    assert event["words"] == ODD_WORDS
    assert aliased == plain.replace(b'"delta":', b'"words":')


async def test_a_field_that_is_awaited_is_answered_for_each_follower(scene: Scene) -> None:
    (first, second), heard = await scene.hear([AWAITED, AWAITED], painted(scene.story_id))
    assert encodings(heard) == [b""]
    assert first == second
    (event,) = orjson.loads(first)["data"]["storyProgress"]["events"]
    assert event["page"]["story"] == {"id": scene.id}


async def test_a_value_that_its_type_does_not_take_is_null_with_its_error(scene: Scene) -> None:
    (answer,), _ = await scene.hear([PLAIN], painted(scene.story_id, width=2**31))
    body = orjson.loads(answer)
    (event,) = body["data"]["storyProgress"]["events"]
    assert (event["__typename"], event["page"]["image"]) == ("PageImageReady", None)
    (error,) = body["errors"]
    assert error["path"] == ["storyProgress", "events", 0, "page", "image", "width"]


class Broken:
    """A media store that can name no address."""

    def url(self, key: str) -> str:
        raise OSError(f"no address for {key}: secret.internal")

    async def put(self, key: str, data: bytes, content_type: str) -> None: ...

    async def get(self, key: str) -> bytes:
        raise NotImplementedError

    async def delete(self, prefix: str) -> None: ...


async def test_a_resolver_that_raises_is_told_without_its_words(scene: Scene) -> None:
    house = replace(scene.house, ports=replace(scene.house.ports, media=Broken()))
    async with scene.following(PLAIN, await scene.context(house)) as answers:
        await scene.tell(painted(scene.story_id))
        answer = await anext(answers)
        body = orjson.loads(answer)
        assert body["data"]["storyProgress"]["events"][0]["page"]["image"] is None
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "INTERNAL", "requestId": "request"}
        assert b"secret" not in answer
        await scene.tell(WORDS)
        after = orjson.loads(await anext(answers))
    assert after["data"]["storyProgress"]["events"][0]["__typename"] == "PageTextAppended"


async def test_an_error_that_leaves_nothing_to_tell_ends_the_stream(scene: Scene) -> None:
    async with scene.following(AWAITED) as answers:
        await scene.tell(painted(uuid4()))  # of a page whose story is not there
        with pytest.raises(Refused) as refused:
            await anext(answers)
    assert [error["extensions"]["code"] for error in refused.value.errors] == ["INTERNAL"]


@pytest.mark.parametrize("query", [PLAIN, ALIASED, AWAITED])
async def test_both_wires_carry_the_same_bytes(scene: Scene, query: str) -> None:
    page = Page(story_id=scene.story_id, number=1, text=ODD_WORDS)
    events = [PagePartStarted(1, PagePart.TEXT), WORDS, PageTextReady(page), painted(scene.story_id)]
    async with asyncio.timeout(20), over_socket(scene, query) as socket, over_events(scene, query) as sent:
        assert await anext(socket) == await anext(sent)  # the snapshot
        for event in events:
            await scene.tell(event)
            told = await anext(socket)
            assert b'"errors"' not in told
            assert told == await anext(sent)


@asynccontextmanager
async def over_socket(scene: Scene, query: str) -> AsyncGenerator[AsyncGenerator[bytes]]:
    url = f"{scene.api.url.replace('http', 'ws', 1)}/graphql"
    async with websockets.connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        given = {"authorization": f"Bearer {scene.parent.token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": given}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        payload = {"query": query, "variables": {"id": scene.id}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))

        async def payloads() -> AsyncGenerator[bytes]:
            before = b'{"id":"1","type":"next","payload":'
            while True:
                message = await socket.recv(decode=False)
                assert message.startswith(before)
                yield message.removeprefix(before).removesuffix(b"}")

        async with aclosing(payloads()) as told:
            yield told


@asynccontextmanager
async def over_events(scene: Scene, query: str) -> AsyncGenerator[AsyncGenerator[bytes]]:
    headers = {"Authorization": f"Bearer {scene.parent.token}", "Accept": "text/event-stream"}
    body = {"query": query, "variables": {"id": scene.id}}
    url = f"{scene.api.url}/graphql"
    async with httpx.AsyncClient() as http, http.stream("POST", url, json=body, headers=headers, timeout=20) as answer:
        assert answer.status_code == 200

        async def payloads() -> AsyncGenerator[bytes]:
            rest = b""
            async for chunk in answer.aiter_raw():
                *whole, rest = (rest + chunk).split(b"\n\n")
                for event in whole:
                    if event != b":":  # a comment, which is there to open the stream
                        assert event.startswith(b"event: next\ndata: ")
                        yield event.removeprefix(b"event: next\ndata: ")

        async with aclosing(payloads()) as told:
            yield told


async def test_a_story_of_nobody_is_refused_before_the_stream_begins(scene: Scene) -> None:
    stranger = global_id("Story", uuid4())
    answers = stream(prepared(PLAIN, None), {"id": stranger}, await scene.context())
    async with aclosing(answers):
        with pytest.raises(Refused) as refused:
            await anext(answers)
    assert refused.value.errors[0]["extensions"] == {"code": "NOT_FOUND"}
