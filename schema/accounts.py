"""Accounts, as clients read them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import Private, field

from models.accounts import Account as AccountRow
from resolvers import shop
from schema.context import Info
from schema.ids import Node, global_id
from schema.listing import After, First
from schema.money import CreditEntryConnection, Plan, PlanSubscription
from schema.permissions import signed_in


@strawberry.type(description="Credits, which pages and narrations cost.")
class CreditBalance:
    available: int = field(description="What can be spent.")
    reserved: int = field(description="What is set aside for stories that are being made.")


@strawberry.type(description="An account: somebody who makes stories.")
class User(Node):
    row: Private[AccountRow]
    email: str = field(description="The address the account signs in with.")
    email_verified: bool = field(description="Whether it is known to be read by the account's owner.")
    display_name: str | None = field(description="What to call the person.")
    created_at: datetime = field(description="When the account was made.")
    credits: CreditBalance = field(description="What it has to make stories with.")

    @classmethod
    def of(cls, row: AccountRow) -> User:
        return cls(
            id=global_id("User", row.id),
            row=row,
            email=row.email,
            email_verified=row.email_verified_at is not None,
            display_name=row.display_name,
            created_at=row.created_at,
            credits=CreditBalance(available=row.available, reserved=row.reserved),
        )

    @field(description="The plan it is on; the free one without a subscription.")
    async def plan(self, info: Info) -> Plan:
        return Plan.of(shop.plan_of(await info.context.subscriptions.load(self.row.id)))

    @field(description="What it subscribes to, or did at last; null where it never did.", extensions=signed_in())
    async def subscription(self, info: Info) -> PlanSubscription | None:
        row = await info.context.subscriptions.load(self.row.id)
        return None if row is None else PlanSubscription.of(row)

    @field(description="Where its credits came from and went, the newest first.", extensions=signed_in())
    async def credit_history(self, info: Info, first: First = 20, after: After = None) -> CreditEntryConnection | None:
        return await CreditEntryConnection.of(info, first, after)
