"""Letters whose link proves who reads an address: for confirming it, and for a new password.

A link's token is made here, in the moment of sending, so that it is nowhere but in the letter; what is kept is its
digest. A letter that is sent twice, because nobody knows whether it left, has two links, and both hold.
"""

from __future__ import annotations

import hashlib
import secrets

from jobs.ports import Letter, Mail
from jobs.work import Transactions
from models import accounts, email_tokens
from models.accounts import Account
from models.email_tokens import LIFETIME
from models.errands import Errand, ErrandKind

MINUTES = int(LIFETIME.total_seconds() // 60)
_LETTERS = {
    ErrandKind.VERIFY_EMAIL: (
        "Confirm your e-mail address",
        "verify-email",
        "Please confirm that this is your e-mail address, by opening this link:",
        "If you have no account with us, you can forget this letter.",
    ),
    ErrandKind.RESET_PASSWORD: (
        "Choose a new password",
        "reset-password",
        "Somebody, most likely you, asked for a new password. Choose it here:",
        "If that was not you, you can forget this letter: your password is what it was.",
    ),
}


async def send_letter(transactions: Transactions, mail: Mail, base_url: str, errand: Errand) -> None:
    """Sends what the errand asks for; nothing where its address has no account. Raises VendorError."""
    account = await _addressee(transactions, errand)
    if account is None:
        return
    token = secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).digest()
    async with transactions.begin() as work:
        await email_tokens.add_email_token(work.session, digest, errand.kind, account.id)
    await mail.send(letter(errand.kind, account.email, f"{base_url}/", token))


def letter(kind: ErrandKind, to: str, page: str, token: str) -> Letter:
    """The token stands behind the `#`, which browsers keep to themselves: no server and no log sees it."""
    subject, action, before, after = _LETTERS[kind]
    link = f"{page}#{action}={token}"
    return Letter(to, subject, f"{before}\n\n{link}\n\nThe link holds for {MINUTES} minutes, once. {after}\n")


async def _addressee(transactions: Transactions, errand: Errand) -> Account | None:
    async with transactions.database.reading() as session:
        if errand.account_id is not None:
            account = await session.get(Account, errand.account_id)
        else:
            account = await accounts.account_by_email(session, errand.email or "")
    return None if account is None or account.deleted_at is not None else account
