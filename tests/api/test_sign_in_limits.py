"""Guessing is slow: sign-ins, sign-ups and refreshes are counted per account and per address."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio

from tests.harness import Api, serving, settings_for

PASSWORD = "correct horse battery"
ACCOUNT_TRIES, ADDRESS_TRIES = 3, 8


@pytest_asyncio.fixture(loop_scope="session")
async def strict_app(database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[Api]:
    settings = settings_for(database_url, redis_url, tmp_path, account_tries=ACCOUNT_TRIES, address_tries=ADDRESS_TRIES)
    async with serving(settings) as (api, _):
        yield api


def address() -> str:
    return f"{uuid4().hex}@example.com"


async def sign_in(api: Api, email: str, password: str = PASSWORD) -> dict[str, Any]:
    query = """mutation($input: SignInInput!) { signIn(input: $input) { __typename
        ... on SessionPayload { accessToken refreshToken } } }"""
    return await api.post(query, input={"email": email, "password": password})


async def sign_up(api: Api, email: str) -> dict[str, Any]:
    query = """mutation($input: SignUpInput!) { signUp(input: $input) { __typename
        ... on SessionPayload { accessToken refreshToken } } }"""
    return await api.post(query, input={"email": email, "password": PASSWORD})


async def refresh(api: Api, token: str) -> dict[str, Any]:
    query = """mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename
        ... on SessionPayload { refreshToken } } }"""
    return await api.post(query, input={"refreshToken": token})


def outcome(body: dict[str, Any]) -> str:
    """What a verb answered, or RATE_LIMITED; then with a time to wait."""
    if "errors" not in body:
        (answer,) = body["data"].values()
        return answer["__typename"]
    (error,) = body["errors"]
    assert 0 < error["extensions"]["retryAfter"] <= 900
    assert str(error["extensions"]["retryAfter"]) in error["message"]
    return error["extensions"]["code"]


async def test_an_account_has_so_many_wrong_passwords_and_then_the_right_one_waits_too(strict_app: Api) -> None:
    email, other = address(), address()
    await sign_up(strict_app, email)
    await sign_up(strict_app, other)

    tried = [outcome(await sign_in(strict_app, email, f"wrong {number}")) for number in range(ACCOUNT_TRIES + 1)]

    assert tried == ["InvalidCredentials"] * ACCOUNT_TRIES + ["RATE_LIMITED"]
    assert outcome(await sign_in(strict_app, f" {email.upper()}")) == "RATE_LIMITED"
    assert outcome(await sign_in(strict_app, other)) == "SessionPayload"


async def test_an_address_that_is_unknown_is_limited_in_the_same_way(strict_app: Api) -> None:
    email = address()
    tried = [outcome(await sign_in(strict_app, email)) for _ in range(ACCOUNT_TRIES + 1)]
    assert tried == ["InvalidCredentials"] * ACCOUNT_TRIES + ["RATE_LIMITED"]


async def test_who_signs_in_rightly_is_never_limited(strict_app: Api) -> None:
    email = address()
    await sign_up(strict_app, email)
    tried = {outcome(await sign_in(strict_app, email)) for _ in range(ADDRESS_TRIES + ACCOUNT_TRIES)}
    assert tried == {"SessionPayload"}


async def test_an_address_has_so_many_wrong_passwords_over_all_accounts(strict_app: Api) -> None:
    tried = [outcome(await sign_in(strict_app, address())) for _ in range(ADDRESS_TRIES + 1)]
    assert tried == ["InvalidCredentials"] * ADDRESS_TRIES + ["RATE_LIMITED"]


async def test_aliases_in_one_request_are_as_many_tries(strict_app: Api) -> None:
    email = address()
    fields = " ".join(
        f'a{number}: signIn(input: {{email: "{email}", password: "wrong {number}"}}) {{ __typename }}'
        for number in range(ACCOUNT_TRIES + 1)
    )

    body = await strict_app.post(f"mutation {{ {fields} }}")

    assert [answer and answer["__typename"] for answer in body["data"].values()] == [
        *["InvalidCredentials"] * ACCOUNT_TRIES,
        None,
    ]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["RATE_LIMITED"]


async def test_an_address_has_so_many_sign_ups_and_each_account_fewer(strict_app: Api) -> None:
    email = address()
    tried = [outcome(await sign_up(strict_app, email)) for _ in range(ACCOUNT_TRIES + 1)]
    assert tried == ["SessionPayload", *["EmailTaken"] * (ACCOUNT_TRIES - 1), "RATE_LIMITED"]

    tried = [outcome(await sign_up(strict_app, address())) for _ in range(ADDRESS_TRIES - ACCOUNT_TRIES + 1)]

    assert tried == ["SessionPayload"] * (ADDRESS_TRIES - ACCOUNT_TRIES) + ["RATE_LIMITED"]


async def test_refresh_tokens_that_never_were_are_limited_per_address(strict_app: Api) -> None:
    tried = [outcome(await refresh(strict_app, f"nonsense {number}")) for number in range(ADDRESS_TRIES + 1)]
    assert tried == ["InvalidCredentials"] * ADDRESS_TRIES + ["RATE_LIMITED"]


async def test_an_accounts_refreshes_are_limited_and_the_token_that_waited_still_holds(strict_app: Api) -> None:
    session = (await sign_up(strict_app, address()))["data"]["signUp"]
    other = (await sign_up(strict_app, address()))["data"]["signUp"]
    token = session["refreshToken"]
    for _ in range(ADDRESS_TRIES):
        token = (await refresh(strict_app, token))["data"]["refreshSession"]["refreshToken"]

    assert outcome(await refresh(strict_app, token)) == "RATE_LIMITED"
    assert outcome(await refresh(strict_app, other["refreshToken"])) == "SessionPayload"
