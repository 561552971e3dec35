"""Letters: who opens their link reads the address's mail, once, and within half an hour."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import sqlalchemy

from jobs.ports import VendorBusy
from models import accounts, email_tokens
from models.errands import ErrandKind
from tests.api.test_accounts import PASSWORD, address, is_refused, me, refresh, sign_in, sign_up
from tests.harness import Api, Stage, becomes, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

NEW = "a longer horse battery"


async def ask_reset(api: Api, email: str) -> dict[str, Any]:
    return await api.verb("requestPasswordReset", "requested", email=email)


async def reset(api: Api, token: str, password: str = NEW) -> dict[str, Any]:
    return await api.verb("resetPassword", "reset", token=token, newPassword=password)


async def verify(api: Api, token: str) -> dict[str, Any]:
    return await api.verb("verifyEmail", "verified", token=token)


async def ask_verification(api: Api) -> dict[str, Any]:
    query = "mutation { requestEmailVerification { ... on RequestEmailVerificationPayload { requested } } }"
    return (await api.ask(query))["requestEmailVerification"]


async def token_for(stage: Stage, email: str, action: str) -> str:
    """The token of the newest letter to an address."""
    letter = await stage.vendors.mail.to(email)
    found = re.search(rf"{stage.bench.errands.page}/#{action}=([\w-]+)\n", letter.text)
    assert found is not None, letter
    return found[1]


async def later(stage: Stage, minutes: int) -> None:
    """Has every letter's half hour begin so much earlier."""
    async with stage.house.database.session() as session:
        earlier = sqlalchemy.text("UPDATE email_tokens SET expires_at = expires_at - make_interval(mins => :minutes)")
        await session.execute(earlier, {"minutes": minutes})
        await session.commit()


async def verified(api: Api) -> bool:
    return (await api.ask("{ me { emailVerified } }"))["me"]["emailVerified"]


async def test_an_address_is_verified_by_its_letter_once(stage: Stage) -> None:
    email = address()
    parent = Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)
    assert not await verified(parent)
    assert await ask_verification(parent) == {"requested": True}
    token = await token_for(stage, email, "verify-email")
    assert (await verify(stage.api, f"{token}x"))["__typename"] == "InvalidCredentials"
    assert (await reset(stage.api, token))["__typename"] == "InvalidCredentials", "a letter proves one thing"

    assert await verify(stage.api, token) == {"__typename": "VerifyEmailPayload", "verified": True}

    assert await verified(parent)
    assert (await verify(stage.api, token))["__typename"] == "InvalidCredentials"
    assert await ask_verification(parent) == {"requested": False}


async def test_a_forgotten_password_is_replaced_and_every_session_ends(stage: Stage) -> None:
    email = address()
    before = await sign_up(stage.api, email)
    await ask_reset(stage.api, f" {email.upper()} ")
    token = await token_for(stage, email, "reset-password")
    assert wrong_path(await reset(stage.api, token, "password123")) == ["newPassword"]

    assert await reset(stage.api, token) == {"__typename": "ResetPasswordPayload", "reset": True}

    assert is_refused(await me(stage.api, before["accessToken"]))
    assert (await refresh(stage.api, before["refreshToken"]))["__typename"] == "InvalidCredentials"
    assert (await sign_in(stage.api, email, PASSWORD))["__typename"] == "InvalidCredentials"
    after = await sign_in(stage.api, email, NEW)
    assert await verified(Api(stage.api.url, after["accessToken"], stage.api.http))
    assert (await reset(stage.api, token))["__typename"] == "InvalidCredentials"


async def test_a_link_holds_for_half_an_hour_and_only_until_another_was_used(stage: Stage) -> None:
    email = address()
    await sign_up(stage.api, email)
    await ask_reset(stage.api, email)
    first = await token_for(stage, email, "reset-password")
    stage.vendors.mail.letters.clear()
    await ask_reset(stage.api, email)
    second = await token_for(stage, email, "reset-password")
    await later(stage, 29)
    assert (await reset(stage.api, second))["__typename"] == "ResetPasswordPayload"
    assert (await reset(stage.api, first))["__typename"] == "InvalidCredentials"
    stage.vendors.mail.letters.clear()
    await ask_reset(stage.api, email)
    third = await token_for(stage, email, "reset-password")
    await later(stage, 30)

    assert (await reset(stage.api, third))["__typename"] == "InvalidCredentials"


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(stage: Stage) -> None:
    known, unknown = address(), address()
    await sign_up(stage.api, known)

    answers = [await ask_reset(stage.api, email) for email in (unknown, known)]

    assert all(answer == {"__typename": "RequestPasswordResetPayload", "requested": True} for answer in answers)
    await stage.vendors.mail.to(known)

    async def count(condition: str) -> int:
        async with stage.house.database.reading() as session:
            found = await session.execute(sqlalchemy.text(f"SELECT count(*) FROM errands WHERE {condition}"))  # noqa: S608  # ours
            return found.scalar_one()

    async def all_done() -> bool:
        return await count("status <> 'DONE' AND kind <> 'RECONCILE'") == 0

    await becomes(all_done)
    assert await count("email IS NOT NULL") == 0, "whose letter it was is forgotten"
    assert unknown not in [letter.to for letter in stage.vendors.mail.letters]


