"""Letters over a real SMTP server; and where there is none."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from structlog.testing import capture_logs

from jobs.ports import Letter, VendorBusy, VendorUnusable
from jobs.providers.smtp_mail import PrintedMail, SmtpMail
from models.logs import configure_logs
from tests.harness import free_port

LETTER = Letter("somebody@example.com", "Größe", "A link:\n\nhttp://localhost/#reset-password=secret\n")


@dataclass
class Box:
    """What the server got, and what it says to the next letter."""

    got: list[Any] = field(default_factory=list[Any])
    says: str = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.says.startswith("250"):
            self.got.append(envelope)
        return self.says


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def url(box: Box) -> Generator[str]:
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    yield f"smtp://127.0.0.1:{server.port}"
    server.stop()


async def test_a_letter_arrives_as_it_was_written(url: str, box: Box) -> None:
    await SmtpMail(url, "books@example.org").send(LETTER)

    (envelope,) = box.got
    assert envelope.mail_from == "books@example.org"
    assert envelope.rcpt_tos == ["somebody@example.com"]
    assert b"http://localhost/#reset-password=secret" in envelope.content
    assert b"Subject: =?utf-8?" in envelope.content


@pytest.mark.parametrize(("says", "error"), [("451 later", VendorBusy), ("550 never", VendorUnusable)])
async def test_a_refusal_says_whether_to_try_again_and_nothing_of_the_letter(
    url: str, box: Box, says: str, error: type[Exception]
) -> None:
    box.says = says
    with pytest.raises(error) as refused:
        await SmtpMail(url, "books@example.org").send(LETTER)
    assert "secret" not in str(refused.value)
    assert "somebody" not in str(refused.value)


async def test_a_server_that_is_away_is_busy() -> None:
    with pytest.raises(VendorBusy):
        await SmtpMail(f"smtp://127.0.0.1:{free_port()}", "books@example.org").send(LETTER)


def test_another_url_than_one_of_a_mail_server_is_refused() -> None:
    with pytest.raises(ValueError, match="STORYCANVAS_SMTP_URL"):
        SmtpMail("http://127.0.0.1", "books@example.org")


@pytest.fixture
def told() -> Generator[list[Any]]:
    """What is logged from `info` on, as `storycanvas up` shows it."""
    configure_logs("info")
    with capture_logs() as lines:
        yield cast("list[Any]", lines)
    configure_logs("warning")


@pytest.mark.parametrize("page", ["http://localhost:8000", "http://127.0.0.1:9", "http://[::1]:8000"])
async def test_on_ones_own_machine_the_letter_is_shown_in_the_log(page: str, told: list[Any]) -> None:
    await PrintedMail(page).send(LETTER)
    assert [line["text"] for line in told] == [LETTER.text]


@pytest.mark.parametrize("page", ["https://books.example.org", "http://0.0.0.0:8000", "http://192.168.0.9"])
async def test_where_others_come_no_link_and_no_address_is_in_the_log(page: str, told: list[Any]) -> None:
    await PrintedMail(page).send(LETTER)
    assert len(told) == 1
    assert "secret" not in str(told)
    assert "somebody" not in str(told)
