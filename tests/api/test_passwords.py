"""Which passwords are taken, and changing one."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.passwords import common_passwords
from tests.api.test_accounts import PASSWORD, address, me, refresh, sign_in, sign_up
from tests.harness import Api, wrong_path


async def change(api: Api, current: str, new: str) -> dict[str, Any]:
    return await api.verb("changePassword", "changed", currentPassword=current, newPassword=new)


def test_the_list_of_common_passwords_is_long_and_holds_none_that_is_too_short_anyway() -> None:
    listed = common_passwords()
    assert len(listed) > 10_000
    assert min(map(len, listed)) == 8
    assert {"password", "12345678", "qwertyuiop", "iloveyou", "trustno1", "1q2w3e4r", "sunshine"} <= listed


@pytest.mark.parametrize("password", ["baseball", "Liverpoo", "MERCEDES", "qwer1234"])
async def test_a_common_password_is_refused_whatever_its_case(shared_app: Api, password: str) -> None:
    answer = await sign_up(shared_app, address(), password)
    assert wrong_path({**answer, "problems": answer["problems"]}) == ["password"]


async def test_a_changed_password_holds_and_ends_every_other_session(shared_app: Api) -> None:
    email = address()
    here, there = await sign_up(shared_app, email), await sign_in(shared_app, email)
    client = Api(shared_app.url, here["accessToken"], shared_app.http)

    assert await change(client, PASSWORD, "a longer horse battery") == {
        "__typename": "ChangePasswordPayload",
        "changed": True,
    }

    assert (await sign_in(shared_app, email))["__typename"] == "InvalidCredentials"
    assert (await sign_in(shared_app, email, "a longer horse battery"))["__typename"] == "SessionPayload"
    assert "errors" not in await me(shared_app, here["accessToken"])
    assert "errors" in await me(shared_app, there["accessToken"])
    assert (await refresh(shared_app, there["refreshToken"]))["__typename"] == "InvalidCredentials"


async def test_a_password_is_changed_by_who_knows_it_to_one_that_is_taken(shared_app: Api) -> None:
    email = address()
    client = Api(shared_app.url, (await sign_up(shared_app, email))["accessToken"], shared_app.http)

    assert (await change(client, "wrong horse battery", "a longer horse battery"))["__typename"] == "InvalidCredentials"
    for new in ("short", "p" * 129, "password123", "nul\0 in it"):
        assert wrong_path(await change(client, PASSWORD, new)) == ["newPassword"]

    assert (await sign_in(shared_app, email))["__typename"] == "SessionPayload"
