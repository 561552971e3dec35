"""Points: what they buy, how they come back, who shares them, and what happens where nobody can count them."""

from __future__ import annotations

import asyncio
import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from api.addresses import address_of
from jobs import points
from jobs.points import SPARED, Points
from jobs.queue import open_redis
from tests.api.test_socket import connected, heard, subscribe
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers

QUERY = "{ __typename }"
SIGN_OUT = "mutation { signOut { __typename } }"


async def sent(api: Api, query: str = QUERY, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {api.token}"} if api.token else {}
    return await api.http.post(f"{api.url}/graphql", json={"query": query}, headers=given | headers)


def cost_of(answer: httpx.Response) -> dict[str, Any]:
    return answer.json()["extensions"]["cost"]


# -------------------------------------------------------------------- what an answer says


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        (QUERY, 1),
        ("{ stories(first: 99) { edges { cursor } } }", 2),
        ("{ stories(first: 100) { edges { node { id } } } }", 3),
        (SIGN_OUT, 5),
        ("mutation { a: signOut { __typename } b: signOut { __typename } }", 10),
        ("mutation { __typename }", 0),
    ],
)
async def test_an_operation_costs_what_it_asks_for(shared_app: Api, query: str, cost: int) -> None:
    parent = await shared_app.as_somebody()
    before = cost_of(await sent(parent))["left"]

    told = cost_of(await sent(parent, query))

    assert (told["cost"], told["limit"], told["restoreRate"]) == (max(1, cost), 5000, 1.389)
    assert before - told["left"] in (max(1, cost), max(1, cost) - 1)  # one may have come back meanwhile


@pytest.mark.parametrize("query", ["{", "{ nope }", "query A { __typename } query B { __typename }"])
async def test_what_is_refused_costs_a_point_too(shared_app: Api, query: str) -> None:
    parent = await shared_app.as_somebody()
    for spaces in range(10):
        assert "extensions" not in (await sent(parent, query + " " * spaces)).json()
    assert cost_of(await sent(parent))["left"] <= 5000 - 11 + 1


async def test_a_socket_is_told_its_cost_too(shared_app: Api) -> None:
    async with connected(shared_app) as socket:
        await socket.send(subscribe(QUERY))
        assert (await heard(socket))["payload"]["extensions"]["cost"]["cost"] == 1


# -------------------------------------------------------------------- when they are spent


async def test_a_caller_without_points_is_refused_with_the_time_to_wait_on_every_wire(
    servers: Servers, tmp_path: Path
) -> None:
    async with fresh_settings(servers, tmp_path, points_an_hour=20) as settings, serving(settings) as (api, _):
        other = Api(api.url, http=api.http)
        for _ in range(20):
            await sent(other)
        answer = await sent(other)
        assert answer.status_code == 429
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        wait_s = error["extensions"]["retryAfter"]
        assert 0 < wait_s <= 3600 / 20
        assert answer.headers["retry-after"] == str(wait_s)
        assert cost_of(answer)["left"] == 0
        streamed = await sent(other, Accept="text/event-stream")
        assert streamed.status_code == 429
        async with connected(other) as socket:
            await socket.send(subscribe(QUERY))
            told = await heard(socket)
            assert told["type"] == "error"
            assert told["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
            await socket.send('{"type": "ping"}')
            assert await heard(socket) == {"type": "pong"}


async def test_a_known_document_that_is_refused_for_its_variables_costs_a_point_too(
    servers: Servers, tmp_path: Path
) -> None:
    query = """query($n: Int, $ids: [ID!] = []) { nodes(ids: $ids) { id }
        stories(first: $n) { edges { node { pages { id } characters { id } } } } }"""
    async with fresh_settings(servers, tmp_path, points_an_hour=12) as settings, serving(settings) as (api, _):
        codes = [
            (await api.post(query, **given))["errors"][0]["extensions"]["code"]
            for given in ({"n": 1}, *[{"n": 100}] * 5, *[{"n": 1, "ids": ["x"] * 251}] * 6, {"n": 100})
        ]
    refused = ["COST_LIMIT"] * 5 + ["BAD_USER_INPUT"] * 6
    assert codes == ["UNAUTHENTICATED", *refused, "RATE_LIMITED"]


@pytest.fixture
async def redis(redis_url: str) -> Any:
    opened = open_redis(redis_url)
    yield opened
    await opened.aclose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), min_size=50, max_size=200))
