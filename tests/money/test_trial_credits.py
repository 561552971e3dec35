"""Credits of a new account, where they wait for an address that is its owner's."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest

from tests.harness import serving, settings_for, working
from tests.vendors import Vendors

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { ... on SessionPayload { accessToken } } }"


@pytest.mark.parametrize(
    ("domain", "granted"), [("a-family.example", 100), ("mailinator.com", 0), ("x.mailinator.com", 0)]
)
async def test_credits_wait_for_the_letter_and_disposable_addresses_get_none(
    database_url: str, redis_url: str, tmp_path: Path, domain: str, granted: int
) -> None:
    settings, vendors = settings_for(database_url, redis_url, tmp_path, verify_email=True), Vendors()
    async with serving(settings) as (api, _), working(settings, vendors.open):
        email = f"{uuid4().hex}@{domain}"
        given = {"email": email, "password": "correct horse battery"}
        api.token = (await api.ask(SIGN_UP, input=given))["signUp"]["accessToken"]
        assert await api.credits() == (0, 0)
        found = re.search(r"#[\w-]+=([\w-]+)\n", (await vendors.mail.to(email)).text)
        assert found is not None
        for verified in ("VerifyEmailPayload", "InvalidCredentials"):
            assert (await api.verb("verifyEmail", "__typename", token=found[1]))["__typename"] == verified
            assert await api.credits() == (granted, 0)
