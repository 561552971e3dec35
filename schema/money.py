"""Plans, packs, subscriptions, and where credits came from and went."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import Private, field

from models.billing import Cause, LedgerEntry, LedgerKind
from models.plans import CATALOG
from models.plans import Pack as PackRow
from models.plans import Plan as PlanRow
from models.subscriptions import Subscription as SubscriptionRow
from models.subscriptions import SubscriptionState
from resolvers import credit_history, shop
from schema.context import Info
from schema.listing import PageInfo, how_many
from schema.stories import Story


@strawberry.type(description="What can be subscribed to.")
class Plan:
    key: str = field(description="What startCheckout takes.")
    name: str = field(description="What to show.")
    description: str = field(description="Whom it is for, in a sentence.")
    monthly_credits: int = field(description="Granted for each month that is paid; unspent, they roll over once.")
    price_minor: int = field(description="For a month, in minor units of the currency.")
    currency: str = field(description="ISO 4217, in lower case.")

    @classmethod
    def of(cls, row: PlanRow) -> Plan:
        return cls(
            key=row.key,
            name=row.name,
            description=row.description,
            monthly_credits=row.monthly_credits,
            price_minor=row.price_minor,
            currency=CATALOG.currency,
        )


@strawberry.type(description="Credits that are bought once and do not end.")
class CreditPack:
    key: str = field(description="What startCheckout takes.")
    name: str = field(description="What to show.")
    description: str = field(description="What it is good for, in a sentence.")
    credits: int = field(description="How many.")
    price_minor: int = field(description="In minor units of the currency.")
    currency: str = field(description="ISO 4217, in lower case.")

    @classmethod
    def of(cls, row: PackRow) -> CreditPack:
        return cls(
            key=row.key,
            name=row.name,
            description=row.description,
            credits=row.credits,
            price_minor=row.price_minor,
            currency=CATALOG.currency,
        )


@strawberry.type(description="What an account subscribes to, or did at last.")
class PlanSubscription:
    plan: Plan = field(description="The plan; the free one where it is not on offer any more.")
    state: SubscriptionState = field(description="Where it stands.")
    renews_at: datetime | None = field(description="When the next month is asked for; null where none is.")
    cancels_at: datetime | None = field(description="When it ends; null where it goes on.")

    @classmethod
    def of(cls, row: SubscriptionRow) -> PlanSubscription:
        named = CATALOG.plans.get(row.plan or "") or shop.plan_of(None)
        return cls(plan=Plan.of(named), state=row.state, renews_at=row.renews_at, cancels_at=row.cancels_at)


@strawberry.type(description="One movement of credits.")
class CreditEntry:
    row: Private[LedgerEntry]
    movement: LedgerKind = field(description="How they moved.")
    cause: Cause = field(description="Why they moved.")
    credits: int = field(description="How many; never below one.")
    created_at: datetime = field(description="When they moved.")

    @classmethod
    def of(cls, row: LedgerEntry) -> CreditEntry:
        return cls(row=row, movement=row.kind, cause=row.cause, credits=row.credits, created_at=row.created_at)

    @field(description="The story that it was for; null where there was none, or it is gone.")
    async def story(self, info: Info) -> Story | None:
        if self.row.story_id is None:
            return None
        row = await info.context.stories.load(self.row.story_id)
        return None if row is None else Story.of(row)


@strawberry.type(description="One movement of a list.")
class CreditEntryEdge:
    node: CreditEntry = field(description="The movement.")
    cursor: str = field(description="Its place in the list.")


@strawberry.type(description="A page of an account's credit history, the newest first.")
class CreditEntryConnection:
    edges: list[CreditEntryEdge] = field(description="The movements of this page.")
    page_info: PageInfo = field(description="Where this page lies.")

    @classmethod
    async def of(cls, info: Info, first: int | None, after: str | None) -> CreditEntryConnection:
        house, caller = info.context.house, info.context.caller
        rows = await credit_history.credit_history(house, caller, how_many(first), after)
        edges = [CreditEntryEdge(node=CreditEntry.of(row), cursor=cursor) for row, cursor in rows.placed()]
        return cls(edges=edges, page_info=PageInfo.of(rows))

    @field(description="How many there are in all; counted only where it is selected.")
    async def total_count(self, info: Info) -> int:
        return await credit_history.count(info.context.house, info.context.caller)
