"""Signing up, in and out, and what a token is worth at each moment."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from tests.harness import Api

PASSWORD = "correct horse battery"
SESSION = """__typename ... on SessionPayload { accessToken refreshToken expiresAt user { id email displayName } }
    ... on UserError { message }"""


def address() -> str:
    return f"{uuid4().hex}@example.com"


async def sign_up(api: Api, email: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    query = f"""mutation($input: SignUpInput!) {{ signUp(input: $input) {{ {SESSION}
        ... on InvalidInput {{ problems {{ path message }} }} }} }}"""
    return (await api.ask(query, input={"email": email, "password": password, **more}))["signUp"]


async def sign_in(api: Api, email: str, password: str = PASSWORD) -> dict[str, Any]:
    query = f"mutation($input: SignInInput!) {{ signIn(input: $input) {{ {SESSION} }} }}"
    return (await api.ask(query, input={"email": email, "password": password}))["signIn"]


async def refresh(api: Api, token: str) -> dict[str, Any]:
    query = f"mutation($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {SESSION} }} }}"
    return (await api.ask(query, input={"refreshToken": token}))["refreshSession"]


async def me(api: Api, token: str | None) -> dict[str, Any]:
    return await Api(api.url, token, api.http).post("{ me { email } }")


def is_refused(body: dict[str, Any]) -> bool:
    return body["data"] == {"me": None} and body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_new_account_is_signed_in(shared_app: Api) -> None:
    email = address()

    session = await sign_up(shared_app, f"  {email.upper()} ", displayName="Ada")

    assert session["user"]["email"] == email
    assert session["user"]["displayName"] == "Ada"
    assert (await me(shared_app, session["accessToken"]))["data"] == {"me": {"email": email}}


async def test_an_address_that_is_taken_is_said_to_be(shared_app: Api) -> None:
    email = address()
    await sign_up(shared_app, email)

    again = await sign_up(shared_app, email.upper(), "another good password")

    assert again["__typename"] == "EmailTaken"
    assert (await sign_in(shared_app, email, "another good password"))["__typename"] == "InvalidCredentials"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "p" * 129}, "password"),
        ({"password": "Password123"}, "password"),
        ({"password": "long enough\0"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": "a@example.com\0"}, "email"),
        ({"email": f"{'a' * 65}@example.com"}, "email"),
        ({"email": f"a@{'b' * 250}.com"}, "email"),
        ({"email": f"a@{'ß' * 130}.com"}, "email"),
        ({"email": ""}, "email"),
        ({"displayName": "n" * 101}, "displayName"),
        ({"displayName": "a\0"}, "displayName"),
    ],
)
async def test_an_account_that_breaks_a_rule_is_refused(shared_app: Api, given: dict[str, str], field: str) -> None:
    email = address()

    answer = await sign_up(shared_app, **{"email": email, "password": PASSWORD, **given})

    assert answer["__typename"] == "InvalidInput"
    assert {problem["path"][0] for problem in answer["problems"]} == {field}
    assert (await sign_in(shared_app, email))["__typename"] == "InvalidCredentials"


async def test_a_password_of_any_script_and_128_characters_signs_in(shared_app: Api) -> None:
    email, password = address(), "ключ🗝" * 25
    await sign_up(shared_app, email, password)

    assert (await sign_in(shared_app, email.upper(), password))["__typename"] == "SessionPayload"


async def test_an_unknown_address_and_a_wrong_password_are_answered_alike(shared_app: Api) -> None:
    email = address()
    await sign_up(shared_app, email)

    wrong = await sign_in(shared_app, email, "wrong horse battery")
    unknown = [await sign_in(shared_app, given) for given in (address(), "", "\0", "x" * 300, "no address")]

    assert wrong["__typename"] == "InvalidCredentials"
    assert all(answer == wrong for answer in unknown)
    for password in ("", "\0", "p" * 5000, f"{PASSWORD} "):
        assert await sign_in(shared_app, email, password) == wrong


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(shared_app: Api) -> None:
    """The fastest of several, taken in turns: a busy machine makes some slower, and none faster."""
    emails = [address() for _ in range(8)]
    for email in emails:
        await sign_up(shared_app, email)

    async def took(email: str) -> float:
        begun = time.perf_counter()
        await sign_in(shared_app, email, "wrong horse battery")
        return time.perf_counter() - begun

    times = [(await took(email), await took(address())) for email in emails]

    known, unknown = (min(column) for column in zip(*times, strict=True))
    assert 0.6 < unknown / known < 1.6


async def test_me_is_null_without_a_token_and_an_error_with_a_bad_one(shared_app: Api) -> None:
    nobody = await me(shared_app, None)
    assert nobody["data"] == {"me": None}
    assert "errors" not in nobody
    good = (await shared_app.as_somebody()).token or ""
    head, body, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + body + "."
    for bad in ("nonsense", f"{head}.{body}.{signature[::-1]}", unsigned, good + "x"):
        assert is_refused(await me(shared_app, bad)), bad


async def test_another_scheme_than_bearer_is_a_bad_token(shared_app: Api) -> None:
    answer = await shared_app.http.post(
        f"{shared_app.url}/graphql", json={"query": "{ me { id } }"}, headers={"Authorization": "Basic YTpi"}
    )
    assert is_refused(answer.json())


async def test_a_refresh_token_gives_the_next_session_tokens(shared_app: Api) -> None:
    first = await sign_up(shared_app, address())

    second = await refresh(shared_app, first["refreshToken"])

    assert second["refreshToken"] != first["refreshToken"]
    assert second["user"] == first["user"]
    assert "errors" not in await me(shared_app, second["accessToken"])
    assert (await refresh(shared_app, second["refreshToken"]))["__typename"] == "SessionPayload"


async def test_a_client_whose_answer_was_lost_may_refresh_again_at_once(shared_app: Api) -> None:
    first = await sign_up(shared_app, address())
    await refresh(shared_app, first["refreshToken"])

    assert (await refresh(shared_app, first["refreshToken"]))["__typename"] == "SessionPayload"


async def test_a_refresh_token_used_again_later_ends_its_whole_family(running_app: Api, database_url: str) -> None:
    email = address()
    first = await sign_up(running_app, email)
    elsewhere = await sign_in(running_app, email)
    second = await refresh(running_app, first["refreshToken"])
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(sqlalchemy.text("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'"))
    await engine.dispose()

    stolen = await refresh(running_app, first["refreshToken"])

    assert stolen["__typename"] == "InvalidCredentials"
    assert (await refresh(running_app, second["refreshToken"]))["__typename"] == "InvalidCredentials"
    assert is_refused(await me(running_app, second["accessToken"]))
    assert "errors" not in await me(running_app, elsewhere["accessToken"])


@pytest.mark.parametrize("token", ["", "nonsense", "\0", "x" * 10_000])
async def test_a_refresh_token_that_never_was_is_refused(shared_app: Api, token: str) -> None:
    assert (await refresh(shared_app, token))["__typename"] == "InvalidCredentials"


async def test_signing_out_takes_effect_at_once_and_for_this_session_only(shared_app: Api) -> None:
    email = address()
    leaving = await sign_up(shared_app, email)
    staying = await sign_in(shared_app, email)
    query = "mutation { signOut { ... on SignOutPayload { signedOut } } }"
    client = Api(shared_app.url, leaving["accessToken"], shared_app.http)

    assert await client.ask(query) == {"signOut": {"signedOut": True}}

    assert is_refused(await me(shared_app, leaving["accessToken"]))
    assert (await refresh(shared_app, leaving["refreshToken"]))["__typename"] == "InvalidCredentials"
    assert await client.ask(query) == {"signOut": {"signedOut": False}}
    assert "errors" not in await me(shared_app, staying["accessToken"])


async def test_nobody_can_sign_out(shared_app: Api) -> None:
    query = "mutation { signOut { ... on SignOutPayload { signedOut } } }"
    assert await shared_app.ask(query) == {"signOut": {"signedOut": False}}
