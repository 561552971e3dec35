"""Letters over SMTP; and, for a newcomer's own machine, in the log instead."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPResponseException

from jobs.ports import Letter, VendorBusy, VendorUnusable
from jobs.providers.choice import is_loopback

_log = structlog.get_logger()

WITHIN_S = 20.0


class SmtpMail:
    """`url` is smtp://user:password@host:port, which uses STARTTLS where the server has it, or smtps://."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("STORYCANVAS_SMTP_URL takes smtp://host:port or smtps://host:port")
        self._sender = sender
        self._options = {
            "hostname": parts.hostname,
            "port": parts.port,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "use_tls": parts.scheme == "smtps",
            "timeout": WITHIN_S,
        }

    async def send(self, letter: Letter) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, letter.to, letter.subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=self._sender.rpartition("@")[2])
        message.set_content(letter.text)
        try:
            async with SMTP(**self._options) as server:  # pyright: ignore[reportArgumentType]  # one dict, many types
                await server.send_message(message, recipients=[letter.to])
        except SMTPResponseException as error:
            if 500 <= error.code < 600:
                raise VendorUnusable(f"the mail server refused the letter with {error.code}") from None
            raise VendorBusy(f"the mail server answered {error.code}") from None
        except (SMTPException, OSError) as error:
            raise VendorBusy(f"the mail server can't be reached: {type(error).__name__}") from None


class PrintedMail:
    """Where no mail server is set, a letter is shown in the log, to whoever runs this house on a machine of their own.

    A house that others reach, at `page`, shows none: its log would be a way into everybody's account.
    """

    def __init__(self, page: str) -> None:
        self._is_at_home = is_loopback(urlsplit(page).hostname or "")

    async def send(self, letter: Letter) -> None:
        if self._is_at_home:
            _log.info("mail.shown_here_since_no_smtp_is_set", to=letter.to, subject=letter.subject, text=letter.text)
        else:
            _log.warning("mail.not_sent_since_no_smtp_is_set", subject=letter.subject)
