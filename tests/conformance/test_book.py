"""Whole books made through the public API by the real SDKs: over servers that others wrote, as far as they go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
import uvicorn
from llmock.pytest_plugin import LLMock
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from api.preflight import free_port
from benchmarks.vendors import material
from benchmarks.vendors.standins import standing_in
from tests.conformance import fixtures
from tests.conformance.conftest import aimock
from tests.harness import serving, settings_for, vendors_at, working
from tests.storage import Storage

pytestmark = pytest.mark.conformance

STORY = """query($id: ID!) { story(id: $id) { status problem title
    pages { text image { url width height } audio { url words { word } } } } }"""
WRITERS = {"gpt-6-luna": "/v1/responses", "claude-haiku-5-5": "/v1/messages"}


@asynccontextmanager
async def serving_app(config: uvicorn.Config) -> AsyncGenerator[None]:
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def crossing(pictures: str, others: str) -> AsyncGenerator[str]:
    """One OpenAI out of two servers, since aimock does not stream pictures. Bytes pass as they are."""
    client = httpx.AsyncClient(timeout=60)

    async def pass_on(request: Request) -> StreamingResponse:
        target = pictures if request.url.path.startswith("/v1/images/") else others
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        asked = client.build_request(
            request.method, f"{target}{request.url.path}", content=await request.body(), headers=headers
        )
        answer = await client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            async for chunk in answer.aiter_raw():
                yield chunk
            await answer.aclose()

        kept = {name: answer.headers[name] for name in ("content-type", "retry-after") if name in answer.headers}
        return StreamingResponse(body(), answer.status_code, kept)

    app = Starlette(routes=[Route("/{path:path}", pass_on, methods=["GET", "POST"])])
    port = free_port("127.0.0.1", 0)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    async with client, serving_app(config):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("writer", WRITERS)
async def test_a_book_is_made_and_kept_in_a_bucket(
    database_url: str, redis_url: str, tmp_path: Path, storage: Storage, writer: str
) -> None:
    answers = [fixtures.busy({"userMessage": fixtures.PLANS}), *fixtures.ALL]
    async with (
        aimock(answers, tmp_path) as mock,
        standing_in() as standins,
        crossing(standins.url, mock.url) as openai,
    ):
        settings = settings_for(
            database_url,
            redis_url,
            tmp_path,
            writers=writer,
            narrators="eleven_flash_v2_5",
            s3_bucket=storage.bucket,
            s3_endpoint_url=storage.endpoint,
            aws_access_key_id=SecretStr(storage.access_key),
            aws_secret_access_key=SecretStr(storage.secret_key),
            **vendors_at(openai, mock.url, standins.url),
        )
        async with serving(settings) as (api, _), working(settings):
            parent = await api.as_somebody()
            made = await parent.make_story(fixtures.PAGES)
            story = (await parent.ask(STORY, id=made["id"]))["story"]
            media = [await parent.http.get(page[part]["url"]) for page in story["pages"] for part in ("image", "audio")]
        calls = await mock.calls()

    assert (story["status"], story["problem"]) == ("READY", None)
    assert [page["text"] for page in story["pages"]] == fixtures.TEXTS
    for page in story["pages"]:
        assert page["image"]["url"].startswith(f"{storage.endpoint}/{storage.bucket}/stories/")
        assert (page["image"]["width"], page["image"]["height"]) == (1024, 1024)
        assert " ".join(word["word"] for word in page["audio"]["words"]).startswith("This is page")
    assert [(answer.status_code, answer.headers["content-type"]) for answer in media] == [
        (200, "image/webp"),
        (200, "audio/mpeg"),
    ] * fixtures.PAGES
    counted = Counter(calls)
    path = WRITERS[writer]
    assert counted[(path, 429)] == 1, "the plan was asked for once too early, and once more"
    assert calls[0] == ("/v1/moderations", 200), "nothing is planned before the premise is judged"
    assert {status for _, status in calls} == {200, 429}
    painted = Counter(asked for asked, _ in standins.received)
    assert painted["/v1/images/generations"] == 1
    assert painted["/v1/images/edits"] == fixtures.PAGES


def refuse_and_break(llmock: LLMock) -> None:
    """Two refusals and a stream that breaks; then a plan, and then pages."""
    plan = orjson.dumps(material.plan({"cast": [], "title": None, "page_count": 2})).decode()
    llmock.rate_limit(retry_after=1)
    llmock.fail(503)
    llmock.disconnect(after_chunks=4)
    for answer in (plan, plan, orjson.dumps({"pages": [material.page(1), material.page(2)]}).decode()):
        llmock.reply(answer)  # the first of them is the one that breaks


async def test_llmock_finds_the_whole_client_resilient(
    database_url: str, redis_url: str, tmp_path: Path, llmock: LLMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict of a server that watches how clients behave: of driver and adapter together."""
    monkeypatch.delenv("OPENAI_API_KEY")  # LLMock's plugin sets it, and would have to be the moderator then
    refuse_and_break(llmock)
    settings = settings_for(
        database_url,
        redis_url,
        tmp_path,
        anthropic_api_key=SecretStr("k"),
        anthropic_base_url=llmock.base_url("anthropic"),
        writers="claude-haiku-5-5",
    )
    async with serving(settings) as (api, _), working(settings):
        story = await (await api.as_somebody()).make_story(2, narrated=False)
    assert story["status"] == "READY"
    assert [page["text"] for page in story["pages"]] == [material.page(1), material.page(2)]
    llmock.assert_resilient(strict=True)
    assert [request.status for request in llmock.requests] == [429, 503, 200, 200, 200]
