"""What two do at the same moment with one account, one password, one link."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy

from models.database import Session
from resolvers import passwords
from tests.api.test_accounts import PASSWORD, address, is_refused, me, refresh, sign_in, sign_up
from tests.harness import Api, Stage, becomes, shared_stage, stage

__all__ = ["shared_stage", "stage"]

NEW = "a longer horse battery"
CLOSE = {"password": PASSWORD}


@asynccontextmanager
async def held(stage: Stage, email: str) -> AsyncGenerator[Session]:
    """Keeps the account's row to itself; what is changed meanwhile holds for those who have had to wait."""
    async with stage.house.database.session() as session:
        await session.execute(
            sqlalchemy.text("SELECT 1 FROM accounts WHERE email = :email FOR UPDATE"), {"email": email}
        )
        yield session
        await session.commit()


async def waiting(stage: Stage, many: int = 1) -> None:
    """Until so many transactions wait for a row."""

    async def so_many() -> bool:
        async with stage.house.database.reading() as session:
            found = await session.execute(
                sqlalchemy.text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND wait_event_type = 'Lock'"
                )
            )
            return found.scalar_one() >= many

    await becomes(so_many)


async def replace_password(session: Session, email: str, password: str) -> None:
    await session.execute(
        sqlalchemy.text("UPDATE accounts SET password_hash = :kept WHERE email = :email"),
        {"kept": await passwords.hashed(password), "email": email},
    )


async def somebody(stage: Stage) -> tuple[str, Api]:
    email = address()
    return email, Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)


async def test_a_password_that_is_replaced_while_it_is_checked_signs_nobody_in(stage: Stage) -> None:
    email, _ = await somebody(stage)
    async with held(stage, email) as session:
        signing_in = asyncio.create_task(sign_in(stage.api, email))
        await waiting(stage)
        await replace_password(session, email, NEW)

    assert (await signing_in)["__typename"] == "InvalidCredentials"
    assert (await sign_in(stage.api, email, NEW))["__typename"] == "SessionPayload"


async def test_a_password_that_is_replaced_while_it_is_checked_changes_and_closes_nothing(stage: Stage) -> None:
    email, parent = await somebody(stage)
    async with held(stage, email) as session:
        changing = asyncio.create_task(
            parent.verb("changePassword", "changed", currentPassword=PASSWORD, newPassword="taken over by me")
        )
        closing = asyncio.create_task(parent.verb("deleteAccount", "deletion { id }", **CLOSE))
        await waiting(stage, 2)
        await replace_password(session, email, NEW)

    assert [(await each)["__typename"] for each in (changing, closing)] == ["InvalidCredentials"] * 2
    assert (await sign_in(stage.api, email, NEW))["__typename"] == "SessionPayload"


async def test_what_is_asked_for_while_the_account_closes_is_not_made(stage: Stage) -> None:
    email, parent = await somebody(stage)
    query = """mutation { %s { __typename } }"""
    verbs = [
        'createStory(input: {premise: "A snail", pageCount: 1})',
        'createCharacter(input: {name: "Mo", appearance: "a mole"})',
        'createApiKey(input: {name: "A", scopes: [STORIES_READ]})',
        "exportMyData",
    ]
    async with held(stage, email) as session:
        asked = [asyncio.create_task(parent.post(query % verb)) for verb in verbs]
        await waiting(stage, len(verbs))
        await session.execute(
            sqlalchemy.text("UPDATE accounts SET deleted_at = now() WHERE email = :email"), {"email": email}
        )

    for body in await asyncio.gather(*asked):
        assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_of_two_deletions_one_has_the_receipt(stage: Stage) -> None:
    _, parent = await somebody(stage)

    async def close() -> dict[str, Any]:
        query = """mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename } }"""
        return await parent.post(query, input=CLOSE)

    first, second = await asyncio.gather(close(), close())

    told = [body["data"]["deleteAccount"] for body in (first, second)]
    assert told.count({"__typename": "DeleteAccountPayload"}) == 1
    assert is_refused(await me(stage.api, parent.token))


async def test_a_link_that_is_opened_twice_at_once_holds_once(stage: Stage) -> None:
    email, _ = await somebody(stage)
    await stage.api.verb("requestPasswordReset", "requested", email=email)
    token = re.findall(r"#reset-password=([\w-]+)", (await stage.vendors.mail.to(email)).text)[0]
    wishes = [NEW, "another horse battery"]

    answers = await asyncio.gather(
        *(stage.api.verb("resetPassword", "reset", token=token, newPassword=wish) for wish in wishes)
    )

    told = sorted(answer["__typename"] for answer in answers)
    assert told == ["InvalidCredentials", "ResetPasswordPayload"]
    holds = [(await sign_in(stage.api, email, wish))["__typename"] for wish in wishes]
    assert sorted(holds) == ["InvalidCredentials", "SessionPayload"]


async def test_a_letter_for_a_new_password_holds_no_more_once_it_was_changed(stage: Stage) -> None:
    email, parent = await somebody(stage)
    await stage.api.verb("requestPasswordReset", "requested", email=email)
    token = re.findall(r"#reset-password=([\w-]+)", (await stage.vendors.mail.to(email)).text)[0]
    assert (await parent.verb("changePassword", "changed", currentPassword=PASSWORD, newPassword=NEW))["changed"]

    answer = await stage.api.verb("resetPassword", "reset", token=token, newPassword="another horse battery")

    assert answer["__typename"] == "InvalidCredentials"


async def test_a_client_that_refreshes_twice_at_once_stays_signed_in(stage: Stage) -> None:
    session = await sign_up(stage.api, address())

    answers = await asyncio.gather(*(refresh(stage.api, session["refreshToken"]) for _ in range(2)))

    assert [answer["__typename"] for answer in answers] == ["SessionPayload"] * 2
    for answer in answers:
        assert "errors" not in await me(stage.api, answer["accessToken"])
