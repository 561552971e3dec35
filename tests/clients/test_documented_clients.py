"""The clients of docs/clients against real servers: whatever happens to their connections, they end as the log does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from jobs import events
from jobs.events import LoggedEvent
from jobs.worker import open_workbench, work
from models.settings import Settings
from resolvers.house import House
from schema.ids import row_id
from tests.clients.cutting import between
from tests.clients.driven import ALL, Documented, lines_of
from tests.harness import Api, serving, settings_for
from tests.vendors import Vendors

PAGES = 8
PREMISE = "A snail 🐌 who wins a race"
WITHIN_S = 60
SESSION = "... on SessionPayload { accessToken refreshToken }"
BOOK = """query($id: ID!) { story(id: $id) { title status problem pages { number text textStatus imageStatus audioStatus
    image { key alt } audio { key durationMs } } } }"""

every_client = pytest.mark.parametrize("documented", ALL.values(), ids=ALL.keys())


@asynccontextmanager
async def making(settings: Settings, vendors: Vendors) -> AsyncGenerator[None]:
    """A worker whose vendors do as they are told."""
    stop = asyncio.Event()
    async with open_workbench(settings, vendors.open) as bench:
        task = asyncio.create_task(work(settings, bench, stop))
        try:
            yield
        finally:
            for gate in vendors.script.gates.values():
                gate.set()
            stop.set()
            await task


async def a_parent(api: Api) -> tuple[Api, dict[str, str], dict[str, str]]:
    """A new account: somebody signed in, what to sign in with again, and the tokens of another session of theirs."""
    given = {"email": f"{uuid4().hex}@example.com", "password": "correct horse battery"}
    await api.ask("mutation($input: SignUpInput!) { signUp(input: $input) { __typename } }", input=given)
    return await signed_in(api, given), given, await a_session(api, given)


async def a_session(api: Api, given: dict[str, str]) -> dict[str, str]:
    query = f"mutation($input: SignInInput!) {{ signIn(input: $input) {{ {SESSION} }} }}"
    return (await api.ask(query, input=given))["signIn"]


async def signed_in(api: Api, given: dict[str, str]) -> Api:
    return Api(api.url, (await a_session(api, given))["accessToken"], api.http)


def gated(*parts: str) -> Vendors:
    """Vendors that wait with each of these parts, of every page, until its gate is opened."""
    vendors = Vendors()
    vendors.script.gates = {f"{part}:{page}": asyncio.Event() for part in parts for page in range(1, PAGES + 1)}
    return vendors


def open_gates(vendors: Vendors, page: int) -> None:
    for part in ("text", "image"):
        if (gate := vendors.script.gates.get(f"{part}:{page}")) is not None:
            gate.set()


@every_client
async def test_a_client_that_is_cut_off_again_and_again_ends_with_the_log_and_the_book(
    database_url: str, redis_url: str, tmp_path: Path, documented: Documented
) -> None:
    command = documented.command
    settings = settings_for(database_url, redis_url, tmp_path)
    chance = random.Random(7)
    vendors = gated("text", "image")
    async with asyncio.timeout(WITHIN_S), serving(settings) as (api, house), AsyncExitStack() as first:
        doomed, _ = await first.enter_async_context(serving(settings))
        ports = [_port(api), _port(doomed)]
        parent, _, session = await a_parent(api)
        story = (await parent.create_story(premise=PREMISE, pageCount=PAGES))["story"]
        told: list[dict[str, Any]] = []
        book: dict[str, Any] = {}
        lost = 0
        async with (
            between(lambda: chance.choice(ports), lambda: chance.expovariate(1 / 5000)) as proxy,
            lines_of(command, **_wish(documented, proxy.url, api, story["id"], session)) as lines,
            making(settings, vendors),
        ):
            async for line in lines:
                if line["kind"] == "ended":
                    book = line["book"]
                    continue
                lost += not line["connected"]
                told += line["events"]
                for event in line["events"]:
                    page = _page_done(event)
                    if page is None:
                        continue
                    if page == PAGES // 2:  # one of the two servers goes, as in an upgrade
                        ports.pop()
                        await first.aclose()
                    proxy.cut()
                    open_gates(vendors, page + 1)
        assert lost >= PAGES // 2
        await check_the_events(house, story["id"], told)
        await check_the_book(parent, story["id"], book)


@every_client
async def test_a_client_whose_line_is_dead_without_a_word_takes_another(
    database_url: str, redis_url: str, tmp_path: Path, documented: Documented
) -> None:
    command = documented.command
    settings = settings_for(database_url, redis_url, tmp_path)
    patience = iter([400.0])
    async with asyncio.timeout(WITHIN_S), serving(settings) as (api, house):
        parent, _, session = await a_parent(api)
        story = (await parent.create_story(premise=PREMISE, pageCount=PAGES))["story"]
        told: list[dict[str, Any]] = []
        lost = 0
        book: dict[str, Any] = {}
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(
                between(lambda: _port(api), lambda: next(patience, float("inf")), stalls=True)
            )
            wish = _wish(documented, proxy.url, api, story["id"], session)
            lines = await stack.enter_async_context(lines_of(command, **wish, silenceMs=1500))
            async for line in lines:
                if line["kind"] == "ended":
                    book = line["book"]
                    break  # Node's own WebSocket keeps a process alive for a while that holds a dead line
                if not told and line["events"]:
                    await stack.enter_async_context(making(settings, Vendors()))
                lost += not line["connected"]
                told += line["events"]
        assert lost >= 1
        await check_the_events(house, story["id"], told)
        await check_the_book(parent, story["id"], book)


@every_client
async def test_a_client_whose_token_expires_renews_it_and_goes_on(
    database_url: str, redis_url: str, tmp_path: Path, documented: Documented
) -> None:
    command = documented.command
    settings = settings_for(database_url, redis_url, tmp_path, access_token_s=2)
    vendors = gated("image")
    async with asyncio.timeout(WITHIN_S), serving(settings) as (api, house):
        parent, account, session = await a_parent(api)
        story = (await parent.create_story(premise=PREMISE, pageCount=PAGES))["story"]
        told: list[dict[str, Any]] = []
        book: dict[str, Any] = {}
        async with (
            lines_of(command, **_wish(documented, api.url, api, story["id"], session)) as lines,
            making(settings, vendors),
        ):
            async for line in lines:
                if line["kind"] == "renewed":
                    for page in range(1, PAGES + 1):
                        open_gates(vendors, page)
                elif line["kind"] == "ended":
                    book = line["book"]
                else:
                    told += line["events"]
        await check_the_events(house, story["id"], told)
        await check_the_book(await signed_in(api, account), story["id"], book)


@every_client
async def test_a_strangers_story_is_refused_for_good(running_app: Api, documented: Documented) -> None:
    command = documented.command
    parent, _, _ = await a_parent(running_app)
    story = (await parent.create_story(premise=PREMISE, pageCount=1))["story"]
    _, _, session = await a_parent(running_app)
    wish = _wish(documented, running_app.url, running_app, story["id"], session)
    async with asyncio.timeout(WITHIN_S), lines_of(command, **wish) as lines:
        assert [line["kind"] async for line in lines] == ["refused"]


def _page_done(event: dict[str, Any]) -> int | None:
    """The page whose text the client has, 0 for its very first sight of the story; None for every other event."""
    if event["__typename"] == "StorySnapshot":
        return 0
    return event["page"]["number"] if event["__typename"] == "PageTextReady" else None


def _wish(documented: Documented, url: str, api: Api, story_id: str, session: dict[str, str]) -> dict[str, str]:
    where = {"url": f"{url}/graphql", "sessionUrl": f"{api.url}/graphql"}
    return {"client": documented.client, "storyId": story_id, **where, **session}


def _port(api: Api) -> int:
    return int(api.url.rsplit(":", 1)[1])


async def check_the_book(parent: Api, story_id: str, book: dict[str, Any]) -> None:
    """What the client made of the events is what the API says of the story."""
    story = (await parent.ask(BOOK, id=story_id))["story"]
    assert story["status"] == "READY"
    assert _only(book, story) == story


def _only(given: Any, wanted: object) -> object:
    """Of `given` what `wanted` has, too: no addresses, whose signatures change, and no names of types."""
    if isinstance(wanted, dict):
        return {name: _only(given[name], value) for name, value in cast("dict[str, object]", wanted).items()}
    if isinstance(wanted, list):
        return [_only(one, other) for one, other in zip(given, cast("list[object]", wanted), strict=True)]
    return given


async def check_the_events(house: House, story_id: str, told: list[dict[str, Any]]) -> None:
    """The client was told exactly what the log holds after its snapshot, once each and in order."""
    assert [event["__typename"] for event in told].index("StorySnapshot") == 0
    snapshot, *later = told
    id = row_id(story_id, "Story")
    assert id is not None
    position = await house.log.position(id)
    assert position is not None
    logged = await house.log.read(id, snapshot["sequence"], position.sequence)
    assert logged is not None
    assert _facts_told(later) == _facts_logged(logged)
    previews = {one.sequence for one in logged if isinstance(one.event, events.PageImagePreviewed)}
    shown = [event["sequence"] for event in later if event["__typename"] == "PageImagePreviewed"]
    assert len(shown) == len(set(shown))
    assert set(shown) <= previews


Fact = tuple[object, ...]


def _facts_told(told: Sequence[dict[str, Any]]) -> list[Fact]:
    """Events without previews, of which only the newest may be told; deltas letter by letter, as they may be joined."""
    facts: list[Fact] = []
    for event in told:
        match event:
            case {"__typename": "PageTextAppended", "pageNumber": page, "offset": offset, "delta": delta}:
                facts += [(page, offset + place, letter) for place, letter in enumerate(delta)]
            case {"__typename": "PageImagePreviewed"}:
                pass
            case {"__typename": name, "sequence": sequence}:
                page = event.get("pageNumber", event.get("page", {}).get("number"))
                facts.append((sequence, name, page, event.get("part")))
            case _:
                pytest.fail(f"this is no event: {event}")
    return facts


def _facts_logged(logged: Sequence[LoggedEvent]) -> list[Fact]:
    facts: list[Fact] = []
    for one in logged:
        match one.event:
            case events.PageTextAppended(page, offset, delta):
                facts += [(page, offset + place, letter) for place, letter in enumerate(delta)]
            case events.PageImagePreviewed():
                pass
            case events.PageTextReady(page) | events.PageImageReady(page) | events.PageAudioReady(page):
                facts.append((one.sequence, type(one.event).__name__, page.number, None))
            case events.StoryPlanned() | events.StoryEnded():
                facts.append((one.sequence, type(one.event).__name__, None, None))
            case event:
                facts.append((one.sequence, type(event).__name__, event.page_number, event.part.value))
    return facts
