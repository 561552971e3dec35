"""A StoryCanvas that sells by Stripe, or by what stands in for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlmodel import col

from jobs.errands import Errands
from models import billing
from models.accounts import Account
from models.errands import Errand
from models.settings import Settings
from resolvers.house import House
from tests.harness import Api, fresh_settings, serving
from tests.money.stripe_world import PRICES, SECRET, StripeWorld, stripe_world
from tests.servers import Servers


@dataclass
class Shop:
    """The API, Stripe as it stands, and whoever runs errands when they are told to."""

    settings: Settings
    api: Api
    house: House
    world: StripeWorld
    errands: Errands

    async def parent(self) -> tuple[Api, UUID]:
        parent = await self.api.as_somebody()
        email = (await parent.ask("{ me { email } }"))["me"]["email"]
        async with self.house.database.reading() as session:
            found = await session.execute(select(col(Account.id)).where(col(Account.email) == email))
        return parent, found.scalar_one()

    def urls(self) -> dict[str, str]:
        return {"successUrl": f"{self.api.url}/#/bought", "cancelUrl": f"{self.api.url}/"}

    async def checkout(self, parent: Api, **given: Any) -> dict[str, Any]:
        return await parent.verb("startCheckout", "url", **self.urls(), **given)

    async def session_of(self, parent: Api, **given: Any) -> str:
        """Stripe's id of a checkout that was begun."""
        answer = await self.checkout(parent, **given)
        assert answer["__typename"] == "StartCheckoutPayload", answer
        return answer["url"].rpartition("/")[2]

    async def customer_of(self, parent: Api) -> str:
        """Stripe's id of the parent, who has been to a checkout before."""
        return self.world.things[await self.session_of(parent, packKey="pack_100")]["customer"]

    async def webhook(self, body: bytes, headers: dict[str, str] | dict[bytes, bytes] | None = None) -> int:
        headers = self.world.signed(body) if headers is None else headers
        answer = await self.api.http.post(f"{self.api.url}/webhooks/stripe", content=body, headers=headers)
        return answer.status_code

    async def hears(self, kind: str, id: str, event_id: str | None = None) -> None:
        assert await self.webhook(self.world.event(kind, id, event_id)) == 200

    async def settle(self) -> None:
        """Runs every errand that is due, as a worker would."""
        while True:
            async with self.house.database.session() as session:
                due = (await session.execute(_DUE)).scalars().all()
            if not due:
                return
            await asyncio.gather(*(self.errands.run(id) for id in due))

    async def due_now(self) -> None:
        """Lets the time go by for which errands have been put off."""
        async with self.house.database.session() as session:
            await session.execute(text("UPDATE errands SET due_at = clock_timestamp() WHERE due_at IS NOT NULL"))
            await session.commit()

    async def moved(self, account_id: UUID) -> dict[str, int]:
        """How many credits moved, by kind and cause."""
        async with self.house.database.reading() as session:
            rows = await session.execute(_MOVED, {"id": account_id})
            return {f"{kind} {cause}": int(credits) for kind, cause, credits in rows}

    async def drift(self) -> list[str]:
        async with self.house.database.session() as session:
            return await billing.drift(session)


_MOVED = text("SELECT kind, cause, sum(credits) FROM ledger WHERE account_id = :id GROUP BY kind, cause")
_DUE = select(col(Errand.id)).where(col(Errand.due_at) <= func.clock_timestamp())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shop]:
    async with (
        stripe_world() as world,
        fresh_settings(
            servers,
            tmp_path_factory.mktemp("shop"),
            stripe_secret_key=SecretStr("sk_test_of_the_tests"),
            stripe_webhook_secret=SecretStr(SECRET),
            stripe_prices=",".join(f"{item}={price}" for price, item in PRICES.items()),
            stripe_base_url=world.url,
        ) as settings,
        serving(settings) as (api, house),
    ):
        yield Shop(settings, api, house, world, Errands(house.transactions, house.log, house.ports, api.url))


@pytest_asyncio.fixture(loop_scope="session")
async def shop(shared_shop: Shop) -> AsyncGenerator[Shop]:
    world = shared_shop.world
    world.fault, world.slow_s = None, 0.0
    yield shared_shop
    assert world.wrong == []
    assert await shared_shop.drift() == []
