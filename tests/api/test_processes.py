"""Several server processes on one port: all answer, none answers with what another has changed, and one may die."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from sqlalchemy import text

from api.preflight import listening
from api.processes import shares
from models.settings import Settings
from tests.api.test_live_server import Live, eventually, live_server
from tests.commands import one_line, storycanvas
from tests.harness import Api, settings_for, working
from tests.servers import Servers
from tests.vendors import Vendors

PROCESSES = 3
TEXTS = "query($id: ID!) { story(id: $id) { status pages { text } } }"
OTHERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
SHELF = "{ stories(first: 5) { edges { node { id pages { text } } } } }"


def children(live: Live) -> list[psutil.Process]:
    return psutil.Process(live.process.pid).children()


def port_of(answer: httpx.Response) -> int:
    """The client's own port of the connection that an answer came over."""
    return answer.extensions["network_stream"].get_extra_info("client_addr")[1]


async def whose(live: Live, answer: httpx.Response) -> int:
    """The process that has answered."""
    port = port_of(answer)
    for child in children(live):
        if any(each.raddr and each.raddr.port == port for each in child.net_connections("tcp")):
            return child.pid
    raise AssertionError("no process has this connection")


@asynccontextmanager
async def one_client_each(live: Live) -> AsyncGenerator[list[Api]]:
    """Clients with one connection each, to every process one."""
    found: dict[int, Api] = {}
    async with AsyncExitStack() as stack, asyncio.timeout(30):
        while len(found) < PROCESSES:
            one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, limits=one))
            pid = await whose(live, await http.get(f"{live.parent.url}/readyz"))
            found.setdefault(pid, Api(live.parent.url, live.parent.token, http))
        yield list(found.values())


@asynccontextmanager
async def together(servers: Servers, data: Path, **given: str) -> AsyncGenerator[Live]:
    async with live_server(servers, data, STORYCANVAS_PROCESSES=str(PROCESSES), **given) as live, one_client_each(live):
        yield live


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Live]:
    async with together(servers, tmp_path_factory.mktemp("live")) as server:
        yield server


async def test_what_one_process_has_written_no_other_answers_without(
    live: Live, servers: Servers, tmp_path: Path
) -> None:
    settings = settings_for(live.database_url, servers.valkey.url, tmp_path)
    async with working(settings, Vendors().open), one_client_each(live) as clients:
        story = await live.parent.make_story(2, narrated=False)
        chance = random.Random(8)
        for turn in range(15):
            writer, reader, another = chance.sample(clients, 3)
            for client in clients:  # all of them have it at hand
                await client.ask(TEXTS, id=story["id"])
                await client.ask(SHELF)
            number = turn % 2
            answer = await writer.edit_page_text(story["pages"][number]["id"], f"turn {turn}.")
            assert answer["__typename"] == "EditPageTextPayload", answer

            read = (await reader.ask(TEXTS, id=story["id"]))["story"]
            listed = await another.ask(SHELF)

            assert read["pages"][number]["text"] == f"turn {turn}."
            assert listed["stories"]["edges"][0]["node"]["pages"][number]["text"] == f"turn {turn}."
            await live.parent.ended(story["id"])
        await clients[0].delete_story(story["id"])

        for client in clients:
            assert (await client.ask(TEXTS, id=story["id"]))["story"] is None
            assert (await client.ask(SHELF))["stories"]["edges"] == []


async def test_who_signs_out_of_one_process_is_signed_out_of_all(live: Live) -> None:
    somebody = await live.parent.as_somebody()
    async with one_client_each(live) as clients:
        clients = [replace(client, token=somebody.token) for client in clients]
        for client in clients:
            assert (await client.ask("{ me { id } }"))["me"] is not None
        await clients[0].ask("mutation { signOut { __typename } }")

        for client in clients:
            body = await client.post("{ me { id } }")
            assert body.get("data") is None or body["data"]["me"] is None


