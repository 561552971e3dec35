"""What is done about an event of the payments' vendor: the object it is about is fetched as it is now, and the books
are brought to where that says they should be. Doing it again changes nothing, so neither order nor number matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from jobs.payments import InvoiceState, Payments, PlanState, Subject, SubjectKind
from jobs.ports import VendorClosed, VendorError
from jobs.work import Transactions
from models import accounts, customers, errands, payments, subscriptions
from models.customers import Checkout
from models.database import Session
from models.errands import Errand
from models.plans import CATALOG
from models.subscriptions import LIVE, Subscription

_log = structlog.get_logger()

AGAIN = timedelta(seconds=20)
"""How long a subject waits for a vendor that does not answer. It waits as often as it takes."""


@dataclass(frozen=True, slots=True)
class Settling:
    """`keep` is False for a rehearsal: everything is computed, said, and rolled back."""

    transactions: Transactions
    payments: Payments
    keep: bool = True

    async def settle(self, subject: Subject) -> list[str]:
        """What has changed, in words. Raises VendorError. What is not ours, or not there, changes nothing."""
        async with self.transactions.database.reading() as session:
            as_of = await payments.now(session)
        match subject.kind:
            case SubjectKind.CHECKOUT:
                return await self._checkout(subject.id, as_of)
            case SubjectKind.INVOICE:
                return await self._invoice(subject.id, as_of)
            case SubjectKind.SUBSCRIPTION:
                return await self._subscription(subject.id, as_of)
            case SubjectKind.CHARGE:
                paid = await self.payments.paid_with(subject.id)
                return [] if paid is None else await self.settle(paid)
            case SubjectKind.CUSTOMER:
                return await self._customer(subject.id)

    async def _checkout(self, id: str, as_of: datetime) -> list[str]:
        state = await self.payments.checkout_state(id)
        checkout = None if state is None else await self._begun_here(state.reference)
        if state is None or checkout is None:
            return []
        changed: list[str] = []
        # A plan first: while its checkout is open, nobody begins another without looking at it.
        if state.subscription is not None:
            changed = await self._subscription(state.subscription, as_of)
        async with self._of_account(checkout.account_id) as (session, _):
            if state.closed:
                await customers.close_checkout(session, checkout.id)
            if state.money is not None and checkout.credits:
                account_id, credits = checkout.account_id, checkout.credits
                changed += await payments.pack_was_paid(session, account_id, id, credits, state.money, as_of)
        return changed

    async def _begun_here(self, reference: str | None) -> Checkout | None:
        try:
            id = UUID(reference)
        except (TypeError, ValueError):
            return None
        async with self.transactions.database.reading() as session:
            return await session.get(Checkout, id)

    async def _subscription(self, id: str, as_of: datetime) -> list[str]:
        state = await self.payments.plan_state(id)
        account_id = None if state is None else await self._account_of(state.customer)
        if state is None or account_id is None:
            return []
        async with self._of_account(account_id) as (session, is_there):
            new = await subscriptions.note_subscription(session, _subscription(account_id, state, as_of))
            alive = await subscriptions.live_subscriptions(session, account_id)
        if len(alive) > 1:
            _log.warning("subscription.second", account=str(account_id), subscriptions=[each.id for each in alive])
        changed = [f"{id}: {state.item} is {state.state}"] if new else []
        if self.keep and not is_there and state.state in LIVE:
            # It was paid just before its account went, and was heard of only now.
            await self.payments.end_subscription(id)
            changed.append(f"{id}: ended, since its account is gone")
        return changed if state.invoice is None else changed + await self._invoice(state.invoice, as_of)

    async def _invoice(self, id: str, as_of: datetime) -> list[str]:
        state = await self.payments.invoice_state(id)
        if state is None or state.money is None or state.subscription is None:
            return []
        account_id = await self._account_of(state.customer)
        months = _months(state)
        if account_id is None:
            return []
        if not months:
            paid = state.money
            unknown = f"{id}: {paid.amount_minor} {paid.currency} paid, and STRIPE_PRICES knows none of its prices"
            return [unknown] if paid.amount_minor > 0 else []
        async with self._of_account(account_id) as (session, _):
            return await payments.months_were_paid(
                session, account_id, id, state.subscription, months, _worth(state), state.money, as_of
            )

    async def _customer(self, id: str) -> list[str]:
        if await self.payments.is_customer(id):
            return []
        async with self._session() as session:
            return [f"{id}: gone"] if await customers.customer_is_gone(session, id) else []

    async def _account_of(self, customer: str) -> UUID | None:
        async with self.transactions.database.reading() as session:
            return await customers.account_of_customer(session, customer)

    @asynccontextmanager
    async def _of_account(self, account_id: UUID) -> AsyncGenerator[tuple[Session, bool]]:
        """A transaction in which nobody else moves the account's credits, and whether its person is still there."""
        async with self._session() as session:
            yield session, await accounts.lock_books(session, account_id)

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator[Session]:
        async with self.transactions.database.session() as session:
            yield session
            if self.keep:
                await session.commit()


