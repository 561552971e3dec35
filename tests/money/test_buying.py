"""Checkout, webhooks and the ledger, with Stripe's stand-in over real HTTP."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest

from jobs.reconciling import end_months, reconcile
from tests.harness import reason, wrong_path
from tests.money.conftest import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")
MONTH_S = 30 * 86400
SIGN_UP = 100
WELCOME = {"GRANT SIGN_UP": SIGN_UP}


def month(number: int = 1) -> int:
    """When a month ends: the first is the one that runs."""
    return int(time.time()) // 86400 * 86400 + number * MONTH_S


async def test_a_paid_pack_is_granted_once_however_often_it_is_told(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    assert await shop.moved(account) == WELCOME, "completed is not paid"
    shop.world.pay_pack(session)
    for event_id in (f"evt_{session}", f"evt_{session}", None):
        await shop.hears("checkout.session.async_payment_succeeded", session, event_id)
        await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100}
    assert await parent.credits() == (SIGN_UP + 100, 0)


async def test_a_checkout_asked_for_twice_under_a_key_is_one(shop: Shop) -> None:
    parent, _ = await shop.parent()
    first = await shop.checkout(parent, packKey="pack_300", idempotencyKey="k")
    assert await shop.checkout(parent, packKey="pack_300", idempotencyKey="k") == first
    assert reason(await shop.checkout(parent, packKey="pack_100", idempotencyKey="k")) == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    "url",
    [
        "https://stranger.example/",
        "{own}.stranger.example/",
        "{own}@stranger.example/",
        "{own}\\@stranger.example/",
        "javascript:alert(1)",
        "//stranger.example/",
        "",
        "{own}/\0",
    ],
)
async def test_the_browser_is_never_sent_to_a_stranger(shop: Shop, url: str) -> None:
    parent, _ = await shop.parent()
    given = {**shop.urls(), "successUrl": url.replace("{own}", shop.api.url)}
    assert wrong_path(await parent.verb("startCheckout", "url", packKey="pack_100", **given)) == ["successUrl"]
    answer = await parent.verb("openBillingPortal", "url", returnUrl=given["successUrl"])
    assert wrong_path(answer) == ["returnUrl"]


@pytest.mark.parametrize(
    "given", [{}, {"planKey": "gold"}, {"planKey": "free"}, {"planKey": "plus", "packKey": "pack_100"}]
)
async def test_what_is_not_for_sale_can_not_be_bought(shop: Shop, given: dict[str, str]) -> None:
    parent, _ = await shop.parent()
    assert wrong_path(await shop.checkout(parent, **given)) == ["planKey"]


async def test_a_month_is_granted_once_and_an_upgrade_grants_the_difference(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, invoice, _ = shop.world.subscribe(customer, "price_plus", month())
    await shop.hears("customer.subscription.created", subscription)
    await shop.hears("invoice.paid", invoice)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 200}
    me = (await parent.ask("{ me { plan { key } subscription { state renewsAt cancelsAt plan { key } } } }"))["me"]
    assert me["plan"]["key"] == "plus"
    assert me["subscription"]["state"] == "ACTIVE"
    assert me["subscription"]["renewsAt"] is not None
    assert me["subscription"]["cancelsAt"] is None
    upgrade, _ = shop.world.invoice(customer, subscription, [("price_plus", -450), ("price_family", 950)], month())
    await shop.hears("invoice.payment_succeeded", upgrade)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 500}
    assert reason(await shop.checkout(parent, planKey="family")) == "ALREADY_SUBSCRIBED"


async def test_switching_back_and_forth_earns_nothing(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, invoice, _ = shop.world.subscribe(customer, "price_family", month(), 1900)
    await shop.hears("invoice.paid", invoice)
    for lines in ([("price_family", -950), ("price_plus", 450)], [("price_plus", -450), ("price_family", 950)]) * 2:
        again, _ = shop.world.invoice(customer, subscription, lines, month())
        await shop.hears("invoice.paid", again)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 500}


async def test_an_invoice_that_is_not_paid_grants_nothing(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, first, _ = shop.world.subscribe(customer, "price_plus", month())
    late, _ = shop.world.invoice(customer, subscription, [("price_plus", 900)], month(2), paid=False)
    shop.world.put("subscription", subscription, status="past_due", latest_invoice=late)
    await shop.hears("invoice.payment_failed", late)
    await shop.hears("customer.subscription.updated", subscription)
    await shop.hears("invoice.paid", first)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PLAN": 200}
    assert (await parent.ask("{ me { subscription { state } } }"))["me"]["subscription"]["state"] == "PAST_DUE"


async def test_a_refund_takes_back_in_proportion_and_never_below_zero(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(session)
    await shop.hears("checkout.session.completed", session)
    shop.world.refund(charge, 150)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100, "REFUND REFUND": 25}
    await parent.begin_story(pages=24)
    await parent.begin_story(pages=24)
    await parent.begin_story(pages=24)
    assert await parent.credits() == (31, 144)
    shop.world.refund(charge, 600)
    for _ in range(3):
        await shop.hears("refund.updated", charge)
        await shop.settle()
    assert await parent.credits() == (0, 144)
    assert (await shop.moved(account))["REFUND REFUND"] == 25 + 31


async def test_a_refund_that_failed_gives_back_what_it_took(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(session)
    shop.world.refund(charge, 600)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert await parent.credits() == (SIGN_UP, 0)
    shop.world.refund(charge, 0)
    await shop.hears("refund.failed", charge)
    await shop.settle()
    assert await parent.credits() == (SIGN_UP + 100, 0)
    assert await shop.moved(account) == {
        **WELCOME,
        "GRANT PACK": 100,
        "REFUND REFUND": 100,
        "GRANT REFUND": 100,
    }


async def test_nothing_is_made_while_a_payment_is_disputed(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(session)
    shop.world.dispute(charge, "needs_response")
    await shop.hears("charge.dispute.created", charge)
    await shop.settle()
    refused = await parent.create_story(premise="A mole who digs for the moon", pageCount=1)
    assert refused["__typename"] == "Unavailable"
    assert "disputed" in refused["message"]
    shop.world.dispute(charge, "won")
    await shop.hears("charge.dispute.closed", charge)
    await shop.settle()
    assert await parent.begin_story()
    shop.world.dispute(charge, "lost")
    await shop.hears("charge.dispute.closed", charge)
    await shop.settle()
    assert (await shop.moved(account))["REFUND REFUND"] == 100


async def test_what_is_not_ours_changes_nothing(shop: Shop) -> None:
    _, account = await shop.parent()
    subscription, invoice, charge = shop.world.subscribe("cus_of_somebody_else", "price_plus", month())
    shop.world.put("checkout.session", "cs_stranger", client_reference_id=str(uuid4()), status="complete")
    for kind, id in (
        ("invoice.paid", invoice),
        ("customer.subscription.updated", subscription),
        ("charge.refunded", charge),
        ("checkout.session.completed", "cs_stranger"),
        ("checkout.session.completed", "cs_nobody_knows"),
        ("charge.refunded", "ch_nobody_knows"),
        ("invoice.paid", "in_nobody_knows"),
        ("customer.subscription.deleted", "sub_nobody_knows"),
        ("payout.paid", "po_1"),
        ("a.kind.of.next.year", "x_1"),
    ):
        await shop.hears(kind, id)
    await shop.settle()
    assert await shop.moved(account) == WELCOME


async def test_only_what_stripe_has_signed_just_now_is_heard(shop: Shop) -> None:
    body = shop.world.event("payout.paid", "po_1")
    now = int(time.time())
    assert await shop.webhook(body) == 200
    for headers in (
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1,v1="},
        {b"Stripe-Signature": f"t={now},v1=\xe9".encode("latin-1")},
        shop.world.signed(body, "whsec_of_somebody_else"),
        shop.world.signed(body, at=now - 301),
        shop.world.signed(body + b" "),
    ):
        assert await shop.webhook(body, headers) == 400, headers
    assert await shop.webhook(body[:-1], shop.world.signed(body)) == 400
    for broken in (b"", b"null", b"[]", b'{"id": 1}', b'{"id": "evt_\\u0000", "type": "x"}', b"{"):
        assert await shop.webhook(broken, shop.world.signed(broken)) == 400, broken
    assert await shop.webhook(b"x" * (256 * 1024 + 1), {}) == 413
    odd = b'{"id": "evt_odd", "type": "invoice.paid", "data": {"object": 7}}'
    assert await shop.webhook(odd, shop.world.signed(odd)) == 200


async def test_stripe_away_refuses_a_checkout_in_time_and_lets_events_wait(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    shop.world.pay_pack(session)
    shop.world.fault = 503
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    assert (await shop.checkout(parent, packKey="pack_100"))["__typename"] == "Unavailable"
    shop.world.fault, shop.world.slow_s = None, 9.0
    began = time.monotonic()
    slow = await shop.checkout(parent, packKey="pack_100", idempotencyKey="slow")
    assert slow["__typename"] == "Unavailable"
    assert time.monotonic() - began < 10
    shop.world.slow_s = 0.0
    assert (await shop.checkout(parent, packKey="pack_100", idempotencyKey="slow"))["url"]
    assert await shop.moved(account) == WELCOME
    await shop.due_now()
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100}


async def test_a_customer_deleted_at_stripe_can_buy_again(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    shop.world.put("customer", customer, deleted=True)
    assert reason(await parent.verb("openBillingPortal", "url", returnUrl=shop.api.url)) == "NOTHING_BOUGHT"
    session = await shop.session_of(parent, packKey="pack_100")
    assert shop.world.things[session]["customer"] != customer
    shop.world.pay_pack(session)
    await shop.hears("checkout.session.completed", session)
    await shop.settle()
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100}
    portal = await parent.verb("openBillingPortal", "url", returnUrl=shop.api.url)
    assert portal["url"].startswith("https://billing.stripe.com/")


async def test_of_two_checkouts_for_plans_only_the_last_can_be_paid(shop: Shop) -> None:
    parent, _ = await shop.parent()
    first = await shop.session_of(parent, planKey="plus")
    second = await shop.session_of(parent, planKey="family")
    assert [shop.world.things[id]["status"] for id in (first, second)] == ["expired", "open"]


async def test_unspent_credits_of_a_month_roll_over_once(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    _, invoice, _ = shop.world.subscribe(customer, "price_plus", month(-1) - 2 * 86400)
    await shop.hears("invoice.paid", invoice)
    await shop.settle()
    await parent.begin_story(pages=8)
    async with shop.house.database.session() as session:
        from sqlalchemy import text

        await session.execute(text("UPDATE monthly_lots SET ends_at = now()"))
        await session.commit()
    await end_months(shop.house.transactions)
    await end_months(shop.house.transactions)
    assert (await shop.moved(account))["EXPIRE EXPIRED"] == 200 - 16, "what was used was of the month that ends first"
    assert await parent.credits() == (SIGN_UP, 16)


async def test_comparing_the_books_finds_and_mends_what_no_event_told(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    shop.world.pay_pack(session)
    customer = await shop.customer_of(parent)
    _, invoice, _ = shop.world.subscribe(customer, "price_plus", month())
    shop_of = shop.house.ports.payments
    assert shop_of is not None
    found = await reconcile(shop.house.transactions, shop_of, timedelta(days=2), repair=False)
    assert {words.partition(":")[0] for words in found.missing} == {session, invoice}
    assert await shop.moved(account) == WELCOME
    await reconcile(shop.house.transactions, shop_of, timedelta(days=2), repair=True)
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100, "GRANT PLAN": 200}
    assert (await reconcile(shop.house.transactions, shop_of, timedelta(days=2), repair=False)).missing == []


async def test_the_history_shows_every_credit_with_its_cause_and_story(shop: Shop) -> None:
    parent, _ = await shop.parent()
    story = await parent.begin_story(pages=1)
    await parent.cancel_story(story)
    query = """query($after: String) { creditHistory(first: 2, after: $after) { totalCount
        edges { node { movement cause credits story { id } } } pageInfo { hasNextPage endCursor } } }"""
    first = (await parent.ask(query))["creditHistory"]
    rest = (await parent.ask(query, after=first["pageInfo"]["endCursor"]))["creditHistory"]
    told = [edge["node"] for edge in first["edges"] + rest["edges"]]
    assert [(each["movement"], each["cause"], each["credits"]) for each in told] == [
        ("RELEASE", "CANCEL", 2),
        ("RESERVE", "STORY", 2),
        ("GRANT", "SIGN_UP", SIGN_UP),
    ]
    assert [each["story"] and each["story"]["id"] for each in told] == [story, story, None]
    assert (first["totalCount"], rest["pageInfo"]["hasNextPage"]) == (3, False)
    assert "errors" in await parent.post(query, after="bm9uZQ")


async def test_an_account_that_goes_subscribes_to_nothing_any_more(shop: Shop) -> None:
    parent, _ = await shop.parent()
    customer = await shop.customer_of(parent)
    subscription, _, _ = shop.world.subscribe(customer, "price_plus", month())
    await shop.hears("customer.subscription.created", subscription)
    await shop.settle()
    await parent.verb("deleteAccount", "__typename", password="correct horse battery")
    await shop.settle()
    assert shop.world.things[subscription]["status"] == "canceled"
