"""`storycanvas reconcile`, as an operator runs it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.commands import storycanvas
from tests.money.conftest import Shop
from tests.money.stripe_world import PRICES, SECRET
from tests.money.test_buying import WELCOME, month

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _reconcile(shop: Shop, *arguments: str) -> tuple[int, list[str]]:
    """Its exit code, and the lines that it printed."""
    database_url, redis_url = shop.settings.database_url, shop.settings.redis_url
    assert database_url is not None
    assert redis_url is not None
    code, output = await storycanvas(
        *("reconcile", *arguments),
        DATABASE_URL=database_url.get_secret_value(),
        REDIS_URL=redis_url.get_secret_value(),
        STORYCANVAS_DATA=str(shop.settings.data),
        STRIPE_SECRET_KEY="sk_test_of_the_tests",
        STRIPE_WEBHOOK_SECRET=SECRET,
        STRIPE_PRICES=",".join(f"{item}={price}" for price, item in PRICES.items()),
        STRIPE_BASE_URL=shop.world.url,
    )
    assert "Traceback" not in output
    return code, output.splitlines()


async def test_what_is_mended_and_what_can_not_be_are_told_apart(shop: Shop) -> None:
    parent, account = await shop.parent()
    session = await shop.session_of(parent, packKey="pack_100")
    shop.world.pay_pack(session)
    customer = await shop.customer_of(parent)
    _, unknown, _ = shop.world.subscribe(customer, "price_of_nobody", month())
    granted, lost = (
        f"{session}: 100 credits granted for a pack",
        f"{unknown}: 900 usd paid, and STRIPE_PRICES knows none",
    )
    code, lines = await _reconcile(shop)
    assert code == 1
    assert any(line.startswith(f"missing {granted}") for line in lines)
    assert any(line.startswith(f"missing {lost}") for line in lines)
    assert await shop.moved(account) == WELCOME, "without --repair nothing is written"
    code, lines = await _reconcile(shop, "--repair")
    assert code == 1
    assert any(line.startswith(f"mended  {granted}") for line in lines)
    assert any(line.startswith(f"missing {lost}") for line in lines)
    assert await shop.moved(account) == {**WELCOME, "GRANT PACK": 100}
    del shop.world.things[unknown]
    assert (await _reconcile(shop))[0] == 0


async def test_a_ledger_that_does_not_add_up_is_told_and_not_touched(shop: Shop) -> None:
    parent, account = await shop.parent()
    await _moves(shop, account, 7)
    try:
        code, lines = await _reconcile(shop, "--repair")
        assert code == 1
        assert any(line.startswith(f"WRONG   {account}: the pots hold (107, 107, 0, 0)") for line in lines)
        assert await parent.credits() == (107, 0)
    finally:
        await _moves(shop, account, -7)


async def _moves(shop: Shop, account: object, credits: int) -> None:
    """Credits that no line of the ledger tells of."""
    async with shop.house.database.session() as session:
        drifting = "UPDATE accounts SET available = available + :credits, granted = granted + :credits WHERE id = :id"
        await session.execute(text(drifting), {"credits": credits, "id": account})
        await session.commit()