def _months(state: InvoiceState) -> dict[datetime, int]:
    """The months that an invoice pays for, by their ends: each is worth the largest plan that is paid for in it."""
    months: defaultdict[datetime, int] = defaultdict(int)
    for line in state.lines:
        plan = CATALOG.plans.get(line.item or "")
        if plan is not None and line.amount_minor > 0:
            months[line.ends_at] = max(months[line.ends_at], plan.monthly_credits)
    return dict(months)


def _worth(state: InvoiceState) -> int:
    """The credits that an invoice is worth by itself: another line of an upgrade's takes time on the old plan back.

    Each month by itself: to have left a larger plan in one makes the next worth no less.
    """
    worth: defaultdict[datetime, int] = defaultdict(int)
    for line in state.lines:
        plan = CATALOG.plans.get(line.item or "")
        if plan is not None and line.amount_minor:
            worth[line.ends_at] += plan.monthly_credits if line.amount_minor > 0 else -plan.monthly_credits
    return sum(max(0, credits) for credits in worth.values())


def _subscription(account_id: UUID, state: PlanState, as_of: datetime) -> Subscription:
    return Subscription(
        id=state.id,
        account_id=account_id,
        plan=state.item,
        state=state.state,
        renews_at=state.renews_at,
        cancels_at=state.cancels_at,
        as_of=as_of,
    )


async def settle_errand(transactions: Transactions, seller: Payments | None, errand: Errand) -> None:
    """Looks at what an event was about. A vendor that is away is waited for, for as long as it takes."""
    try:
        if seller is None:
            raise VendorClosed("nothing is sold here")
        changed = await Settling(transactions, seller).settle(Subject.of(errand.subject or ""))
    except VendorError as error:
        _log.warning("payment.waiting", subject=errand.subject, error=type(error).__name__, reason=str(error))
        async with transactions.begin() as work:
            await errands.postpone_errand(work.session, errand, AGAIN)
        return
    for words in changed:
        _log.info("payment.settled", what=words)
    async with transactions.begin() as work:
        await errands.finish_errand(work.session, errand)


async def end_subscriptions(transactions: Transactions, seller: Payments | None, errand: Errand) -> None:
    """Ends, at the vendor, what an account that is going subscribes to: nobody pays for what nobody can use.

    Checkouts that are open are closed, so that nothing more is paid.
    """
    if errand.account_id is None:
        raise LookupError("subscriptions of nobody")
    async with transactions.database.reading() as session:
        begun = await customers.open_checkouts(session, errand.account_id)
        alive = await subscriptions.live_subscriptions(session, errand.account_id)
    subjects = [Subject(SubjectKind.CHECKOUT, each.session_id) for each in begun if each.session_id is not None]
    subjects += [Subject(SubjectKind.SUBSCRIPTION, each.id) for each in alive]
    for subject in subjects:
        if seller is None:
            raise VendorClosed("nothing is sold here")
        end = seller.close_checkout if subject.kind is SubjectKind.CHECKOUT else seller.end_subscription
        await end(subject.id)
        await Settling(transactions, seller).settle(subject)
    async with transactions.begin() as work:
        await errands.finish_errand(work.session, errand)
