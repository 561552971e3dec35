"""A shop for a machine without Stripe's keys: nobody's money moves, and everything else is as with Stripe.

The checkout is a page of our own (api.offline_shop), where somebody presses Pay or Decline. What they bought stands in
books of its own; our own endpoint is told of it by signed webhooks, which are Stripe's to the letter.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

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
from jobs.providers.offline_books import Books, Customer, Invoice, Line, Plan, Portal, Session
from jobs.providers.offline_webhooks import Webhooks
from models.payments import Money
from models.plans import CATALOG
from models.subscriptions import SubscriptionState

MONTH = timedelta(days=30)


class OfflinePayments:
    """Its pages are served below `base_url`."""

    vendor = "offline"

    def __init__(self, books: Books, base_url: str, webhooks: Webhooks) -> None:
        self._books = books
        self._base_url = base_url
        self._webhooks = webhooks
        self._turn = asyncio.Lock()

    # -------------------------------------------------------- as jobs.payments has it

    async def new_customer(self, reference: str, account_id: str, email: str) -> str:
        customer = Customer(id=f"cus_{reference}", account=account_id)
        await self._books.keep(customer)
        return customer.id

    async def checkout(self, wish: CheckoutWish) -> HostedPage:
        if await self._books.read(Customer, wish.customer) is None:
            raise CustomerGone
        id = f"cs_{wish.reference}"
        if await self._books.read(Session, id) is None:
            session = Session(
                id=id,
                created=datetime.now(UTC),
                customer=wish.customer,
                reference=wish.reference,
                item=wish.item,
                recurring=wish.recurring,
                success_url=wish.success_url,
                cancel_url=wish.cancel_url,
            )
            await self._books.keep(session)
        return HostedPage(id, f"{self._base_url}/offline/checkout/{id}")

    async def close_checkout(self, session_id: str) -> None:
        session = await self._books.read(Session, session_id)
        if session is not None and session.status == "open":
            await self._books.keep(session.model_copy(update={"status": "expired"}))

    async def portal(self, customer: str, return_url: str) -> str:
        if await self._books.read(Customer, customer) is None:
            raise CustomerGone
        id = f"bps_{secrets.token_urlsafe(24)}"
        await self._books.keep(Portal(id=id, created=datetime.now(UTC), customer=customer, return_url=return_url))
        return f"{self._base_url}/offline/portal/{id}"

    async def end_subscription(self, subscription: str) -> None:
        plan = await self._books.read(Plan, subscription)
        if plan is not None and plan.status != "canceled":
            await self._change(plan, status="canceled")

    def heard(self, body: bytes, signature: str | None) -> Heard:
        return self._webhooks.heard(body, signature)

    async def checkout_state(self, id: str) -> CheckoutState | None:
        session = await self._books.read(Session, id)
        if session is None:
            return None
        paid = session.status == "complete" and not session.recurring
        money = Money(_price(session.item), CATALOG.currency) if paid else None
        return CheckoutState(id, session.reference, session.status != "open", session.subscription, money)

    async def invoice_state(self, id: str) -> InvoiceState | None:
        invoice = await self._books.read(Invoice, id)
        if invoice is None:
            return None
        lines = tuple(InvoiceLine(line.item, line.amount, invoice.ends_at) for line in invoice.lines)
        money = Money(sum(line.amount for line in invoice.lines), CATALOG.currency)
        return InvoiceState(id, invoice.customer, invoice.subscription, lines, money)

    async def plan_state(self, id: str) -> PlanState | None:
        plan = await self._books.read(Plan, id)
        if plan is None:
            return None
        ended = plan.status == "canceled"
        state = SubscriptionState.ENDED if ended else SubscriptionState.ACTIVE
        renews_at = None if ended or plan.leaving else plan.ends_at
        cancels_at = plan.ends_at if plan.leaving and not ended else None
        return PlanState(id, plan.customer, plan.item, state, renews_at, cancels_at, plan.invoice)

    async def is_customer(self, id: str) -> bool:
        return await self._books.read(Customer, id) is not None

    async def paid_with(self, charge: str) -> Subject | None:
        return None  # no money, no charges

    async def paid_since(self, moment: datetime) -> AsyncIterator[Subject]:
        for session in await self._books.all(Session):
            if session.status == "complete" and session.created >= moment:
                yield Subject(SubjectKind.CHECKOUT, session.id)
        for invoice in await self._books.all(Invoice):
            if invoice.created >= moment:
                yield Subject(SubjectKind.INVOICE, invoice.id)

    # -------------------------------------------------------- what is pressed on its pages

    async def session(self, id: str) -> Session | None:
        return await self._books.read(Session, id)

    async def pay(self, id: str) -> str | None:
        """Buys what a checkout is for, once; gives where to go from there, None where there is no such checkout."""
        async with self._turn:
            session = await self._books.read(Session, id)
            if session is None or session.status != "open":
                return None if session is None else session.success_url
            session = session.model_copy(update={"status": "complete"})
            plan = None
            if session.recurring:
                plan = await self._begin_plan(session)
                session = session.model_copy(update={"subscription": plan.id})
            await self._books.keep(session)
        events = [("checkout.session.completed", "checkout.session", session.id)]
        if plan is not None:
            events += [
                ("customer.subscription.created", "subscription", plan.id),
                ("invoice.paid", "invoice", plan.invoice),
            ]
        await self._webhooks.tell(events)
        return session.success_url

    async def decline(self, id: str) -> str | None:
        """Where to go from there; the checkout stays open, as Stripe's does."""
        session = await self._books.read(Session, id)
        return None if session is None else session.cancel_url

    async def visit(self, id: str) -> tuple[Portal, Plan | None] | None:
        """A visit to the portal, with what its customer subscribes to."""
        portal = await self._books.read(Portal, id)
        if portal is None:
            return None
        plans = [plan for plan in await self._books.all(Plan) if plan.customer == portal.customer]
        return portal, next((plan for plan in plans if plan.status == "active"), None)

    async def leave(self, plan: Plan, *, leaving: bool) -> None:
        """Has it end with its month, or not."""
        async with self._turn:
            await self._change(await self._again(plan), leaving=leaving)

    async def move(self, plan: Plan, item: str) -> None:
        """Changes the plan in the middle of its month: the rest of the new one is paid, that of the old one is not."""
        async with self._turn:
            plan = await self._again(plan)
            lines = [Line(item=plan.item, amount=-_price(plan.item)), Line(item=item, amount=_price(item))]
            await self._invoiced(plan.model_copy(update={"item": item}), lines, plan.ends_at)

    async def turn_month(self, plan: Plan) -> None:
        """Lets a month go by: the next one is paid, or the plan has ended."""
        async with self._turn:
            plan = await self._again(plan)
            if plan.leaving:
                await self._change(plan, status="canceled")
                return
            ends_at = plan.ends_at + MONTH
            lines = [Line(item=plan.item, amount=_price(plan.item))]
            await self._invoiced(plan.model_copy(update={"ends_at": ends_at}), lines, ends_at)

    async def _again(self, plan: Plan) -> Plan:
        """As it is by now: two buttons may be pressed one after the other, faster than the first is answered."""
        return await self._books.read(Plan, plan.id) or plan

    async def _begin_plan(self, session: Session) -> Plan:
        now = datetime.now(UTC)
        plan = Plan(
            id=_new("sub"), customer=session.customer, item=session.item, ends_at=now + MONTH, invoice=_new("in")
        )
        lines = [Line(item=session.item, amount=_price(session.item))]
        await self._books.keep(_invoice(plan, plan.invoice, lines, plan.ends_at))
        await self._books.keep(plan)
        return plan

    async def _invoiced(self, plan: Plan, lines: list[Line], ends_at: datetime) -> None:
        plan = plan.model_copy(update={"invoice": _new("in")})
        await self._books.keep(_invoice(plan, plan.invoice, lines, ends_at))
        await self._books.keep(plan)
        await self._webhooks.tell(
            [("invoice.paid", "invoice", plan.invoice), ("customer.subscription.updated", "subscription", plan.id)]
        )

    async def _change(self, plan: Plan, **fields: object) -> None:
        await self._books.keep(plan.model_copy(update=fields))
        ended = fields.get("status") == "canceled"
        kind = "customer.subscription.deleted" if ended else "customer.subscription.updated"
        await self._webhooks.tell([(kind, "subscription", plan.id)])


def _new(prefix: str) -> str:
    return f"{prefix}_{secrets.token_urlsafe(18)}"


def _invoice(plan: Plan, id: str, lines: list[Line], ends_at: datetime) -> Invoice:
    return Invoice(
        id=id,
        created=datetime.now(UTC),
        customer=plan.customer,
        subscription=plan.id,
        lines=lines,
        ends_at=ends_at,
    )


def _price(item: str) -> int:
    found = CATALOG.plans.get(item) or CATALOG.packs[item]
    return found.price_minor
