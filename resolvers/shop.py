"""Buying: plans and packs, the vendor's checkout and portal, and what its webhooks set off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from jobs.payments import CheckoutWish, CustomerGone, Forged, Payments, Subject, SubjectKind
from jobs.ports import VendorError
from jobs.queue import RunErrand
from jobs.work import Work
from models import accounts, customers, errands, idempotency, inbox, payments, subscriptions
from models.customers import Checkout
from models.errors import Conflict, ConflictReason, Unavailable
from models.plans import CATALOG, FREE, Plan
from models.subscriptions import LIVE, Subscription
from resolvers.again import repeatable
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked, is_storable

_log = structlog.get_logger()

WITHIN_S = 8.0
"""How long a vendor has for a checkout, over all its calls; an operation may take 10 s."""
CLOSED = "The shop does not answer at present."
OVERTAKEN = "Another checkout for a plan was begun after this one."
LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is wanted: a plan or a pack, by key, and where the browser goes from the checkout."""

    plan: str | None
    pack: str | None
    success_url: str
    cancel_url: str


def return_origins(own: str, others: str) -> frozenset[str]:
    """Origins (RFC 6454) that a browser may be sent back to: our own, and those that an operator allows."""
    listed = [origin.strip().rstrip("/") for origin in others.split(",") if origin.strip()]
    parts = urlsplit(own)
    return frozenset([f"{parts.scheme}://{parts.netloc}", *listed])


async def start_checkout(house: House, caller: Caller, purchase: Purchase, key: str | None = None) -> str:
    """The URL of the vendor's page where it is paid.

    Raises InvalidInput; Conflict for a second subscription, or a key that came with another purchase; Unavailable
    within WITHIN_S where the vendor does not answer. Nothing is charged before somebody has paid there.
    """
    account = caller.person
    asked = repeatable(caller, key, "startCheckout", asdict(purchase))
    item = _checked(house, purchase)
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account.id)
        id = await idempotency.answer_to(work.session, asked)
        before = None if id is None else await work.session.get(Checkout, id)
        if before is None:
            if purchase.plan and await subscriptions.live_subscriptions(work.session, account.id):
                raise Conflict(ConflictReason.ALREADY_SUBSCRIBED)
            pack = CATALOG.packs.get(item)
            checkout = Checkout(
                account_id=account.id,
                item=item,
                credits=0 if pack is None else pack.credits,
                created_at=await payments.now(work.session),  # once the account is ours: so of two, one is the later
            )
            work.session.add(checkout)
            await work.session.flush()
            await idempotency.remember(work.session, asked, checkout.id)
        else:
            checkout = before
    if checkout.url is not None:
        return checkout.url
    async with _vendor(house) as seller:
        return await _send_to(house, seller, caller, checkout, purchase)


def _checked(house: House, purchase: Purchase) -> str:
    """The key of what is wanted."""
    checked = Checked()
    plan, pack = purchase.plan, purchase.pack
    if (plan is None) == (pack is None):
        checked.problem("planKey", "Name a plan or a pack, and not both.")
    elif plan is not None and (plan not in CATALOG.plans or plan not in CATALOG.for_sale):
        checked.problem("planKey", "There is no such plan to buy; `plans` lists them all.")
    elif pack is not None and pack not in CATALOG.packs:
        checked.problem("packKey", "There is no such pack; `creditPacks` lists them all.")
    _check_url(house, checked, "successUrl", purchase.success_url)
    _check_url(house, checked, "cancelUrl", purchase.cancel_url)
    checked.done()
    return plan or pack or ""


def _check_url(house: House, checked: Checked, field: str, url: str) -> None:
    """Whatever a browser makes of the rest, what follows such a beginning can't lead to another host."""
    allowed = any(
        url == origin or url.startswith((f"{origin}/", f"{origin}?", f"{origin}#")) for origin in house.return_origins
    )
    plain = is_storable(url) and url.isprintable() and " " not in url and "\\" not in url and len(url) <= LONGEST_URL
    if not (allowed and plain):
        checked.problem(field, "The browser can be sent back to this site, and to the origins that it allows, only.")


async def _send_to(house: House, seller: Payments, caller: Caller, checkout: Checkout, purchase: Purchase) -> str:
    """Has the vendor open the checkout. One that was begun for another plan and may still be paid is closed first."""
    recurring = purchase.plan is not None
    if recurring:
        await _close_others(house, seller, checkout)
    page = None
    for _ in range(2):
        customer = await _customer(house, seller, caller)
        wish = CheckoutWish(
            reference=str(checkout.id),
            customer=customer,
            item=checkout.item,
            recurring=recurring,
            success_url=purchase.success_url,
            cancel_url=purchase.cancel_url,
        )
        try:
            page = await seller.checkout(wish)
            break
        except CustomerGone:
            async with house.transactions.begin() as work:
                await customers.customer_is_gone(work.session, customer)
    if page is None:
        raise Unavailable(CLOSED)
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, checkout.account_id)
        is_open = await customers.sent_to(work.session, checkout.id, page.id, page.url)
    if not is_open:
        await seller.close_checkout(page.id)
        raise Unavailable(OVERTAKEN)
    return page.url


