"""A whole StoryCanvas for tests: a real server on a free port, a real worker, real PostgreSQL and Valkey."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from pydantic import SecretStr

from api.app import create_app
from api.preflight import listening
from api.server import config_of
from api.wiring import open_house
from jobs.worker import MakePorts, Workbench, open_workbench, work
from models import billing
from models.settings import Settings
from resolvers.house import House
from tests.servers import Servers
from tests.vendors import Script, Vendors

REFUSAL = """... on UserError { message
    ... on InvalidInput { problems { path message } } ... on ContentRejected { categories } ... on NotFound { id }
    ... on Conflict { reason } ... on OutOfCredits { needed available } }"""
PAGE = """id number text textStatus image { key } imageStatus
    audio { key words { word start end } } audioStatus"""
STORY = f"id status problem progress {{ done total }} pages {{ {PAGE} }}"


def settings_for(database_url: str, redis_url: str, data: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "redis_url": SecretStr(redis_url),
        "data": data,
        "offline_pace": 0.0,
        "address_tries": 1_000_000,  # all tests come from one address
        "log_level": "warning",
        "secret": SecretStr("a secret of the tests, long enough"),
        **more,
    }
    return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own argument


def vendors_at(openai: str, anthropic: str, elevenlabs: str) -> dict[str, Any]:
    """Settings of a house with all keys, whose vendors are where these URLs say."""
    return {
        "openai_api_key": SecretStr("k"),
        "openai_base_url": f"{openai}/v1",
        "anthropic_api_key": SecretStr("k"),
        "anthropic_base_url": anthropic,
        "elevenlabs_api_key": SecretStr("k"),
        "elevenlabs_base_url": elevenlabs,
    }


@asynccontextmanager
async def fresh_settings(servers: Servers, data: Path, **more: Any) -> AsyncGenerator[Settings]:
    """Settings with a database of their own, which goes when the block ends, and an empty Valkey."""
    database_url = await servers.fresh_database()
    try:
        yield settings_for(database_url, await servers.empty_valkey(), data, **more)
    finally:
        await servers.drop_database(database_url)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Api:
    """A client of the public API; `token` is sent where there is one."""

    url: str
    token: str | None = None
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    async def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors included."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.http.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, headers=headers, timeout=20
        )
        return answer.json()

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer's data; fails the test where there are errors."""
        body = await self.post(query, **variables)
        assert "errors" not in body, body
        return body["data"]

    async def as_somebody(self) -> Api:
        """A client of a new account."""
        query = """mutation($input: SignUpInput!) { signUp(input: $input) {
            ... on SessionPayload { accessToken } ... on UserError { message } } }"""
        given = {"email": f"{uuid4().hex}@example.com", "password": "correct horse battery"}
        data = await self.ask(query, input=given)
        return Api(self.url, data["signUp"]["accessToken"], self.http)

    async def verb(self, name: str, selection: str, /, **given: Any) -> dict[str, Any]:
        """A verb's answer, whichever member of its union."""
        kind = name[0].upper() + name[1:]
        query = f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename
            ... on {kind}Payload {{ {selection} }} {REFUSAL} }} }}"""
        return (await self.ask(query, input=given))[name]

    async def create_story(self, **given: Any) -> dict[str, Any]:
        return await self.verb("createStory", f"story {{ {STORY} }}", **given)

    async def begin_story(self, pages: int = 1, **given: Any) -> str:
        """A story that is taken; gives its id."""
        answer = await self.create_story(premise="A mole who digs for the moon", pageCount=pages, **given)
        assert answer["__typename"] == "CreateStoryPayload", answer
        return answer["story"]["id"]

    async def make_story(self, pages: int = 1, **given: Any) -> dict[str, Any]:
        """A story that has ended."""
        return await self.ended(await self.begin_story(pages, **given))

    async def cancel_story(self, id: str) -> dict[str, Any]:
        return await self.verb("cancelStory", f"story {{ {STORY} }}", id=id)

    async def resume_story(self, id: str, **given: Any) -> dict[str, Any]:
        return await self.verb("resumeStory", f"story {{ {STORY} }}", id=id, **given)

    async def rate_story(self, id: str, stars: int) -> dict[str, Any]:
        return await self.verb("rateStory", "story { id rating }", storyId=id, stars=stars)

    async def delete_story(self, id: str) -> dict[str, Any]:
        return await self.verb("deleteStory", "deletedId", id=id)

    async def redo_page(self, page_id: str, *parts: str, **given: Any) -> dict[str, Any]:
        return await self.verb("redoPage", f"page {{ {PAGE} }}", pageId=page_id, parts=parts, **given)

    async def edit_page_text(self, page_id: str, text: str, **given: Any) -> dict[str, Any]:
        return await self.verb("editPageText", f"page {{ {PAGE} }}", pageId=page_id, text=text, **given)

    async def credits(self) -> tuple[int, int]:
        """Those that are available, and those that are reserved."""
        balance = (await self.ask("{ me { credits { available reserved } } }"))["me"]["credits"]
        return balance["available"], balance["reserved"]

    async def book(self, story_id: str) -> dict[str, Any]:
        """The story as a reader sees it now."""
        return (await self.ask(f"query($id: ID!) {{ story(id: $id) {{ {STORY} }} }}", id=story_id))["story"]

    async def follow(self, story_id: str, selection: str, after: str | None = None) -> AsyncGenerator[dict[str, Any]]:
        """The batches of storyProgress over a real WebSocket, until it completes."""
        payload = {"authorization": f"Bearer {self.token}"} if self.token else {}
        transport = WebsocketsTransport(
            f"{self.url.replace('http', 'ws', 1)}/graphql",
            init_payload=payload,
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
        document = gql(f"""subscription($id: ID!, $after: String) {{ storyProgress(storyId: $id, after: $after) {{
            cursor previousCursor reset {selection} }} }}""")
        document.variable_values = {"id": story_id, "after": after}
        async with Client(transport=transport) as session:
            async for data in session.subscribe(document):
                yield data["storyProgress"]

    async def until_ended(self, story_id: str) -> list[dict[str, Any]]:
        """All batches up to the end, with their events' names and sequences."""
        selection = "events { __typename sequence }"
        async with asyncio.timeout(60):
            return [batch async for batch in self.follow(story_id, selection)]

    async def ended(self, story_id: str) -> dict[str, Any]:
        """The story, once it has ended."""
        await self.until_ended(story_id)
        return await self.book(story_id)

    async def until(self, story_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The story as soon as it is like that; looks whenever something is told of it, until its end."""
        async with asyncio.timeout(30), aclosing(self.follow(story_id, "events { __typename }")) as batches:
            async for _ in batches:
                if holds(story := await self.book(story_id)):
                    return story
        raise AssertionError(f"the story ended otherwise: {await self.book(story_id)}")

    @asynccontextmanager
    async def watching(self, story_id: str, selection: str) -> AsyncGenerator[list[dict[str, Any]]]:
        """All batches of a follower that is there when the block begins; the block ends when it completes."""
        batches: list[dict[str, Any]] = []
        begun = asyncio.Event()

        async def watch() -> None:
            async for batch in self.follow(story_id, selection):
                batches.append(batch)
                begun.set()

        async with asyncio.timeout(30), asyncio.TaskGroup() as followers:
            followers.create_task(watch())
            await begun.wait()
            yield batches


async def becomes(question: Callable[[], Awaitable[bool]]) -> None:
    """Waits until the answer is yes. For what happens in the background and is told to nobody."""
    async with asyncio.timeout(60):
        while not await question():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.05)


def reason(answer: dict[str, Any]) -> str:
    """Why a verb was refused with Conflict."""
    assert answer["__typename"] == "Conflict", answer
    return answer["reason"]


def wrong_path(answer: dict[str, Any]) -> list[str]:
    """Where in its input a verb that was refused with InvalidInput found its one problem."""
    assert answer["__typename"] == "InvalidInput", answer
    (problem,) = answer["problems"]
    assert problem["message"]
    return problem["path"]


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[tuple[Api, House]]:
    port = free_port()
    settings = settings.model_copy(update={"port": port})
    async with open_house(settings) as opened:
        app, leave = create_app(opened, settings)
        config = config_of(app, settings)
        server = uvicorn.Server(config)
        taking = listening("127.0.0.1", port)
        task = asyncio.create_task(server.serve([taking]))
        async with httpx.AsyncClient() as http:
            api = Api(f"http://127.0.0.1:{port}", http=http)
            try:
                yield api, opened.house
            finally:
                await leave(0)
                server.should_exit = True
                await task
                taking.close()


@asynccontextmanager
async def working(settings: Settings, make_ports: MakePorts | None = None) -> AsyncGenerator[Workbench]:
    stop = asyncio.Event()
    async with open_workbench(settings, make_ports) as bench:
        task = asyncio.create_task(work(settings, bench, stop))
        try:
            yield bench
        finally:
            stop.set()
            async with asyncio.timeout(30):
                await task


CREDITS = 10
"""What a new account has on the stage."""


@dataclass
class Stage:
    """A server, a worker whose vendors do as they are told, and a parent with a new account."""

    api: Api
    parent: Api
    house: House
    bench: Workbench
    vendors: Vendors

    @property
    def script(self) -> Script:
        return self.vendors.script

    async def rest(self) -> None:
        """Waits until the worker makes nothing any more."""
        async with asyncio.timeout(20):
            await asyncio.gather(*self.bench.making.values(), return_exceptions=True)

    async def clear(self) -> None:
        """Lets everything come to its end. Whatever was played, the books of credits are right then."""
        self.script.let_go()
        query = "{ stories(filter: {status: [QUEUED, GENERATING]}) { edges { node { id } } } }"
        for edge in (await self.parent.ask(query))["stories"]["edges"]:
            await self.parent.until_ended(edge["node"]["id"])
        await self.rest()
        async with self.house.database.session() as session:
            assert await billing.drift(session) == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stage(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """One a module; `stage` gives it to a test with a script of the test's own."""
    vendors = Vendors()
    async with (
        fresh_settings(servers, tmp_path_factory.mktemp("stage"), signup_credits=CREDITS) as settings,
        serving(settings) as (api, house),
        working(settings, vendors.open) as bench,
    ):
        yield Stage(api, api, house, bench, vendors)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(shared_stage: Stage) -> AsyncGenerator[Stage]:
    shared_stage.script.forget()
    shared_stage.vendors.moderator.refused, shared_stage.vendors.moderator.blind = (), False
    shared_stage.vendors.mail.letters.clear()
    shared_stage.vendors.mail.failures.clear()
    set_up = replace(shared_stage, parent=await shared_stage.api.as_somebody())
    yield set_up
    await set_up.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def running_app(database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[Api]:
    """The API without a worker: what is asked for stays queued."""
    async with serving(settings_for(database_url, redis_url, tmp_path)) as (api, _):
        yield api


@pytest_asyncio.fixture(loop_scope="session")
async def house(database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[House]:
    async with open_house(settings_for(database_url, redis_url, tmp_path)) as opened:
        yield opened.house


@pytest_asyncio.fixture(loop_scope="session")
async def worker_settings(database_url: str, redis_url: str, tmp_path: Path, running_app: Api) -> Settings:
    """For a worker beside `running_app`, on the same data; a test that begins to follow first starts it itself."""
    return settings_for(database_url, redis_url, tmp_path, port=int(running_app.url.split(":")[-1]))


@pytest_asyncio.fixture(loop_scope="session")
async def worker(worker_settings: Settings) -> AsyncGenerator[Workbench]:
    """A worker beside `running_app`, on the same data."""
    async with working(worker_settings) as bench:
        yield bench
