"""A forgotten password, from the API over the worker and a real mail server to the new one."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from tests.api.test_accounts import address, sign_in, sign_up
from tests.harness import becomes, free_port, serving, settings_for, working

NEW = "a longer horse battery"


@dataclass
class Box:
    """What the server got; it is busy the first time."""

    got: list[Any] = field(default_factory=list[Any])
    asked: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.asked += 1
        if self.asked == 1:
            return "451 Later"
        self.got.append(envelope)
        return "250 OK"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def smtp_url(box: Box) -> Generator[SecretStr]:
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    yield SecretStr(f"smtp://127.0.0.1:{server.port}")
    server.stop()


async def test_a_forgotten_password_is_replaced_by_a_letter_that_came_over_smtp(
    database_url: str, redis_url: str, tmp_path: Path, box: Box, smtp_url: SecretStr
) -> None:
    settings = settings_for(
        database_url,
        redis_url,
        tmp_path,
        smtp_url=smtp_url,
        public_url="https://books.example",
        mail_from="b@example.org",
    )
    email = address()
    async with serving(settings) as (api, _), working(settings):
        await sign_up(api, email)
        await api.verb("requestPasswordReset", "requested", email=address())
        await api.verb("requestPasswordReset", "requested", email=email)

        async def come() -> bool:
            return bool(box.got)

        await becomes(come)
        (envelope,) = box.got
        assert (envelope.mail_from, envelope.rcpt_tos) == ("b@example.org", [email])
        letter = message_from_bytes(envelope.content, policy=policy.default).get_content()
        (token,) = re.findall(r"^https://books\.example/#reset-password=([\w-]+)\r?$", letter, re.MULTILINE)
        answer = await api.verb("resetPassword", "reset", token=token, newPassword=NEW)
        assert answer["__typename"] == "ResetPasswordPayload"
        assert (await sign_in(api, email, NEW))["__typename"] == "SessionPayload"
