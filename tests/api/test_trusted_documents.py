"""Documents by their hash, GET with tags, and compression: what a phone needs to ask little and be told little."""

from __future__ import annotations

import gzip
from collections.abc import AsyncGenerator
from hashlib import sha256
from typing import Any, cast

import brotli
import httpx
import orjson
import pytest
import pytest_asyncio

from api.trusted import KEY, LONGEST
from jobs.queue import open_redis
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers

QUERY = "query Shelf { stories(first: 20) { edges { node { id title } } } }"
MODERN = "application/graphql-response+json"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def settings(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Any]:
    async with fresh_settings(servers, tmp_path_factory.mktemp("trusted")) as settings:
        yield settings


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def parent(settings: Any) -> AsyncGenerator[Api]:
    async with serving(settings) as (api, _):
        yield await api.as_somebody()


async def post(api: Api, body: dict[str, Any], **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {api.token}", "Accept": "application/json", **headers}
    return await api.http.post(f"{api.url}/graphql", json=body, headers=given)


async def get(api: Api, parameters: dict[str, str], **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {api.token}", "Accept": "application/json", **headers}
    return await api.http.get(f"{api.url}/graphql", params=parameters, headers=given)


# ---------------------------------------------------------------- by their hash


async def test_a_document_that_was_sent_once_is_asked_for_by_its_hash(parent: Api) -> None:
    unknown = await post(parent, {"extensions": persisted(QUERY)})
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"

    sent = await post(parent, {"query": QUERY, "extensions": persisted(QUERY)})
    asked = await post(parent, {"extensions": persisted(QUERY)})
    by_id = await post(parent, {"documentId": f"sha256:{hash_of(QUERY)}"})

    assert sent.json()["data"] == asked.json()["data"] == by_id.json()["data"] == {"stories": {"edges": []}}


async def test_another_process_knows_what_one_was_sent(parent: Api, settings: Any) -> None:
    text = "query Elsewhere { __typename }"
    await post(parent, {"query": text, "extensions": persisted(text)})
    async with serving(settings) as (other, _):
        other.token = parent.token
        answer = await post(other, {"extensions": persisted(text)})

    assert answer.json()["data"] == {"__typename": "Query"}


async def test_a_stranger_leaves_no_document_behind(parent: Api) -> None:
    text = "query OfNobody { __typename }"
    stranger = Api(parent.url, http=parent.http)
    sent = await stranger.http.post(f"{stranger.url}/graphql", json={"query": text, "extensions": persisted(text)})
    asked = await post(parent, {"extensions": persisted(text)})

    assert sent.json()["data"] == {"__typename": "Query"}
    assert "errors" in asked.json()


@pytest.mark.parametrize(
    "body",
    [
        {"query": QUERY, "extensions": persisted("another")},
        {"query": QUERY, "documentId": f"sha256:{hash_of('another')}"},
        {"documentId": "sha256:nonsense"},
        {"documentId": 7},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": hash_of(QUERY)}}},
        {"extensions": {"persistedQuery": "nonsense"}},
    ],
)
async def test_a_hash_that_is_none_or_another_documents_is_refused(parent: Api, body: dict[str, Any]) -> None:
    answer = await post(parent, body, Accept=MODERN)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_document_that_is_wrong_is_not_kept(parent: Api) -> None:
    text = "query Wrong { nonsense }"
    await post(parent, {"query": text, "extensions": persisted(text)})

    answer = await post(parent, {"extensions": persisted(text)})
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_what_redis_says_a_hash_stands_for_is_looked_at(parent: Api, settings: Any) -> None:
    """What is remembered is remembered for long; a text of another hash is not even run."""
    text, other = "query Asked { __typename }", "query Another { artStyles { key } }"
    async with open_redis(settings.redis_url.get_secret_value()) as redis:
        await cast(Any, redis).hset(KEY, hash_of(text), other)
    asked = await post(parent, {"extensions": persisted(text)})

    assert asked.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_document_is_as_long_as_its_bytes(parent: Api, settings: Any) -> None:
    text = "query Snails { __typename } # " + "🐌" * (LONGEST // 4)
    assert len(text) < LONGEST < len(text.encode())
    sent = await post(parent, {"query": text, "extensions": persisted(text)})
    asked = await post(parent, {"extensions": persisted(text)})

    assert sent.json()["data"] == {"__typename": "Query"}
    assert asked.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


# ---------------------------------------------------------------- with GET


async def test_who_has_the_answer_already_is_only_told_so(parent: Api) -> None:
    asked = {"query": QUERY}
    first = await get(parent, asked)
    again = await get(parent, asked, **{"If-None-Match": first.headers["etag"]})
    other = await get(parent, asked, **{"If-None-Match": 'W/"another"'})

    assert first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in first.headers["vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == first.headers["vary"]  # what a cache has kept becomes what it is told with 304
    assert (other.status_code, other.json()["data"]) == (200, first.json()["data"])


async def test_what_has_changed_is_told_anew(parent: Api) -> None:
    asked = {"query": "{ characters { edges { node { name } } } }"}
    before = await get(parent, asked)
    made = "mutation($input: CreateCharacterInput!) { createCharacter(input: $input) { __typename } }"
    await parent.ask(made, input={"name": "Mole", "appearance": "small and grey"})
    after = await get(parent, asked, **{"If-None-Match": before.headers["etag"]})

    assert after.status_code == 200
    assert after.json()["data"]["characters"]["edges"] == [{"node": {"name": "Mole"}}]


async def test_another_reader_has_another_tag_or_the_same_data(parent: Api) -> None:
    other = await Api(parent.url, http=parent.http).as_somebody()
    asked = {"query": "{ me { email } }"}

    assert (await get(parent, asked)).headers["etag"] != (await get(other, asked)).headers["etag"]


async def test_errors_and_posts_have_no_tag(parent: Api) -> None:
    wrong = await get(parent, {"query": '{ story(id: "nonsense") { id } }'})
    sent = await post(parent, {"query": QUERY})

    assert wrong.headers["cache-control"] == sent.headers["cache-control"] == "no-store"
    assert "etag" not in wrong.headers
    assert "etag" not in sent.headers


# ---------------------------------------------------------------- compression


LARGE = "{ " + " ".join(f"style{number}: artStyles {{ key name description }}" for number in range(3)) + " }"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *;q=0.1", "gzip"),
        ("identity", None),
        ("deflate, zstd", None),
        ("gzip;q=nonsense", None),
    ],
)
async def test_a_large_answer_is_compressed_as_the_client_likes(parent: Api, accepted: str, coding: str | None) -> None:
    body = orjson.dumps({"query": LARGE})
    given = {"Authorization": f"Bearer {parent.token}", "Accept-Encoding": accepted, "Content-Type": "application/json"}
    async with parent.http.stream("POST", f"{parent.url}/graphql", content=body, headers=given) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert answer.headers.get("content-encoding") == coding
    assert "Accept-Encoding" in answer.headers["vary"]
    unpack: dict[str | None, Any] = {"br": cast(Any, brotli).decompress, "gzip": gzip.decompress, None: bytes}
    plain = unpack[coding](raw)
    assert len(orjson.loads(plain)["data"]) == 3


async def test_small_answers_and_those_of_mutations_stay_as_they_are(parent: Api) -> None:
    small = await post(parent, {"query": QUERY}, **{"Accept-Encoding": "br"})
    long = "x" * 3000
    mutation = "mutation($input: CreateStoryInput!) { createStory(input: $input) { ... on UserError { message } } }"
    aliased = mutation.replace("message", " ".join(f"m{number}: message" for number in range(25)))
    told = await post(
        parent, {"query": aliased, "variables": {"input": {"premise": long}}}, **{"Accept-Encoding": "br"}
    )

    assert len(told.content) > 1024
    assert "content-encoding" not in small.headers
    assert "content-encoding" not in told.headers
