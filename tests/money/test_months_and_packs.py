"""Credits that end beside credits that do not: what ends is never more than what is left of a month."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlmodel import col

from jobs.reconciling import end_months
from models import accounts, lots, payments
from models.database import Session
from models.lots import MonthlyLot
from models.payments import Money
from tests.money.conftest import Shop
from tests.money.test_buying import month

pytestmark = pytest.mark.asyncio(loop_scope="session")
steps = st.one_of(
    st.tuples(st.just("pack"), st.sampled_from(("cs_1", "cs_2")), st.sampled_from((0, 250, 600))),
    st.tuples(st.just("month"), st.integers(-1, 1), st.sampled_from((200, 500))),
    st.tuples(st.just("invoice"), st.integers(-1, 1), st.sampled_from((0, 450, 900))),
    st.tuples(st.sampled_from(("set_aside", "spend", "give_back")), st.just(""), st.sampled_from((50, 200, 400))),
    st.tuples(st.just("end"), st.integers(-1, 1), st.just(0)),
)
"""What may happen, to what, and how much of it."""
SPENT_AND_REFUNDED: list[tuple[str, str | int, int]] = [
    ("set_aside", "", 200),
    ("pack", "cs_1", 0),
    ("set_aside", "", 200),
    ("month", 1, 200),
    ("pack", "cs_1", 600),
]
_MOVES = {
    "set_aside": ("available", "reserved"),
    "spend": ("reserved", "spent"),
    "give_back": ("reserved", "available"),
}


async def test_a_pack_outlives_a_month_whose_credits_went_with_a_refund(shop: Shop) -> None:
    parent, account = await shop.parent()
    customer = await shop.customer_of(parent)
    first = await shop.session_of(parent, packKey="pack_100")
    charge = shop.world.pay_pack(first)
    await shop.hears("checkout.session.completed", first)
    await shop.settle()
    for _ in range(3):
        await parent.begin_story(pages=24)
    _, invoice, _ = shop.world.subscribe(customer, "price_plus", month())
    await shop.hears("invoice.paid", invoice)
    await shop.settle()
    shop.world.refund(charge, 600)
    await shop.hears("charge.refunded", charge)
    await shop.settle()
    assert await parent.credits() == (200 - 144 + 200 - 100, 144)
    second = await shop.session_of(parent, packKey="pack_100")
    shop.world.pay_pack(second)
    await shop.hears("checkout.session.completed", second)
    await shop.settle()
    async with shop.house.database.session() as session:
        ended = "UPDATE monthly_lots SET ends_at = now() WHERE account_id = :account"
        await session.execute(text(ended), {"account": account})
        await session.commit()
    await end_months(shop.house.transactions)
    assert await parent.credits() == (100, 144), "what does not end is still there"


async def test_whatever_happens_no_more_is_left_of_months_than_there_is(shop: Shop) -> None:
    _, account = await shop.parent()
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(st.lists(steps, min_size=4, max_size=14))
    @example(SPENT_AND_REFUNDED)
    def holds(happens: list[tuple[str, str | int, int]]) -> None:
        asyncio.run_coroutine_threadsafe(_holds(shop, account, happens), loop).result(60)

    await asyncio.to_thread(holds)


async def _holds(shop: Shop, account: UUID, happens: list[tuple[str, str | int, int]]) -> None:
    run = uuid4().hex
    async with shop.house.database.session() as session:
        await accounts.lock_account(session, account)
        for kind, what, much in happens:
            await _happens(session, account, run, kind, what, much)
            await lots.draw(session, account)
            found = await session.execute(
                select(func.coalesce(func.sum(col(MonthlyLot.left)), 0)).where(col(MonthlyLot.account_id) == account)
            )
            available = await session.execute(text("SELECT available FROM accounts WHERE id = :id"), {"id": account})
            assert found.scalar_one() <= available.scalar_one(), (kind, what, much)
        await session.rollback()


async def _happens(session: Session, account: UUID, run: str, kind: str, what: str | int, much: int) -> None:
    as_of = await payments.now(session)
    if kind in _MOVES:
        source, target = _MOVES[kind]
        await session.execute(
            text(
                f"UPDATE accounts SET {source} = {source} - least({source}, :much), "  # noqa: S608  # names of ours
                f"{target} = {target} + least({source}, :much) WHERE id = :id"
            ),
            {"much": much, "id": account},
        )
    elif kind == "pack":
        await payments.pack_was_paid(session, account, f"{what}{run}", 100, Money(600, "usd", much), as_of)
    elif kind == "end":
        ended = "UPDATE monthly_lots SET ends_at = now() WHERE account_id = :id AND month_ends_at = :ends"
        await session.execute(text(ended), {"id": account, "ends": _ends(what)})
        await lots.end_months(session, account)
    else:
        credits, back = (much, 0) if kind == "month" else (200, much)
        months, money = {_ends(what): credits}, Money(900, "usd", back)
        await payments.months_were_paid(
            session, account, f"in_{kind}{credits}{what}{run}", f"sub_{run}", months, credits, money, as_of
        )


def _ends(number: str | int) -> datetime:
    return datetime.fromtimestamp(month(int(number)), UTC)
