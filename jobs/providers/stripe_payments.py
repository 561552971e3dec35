"""Payments by Stripe, https://docs.stripe.com/api, as of the API version that the SDK pins."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import stripe
from stripe import Dispute, Invoice, StripeClient
from stripe.params.checkout import SessionCreateParams

from jobs.payments import (
    CheckoutState,
    CheckoutWish,
    CustomerGone,
    Heard,
    HostedPage,
    InvoiceLine,
    InvoiceState,
    PlanState,
    Subject,
    SubjectKind,
)
from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorStalled, VendorUnusable
from jobs.providers import stripe_events
from models.payments import Money
from models.subscriptions import SubscriptionState

CALL_S = 5.0
"""For one call: a checkout takes up to three, within 10 s."""

_STATES = {
    "incomplete": SubscriptionState.WAITING,
    "incomplete_expired": SubscriptionState.WAITING,
    "trialing": SubscriptionState.ACTIVE,
    "active": SubscriptionState.ACTIVE,
    "past_due": SubscriptionState.PAST_DUE,
    "unpaid": SubscriptionState.PAST_DUE,
    "paused": SubscriptionState.PAUSED,
    "canceled": SubscriptionState.ENDED,
}
_DECIDED = {"won", "lost", "warning_closed", "prevented"}


def open_client(key: str, base_url: str | None) -> tuple[StripeClient, Callable[[], Awaitable[None]]]:
    """A client that never tries twice by itself, and what closes it."""
    http = stripe.HTTPXClient(timeout=CALL_S)
    client = StripeClient(
        key, http_client=http, max_network_retries=0, base_addresses={"api": base_url} if base_url else None
    )
    return client, http.close_async


class StripePayments:
    """`prices` tells for each of Stripe's price ids which item it is of; the first of an item is for new checkouts."""

    vendor = "stripe"

    def __init__(self, client: StripeClient, webhook_secret: str, prices: Mapping[str, str]) -> None:
        self._api = client.v1
        self._webhook_secret = webhook_secret
        self._items = prices
        self._prices = {item: price for price, item in reversed(list(prices.items()))}

    async def new_customer(self, reference: str, account_id: str, email: str) -> str:
        # Stripe refuses the same key with other words, and an address may change between two tries.
        digest = hashlib.sha256(email.encode()).hexdigest()[:16]
        async with _told_as_ours():
            customer = await self._api.customers.create_async(
                {"email": email, "metadata": {"account": account_id}},
                {"idempotency_key": f"customer:{reference}:{digest}"},
            )
        return customer.id

    async def checkout(self, wish: CheckoutWish) -> HostedPage:
        asked: SessionCreateParams = {
            "mode": "subscription" if wish.recurring else "payment",
            "customer": wish.customer,
            "client_reference_id": wish.reference,
            "line_items": [{"price": self._prices[wish.item], "quantity": 1}],
            "success_url": wish.success_url,
            "cancel_url": wish.cancel_url,
        }
        # As above: who was deleted at Stripe comes again as another customer, and a refusal is repeated like an answer.
        key = f"checkout:{wish.reference}:{wish.customer}"
        async with _told_as_ours():
            session = await self._api.checkout.sessions.create_async(asked, {"idempotency_key": key})
        if session.url is None:
            raise VendorUnusable("stripe answers with a checkout that has no page")
        return HostedPage(session.id, session.url)

    async def close_checkout(self, session_id: str) -> None:
        try:
            async with _told_as_ours():
                await self._api.checkout.sessions.expire_async(session_id)
        except (_Missing, VendorUnusable):  # it is not there, or not open: the one other thing that Stripe says here
            return

    async def portal(self, customer: str, return_url: str) -> str:
        async with _told_as_ours():
            session = await self._api.billing_portal.sessions.create_async(
                {"customer": customer, "return_url": return_url}
            )
        return session.url

    async def end_subscription(self, subscription: str) -> None:
        try:
            async with _told_as_ours():
                await self._api.subscriptions.cancel_async(subscription)
        except (_Missing, VendorUnusable):
            return

    def heard(self, body: bytes, signature: str | None) -> Heard:
        return stripe_events.heard(body, signature, self._webhook_secret)

    async def checkout_state(self, id: str) -> CheckoutState | None:
        try:
            async with _told_as_ours():
                session = await self._api.checkout.sessions.retrieve_async(id)
        except _Missing:
            return None
        money = None
        if session.mode == "payment" and session.payment_status in ("paid", "no_payment_required"):
            amount, currency = session.amount_total or 0, session.currency or ""
            money = await self._money(_id(session.payment_intent), amount, currency)
        closed = session.status != "open"
        return CheckoutState(id, session.client_reference_id, closed, _id(session.subscription), money)

    async def invoice_state(self, id: str) -> InvoiceState | None:
        try:
            async with _told_as_ours():
                invoice = await self._api.invoices.retrieve_async(id, {"expand": ["payments"]})
                lines = [self._line(line) async for line in invoice.lines.auto_paging_iter()]
        except _Missing:
            return None
        details = invoice.parent.subscription_details if invoice.parent else None
        money = None
        if invoice.status == "paid":
            money = await self._money(_intent_of(invoice), invoice.amount_paid, invoice.currency)
        subscription = None if details is None else _id(details.subscription)
        return InvoiceState(id, _id(invoice.customer) or "", subscription, tuple(lines), money)

    def _line(self, line: stripe.InvoiceLineItem) -> InvoiceLine:
        details = line.pricing.price_details if line.pricing else None
        price = None if details is None else _id(details.price)
        return InvoiceLine(self._items.get(price or ""), line.amount, _moment(line.period.end))

    async def plan_state(self, id: str) -> PlanState | None:
        try:
            async with _told_as_ours():
                found = await self._api.subscriptions.retrieve_async(id)
        except _Missing:
            return None
        # `items` is a method of every StripeObject before it is a field.
        item = next(iter(found["items"].data), None)
        ends_at = None if item is None else _moment(item.current_period_end)
        cancels_at = None if found.cancel_at is None else _moment(found.cancel_at)
        if cancels_at is None and found.cancel_at_period_end:
            cancels_at = ends_at
        state = _STATES.get(found.status, SubscriptionState.PAST_DUE)
        renews = state in (SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE) and cancels_at is None
        return PlanState(
            id,
            _id(found.customer) or "",
            None if item is None else self._items.get(item.price.id),
            state,
            ends_at if renews else None,
            cancels_at,
            _id(found.latest_invoice),
        )

    async def is_customer(self, id: str) -> bool:
        try:
            async with _told_as_ours():
                customer = await self._api.customers.retrieve_async(id)
        except _Missing:
            return False
        return not getattr(customer, "deleted", False)

    async def paid_with(self, charge: str) -> Subject | None:
        try:
            async with _told_as_ours():
                found = await self._api.charges.retrieve_async(charge)
        except _Missing:
            return None
        intent = _id(found.payment_intent)
        if intent is None:
            return None
        async with _told_as_ours():
            sessions = await self._api.checkout.sessions.list_async({"payment_intent": intent, "limit": 1})
            if sessions.data:
                return Subject(SubjectKind.CHECKOUT, sessions.data[0].id)
            by = await self._api.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
            )
        invoice = _id(by.data[0].invoice) if by.data else None
        return None if invoice is None else Subject(SubjectKind.INVOICE, invoice)

    async def paid_since(self, moment: datetime) -> AsyncIterator[Subject]:
        since = int(moment.timestamp())
        async with _told_as_ours(within_s=None):
            sessions = await self._api.checkout.sessions.list_async(
                {"created": {"gte": since}, "status": "complete", "limit": 100}
            )
            async for session in sessions.auto_paging_iter():
                yield Subject(SubjectKind.CHECKOUT, session.id)
            invoices = await self._api.invoices.list_async({"created": {"gte": since}, "status": "paid", "limit": 100})
            async for invoice in invoices.auto_paging_iter():
                yield Subject(SubjectKind.INVOICE, invoice.id)
            refunds = await self._api.refunds.list_async({"created": {"gte": since}, "limit": 100})
            async for refund in refunds.auto_paging_iter():
                if charge := _id(refund.charge):
                    yield Subject(SubjectKind.CHARGE, charge)
            disputes = await self._api.disputes.list_async({"created": {"gte": since}, "limit": 100})
            async for dispute in disputes.auto_paging_iter():
                if charge := _id(dispute.charge):
                    yield Subject(SubjectKind.CHARGE, charge)

    async def _money(self, intent: str | None, amount_minor: int, currency: str) -> Money:
        """What a payment has become: refunds stand on its charge, disputes beside it."""
        if intent is None:
            return Money(amount_minor, currency)
        async with _told_as_ours():
            found = await self._api.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})
            charge = found.latest_charge
            if charge is None or isinstance(charge, str):
                return Money(amount_minor, currency)
            disputes: list[Dispute] = []
            if charge.disputed:
                disputes = (await self._api.disputes.list_async({"charge": charge.id, "limit": 100})).data
        lost = sum(dispute.amount for dispute in disputes if dispute.status == "lost")
        undecided = any(dispute.status not in _DECIDED for dispute in disputes)
        return Money(amount_minor, currency, min(amount_minor, charge.amount_refunded + lost), undecided)


