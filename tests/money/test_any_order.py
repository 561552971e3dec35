"""Whatever Stripe tells, in whatever order, how often and how late: the ledger ends the same."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.harness import Api
from tests.money.conftest import Shop
from tests.money.test_buying import month

pytestmark = pytest.mark.asyncio(loop_scope="session")
T = TypeVar("T")
_KINDS = {
    "cs": ["checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.expired"],
    "in": ["invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed"],
    "su": ["customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted"],
    "ch": ["charge.refunded", "refund.updated", "charge.dispute.created", "charge.dispute.closed"],
    "xx": ["customer.tax_id.created", "a.kind.of.next.year"],
}


def machine_of(shop: Shop, loop: asyncio.AbstractEventLoop) -> type[RuleBasedStateMachine]:
    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    class AnyOrder(RuleBasedStateMachine):
        """Things happen at Stripe; events about them come or do not, and errands are run or wait."""

        charges = Bundle("charges")
        parent: Api
        account: UUID

        def __init__(self) -> None:
            super().__init__()
            self.about: list[str] = ["xx_of_nobody"]
            self.paid: dict[str, int] = {}
            self.back: dict[str, int] = {}
            self.amounts: dict[str, int] = {}
            self.months: dict[str, int] = {}
            self.plans: dict[str, str] = {}
            self.disputed: set[str] = set()

        @initialize()
        def somebody(self) -> None:
            self.parent, self.account = run(shop.parent())
            self.customer = run(shop.customer_of(self.parent))

        @rule(target=charges)
        def buys_a_pack(self) -> str:
            session = run(shop.session_of(self.parent, packKey="pack_100"))
            charge = shop.world.pay_pack(session)
            self.about += [session, charge]
            self.paid[charge], self.amounts[charge] = 100, 600
            return charge

        @rule(target=charges)
        def subscribes(self) -> str:
            subscription, invoice, charge = shop.world.subscribe(self.customer, "price_plus", month())
            self.about += [subscription, invoice, charge]
            self.paid[charge], self.amounts[charge] = 200, 900
            self.months[subscription], self.plans[subscription] = 200, "price_plus"
            return charge

        @rule()
        def changes_plan(self) -> None:
            for subscription, plan in self.plans.items():
                other = "price_family" if plan == "price_plus" else "price_plus"
                amounts = {"price_family": 950, "price_plus": 450}
                lines = [(plan, -amounts[plan]), (other, amounts[other])]
                invoice, charge = shop.world.invoice(self.customer, subscription, lines, month())
                self.about += [invoice, charge]
                self.plans[subscription] = other
                self.months[subscription] = 500

        @rule(charge=charges, of_ten=st.integers(0, 10))
        def money_goes_back(self, charge: str, of_ten: int) -> None:
            amount = self.amounts[charge] * of_ten // 10
            shop.world.refund(charge, amount)
            self.back[charge] = self.paid[charge] * amount // self.amounts[charge]

        @rule(charge=charges, won=st.booleans())
        def is_disputed(self, charge: str, won: bool) -> None:
            shop.world.dispute(charge, "won" if won else "needs_response")
            (self.disputed.discard if won else self.disputed.add)(charge)

        @rule(data=st.data(), twice=st.booleans())
        def an_event_comes(self, data: st.DataObject, twice: bool) -> None:
            id = data.draw(st.sampled_from(self.about))
            kind = data.draw(st.sampled_from(_KINDS[id[:2]]))
            body = shop.world.event(kind, id)
            for _ in range(1 + twice):
                assert run(shop.webhook(body)) == 200

        @rule()
        def a_worker_comes_by(self) -> None:
            run(shop.settle())

        @invariant()
        def the_books_add_up(self) -> None:
            assert run(shop.drift()) == []

        def teardown(self) -> None:
            """In the end everything was told: the ledger is what Stripe's things say, and nothing else."""
            if not hasattr(self, "account"):
                return
            for id in reversed(self.about):
                for kind in _KINDS[id[:2]]:
                    run(shop.hears(kind, id))
            run(shop.settle())
            moved = run(shop.moved(self.account))
            granted = moved.get("GRANT PACK", 0) + moved.get("GRANT PLAN", 0)
            packs = sum(100 for charge, credits in self.paid.items() if credits == 100 and charge)
            assert granted == packs + sum(self.months.values())
            assert moved.get("REFUND REFUND", 0) - moved.get("GRANT REFUND", 0) == sum(self.back.values())
            available, _ = run(self.parent.credits())
            assert available == 100 + granted - sum(self.back.values())
            assert run(_frozen(shop, self.account)) is bool(self.disputed)
            assert run(shop.drift()) == []

    return AnyOrder


async def _frozen(shop: Shop, account: UUID) -> bool:
    from models.accounts import Account

    async with shop.house.database.reading() as session:
        found = await session.get(Account, account)
    assert found is not None
    return found.frozen


async def test_any_order_of_events_ends_in_the_same_ledger(shop: Shop) -> None:
    machine = machine_of(shop, asyncio.get_running_loop())
    chosen = settings(
        max_examples=12,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=chosen)
