"""A whole StoryCanvas for tests: a real server on a free port, a real worker, real PostgreSQL and Valkey."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio
import uvicorn
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from pydantic import SecretStr

from api.app import create_app
from api.wiring import open_house
from jobs.worker import Workbench, open_workbench, work
from models.settings import Settings
from resolvers.house import House


def settings_for(database_url: str, redis_url: str, data: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "redis_url": SecretStr(redis_url),
        "data": data,
        "offline_pace": 0.0,
        "secret": SecretStr("a secret of the tests, long enough"),
        **more,
    }
    return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own argument


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

    async def create_story(self, **given: Any) -> dict[str, Any]:
        """createStory's answer, whichever member of its union."""
        query = """mutation($input: CreateStoryInput!) { createStory(input: $input) { __typename
            ... on CreateStoryPayload { story { id status pages { id number textStatus audioStatus } } }
            ... on UserError { message } ... on InvalidInput { problems { path message } }
            ... on ContentRejected { categories } ... on Conflict { reason } ... on NotFound { id } } }"""
        return (await self.ask(query, input=given))["createStory"]

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


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[tuple[Api, House]]:
    port = free_port()
    settings = settings.model_copy(update={"port": port})
    async with open_house(settings) as opened:
        app, sockets = create_app(opened, settings)
        config = uvicorn.Config(app, port=port, log_level="warning", lifespan="off", ws_per_message_deflate=False)
        server = uvicorn.Server(config)
        listening = socket.create_server(("127.0.0.1", port))
        task = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient() as http:
            api = Api(f"http://127.0.0.1:{port}", http=http)
            try:
                yield api, opened.house
            finally:
                sockets.leave()
                server.should_exit = True
                await task
                listening.close()


@asynccontextmanager
async def working(settings: Settings) -> AsyncGenerator[Workbench]:
    stop = asyncio.Event()
    async with open_workbench(settings) as bench:
        task = asyncio.create_task(work(settings, bench, stop))
        try:
            yield bench
        finally:
            stop.set()
            await task


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
