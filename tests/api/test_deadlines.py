"""An operation that takes too long is stopped, and PostgreSQL stops working for it too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from models.database import Database
from tests.api.test_socket import closed, connected, heard, subscribe
from tests.harness import Api, serving, settings_for
from tests.servers import Servers

STORIES = "{ stories { edges { node { id } } } }"
PAGES = "{ stories { edges { node { pages { id } } } } }"
"""The pages are asked for by a loader, in a task of its own."""
RENAME = """mutation($id: ID!) { updateCharacter(input: {id: $id, name: "Mo"}) { __typename } }"""
CREATE = """mutation($input: CreateCharacterInput!) { createCharacter(input: $input) {
    ... on CreateCharacterPayload { character { id } } } }"""
HURRIED_S = 2.5
BUSY = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"""


@dataclass
class Scene:
    """A parent with a story, at a server where an operation may take HURRIED_S; a database to look from."""

    parent: Api
    patient: Api
    """The same parent at a server that waits."""
    database: Database


@pytest_asyncio.fixture(loop_scope="session")
async def scene(servers: Servers, tmp_path: Path) -> AsyncGenerator[Scene]:
    database_url, redis_url = await servers.fresh_database(), await servers.empty_valkey()
    settings = settings_for(database_url, redis_url, tmp_path, operation_s=60)
    hurried_settings = settings.model_copy(update={"operation_s": HURRIED_S})
    looking = Database(database_url, 2)
    async with serving(settings) as (patient, _), serving(hurried_settings) as (hurried, _):
        parent = await patient.as_somebody()
        await parent.begin_story()
        yield Scene(Api(hurried.url, parent.token, hurried.http), parent, looking)
    await looking.close()
    await servers.drop_database(database_url)


@asynccontextmanager
async def locked(database: Database, table: str) -> AsyncGenerator[None]:
    """Nobody can read the table meanwhile."""
    async with database.session() as session:
        await session.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield


async def busy(database: Database) -> int:
    """How many connections PostgreSQL works for, or lets wait; the one that holds the lock not counted."""
    async with database.reading() as session:
        return int((await session.execute(text(BUSY))).scalar_one()) - 1


async def until_idle(database: Database) -> None:
    async with asyncio.timeout(5):
        while await busy(database):  # noqa: ASYNC110  it is PostgreSQL that gets idle
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("query", "table"), [(STORIES, "stories"), (PAGES, "pages")])
async def test_a_query_that_takes_too_long_is_stopped_in_postgresql_too(scene: Scene, query: str, table: str) -> None:
    parent, database = scene.parent, scene.database
    async with locked(database, table):
        asking = asyncio.create_task(parent.post(query))
        async with asyncio.timeout(5):
            while not await busy(database):  # noqa: ASYNC110  it is PostgreSQL that gets busy
                await asyncio.sleep(0.01)
        body = await asking
        assert body["data"] is None
        assert [error["extensions"]["code"] for error in body["errors"]] == ["TIMEOUT"]
        await until_idle(database)
    assert (await scene.patient.ask(query))["stories"] is not None


async def test_a_query_over_a_socket_that_takes_too_long_is_stopped_and_the_socket_lives(
    scene: Scene,
) -> None:
    parent, database = scene.parent, scene.database
    async with connected(parent) as socket:
        async with locked(database, "pages"):
            await socket.send(subscribe(PAGES))
            told = await heard(socket)
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")
            await until_idle(database)
        await socket.send('{"type": "ping"}')
        assert (await heard(socket))["type"] == "pong"


async def test_a_client_that_completes_a_query_stops_it_in_postgresql_too(scene: Scene) -> None:
    parent, database = scene.parent, scene.database
    async with connected(parent) as socket, locked(database, "stories"):
        await socket.send(subscribe(STORIES))
        async with asyncio.timeout(5):
            while not await busy(database):  # noqa: ASYNC110  it is PostgreSQL that gets busy
                await asyncio.sleep(0.01)
        await socket.send('{"id": "1", "type": "complete"}')
        await until_idle(database)


async def test_a_mutation_that_takes_too_long_leaves_nothing_half_done(scene: Scene) -> None:
    parent, database = scene.parent, scene.database
    given = {"name": "Fennel", "appearance": "a fox"}
    id = (await scene.patient.ask(CREATE, input=given))["createCharacter"]["character"]["id"]
    async with locked(database, "characters"):
        assert (await parent.post(RENAME, id=id))["errors"][0]["extensions"]["code"] == "TIMEOUT"
        await until_idle(database)
    assert await parent.ask("query($id: ID!) { character(id: $id) { name } }", id=id) == {
        "character": {"name": "Fennel"}
    }