async def test_followers_in_every_process_hear_of_a_story(live: Live) -> None:
    teller = await live.story()
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live.following(teller.story)) for _ in range(12)]
        taken = {
            child.pid
            for child in children(live)
            for each in child.net_connections("tcp")
            if each.raddr and each.raddr.port in {reader.port for reader in readers}
        }
        assert len(taken) > 1, "12 connections went to one of 3 processes: 1 in 177,147 times by chance"
        for words in ("Once ", "upon ", "a time."):
            await teller.tell(words)
        await asyncio.gather(*(reader.until("Once upon a time.") for reader in readers))


async def test_a_killed_process_is_replaced_and_the_others_go_on(live: Live) -> None:
    before = {child.pid for child in children(live)}
    killed = children(live)[0]
    killed.kill()
    await eventually(lambda: not psutil.pid_exists(killed.pid))
    for _ in range(20):
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{live.parent.url}/readyz")).status_code == 200
    await eventually(lambda: len(children(live)) == PROCESSES)

    assert len({child.pid for child in children(live)} & before) == PROCESSES - 1
    async with one_client_each(live) as clients:
        for client in clients:
            assert await client.ask("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
async def test_they_end_together_and_their_followers_are_told(
    servers: Servers, tmp_path: Path, asked: signal.Signals
) -> None:
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(together(servers, tmp_path))
        teller = await live.story()
        pids = [child.pid for child in children(live)]
        readers = [await stack.enter_async_context(live.following(teller.story)) for _ in range(6)]
        live.process.send_signal(asked)
        codes = [code for _, code in await asyncio.gather(*(reader.how_it_ended() for reader in readers))]
        async with asyncio.timeout(20):
            assert await live.process.wait() == 0

    assert set(codes) == {1001}
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_none_outlives_the_process_that_has_started_them(servers: Servers, tmp_path: Path) -> None:
    async with together(servers, tmp_path) as live:
        pids = [child.pid for child in children(live)]
        live.process.kill()
        await live.process.wait()

        await eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))


async def test_a_rush_takes_no_more_connections_to_postgresql_than_one_process_would(
    servers: Servers, tmp_path: Path
) -> None:
    pool, readers = 6, 6
    given = {"STORYCANVAS_DATABASE_POOL": str(pool), "STORYCANVAS_DATABASE_READERS": str(readers)}
    async with (
        together(servers, tmp_path, **given) as live,
        httpx.AsyncClient(trust_env=False) as http,
        live.database.session() as watching,
    ):
        most = 0
        api = Api(live.parent.url, live.parent.token, http)
        rush = asyncio.gather(*(_read_and_write(api, number) for number in range(60)))
        while not rush.done():
            most = max(most, (await watching.execute(OTHERS)).scalar_one())
            await watching.rollback()
        await rush

    assert PROCESSES < most <= 2 * pool + readers


async def _read_and_write(api: Api, number: int) -> None:
    await api.ask("{ stories(first: 5) { edges { node { id } } } }")
    await api.verb("createCharacter", "character { id }", name=f"Mole {number}", appearance="grey")


async def test_a_port_that_is_taken_is_refused_though_others_of_ours_could_share_it(
    servers: Servers, database_url: str, tmp_path: Path
) -> None:
    environment: dict[str, Any] = {
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.valkey.url,
        "STORYCANVAS_DATA": str(tmp_path),
    }
    with listening("127.0.0.1", 0, shared=True) as taken:
        port = str(taken.getsockname()[1])
        for processes in ("1", "2"):
            code, output = await storycanvas("serve", "--processes", processes, STORYCANVAS_PORT=port, **environment)

            assert code == 1
            assert f"port {port} is in use" in one_line(output)


def test_pools_are_shared_out() -> None:
    def of(processes: int) -> list[str]:
        return list(shares(Settings(_env_file=None, database_pool=10, database_readers=5), processes).values())  # pyright: ignore[reportCallIssue]  # pydantic-settings' own argument

    assert [of(1), of(2), of(4)] == [["10", "5"], ["5", "2"], ["2", "2"]]
