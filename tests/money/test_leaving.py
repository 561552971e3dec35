"""An account that goes: it pays for nothing any more, and its books are kept in order after it has gone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from jobs.reconciling import end_months, reconcile
from models.subscriptions import Subscription, SubscriptionState
from tests.harness import Api
from tests.money.conftest import Shop
from tests.money.test_buying import SIGN_UP, WELCOME, month

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def leave(parent: Api) -> None:
    answer = await parent.verb("deleteAccount", "__typename", password="correct horse battery")
    assert answer["__typename"] == "DeleteAccountPayload", answer


async def state_of(shop: Shop, subscription: str) -> SubscriptionState | None:
    async with shop.house.database.reading() as session:
        found = await session.get(Subscription, subscription)
    return None if found is None else found.state


@pytest.mark.parametrize("tries", [1, 25])
async def test_whoever_leaves_while_stripe_is_away_does_not_go_on_paying(shop: Shop, tries: int) -> None:
    parent, _ = await shop.parent()
    customer = await shop.customer_of(parent)
    both = [shop.world.subscribe(customer, "price_plus", month())[0] for _ in range(2)]
    for subscription in both:
        await shop.hears("customer.subscription.created", subscription)
    await shop.settle()
    shop.world.fault = 503
    await leave(parent)
    for _ in range(tries):
        await shop.settle()
        await shop.due_now()
    shop.world.fault = None
    await shop.settle()
    assert [shop.world.things[each]["status"] for each in both] == ["canceled", "canceled"]
    assert [await state_of(shop, each) for each in both] == [SubscriptionState.ENDED, SubscriptionState.ENDED]


async def test_a_checkout_that_was_open_can_not_be_paid_by_nobody(shop: Shop) -> None:
    parent, _ = await shop.parent()
    pack = await shop.session_of(parent, packKey="pack_100")
    plan = await shop.session_of(parent, planKey="plus")
    await leave(parent)
    await shop.settle()
    assert [shop.world.things[each]["status"] for each in (pack, plan)] == ["expired", "expired"]


async def test_a_plan_that_is_heard_of_after_its_account_has_gone_ends(shop: Shop) -> None:
    parent, _ = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, _, _ = shop.world.subscribe(customer, "price_plus", month())
    await leave(parent)
    await shop.settle()
    await shop.hears("customer.subscription.created", subscription)
    await shop.settle()
    assert shop.world.things[subscription]["status"] == "canceled"
    await shop.hears("customer.subscription.deleted", subscription)
    await shop.settle()
    assert await state_of(shop, subscription) == SubscriptionState.ENDED


async def test_the_books_of_who_has_gone_are_kept_and_stop_nobody_elses(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(session)
    _, invoice, _ = shop.world.subscribe(await shop.customer_of(parent), "price_plus", month(-1) - 2 * 86400)
    await shop.hears("invoice.paid", invoice)
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    await leave(parent)
    await shop.settle()
    shop.world.refund(charge, 600)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert (await shop.moved(account))["REFUND REFUND"] == 100
    await _months_end(shop, account)
    await end_months(shop.house.transactions)
    assert await shop.moved(account) == {
        **WELCOME,
        "GRANT PACK": 100,
        "GRANT PLAN": 200,
        "REFUND REFUND": 100,
        "EXPIRE EXPIRED": 200,
    }
    other, another = await shop.parent()
    bought = await shop.session_of(other, packKey="pack_100")
    shop.world.pay_pack(bought)
    seller = shop.house.ports.payments
    assert seller is not None
    await reconcile(shop.house.transactions, seller, timedelta(days=2), repair=True)
    assert await shop.moved(another) == {**WELCOME, "GRANT PACK": 100}
    assert await other.credits() == (SIGN_UP + 100, 0)


async def _months_end(shop: Shop, account: UUID) -> None:
    async with shop.house.database.session() as session:
        await session.execute(
            text("UPDATE monthly_lots SET ends_at = now() WHERE account_id = :account"), {"account": account}
        )
        await session.commit()
