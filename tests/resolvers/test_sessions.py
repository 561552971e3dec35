"""Sessions are looked up for every request, and for requests that come together at once; none is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from sqlalchemy import text

from models.accounts import revoke_sign_in
from resolvers.caller import Caller, identify
from resolvers.house import House
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers


@dataclass
class Door:
    api: Api
    house: House

    async def token(self) -> str:
        """An access token of a new account."""
        token = (await self.api.as_somebody()).token
        assert token is not None
        return token

    async def identify(self, token: str) -> Caller:
        return await identify(self.house, token)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    folder = tmp_path_factory.mktemp("sessions")
    async with fresh_settings(servers, folder) as settings, serving(settings) as (api, house):
        yield Door(api, house)


async def test_requests_that_come_together_share_a_statement(door: Door) -> None:
    tokens = [await door.token() for _ in range(3)]
    before = door.house.readers.asked

    callers = await asyncio.gather(*(door.identify(token) for token in tokens * 10))

    ids = [caller.account_id for caller in callers]
    assert ids == ids[:3] * 10
    assert len(set(ids)) == len(tokens)
    assert door.house.readers.asked - before <= 2


async def test_an_account_is_what_the_database_says_of_it(door: Door) -> None:
    token = await door.token()
    caller = await door.identify(token)
    assert caller.account is not None
    async with door.house.database.session() as session:
        loaded = await session.get(type(caller.account), caller.account.id)

    assert loaded is not None
    assert caller.account.model_dump() == loaded.model_dump()


async def test_a_session_that_has_ended_is_refused_however_many_are_being_asked_for(door: Door) -> None:
    token, other = await door.token(), await door.token()
    caller = await door.identify(token)
    assert caller.sign_in_id is not None
    for _ in range(20):
        crowd = [asyncio.create_task(door.identify(other)) for _ in range(5)]
        await asyncio.sleep(0)
        async with door.house.database.session() as session:
            await revoke_sign_in(session, caller.sign_in_id)
            await session.commit()
        late = await door.identify(token)
        assert late.bad_token
        assert all(each.account is not None for each in await asyncio.gather(*crowd))
        async with door.house.database.session() as session:
            await session.execute(
                text("UPDATE sign_ins SET revoked_at = NULL WHERE id = :id"), {"id": caller.sign_in_id}
            )
            await session.commit()
        assert (await door.identify(token)).account is not None


async def test_who_gives_up_takes_nobody_along(door: Door) -> None:
    token = await door.token()
    asked = [asyncio.create_task(door.identify(token)) for _ in range(4)]
    await asyncio.sleep(0)
    asked[0].cancel()

    callers = await asyncio.gather(*asked[1:])
    assert all(caller.account is not None for caller in callers)


async def test_what_fails_is_told_to_all_who_asked_and_to_nobody_after(door: Door) -> None:
    token = await door.token()
    async with door.house.database.session() as session:
        await session.execute(text("LOCK TABLE sign_ins IN ACCESS EXCLUSIVE MODE"))
        asked = [asyncio.create_task(door.identify(token)) for _ in range(3)]
        asked_of = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT sign_ins%'"
        async with asyncio.timeout(10):
            while (pid := (await session.execute(text(asked_of))).scalar_one_or_none()) is None:  # noqa: ASYNC110  it is the server that is waited for
                await asyncio.sleep(0.01)
        await session.execute(text(f"SELECT pg_terminate_backend({pid})"))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(answer, Exception) for answer in answers)

    assert (await door.identify(token)).account is not None
