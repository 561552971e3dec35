"""One's own sessions: listed, and ended from another one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from tests.api.test_accounts import address, is_refused, me, refresh, sign_in, sign_up
from tests.harness import Api

SESSION = "id createdAt lastUsedAt expiresAt client current"


async def sessions(api: Api) -> list[dict[str, Any]]:
    return (await api.ask(f"{{ sessions {{ {SESSION} }} }}"))["sessions"]


async def revoke(api: Api, id: str) -> dict[str, Any]:
    return await api.verb("revokeSession", "revokedId", id=id)


def client(api: Api, session: dict[str, Any]) -> Api:
    return Api(api.url, session["accessToken"], api.http)


async def test_sessions_say_when_they_began_and_which_client_they_are(shared_app: Api) -> None:
    email = address()
    async with httpx.AsyncClient(headers={"User-Agent": f"Bedtime/2 {'x' * 300}"}) as http:
        tablet = Api(shared_app.url, http=http)
        first = client(tablet, await sign_up(tablet, email))
        second = client(shared_app, await sign_in(shared_app, email))

        (newer, older) = await sessions(second)

        assert (newer["current"], older["current"]) == (True, False)
        assert older["client"].startswith("Bedtime/2 x")
        assert len(older["client"]) == 200
        assert newer["client"].startswith("python-httpx")
        assert older["createdAt"] < newer["createdAt"] < newer["expiresAt"]
        node = f"query($id: ID!) {{ node(id: $id) {{ ... on Session {{ {SESSION} }} }} }}"
        assert await first.ask(node, id=older["id"]) == {"node": {**older, "current": True}}


async def test_a_refresh_is_a_use(running_app: Api, database_url: str) -> None:
    session = await sign_up(running_app, address())
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(sqlalchemy.text("UPDATE sign_ins SET last_used_at = last_used_at - interval '1 day'"))
    await engine.dispose()
    (before,) = await sessions(client(running_app, session))

    later = await refresh(running_app, session["refreshToken"])

    (after,) = await sessions(client(running_app, later))
    assert after["id"] == before["id"]
    assert datetime.fromisoformat(after["lastUsedAt"]) > datetime.fromisoformat(before["lastUsedAt"])


async def test_a_session_that_is_revoked_ends_at_once_and_alone(shared_app: Api) -> None:
    email = address()
    lost, kept = await sign_up(shared_app, email), await sign_in(shared_app, email)
    here = client(shared_app, kept)
    (there,) = [session for session in await sessions(here) if not session["current"]]

    assert await revoke(here, there["id"]) == {"__typename": "RevokeSessionPayload", "revokedId": there["id"]}

    assert is_refused(await me(shared_app, lost["accessToken"]))
    assert (await refresh(shared_app, lost["refreshToken"]))["__typename"] == "InvalidCredentials"
    assert "errors" not in await me(shared_app, kept["accessToken"])
    assert [session["current"] for session in await sessions(here)] == [True]
    assert (await revoke(here, there["id"]))["__typename"] == "NotFound"
