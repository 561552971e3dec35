"""The shape of whoever takes the money: a checkout and a portal of its own, events that it signs, and what it says of
an object when it is asked.

An event is taken as a reason to look, and never for what it says: Stripe promises neither its order nor that it comes
once (docs.stripe.com/webhooks). Every call raises jobs.ports.VendorError where it can't be answered.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.payments import Money
from models.subscriptions import SubscriptionState


class SubjectKind(StrEnum):
    """What of the payments' vendor can be looked at."""

    CHECKOUT = "checkout"
    INVOICE = "invoice"
    SUBSCRIPTION = "subscription"
    CHARGE = "charge"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Subject:
    """One object at the payments' vendor, by the vendor's id of it."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def of(cls, words: str) -> Subject:
        """What `str` has made."""
        kind, _, id = words.partition(":")
        return cls(SubjectKind(kind), id)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event, signed by the vendor: `subject` is what it is about, None where that is nothing of ours."""

    id: str
    kind: str
    subject: Subject | None


class Forged(Exception):
    """A webhook that the payments' vendor has not signed, or too long ago."""


class CustomerGone(Exception):
    """The customer has been deleted at the payments' vendor."""


@dataclass(frozen=True, slots=True)
class CheckoutWish:
    """`item` is a key of plans.toml, `recurring` for a plan. `reference` comes back with the payment.

    Asked for twice with the same reference and the same words, it is one checkout.
    """

    reference: str
    customer: str
    item: str
    recurring: bool
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class HostedPage:
    id: str
    url: str


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """A checkout session as it is now. `money` is there once a pack is paid; a plan's money is in its invoices."""

    id: str
    reference: str | None
    closed: bool
    subscription: str | None
    money: Money | None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What an invoice asks for: `item` is None for what plans.toml does not know. An `amount_minor` below zero is for
    time on a plan that was left before its end."""

    item: str | None
    amount_minor: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """An invoice as it is now; `money` is there once it is paid."""

    id: str
    customer: str
    subscription: str | None
    lines: tuple[InvoiceLine, ...]
    money: Money | None


@dataclass(frozen=True, slots=True)
class PlanState:
    """A subscription as it is now. `invoice` is its latest."""

    id: str
    customer: str
    item: str | None
    state: SubscriptionState
    renews_at: datetime | None
    cancels_at: datetime | None
    invoice: str | None


class Payments(Protocol):
    """Who takes the money. What is asked for by an id that the vendor does not know is None.

    Calls come back within 10 s, or raise VendorError.
    """

    vendor: str

    async def new_customer(self, reference: str, account_id: str, email: str) -> str:
        """The id of a customer; asked for twice with the same reference, the same one."""
        ...

    async def checkout(self, wish: CheckoutWish) -> HostedPage:
        """Raises CustomerGone."""
        ...

    async def close_checkout(self, session_id: str) -> None:
        """Sees to it that it can't be paid any more; one that is paid or closed already stays as it is."""
        ...

    async def portal(self, customer: str, return_url: str) -> str:
        """The URL of a page where the customer changes or ends what is subscribed to. Raises CustomerGone."""
        ...

    async def end_subscription(self, subscription: str) -> None:
        """Ends it at once; one that has ended already stays as it is."""
        ...

    def heard(self, body: bytes, signature: str | None) -> Heard:
        """What a webhook says. Raises Forged where it is not the vendor's, or older than 300 s."""
        ...

    async def checkout_state(self, id: str) -> CheckoutState | None: ...

    async def invoice_state(self, id: str) -> InvoiceState | None: ...

    async def plan_state(self, id: str) -> PlanState | None: ...

    async def is_customer(self, id: str) -> bool: ...

    async def paid_with(self, charge: str) -> Subject | None:
        """The checkout or the invoice that a charge has paid for."""
        ...

    def paid_since(self, moment: datetime) -> AsyncIterator[Subject]:
        """Every checkout and invoice begun since then that was paid, and what money went back since then was for."""
        ...
