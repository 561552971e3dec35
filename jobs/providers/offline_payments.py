"""A shop for a machine without Stripe's keys: nobody's money moves, and everything else is as with Stripe.

The checkout is a page of our own (api.offline_shop), where somebody presses Pay or Decline. What they bought lies as
files in the data folder, where API and worker both look; our own endpoint is told of it by signed webhooks, which are
Stripe's to the letter.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import orjson
import structlog
from pydantic import BaseModel

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
from jobs.providers import stripe_events
from models.payments import Money
from models.plans import CATALOG
from models.subscriptions import SubscriptionState

_log = structlog.get_logger()

MONTH = timedelta(days=30)
TRIES = 3
_ID = re.compile(r"[a-z]{2,4}_[A-Za-z0-9_-]{8,80}")


class Customer(BaseModel):
    id: str
    account: str


class Session(BaseModel):
    """A checkout: `status` is open, complete or expired."""

    id: str
    created: datetime
    customer: str
    reference: str
    item: str
    recurring: bool
    success_url: str
    cancel_url: str
    status: str = "open"
    subscription: str | None = None

    @property
    def price_minor(self) -> int:
        return _price(self.item)


class Line(BaseModel):
    item: str
    amount: int


class Invoice(BaseModel):
    """One that is paid; a month of it ends when `ends_at` says."""

    id: str
    created: datetime
    customer: str
    subscription: str
    lines: list[Line]
    ends_at: datetime


class Plan(BaseModel):
    """A subscription: `status` is active or canceled. `leaving`: it ends with its month."""

    id: str
    customer: str
    item: str
    ends_at: datetime
    invoice: str
    status: str = "active"
    leaving: bool = False


class Portal(BaseModel):
    """A visit to the page on which a customer changes what is subscribed to."""

    id: str
    created: datetime
    customer: str
    return_url: str


M = TypeVar("M", Customer, Session, Invoice, Plan, Portal)


class OfflinePayments:
    """`folder` keeps everything; events are sent to `base_url`, signed with `secret`."""

    vendor = "offline"

    def __init__(self, folder: Path, base_url: str, secret: str) -> None:
        self._folder = folder
        self._base_url = base_url
        self._secret = secret
        self._turn = asyncio.Lock()

    # -------------------------------------------------------- as jobs.payments has it

    async def new_customer(self, reference: str, account_id: str, email: str) -> str:
        customer = Customer(id=f"cus_{reference}", account=account_id)
        await self._keep(customer)
        return customer.id

    async def checkout(self, wish: CheckoutWish) -> HostedPage:
        if await self._read(Customer, wish.customer) is None:
            raise CustomerGone
        id = f"cs_{wish.reference}"
        if await self._read(Session, id) is None:
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
            await self._keep(session)
        return HostedPage(id, f"{self._base_url}/offline/checkout/{id}")

    async def close_checkout(self, session_id: str) -> None:
        session = await self._read(Session, session_id)
        if session is not None and session.status == "open":
            await self._keep(session.model_copy(update={"status": "expired"}))

    async def portal(self, customer: str, return_url: str) -> str:
        if await self._read(Customer, customer) is None:
            raise CustomerGone
        id = f"bps_{secrets.token_urlsafe(24)}"
        await self._keep(Portal(id=id, created=datetime.now(UTC), customer=customer, return_url=return_url))
        return f"{self._base_url}/offline/portal/{id}"

    async def end_subscription(self, subscription: str) -> None:
        plan = await self._read(Plan, subscription)
        if plan is not None and plan.status != "canceled":
            await self._change(plan, status="canceled")

    def heard(self, body: bytes, signature: str | None) -> Heard:
        return stripe_events.heard(body, signature, self._secret)

    async def checkout_state(self, id: str) -> CheckoutState | None:
        session = await self._read(Session, id)
        if session is None:
            return None
        paid = session.status == "complete" and not session.recurring
        money = Money(session.price_minor, CATALOG.currency) if paid else None
        return CheckoutState(id, session.reference, session.status != "open", session.subscription, money)

    async def invoice_state(self, id: str) -> InvoiceState | None:
        invoice = await self._read(Invoice, id)
        if invoice is None:
            return None
        lines = tuple(InvoiceLine(line.item, line.amount, invoice.ends_at) for line in invoice.lines)
        money = Money(sum(line.amount for line in invoice.lines), CATALOG.currency)
        return InvoiceState(id, invoice.customer, invoice.subscription, lines, money)

    async def plan_state(self, id: str) -> PlanState | None:
        plan = await self._read(Plan, id)
        if plan is None:
            return None
        ended = plan.status == "canceled"
        state = SubscriptionState.ENDED if ended else SubscriptionState.ACTIVE
        renews_at = None if ended or plan.leaving else plan.ends_at
        cancels_at = plan.ends_at if plan.leaving and not ended else None
        return PlanState(id, plan.customer, plan.item, state, renews_at, cancels_at, plan.invoice)

    async def is_customer(self, id: str) -> bool:
        return await self._read(Customer, id) is not None

    async def paid_with(self, charge: str) -> Subject | None:
        return None  # no money, no charges

    async def paid_since(self, moment: datetime) -> AsyncIterator[Subject]:
        for session in await self._all(Session):
            if session.status == "complete" and session.created >= moment:
                yield Subject(SubjectKind.CHECKOUT, session.id)
        for invoice in await self._all(Invoice):
            if invoice.created >= moment:
                yield Subject(SubjectKind.INVOICE, invoice.id)

    # -------------------------------------------------------- what is pressed on its pages

    async def session(self, id: str) -> Session | None:
        return await self._read(Session, id)

    async def pay(self, id: str) -> str | None:
        """Buys what a checkout is for, once; gives where to go from there, None where there is no such checkout."""
        async with self._turn:
            session = await self._read(Session, id)
            if session is None or session.status != "open":
                return None if session is None else session.success_url
            session = session.model_copy(update={"status": "complete"})
            plan = None
            if session.recurring:
                plan = await self._begin_plan(session)
                session = session.model_copy(update={"subscription": plan.id})
            await self._keep(session)
        events = [("checkout.session.completed", "checkout.session", session.id)]
        if plan is not None:
            events += [
                ("customer.subscription.created", "subscription", plan.id),
                ("invoice.paid", "invoice", plan.invoice),
            ]
        await self._tell(events)
        return session.success_url

    async def decline(self, id: str) -> str | None:
        """Where to go from there; the checkout stays open, as Stripe's does."""
        session = await self._read(Session, id)
        return None if session is None else session.cancel_url

    async def visit(self, id: str) -> tuple[Portal, Plan | None] | None:
        """A visit to the portal, with what its customer subscribes to."""
        portal = await self._read(Portal, id)
        if portal is None:
            return None
        plans = [plan for plan in await self._all(Plan) if plan.customer == portal.customer]
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
        return await self._read(Plan, plan.id) or plan

    async def _begin_plan(self, session: Session) -> Plan:
        now = datetime.now(UTC)
        plan = Plan(
            id=_new("sub"), customer=session.customer, item=session.item, ends_at=now + MONTH, invoice=_new("in")
        )
        lines = [Line(item=session.item, amount=session.price_minor)]
        await self._keep(_invoice(plan, plan.invoice, lines, plan.ends_at))
        await self._keep(plan)
        return plan

    async def _invoiced(self, plan: Plan, lines: list[Line], ends_at: datetime) -> None:
        plan = plan.model_copy(update={"invoice": _new("in")})
        await self._keep(_invoice(plan, plan.invoice, lines, ends_at))
        await self._keep(plan)
        await self._tell(
            [("invoice.paid", "invoice", plan.invoice), ("customer.subscription.updated", "subscription", plan.id)]
        )

    async def _change(self, plan: Plan, **fields: object) -> None:
        await self._keep(plan.model_copy(update=fields))
        ended = fields.get("status") == "canceled"
        kind = "customer.subscription.deleted" if ended else "customer.subscription.updated"
        await self._tell([(kind, "subscription", plan.id)])

    # -------------------------------------------------------- webhooks

    async def _tell(self, events: Sequence[tuple[str, str, str]]) -> None:
        """Sends an event for each (type, object, id). What can't be told is found by `storycanvas reconcile`."""
        async with httpx.AsyncClient(timeout=10) as http:
            for kind, noun, id in events:
                event = {
                    "id": _new("evt"),
                    "object": "event",
                    "type": kind,
                    "created": int(time.time()),
                    "livemode": False,
                    "data": {"object": {"id": id, "object": noun}},
                }
                await self._send(http, orjson.dumps(event).decode(), kind)

    async def _send(self, http: httpx.AsyncClient, body: str, kind: str) -> None:
        for attempt in range(1, TRIES + 1):
            headers = stripe_events.signed(body, self._secret)
            try:
                answer = await http.post(f"{self._base_url}/webhooks/stripe", content=body, headers=headers)
                if answer.status_code == 200:
                    return
                problem = str(answer.status_code)
            except httpx.HTTPError as error:
                problem = type(error).__name__
            _log.warning("webhook.not_delivered", kind=kind, attempt=attempt, problem=problem)
            await asyncio.sleep(0.2 * attempt)

    # -------------------------------------------------------- files

    async def _keep(self, thing: Customer | Session | Invoice | Plan | Portal) -> None:
        await asyncio.to_thread(self._write, _name(type(thing), thing.id), thing.model_dump_json())

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f"{name}.{secrets.token_hex(8)}.draft"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._folder / name)

    async def _read(self, kind: type[M], id: str) -> M | None:
        if not _ID.fullmatch(id):
            return None
        try:
            text = await asyncio.to_thread((self._folder / _name(kind, id)).read_text, encoding="utf-8")
        except FileNotFoundError:
            return None
        return kind.model_validate_json(text)

    async def _all(self, kind: type[M]) -> list[M]:
        def read() -> list[M]:
            paths = sorted(self._folder.glob(_name(kind, "*")))
            return [kind.model_validate_json(path.read_text(encoding="utf-8")) for path in paths]

        return await asyncio.to_thread(read)


def _name(kind: type[BaseModel], id: str) -> str:
    return f"{kind.__name__.lower()}-{id}.json"


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