async def test_a_bucket_never_gives_more_than_it_holds_however_many_ask_at_once(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(points, "WAITS_S", 20.0)  # on a busy machine 200 asks at once take long, and all are counted
    await redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
    processes = [Points(redis, 100, waits_s=20) for _ in range(4)]  # a busy machine is no Redis that is away
    answers = await asyncio.gather(*(processes[who].spend("somebody", cost) for who, cost in asked))
    served = [answer for answer in answers if answer is not None and not answer.wait_s]
    spent = sum(answer.cost for answer in served)
    assert spent <= 101  # one may have come back meanwhile
    assert all(answer.left is not None and 0 <= answer.left <= 101 - answer.cost for answer in served)
    if len(served) < len(answers):  # nothing is refused while much is left: portions are small where little is
        dearest = max(answer.cost for answer in answers if answer is not None and answer.wait_s)
        assert spent + dearest + 4 * 100 // SPARED > 100


async def visits(redis: Redis) -> int:
    stats: dict[str, Any] = await redis.info("commandstats")  # pyright: ignore[reportUnknownMemberType]  # untyped
    return stats.get("cmdstat_evalsha", {"calls": 0})["calls"]


async def test_who_asks_often_visits_redis_seldom_and_is_told_what_is_left(redis: Redis) -> None:
    bucket = Points(redis, 5000)
    before = await visits(redis)
    answers = [await bucket.spend("somebody", 1) for _ in range(200)]
    lefts = [answer.left for answer in answers if answer is not None]
    assert lefts[0] == 4999
    assert all(left is not None and after in (left - 1, left) for left, after in pairwise(lefts))
    assert await visits(redis) - before < 20


async def test_what_is_left_of_a_portion_goes_back(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Points(redis, 5000)
    for _ in range(10):
        await bucket.spend("somebody", 1)
    monkeypatch.setattr(points, "PORTION_S", -1.0)
    for _ in range(2):  # the portion before, and one that is over as it begins
        await bucket.spend("somebody", 100)
    told = await Points(redis, 5000).spend("somebody", 1)
    assert told is not None
    assert told.left is not None
    assert 5000 - 211 <= told.left <= 5000 - 210


async def test_points_come_back_evenly(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "HOUR_MS", 10_000)  # 100 points in 10 s: one every 100 ms
    bucket = Points(redis, 100)
    assert await bucket.spend("somebody", 100) is not None
    refused = await bucket.spend("somebody", 3)
    assert refused is not None
    assert refused.wait_s == 1  # 300 ms, told in whole seconds
    fresh = Points(redis, 100)  # a process that has refused nobody asks Redis each time
    async with asyncio.timeout(5):
        while (answer := await fresh.spend("somebody", 3)) is None or answer.wait_s:
            fresh = Points(redis, 100)
            await asyncio.sleep(0.02)
    assert answer.left is not None
    assert answer.left < 100


async def test_who_has_to_wait_is_refused_without_asking_redis(redis: Redis) -> None:
    bucket = Points(redis, 10)
    assert await bucket.spend("somebody", 10) is not None
    first = await bucket.spend("somebody", 1)
    await redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
    again, dearer = await bucket.spend("somebody", 1), await bucket.spend("somebody", 5)
    assert first is not None
    assert again is not None
    assert dearer is not None
    assert 0 < again.wait_s <= first.wait_s
    assert dearer.wait_s > again.wait_s
    assert (await bucket.spend("another", 1)) is not None


async def test_an_operation_that_costs_more_than_a_bucket_holds_can_be_had_by_who_waits(redis: Redis) -> None:
    spent = await Points(redis, 3).spend("somebody", 50)
    assert spent is not None
    assert (spent.cost, spent.left, spent.wait_s) == (3, 0, 0)


async def test_a_bucket_is_gone_from_redis_when_it_is_full_again(redis: Redis) -> None:
    await Points(redis, 5000).spend("somebody", 5)
    assert 0 < await redis.pttl("sc:points:somebody") <= math.ceil(5 * 720) + 1000


# -------------------------------------------------------------------- where nobody counts


async def test_without_redis_everybody_is_served_and_soon(servers: Servers, tmp_path: Path) -> None:
    async with fresh_settings(servers, tmp_path) as settings, serving(settings) as (api, _):
        assert "left" in cost_of(await sent(api))
        servers.valkey.kill()
        await servers.valkey.wait()
        for _ in range(3):
            answer = await sent(api)
            assert answer.status_code == 200
            assert cost_of(answer) == {"cost": 1, "limit": 5000, "restoreRate": 1.389}
        await servers.valkey.start()
        async with asyncio.timeout(20):
            while "left" not in cost_of(await sent(api)):  # noqa: ASYNC110  it is Redis that comes back
                await asyncio.sleep(0.1)


async def test_nothing_is_counted_where_an_operator_says_so(servers: Servers, tmp_path: Path) -> None:
    async with fresh_settings(servers, tmp_path, points_an_hour=0) as settings, serving(settings) as (api, _):
        assert "extensions" not in (await sent(api)).json()


# -------------------------------------------------------------------- who is who


async def test_accounts_and_addresses_have_buckets_of_their_own(shared_app: Api) -> None:
    one, other = await shared_app.as_somebody(), await shared_app.as_somebody()
    for _ in range(5):
        await sent(one)
    assert cost_of(await sent(other))["left"] == 4999


async def test_a_bad_token_is_nobodys_and_counted_by_its_address(shared_app: Api) -> None:
    before = cost_of(await sent(shared_app))["left"]
    bad = Api(shared_app.url, "nonsense", shared_app.http)
    assert cost_of(await sent(bad))["left"] in (before - 1, before)


async def test_forwarded_addresses_are_believed_of_trusted_proxies_only(servers: Servers, tmp_path: Path) -> None:
    for trusted, left in (("", [4999, 4998, 4997, 4996]), ("127.0.0.0/8", [4999, 4999, 4998, 4998])):
        async with (
            fresh_settings(servers, tmp_path, trusted_proxies=trusted) as settings,
            serving(settings) as (api, _),
        ):
            told = [
                cost_of(await sent(api, **{"X-Forwarded-For": forwarded}))["left"]
                for forwarded in ("9.9.9.9", "8.8.8.8", "1.2.3.4, 9.9.9.9", "7.7.7.7, 8.8.8.8, 127.0.0.1")
            ]
            assert told == left


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("1.2.3.4", 5), "1.2.3.4"),
        (("::ffff:1.2.3.4", 5), "1.2.3.4"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::"),
        (("2001:db8:1:2::", 5), "2001:db8:1:2::"),
        (("nonsense", 5), "nowhere"),
        ((json.dumps({}) * 100, 5), "nowhere"),
        (None, "nowhere"),
    ],
)
def test_an_address_of_ipv6_stands_for_its_network(client: tuple[str, int] | None, address: str) -> None:
    assert address_of(HTTPConnection({"type": "http", "client": client})) == address
