"""Refunds and months where they meet changes: of a plan, of the catalog, and of a refund itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from jobs.reconciling import end_months, reconcile
from models import accounts, billing, payments
from models.payments import Money
from schema.ids import row_id
from tests.harness import Api
from tests.money.conftest import Shop
from tests.money.test_buying import SIGN_UP, WELCOME, month

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _bought_100(shop: Shop, parent: Api) -> str:
    """A pack is bought and granted; gives the charge."""
    session = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(session)
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    return charge


async def test_a_month_that_follows_a_smaller_plan_is_taken_back_with_its_money(shop: Shop) -> None:
    """What is left of the larger plan stands on the next invoice: docs.stripe.com/billing/subscriptions/prorations."""
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, first, _ = shop.world.subscribe(customer, "price_family", month(), 1900)
    prorations = (("price_family", -950, month()), ("price_plus", 450, month()))
    second, charge = shop.world.invoice(customer, subscription, [("price_plus", 900)], month(2), before=prorations)
    for invoice in (first, second):
        await shop.hears("invoice.paid", invoice)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 500 + 200}
    shop.world.refund(charge, 400)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert (await shop.moved(account))["REFUND REFUND"] == 200


async def test_a_refund_that_failed_in_part_leaves_what_the_rest_alone_would(shop: Shop) -> None:
    parent, account = await shop.parent()
    charge = await _bought_100(shop, parent)
    for _ in range(3):
        await parent.begin_story(pages=24)
    assert await parent.credits() == (56, 144)
    for refunded in (600, 300):
        shop.world.refund(charge, refunded)
        await shop.hears("refund.updated", charge)
        await shop.settle()
    assert await parent.credits() == (56 - 50, 144)
    assert (await shop.moved(account))["REFUND REFUND"] == 56


async def test_what_a_story_held_at_a_refund_goes_with_it_when_it_comes_back(shop: Shop) -> None:
    parent, account = await shop.parent()
    charge = await _bought_100(shop, parent)
    stories = [await parent.begin_story(pages=24) for _ in range(3)]
    shop.world.refund(charge, 600)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert await parent.credits() == (0, 144), "56 of 100 are taken, and the rest is set aside"
    for story, available in zip(stories, (4, 52, 100), strict=True):
        await parent.cancel_story(story)
        assert (await parent.credits())[0] == available
    assert (await shop.moved(account))["REFUND REFUND"] == 100


async def test_what_was_spent_before_a_refund_is_never_taken_from_what_is_bought_later(shop: Shop) -> None:
    parent, _ = await shop.parent()
    charge = await _bought_100(shop, parent)
    stories = [await parent.begin_story(pages=24) for _ in range(3)]
    for number, story in enumerate(stories):
        await _is_made(shop, story, spent=48 - number)
        await parent.cancel_story(story)
    assert await parent.credits() == (200 - 48 - 47 - 46, 0)
    shop.world.refund(charge, 600)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    bought = await shop.session_of(parent, packKey="pack_300")
    shop.world.pay_pack(bought, 1500)
    await shop.hears("checkout.session.completed", bought)
    await shop.settle()
    assert await parent.credits() == (300, 0)
    for _ in range(2):
        assert (await parent.resume_story(stories[0]))["__typename"] == "ResumeStoryPayload"
        await parent.cancel_story(stories[0])
        assert await parent.credits() == (300, 0)


async def _is_made(shop: Shop, story: str, spent: int) -> None:
    async with shop.house.database.session() as session:
        story_id = row_id(story, "Story")
        assert story_id is not None
        await billing.capture(session, story_id, "image:1", 1, spent)
        await session.commit()


async def test_a_month_that_is_paid_does_not_grow_with_the_catalog(shop: Shop) -> None:
    _, account = await shop.parent()
    ends = datetime.fromtimestamp(month(), UTC)
    for credits in (200, 250):
        async with shop.house.database.session() as session:
            await accounts.lock_account(session, account)
            as_of = await payments.now(session)
            money = Money(900, "usd")
            await payments.months_were_paid(
                session, account, f"in_{account}", f"sub_{account}", {ends: credits}, credits, money, as_of
            )
            await session.commit()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 200}


async def test_an_upgrade_that_is_paid_late_can_still_be_used(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, invoice, _ = shop.world.subscribe(customer, "price_plus", month(-2))
    await shop.hears("invoice.paid", invoice)
    await shop.settle()
    await _months_have_ended(shop, account)
    upgrade, _ = shop.world.invoice(customer, subscription, [("price_plus", -450), ("price_family", 950)], month(-2))
    await shop.hears("invoice.paid", upgrade)
    await shop.settle()
    await end_months(shop.house.transactions)
    assert await parent.credits() == (SIGN_UP + 300, 0)


async def _months_have_ended(shop: Shop, account: UUID) -> None:
    async with shop.house.database.session() as session:
        ended = "UPDATE monthly_lots SET ends_at = now() - interval '1 hour' WHERE account_id = :account"
        await session.execute(text(ended), {"account": account})
        await session.commit()
    await end_months(shop.house.transactions)


async def test_what_was_paid_for_a_price_that_nobody_knows_is_found(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, invoice, _ = shop.world.subscribe(customer, "price_of_somebody_else", month())
    await shop.hears("invoice.paid", invoice)
    await shop.hears("customer.subscription.created", subscription)
    await shop.settle()
    assert await shop.moved(account) == WELCOME
    seller = shop.house.ports.payments
    assert seller is not None
    found = await reconcile(shop.house.transactions, seller, timedelta(days=2), repair=False)
    assert [words for words in found.missing if words.startswith(invoice)] == [
        f"{invoice}: 900 usd paid, and STRIPE_PRICES knows none of its prices"
    ]