@pytest.mark.parametrize("email", ["", "no address", "a@example.com\0", f"{'x' * 300}@example.com"])
async def test_what_is_no_address_gets_no_letter(stage: Stage, email: str) -> None:
    answer = await ask_reset(stage.api, email)
    assert {*(problem["path"][0] for problem in answer["problems"])} == {"email"}


async def test_three_letters_of_a_kind_go_to_an_address_and_then_none(stage: Stage) -> None:
    email = address()
    for _ in range(3):
        await ask_reset(stage.api, email)
    query = """mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { __typename } }"""
    body = await stage.api.post(query, input={"email": email})
    assert body["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_letter_is_sent_again_when_the_mail_server_was_away(stage: Stage) -> None:
    email = address()
    await sign_up(stage.api, email)
    stage.vendors.mail.failures = [VendorBusy("away")]

    await ask_reset(stage.api, email)

    assert (await reset(stage.api, await token_for(stage, email, "reset-password")))["__typename"] == (
        "ResetPasswordPayload"
    )


async def test_a_link_holds_no_more_once_its_account_is_deleted(stage: Stage) -> None:
    email = address()
    parent = Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)
    await ask_reset(parent, email)
    tokens = [await token_for(stage, email, "reset-password")]
    stage.vendors.mail.letters.clear()
    await ask_verification(parent)
    tokens.append(await token_for(stage, email, "verify-email"))
    await parent.verb("deleteAccount", "deletion { id }", password=PASSWORD)

    assert (await reset(stage.api, tokens[0]))["__typename"] == "InvalidCredentials"
    assert (await verify(stage.api, tokens[1]))["__typename"] == "InvalidCredentials"

    async with stage.house.database.reading() as session:
        left = sqlalchemy.text("SELECT count(*) FROM accounts WHERE deleted_at IS NOT NULL AND password_hash <> ''")
        assert (await session.execute(left)).scalar_one() == 0


@pytest.mark.parametrize("read_before", [False, True])
async def test_keys_of_who_never_read_the_address_end_when_its_owner_comes(stage: Stage, read_before: bool) -> None:
    email = address()
    first = Api(stage.api.url, (await sign_up(stage.api, email))["accessToken"], stage.api.http)
    secret = (await first.verb("createApiKey", "secret", name="A", scopes=["STORIES_READ"]))["secret"]
    if read_before:
        await ask_verification(first)
        await verify(stage.api, await token_for(stage, email, "verify-email"))
    stage.vendors.mail.letters.clear()
    await ask_reset(stage.api, email)

    assert (await reset(stage.api, await token_for(stage, email, "reset-password")))["reset"]

    assert is_refused(await me(stage.api, secret)) is not read_before


async def test_a_letter_and_a_change_of_password_at_the_same_moment_take_turns(stage: Stage) -> None:
    email = address()
    await sign_up(stage.api, email)
    await ask_reset(stage.api, email)
    token = await token_for(stage, email, "reset-password")
    waiting = sqlalchemy.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    async def waits() -> bool:
        async with stage.house.database.reading() as session:
            return (await session.execute(waiting)).scalar_one() > 0

    async with stage.house.database.session() as changing:  # as changePassword does
        account = await accounts.account_by_email(changing, email)
        assert account is not None
        await accounts.lock_account(changing, account.id)
        resetting = asyncio.create_task(reset(stage.api, token))
        await becomes(waits)
        await email_tokens.spend_email_tokens(changing, account.id, ErrandKind.RESET_PASSWORD)
        await changing.commit()

    assert (await resetting)["__typename"] == "InvalidCredentials"


async def test_no_token_of_a_letter_is_kept(stage: Stage) -> None:
    email = address()
    await sign_up(stage.api, email)
    await ask_reset(stage.api, email)
    token = await token_for(stage, email, "reset-password")

    async with stage.house.database.reading() as session:
        for table in ("email_tokens", "errands", "outbox"):
            rows = await session.execute(sqlalchemy.text(f"SELECT {table}::text FROM {table}"))  # noqa: S608  # ours
            assert token not in str(rows.all())