async def _close_others(house: House, seller: Payments, checkout: Checkout) -> None:
    """Two plans that are both waiting to be paid would be two subscriptions, so the later checkout closes those before.

    One that has no page yet finds itself closed when it gets it. Raises Conflict where one has just been paid.
    """
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, checkout.account_id)
        others = await customers.plans_begun_before(work.session, checkout)
        for other in others:
            if other.session_id is None:
                await customers.close_checkout(work.session, other.id)
    for other in others:
        if other.session_id is not None:
            await _close(house, seller, other, other.session_id)


async def _close(house: House, seller: Payments, other: Checkout, session_id: str) -> None:
    await seller.close_checkout(session_id)
    state = await seller.checkout_state(session_id)
    if state is not None and state.subscription is not None:
        async with house.transactions.begin() as work:  # as the event will, which has not come yet
            await _ask_to_settle(work, Subject(SubjectKind.CHECKOUT, session_id))
        raise Conflict(ConflictReason.ALREADY_SUBSCRIBED)
    async with house.transactions.begin() as work:
        await customers.close_checkout(work.session, other.id)


async def _ask_to_settle(work: Work, subject: Subject) -> None:
    errand_id = await errands.ask_to_settle(work.session, str(subject))
    if errand_id is not None:
        work.ask(RunErrand(errand_id))


async def _customer(house: House, seller: Payments, caller: Caller) -> str:
    """Whom the vendor knows the account as; made at the first time, and again where it was deleted there."""
    account = caller.person
    async with house.database.reading() as session:
        known = await customers.customer_of(session, account.id)
        before = await customers.customers_before(session, account.id)
    if known is not None:
        return known
    made = await seller.new_customer(f"{account.id.hex}_{before}", str(account.id), account.email)
    async with house.transactions.begin() as work:
        await customers.remember_customer(work.session, made, account.id)
    return made


async def open_portal(house: House, caller: Caller, return_url: str) -> str:
    """The URL of the vendor's page where a subscription is changed. Raises InvalidInput, Conflict, Unavailable."""
    account = caller.person
    checked = Checked()
    _check_url(house, checked, "returnUrl", return_url)
    checked.done()
    async with house.database.reading() as session:
        customer = await customers.customer_of(session, account.id)
    if customer is None:
        raise Conflict(ConflictReason.NOTHING_BOUGHT)
    async with _vendor(house) as seller:
        try:
            return await seller.portal(customer, return_url)
        except CustomerGone:
            async with house.transactions.begin() as work:
                await customers.customer_is_gone(work.session, customer)
            raise Conflict(ConflictReason.NOTHING_BOUGHT) from None


@asynccontextmanager
async def _vendor(house: House) -> AsyncGenerator[Payments]:
    """Raises Unavailable where the vendor is not there, refuses, or takes longer than WITHIN_S."""
    seller = house.ports.payments
    if seller is None:
        raise Unavailable("Nothing is sold here.")
    try:
        async with asyncio.timeout(WITHIN_S):
            yield seller
    except (VendorError, TimeoutError) as error:
        _log.warning("shop.unavailable", error=type(error).__name__, reason=str(error))
        raise Unavailable(CLOSED, retry_after_ms=30_000) from None


async def receive(house: House, body: bytes, signature: str | None) -> bool:
    """Notes an event, and has looked at what it is about, in one transaction; False where it was noted before.

    Raises Forged.
    """
    if house.ports.payments is None:
        raise Forged("nothing is sold here")
    event = house.ports.payments.heard(body, signature)
    async with house.database.reading() as session:  # most of what is told again is told from here, and quickly
        if await inbox.was_heard(session, event.id):
            return False
    async with house.transactions.begin() as work:
        if not await inbox.hear(work.session, event.id, event.kind):
            return False
        if event.subject is not None:
            await _ask_to_settle(work, event.subject)
    return True


async def subscriptions_of(house: House, account_ids: Sequence[UUID]) -> list[Subscription | None]:
    """One for each id: what is subscribed to, or was at last."""
    async with house.database.reading() as session:
        found = await subscriptions.newest_of(session, account_ids)
    return [found.get(id) for id in account_ids]


def plan_of(subscription: Subscription | None) -> Plan:
    """The plan of an account that subscribes to this."""
    if subscription is None or subscription.state not in LIVE:
        return CATALOG.plans[FREE]
    return CATALOG.plans.get(subscription.plan or FREE, CATALOG.plans[FREE])
