"""GraphQL over HTTP: what is asked how, and which status answers it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from tests.harness import Api, fresh_settings, serving, settings_for
from tests.servers import Servers

MODERN = "application/graphql-response+json"
LEGACY = "application/json"
QUERY = "{ __typename }"
SIGN_OUT = "mutation { signOut { __typename } }"


async def send(api: Api, body: Any, accept: str = MODERN, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": LEGACY, "Accept": accept, **headers}
    return await api.http.post(f"{api.url}/graphql", content=content, headers=given)


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert "data" not in body
    return body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (MODERN, MODERN),
        (LEGACY, LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        (f"{LEGACY}, {MODERN};q=0.9", MODERN),
        ("text/html, */*;q=0.1", LEGACY),
        ("", LEGACY),
    ],
)
async def test_a_query_is_answered_in_the_type_that_is_accepted(shared_app: Api, accept: str, answered: str) -> None:
    answer = await send(shared_app, {"query": QUERY}, accept)

    assert answer.status_code == 200
    assert answer.json()["data"] == {"__typename": "Query"}
    assert answer.headers["content-type"] == f"{answered}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", ["text/html", "image/webp", "application/xml"])
async def test_a_type_that_is_not_served_is_406(shared_app: Api, accept: str) -> None:
    assert (await send(shared_app, {"query": QUERY}, accept)).status_code == 406


async def test_get_serves_queries(shared_app: Api) -> None:
    parameters = {
        "query": "query Price($n: Int!) { storyPrice(pageCount: $n) } query Other { __typename }",
        "variables": '{"n": 3}',
        "operationName": "Price",
    }

    answer = await shared_app.http.get(f"{shared_app.url}/graphql", params=parameters)

    assert (answer.status_code, answer.json()["data"]) == (200, {"storyPrice": 6})


@pytest.mark.parametrize("document", [SIGN_OUT, f"query A {QUERY} mutation B {{ signOut {{ __typename }} }}"])
async def test_get_serves_no_mutation(shared_app: Api, document: str) -> None:
    parameters = {"query": document} | ({"operationName": "B"} if "query A" in document else {})

    answer = await shared_app.http.get(f"{shared_app.url}/graphql", params=parameters)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_head_serves_no_mutation_either(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    headers = {"Authorization": f"Bearer {parent.token}"}

    answer = await shared_app.http.request(
        "HEAD", f"{shared_app.url}/graphql", json={"query": SIGN_OUT}, params={"query": SIGN_OUT}, headers=headers
    )

    assert answer.status_code == 405
    assert (await parent.ask("{ me { id } }"))["me"] is not None


@pytest.mark.parametrize("variables", ["{nope", "[1]", '"x"', "1"])
async def test_get_with_broken_variables_is_400(shared_app: Api, variables: str) -> None:
    answer = await shared_app.http.get(f"{shared_app.url}/graphql", params={"query": QUERY, "variables": variables})

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")
    assert "variables" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405(shared_app: Api, method: str) -> None:
    answer = await shared_app.http.request(method, f"{shared_app.url}/graphql", json={"query": QUERY})

    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.parametrize("size", [256 * 1024 + 1, 3 * 1024 * 1024])
async def test_a_body_over_256_kib_is_413(shared_app: Api, size: int) -> None:
    assert (await send(shared_app, b" " * size)).status_code == 413


async def test_a_body_without_a_length_is_counted_all_the_same(shared_app: Api) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(5):
            yield b" " * 64 * 1024

    answer = await shared_app.http.post(f"{shared_app.url}/graphql", content=chunks(), headers={"Content-Type": LEGACY})

    assert answer.status_code == 413


async def test_a_body_of_256_kib_is_read(shared_app: Api) -> None:
    body = json.dumps({"query": QUERY}).encode()

    assert (await send(shared_app, body.ljust(256 * 1024))).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "",
        "application/json; charset=latin-1",
    ],
)
async def test_a_body_of_another_type_is_415(shared_app: Api, content_type: str) -> None:
    answer = await send(shared_app, {"query": QUERY}, **{"Content-Type": content_type})

    assert (answer.status_code, code_of(answer)) == (415, "BAD_REQUEST")


async def test_a_charset_of_utf_8_is_fine(shared_app: Api) -> None:
    answer = await send(shared_app, {"query": QUERY}, **{"Content-Type": 'Application/JSON; charset="UTF-8"'})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{nope",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'"x"',
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": "x"}',
    ],
)
@pytest.mark.parametrize("accept", [MODERN, LEGACY])
async def test_what_is_no_graphql_request_is_400(shared_app: Api, body: bytes, accept: str) -> None:
    answer = await send(shared_app, body, accept)

    assert (answer.status_code, code_of(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename }", "operationName": "Z"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "fragment F on Query { __typename }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($id: ID!) { __typename }", "variables": {"id": None}}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query($id: ID!) { story(id: $id) { id } }"}, "BAD_USER_INPUT"),
        ({"query": "query($n: Int!) { storyPrice(pageCount: $n) }", "variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ],
)
async def test_an_operation_that_can_not_begin_is_400(shared_app: Api, request_body: object, code: str) -> None:
    answer = await send(shared_app, request_body)

    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.mark.parametrize("document", ["", "   ", "# nothing"])
async def test_an_empty_document_is_400(shared_app: Api, document: str) -> None:
    answer = await send(shared_app, {"query": document})

    assert answer.status_code == 400
    assert code_of(answer).startswith("GRAPHQL_")


async def test_a_document_nested_without_end_is_no_fault_of_ours(shared_app: Api) -> None:
    answer = await send(shared_app, {"query": "{a" * 20_000})

    assert answer.status_code == 400
    assert code_of(answer).startswith("GRAPHQL_")


async def test_plain_json_clients_get_200_for_an_operation_that_can_not_begin(shared_app: Api) -> None:
    for query in ("{ nope }", "query($id: ID!) { __typename }", "query { node(id: $id) { id } }"):
        answer = await send(shared_app, {"query": query, "variables": {"id": None}}, LEGACY)

        assert (answer.status_code, code_of(answer)) == (200, "GRAPHQL_VALIDATION_FAILED")


async def test_an_operation_that_fails_on_its_way_is_200_with_data(shared_app: Api) -> None:
    answer = await send(shared_app, {"query": '{ story(id: "x") { id } artStyles { key } }'})

    assert answer.status_code == 200
    body = answer.json()
    assert body["data"]["story"] is None
    assert len(body["data"]["artStyles"]) >= 6
    assert body["errors"][0]["path"] == ["story"]


async def test_a_subscription_is_sent_to_the_socket(shared_app: Api) -> None:
    answer = await send(shared_app, {"query": 'subscription { storyProgress(storyId: "x") { cursor } }'})

    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/graphql", "/", "/healthz", "/nowhere"])
async def test_every_answer_carries_security_headers(shared_app: Api, path: str) -> None:
    headers = (await shared_app.http.get(f"{shared_app.url}{path}")).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_the_page_may_show_what_lies_in_a_bucket(database_url: str, redis_url: str, tmp_path: Path) -> None:
    bucket = {
        "s3_bucket": "books",
        "aws_region": "eu-west-1",
        "aws_access_key_id": SecretStr("key"),
        "aws_secret_access_key": SecretStr("secret"),
    }
    async with serving(settings_for(database_url, redis_url, tmp_path, **bucket)) as (api, _):
        page = await api.http.get(f"{api.url}/")
        local = await api.http.get(f"{api.url}/media/a.webp")

    directives = page.headers["content-security-policy"].split("; ")
    assert "img-src 'self' https://books.s3.eu-west-1.amazonaws.com blob: data:" in directives
    assert "media-src 'self' https://books.s3.eu-west-1.amazonaws.com blob:" in directives
    assert local.status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "file://", "http://127.0.0.1:1"])
async def test_pages_of_other_origins_are_refused(shared_app: Api, origin: str) -> None:
    answer = await send(shared_app, {"query": QUERY}, Origin=origin)

    assert (answer.status_code, code_of(answer)) == (403, "BAD_REQUEST")


ELSEWHERE = "https://books.example"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_to_another(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """A server whose operator lets pages of ELSEWHERE in."""
    async with (
        fresh_settings(servers, tmp_path_factory.mktemp("open"), allowed_origins=f" {ELSEWHERE} ,") as settings,
        serving(settings) as (api, _),
    ):
        yield api


async def test_a_page_of_an_allowed_origin_may_ask_and_read(open_to_another: Api) -> None:
    url = f"{open_to_another.url}/graphql"
    asks = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Headers"] = "authorization,content-type"

    before = await open_to_another.http.options(url, headers=asks)
    answer = await send(open_to_another, {"query": QUERY}, Origin=ELSEWHERE)
    wrong = await send(open_to_another, b"{nope", Origin=ELSEWHERE)

    assert (before.status_code, before.content) == (204, b"")
    assert before.headers["access-control-allow-methods"] == "GET, POST"
    assert before.headers["access-control-allow-headers"] == "authorization, content-type, if-none-match"
    for each in (before, answer, wrong):
        assert each.headers["access-control-allow-origin"] == ELSEWHERE
        assert "access-control-allow-credentials" not in each.headers
        assert "Origin" in each.headers["vary"]
    assert (answer.status_code, wrong.status_code) == (200, 400)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ELSEWHERE + ".evil.example", ELSEWHERE + "/"])
async def test_a_page_of_another_origin_may_not_even_ask(open_to_another: Api, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = await open_to_another.http.options(f"{open_to_another.url}/graphql", headers=asks)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


async def test_nothing_sets_a_cookie_and_none_signs_in(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    answer = await send(shared_app, {"query": "{ me { id } }"}, Cookie=f"authorization=Bearer {parent.token}")

    assert answer.json()["data"] == {"me": None}
    assert "set-cookie" not in answer.headers


# -------------------------------------------------------------------- what may be said of errors


@pytest.mark.parametrize(
    "query",
    [
        "{ storeis { totalCount } }",
        "{ stories(frist: 1) { totalCount } }",
        "{ stories(orderBy: NEWST) { totalCount } }",
        "{ node(id: 1) { ... on Stroy { id } } }",
        "query($n: Itn) { __typename }",
    ],
)
async def test_suggestions_are_made_only_to_who_is_signed_in(shared_app: Api, query: str) -> None:
    parent = await shared_app.as_somebody()

    told, guessed = await shared_app.post(query), await parent.post(query)

    assert "Did you mean" not in json.dumps(told)
    assert "Did you mean" in json.dumps(guessed)


async def test_suggestions_about_variables_are_made_only_to_who_is_signed_in(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    query = "query($filter: StoryFilter) { stories(filter: $filter) { totalCount } }"

    told, guessed = [await api.post(query, filter={"serach": "x"}) for api in (shared_app, parent)]

    assert "Did you mean" not in json.dumps(told)
    assert "Did you mean" in json.dumps(guessed)


@pytest.mark.parametrize("word", ["a" * 60_000, "é" * 20_000])
async def test_an_error_does_not_repeat_all_that_was_sent(shared_app: Api, word: str) -> None:
    for body in (
        {"query": f"{{ {word} }}"},
        {"query": "query($n: Int!) { storyPrice(pageCount: $n) }", "variables": {"n": word}},
        {"query": "query($f: StoryFilter) { stories(filter: $f) { totalCount } }", "variables": {"f": {word: 1}}},
    ):
        assert len((await send(shared_app, body)).content) < 2000


async def test_our_own_pages_are_served(shared_app: Api) -> None:
    answer = await send(shared_app, {"query": QUERY}, Origin=f"http://{urlsplit(shared_app.url).netloc}")

    assert answer.status_code == 200
