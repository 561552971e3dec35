"""Comparing the books: what the payments' vendor was paid, with what the ledger has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from jobs.payments import Payments, Subject, SubjectKind
from jobs.ports import VendorError
from jobs.settling import Settling
from jobs.work import Transactions
from models import accounts, billing, errands, lots, payments, subscriptions
from models.errands import Errand

_log = structlog.get_logger()

EVERY = timedelta(days=1)
SOON = timedelta(minutes=10)
LOOKED_BACK = timedelta(days=8)
"""A week of nights that failed is caught up."""
OVERDUE = timedelta(days=1)
"""How long after a plan should have been renewed, or have ended, somebody looks whether its event was lost."""


@dataclass(frozen=True, slots=True)
class Findings:
    """How many payments were compared, what the ledger lacked, and what of it does not add up, both in words."""

    looked_at: int
    missing: list[str]
    drift: list[str]


async def _nothing() -> None:
    pass


async def reconcile(
    transactions: Transactions,
    seller: Payments,
    back: timedelta,
    *,
    repair: bool,
    between: Callable[[], Awaitable[None]] = _nothing,
) -> Findings:
    """Settles every payment that either side knows of since then, or rehearses that. Raises VendorError.

    And every plan whose renewal or end nobody has told us of.

    `between` is done before each of them, since there may be many.
    """
    async with transactions.database.reading() as session:
        since = await payments.now(session) - back
        known = [_subject(id) for id in await payments.payments_since(session, back)]
        overdue = await subscriptions.overdue_subscriptions(session, OVERDUE)
    known += [Subject(SubjectKind.SUBSCRIPTION, id) for id in overdue]
    subjects = dict.fromkeys(known)
    async for subject in seller.paid_since(since):
        await between()
        subjects[subject] = None
    settling = Settling(transactions, seller, keep=repair)
    missing: list[str] = []
    for subject in subjects:
        await between()
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

    async def keep() -> None:
        async with transactions.begin() as work:
            await errands.keep_errand(work.session, errand)

    try:
        if seller is not None:
            _tell(await reconcile(transactions, seller, LOOKED_BACK, repair=False, between=keep))
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
                await accounts.lock_books(work.session, account_id)
                ended += await lots.end_months(work.session, account_id)