async def test_a_subscription_lives_longer_than_an_operation_may(scene: Scene) -> None:
    parent = scene.parent
    story = (await scene.patient.ask(STORIES))["stories"]["edges"][0]["node"]["id"]
    follow = f'subscription {{ storyProgress(storyId: "{story}") {{ cursor }} }}'
    async with connected(parent) as socket:
        await socket.send(subscribe(follow))
        assert (await heard(socket))["type"] == "next"
        await asyncio.sleep(HURRIED_S * 1.1)  # longer than the deadline: there is nothing to wait for but time
        await scene.patient.cancel_story(story)
        assert (await heard(socket))["type"] == "next"
        await scene.patient.begin_story()  # for the tests that follow


async def test_a_subscription_whose_beginning_takes_too_long_is_stopped_and_the_socket_lives(scene: Scene) -> None:
    parent, database = scene.parent, scene.database
    story = (await scene.patient.ask(STORIES))["stories"]["edges"][0]["node"]["id"]
    follow = f'subscription {{ storyProgress(storyId: "{story}") {{ cursor }} }}'
    async with connected(parent) as socket:
        async with locked(database, "pages"):
            await socket.send(subscribe(follow))
            told = await heard(socket)
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "TIMEOUT")
            await until_idle(database)
        await socket.send('{"type": "ping"}')
        assert (await heard(socket))["type"] == "pong"


async def test_events_whose_beginning_takes_too_long_are_stopped(scene: Scene) -> None:
    parent, database = scene.parent, scene.database
    story = (await scene.patient.ask(STORIES))["stories"]["edges"][0]["node"]["id"]
    follow = f'subscription {{ storyProgress(storyId: "{story}") {{ cursor }} }}'
    headers = {"Authorization": f"Bearer {parent.token}", "Accept": "text/event-stream"}
    async with locked(database, "pages"):
        answer = await parent.http.post(f"{parent.url}/graphql", json={"query": follow}, headers=headers, timeout=10)
        await until_idle(database)
    told = next(line for line in answer.text.splitlines() if line.startswith("data: {"))
    assert '"code":"TIMEOUT"' in told
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_who_has_nothing_to_be_told_waits_longer_than_an_operation_may(scene: Scene) -> None:
    parent = scene.parent
    story = await scene.patient.begin_story()
    follow = 'subscription($after: String) { storyProgress(storyId: "%s", after: $after) { cursor } }' % story  # noqa: UP031
    async with connected(parent) as socket:
        await socket.send(subscribe(follow))
        cursor = (await heard(socket))["payload"]["data"]["storyProgress"]["cursor"]
        await socket.send(subscribe(follow, "2", variables={"after": cursor}))
        await asyncio.sleep(HURRIED_S * 1.1)  # longer than the deadline: there is nothing to wait for but time
        await scene.patient.cancel_story(story)
        told: set[str] = set()
        while told < {"1", "2"}:
            message = await heard(socket)
            assert message["type"] in ("next", "complete")
            told.add(message["id"])


async def test_an_initialisation_that_takes_too_long_asks_the_client_to_come_back(scene: Scene) -> None:
    async with locked(scene.database, "sign_ins"), connected(scene.parent, initialised=False) as socket:
        await socket.send('{"type": "connection_init", "payload": {"authorization": "Bearer %s"}}' % scene.parent.token)  # noqa: UP031
        assert await closed(socket) == 1001


async def test_a_database_that_goes_away_meanwhile_asks_clients_to_come_back(scene: Scene) -> None:
    patient, database = scene.patient, scene.database
    end_them = text("""SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'""")

    async def goes_away(most: int) -> None:
        async with asyncio.timeout(5):
            while await busy(database) < most:  # noqa: ASYNC110  it is PostgreSQL that gets busy
                await asyncio.sleep(0.01)
        async with database.reading() as session:
            await session.execute(end_them)

    async with locked(database, "sign_ins"):
        asking = asyncio.create_task(
            patient.http.post(
                f"{patient.url}/graphql",
                json={"query": "{ me { id } }"},
                headers={"Authorization": f"Bearer {patient.token}"},
            )
        )
        await goes_away(1)
        assert (await asking).status_code == 503
        async with connected(patient, initialised=False) as socket:
            await socket.send('{"type": "connection_init", "payload": {"authorization": "Bearer %s"}}' % patient.token)  # noqa: UP031
            await goes_away(1)
            assert await closed(socket) == 1001
