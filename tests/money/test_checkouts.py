"""Going to the checkout twice, at once, and with what is not on sale any more."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from tests.harness import reason
from tests.money.conftest import Shop
from tests.money.test_buying import WELCOME, month

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_of_plans_that_are_asked_for_at_once_only_one_can_be_paid(shop: Shop) -> None:
    parent, _ = await shop.parent()
    await shop.customer_of(parent)
    before = set(shop.world.things)
    shop.world.slow_s = 0.3
    answers = await asyncio.gather(*(shop.checkout(parent, planKey=key) for key in ("plus", "family", "plus")))
    shop.world.slow_s = 0.0
    begun = [shop.world.things[id] for id in set(shop.world.things) - before]
    assert len(begun) == 3, "they went to Stripe at once"
    (still_open,) = [each for each in begun if each["status"] == "open"]
    assert [answer["url"] for answer in answers if answer["__typename"] == "StartCheckoutPayload"] == [
        still_open["url"]
    ]
    await shop.session_of(parent, planKey="family")
    assert still_open["status"] == "expired"


async def test_a_plan_that_was_paid_a_moment_ago_is_not_sold_again(shop: Shop) -> None:
    parent, _ = await shop.parent()
    session = await shop.session_of(parent, planKey="plus")
    subscription, _, _ = shop.world.subscribe(shop.world.things[session]["customer"], "price_plus", month())
    shop.world.put("checkout.session", session, status="complete", subscription=subscription)
    assert reason(await shop.checkout(parent, planKey="plus")) == "ALREADY_SUBSCRIBED", "no event has come yet"
    await shop.settle()
    assert (await parent.ask("{ me { plan { key } } }"))["me"]["plan"]["key"] == "plus"
    shop.world.put("subscription", subscription, status="canceled")
    await shop.hears("customer.subscription.deleted", subscription)
    await shop.settle()
    assert await shop.session_of(parent, planKey="plus")


async def test_a_checkout_that_stripe_knows_nothing_of_stands_in_nobodys_way(shop: Shop) -> None:
    """One of the offline shop, or of Stripe's test mode, that was never paid."""
    parent, _ = await shop.parent()
    del shop.world.things[await shop.session_of(parent, planKey="plus")]
    assert await shop.session_of(parent, planKey="family")


async def test_a_customer_who_was_deleted_at_stripe_gets_to_the_checkout_at_once(shop: Shop) -> None:
    parent, _ = await shop.parent()
    customer = await shop.customer_of(parent)
    shop.world.put("customer", customer, deleted=True)
    session = await shop.session_of(parent, packKey="pack_100", idempotencyKey="k")
    assert shop.world.things[session]["customer"] != customer


async def test_a_pack_that_is_not_on_sale_any_more_is_granted_to_who_has_paid(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    await _is_off_sale(shop, session)
    shop.world.pay_pack(session)
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100}


async def _is_off_sale(shop: Shop, session: str) -> None:
    """As a checkout stands in the books after a new plans.toml has come without its pack."""
    async with shop.house.database.session() as work:
        await work.execute(text("UPDATE checkouts SET item = 'pack_of_old' WHERE session_id = :id"), {"id": session})
        await work.commit()