class _Missing(VendorError):
    """Stripe knows nothing under this id."""


@asynccontextmanager
async def _told_as_ours(within_s: float | None = CALL_S * 2) -> AsyncGenerator[None]:
    """Raises VendorError, or CustomerGone, in place of what the SDK throws inside."""
    try:
        async with asyncio.timeout(within_s):
            yield
    except TimeoutError:
        raise VendorStalled("stripe did not answer in time") from None
    except stripe.APIConnectionError as error:
        raise VendorBusy(f"the connection to stripe broke: {type(error.__cause__).__name__}") from None
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise VendorClosed(f"stripe answers {error.http_status}") from None
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise (CustomerGone if error.param == "customer" else _Missing)("stripe knows nothing of it") from None
        raise VendorUnusable(f"stripe answers {error.http_status} {error.code or ''} {error.param or ''}") from None
    except stripe.StripeError as error:
        busy = error.http_status is None or error.http_status in (409, 429) or error.http_status >= 500
        raise (VendorBusy if busy else VendorUnusable)(f"stripe answers {error.http_status}") from None


def _intent_of(invoice: Invoice) -> str | None:
    """The payment intent that has paid an invoice; None where none was needed, or it was paid outside of Stripe."""
    for payment in invoice.payments.data if invoice.payments else []:
        if payment.status == "paid" and payment.payment.payment_intent is not None:
            return _id(payment.payment.payment_intent)
    return None


def _id(reference: str | stripe.StripeObject | None) -> str | None:
    """Stripe answers with an id, or with the object where it was asked to expand it."""
    return reference if reference is None or isinstance(reference, str) else str(reference["id"])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
