"""Redis is away: nobody is locked out, nothing fails, and guessing is slow all the same."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.api.test_sign_in_limits import address, outcome, refresh, sign_in, sign_up
from tests.harness import serving, settings_for
from tests.servers import Servers

TRIES = 3


async def test_without_redis_people_sign_in_and_guessers_wait(
    servers: Servers, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = settings_for(database_url, redis_url, tmp_path, account_tries=TRIES)
    async with serving(settings) as (api, _):
        before, email, other = await sign_up(api, address()), address(), address()
        servers.valkey.kill()

        assert outcome(await sign_up(api, email)) == "SessionPayload"
        assert outcome(await sign_up(api, other)) == "SessionPayload"
        for _ in range(TRIES + 1):
            assert outcome(await sign_in(api, email)) == "SessionPayload"
        assert outcome(await refresh(api, before["data"]["signUp"]["refreshToken"])) == "SessionPayload"
        wrong = [outcome(await sign_in(api, email, "wrong horse battery")) for _ in range(TRIES)]
        assert wrong == ["InvalidCredentials"] * TRIES
        assert outcome(await sign_in(api, email)) == "RATE_LIMITED"
        assert outcome(await sign_in(api, other)) == "SessionPayload"
        reset = await api.verb("requestPasswordReset", "requested", email=email)
        assert reset["requested"]


async def test_while_redis_is_silent_people_sign_in(
    servers: Servers, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = settings_for(database_url, redis_url, tmp_path, account_tries=TRIES)
    async with serving(settings) as (api, _):
        email = address()
        before = await sign_up(api, email)
        pid = servers.valkey.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            assert outcome(await sign_in(api, email)) == "SessionPayload"
            assert outcome(await refresh(api, before["data"]["signUp"]["refreshToken"])) == "SessionPayload"
            wrong = [outcome(await sign_in(api, email, "wrong horse battery")) for _ in range(TRIES)]
            assert wrong == ["InvalidCredentials"] * TRIES
            assert outcome(await sign_in(api, email)) == "RATE_LIMITED"
        finally:
            os.kill(pid, signal.SIGCONT)
