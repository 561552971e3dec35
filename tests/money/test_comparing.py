"""The nightly comparison, where there is much to compare."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col

from jobs.reconciling import reconcile
from models import errands
from models.errands import Errand, ErrandKind
from tests.harness import becomes
from tests.money.conftest import Shop
from tests.money.test_buying import month

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_long_comparison_stays_with_the_worker_that_began_it(shop: Shop) -> None:
    parent, _ = await shop.parent()
    for _ in range(4):
        shop.world.pay_pack(await shop.session_of(parent, packKey="pack_100"))
    id = await _planned(shop)
    shop.world.slow_s = 0.2
    comparing = asyncio.create_task(shop.errands.run(id))
    await becomes(lambda: _is_claimed(shop, id))
    await _set_due(shop, id, timedelta(hours=1))
    renewed = False
    while not comparing.done():
        renewed = renewed or await _due_within(shop, id, errands.LEASE)
        await asyncio.sleep(0.02)
    await comparing
    assert renewed, "another worker would have begun all over, and another after that"
    assert not await _due_within(shop, id, timedelta(hours=23))


async def test_the_end_of_a_plan_that_no_event_told_is_found(shop: Shop) -> None:
    parent, _ = await shop.parent()
    customer = await shop.customer_of(parent)
    running, ended = (shop.world.subscribe(customer, "price_plus", month())[0] for _ in range(2))
    for subscription in (running, ended):
        await shop.hears("customer.subscription.created", subscription)
    await shop.settle()
    shop.world.put("subscription", ended, status="canceled")
    async with shop.house.database.session() as session:
        long_ago = "UPDATE subscriptions SET renews_at = now() - interval '2 days' WHERE id = :id"
        await session.execute(text(long_ago), {"id": ended})
        await session.commit()
    seller = shop.house.ports.payments
    assert seller is not None
    for repair, missing in ((False, 1), (True, 1), (False, 0)):
        found = await reconcile(shop.house.transactions, seller, timedelta(days=2), repair=repair)
        assert [words for words in found.missing if words.startswith("sub_")] == [f"{ended}: plus is ENDED"] * missing


async def _planned(shop: Shop) -> UUID:
    async with shop.house.database.session() as session:
        await errands.plan_reconciliation(session)
        found = await session.execute(select(col(Errand.id)).where(col(Errand.kind) == ErrandKind.RECONCILE))
        await session.execute(text("UPDATE errands SET due_at = clock_timestamp() WHERE kind = 'RECONCILE'"))
        await session.commit()
        return found.scalar_one()


async def _is_claimed(shop: Shop, id: UUID) -> bool:
    return not await _due_within(shop, id, timedelta(0))


async def _set_due(shop: Shop, id: UUID, after: timedelta) -> None:
    async with shop.house.database.session() as session:
        await session.execute(update(Errand).where(col(Errand.id) == id).values(due_at=func.clock_timestamp() + after))
        await session.commit()


async def _due_within(shop: Shop, id: UUID, time: timedelta) -> bool:
    async with shop.house.database.reading() as session:
        found = await session.execute(
            select(col(Errand.due_at) <= func.clock_timestamp() + time).where(col(Errand.id) == id)
        )
        return bool(found.scalar_one())
