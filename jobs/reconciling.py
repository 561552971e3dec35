"""Comparing the books: what the payments' vendor was paid, with what the ledger has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from jobs.payments import Payments, Subject, SubjectKind
from jobs.ports import VendorError
from jobs.settling import Settling
from jobs.work import Transactions
from models import accounts, billing, errands, lots, payments
from models.errands import Errand

_log = structlog.get_logger()

EVERY = timedelta(days=1)
SOON = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=8)
"""A week of nights that failed is caught up."""


@dataclass(frozen=True, slots=True)
class Findings:
    """How many payments were compared, what the ledger lacked, and what of it does not add up, both in words."""

    looked_at: int
    missing: list[str]
    drift: list[str]


async def reconcile(transactions: Transactions, seller: Payments, back: timedelta, *, repair: bool) -> Findings:
    """Settles every payment that either side knows of since then, or rehearses that. Raises VendorError."""
    async with transactions.database.reading() as session:
        since = await payments.now(session) - back
        known = await payments.payments_since(session, back)
    subjects = {_subject(id): None for id in known}
    async for subject in seller.paid_since(since):
        subjects[subject] = None
    settling = Settling(transactions, seller, keep=repair)
    missing: list[str] = []
    for subject in subjects:
        missing += await settling.settle(subject)
    async with transactions.database.session() as session:
        drift = await billing.drift(session)
    return Findings(len(subjects), missing, drift)


def _subject(payment: str) -> Subject:
    """Invoices' ids begin with in_, checkout sessions' with cs_ (docs.stripe.com/api)."""
    return Subject(SubjectKind.INVOICE if payment.startswith("in_") else SubjectKind.CHECKOUT, payment)


async def reconcile_nightly(transactions: Transactions, seller: Payments | None, errand: Errand) -> None:
    """Ends months that have gone by, compares, tells the log what is missing, and comes again tomorrow."""
    await end_months(transactions)
    again = EVERY
    try:
        if seller is not None:
            _tell(await reconcile(transactions, seller, LOOKED_BACK, repair=False))
    except VendorError as error:
        _log.warning("reconciliation.waiting", error=type(error).__name__, reason=str(error))
        again = SOON
    async with transactions.begin() as work:
        await errands.postpone_errand(work.session, errand, again)


def _tell(findings: Findings) -> None:
    for words in (*findings.missing, *findings.drift):
        _log.error("reconciliation.found", what=words)
    _log.info("reconciliation.done", looked_at=findings.looked_at, missing=len(findings.missing))


async def end_months(transactions: Transactions) -> int:
    """Takes back what is left of months that have ended, account by account; gives how many credits that was."""
    ended = 0
    while True:
        async with transactions.database.reading() as session:
            found = await lots.accounts_with_ended_months(session, limit=100)
        if not found:
            return ended
        for account_id in found:
            async with transactions.begin() as work:
                await accounts.lock_account(work.session, account_id)
                ended += await lots.end_months(work.session, account_id)
