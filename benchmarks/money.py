"""`python -m benchmarks.money`: how soon webhooks are answered, and what the ledger is then.

Ten seconds at 50 events a second, every one of them five times, shuffled, with a worker that settles them meanwhile.
The offline shop stands for Stripe, signatures included; each event is of a pack that has been paid.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import orjson
from rich.console import Console
from sqlalchemy import func, select
from sqlmodel import col

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from jobs.providers.offline_books import Books
from jobs.providers.offline_payments import OfflinePayments
from jobs.providers.offline_webhooks import Webhooks
from jobs.providers.stripe_events import signed
from models import billing
from models.billing import Cause, LedgerEntry
from models.database import Database
from models.secrets import derive, load_secret
from models.settings import Settings
from tests.harness import Api, becomes, free_port, settings_for
from tests.servers import Servers

PER_SECOND, SECONDS, TIMES = 50, 10, 5
GOAL_MS = 50.0


class _Silence(Webhooks):
    """Tells nobody of payments: that is what is measured."""

    async def tell(self, events: Sequence[tuple[str, str, str]]) -> None:
        return


async def main() -> bool:
    """Prints the figures; False where they are not what was promised."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        pair = Servers(EmbeddedPostgres(folder / "servers"), EmbeddedValkey(folder / "servers"))
        async with running(pair.postgres, pair.valkey):
            await pair.make_template()
            return await _measure(pair, folder / "data")


async def _measure(servers: Servers, folder: Path) -> bool:
    settings = settings_for(
        await servers.fresh_database(), await servers.empty_valkey(), folder, account_tries=10**6, port=free_port()
    )
    secret = derive(derive(load_secret(settings.secret, settings.data), b"media"), b"webhooks").hex()
    database = Database(settings.database_url.get_secret_value() if settings.database_url else "", 2)
    async with _process(settings, "serve"), _process(settings, "worker"), httpx.AsyncClient() as http:
        api = Api(settings.base_url, http=http)
        await becomes(lambda: _ready(api))
        bodies = await _paid(api, PER_SECOND * SECONDS // TIMES, folder)
        told = [body for body in bodies for _ in range(TIMES)]
        random.shuffle(told)
        took_ms = sorted(await _tell(api, told, secret))
        granted = await _granted(database, len(bodies))
        async with database.session() as session:
            drift = await billing.drift(session)
    await database.close()
    p50, p99 = took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100]
    Console(highlight=False).print(
        f"{len(told)} webhooks at {PER_SECOND} a second, {len(bodies)} events {TIMES} times each, shuffled: "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (goal {GOAL_MS:.0f}), slowest {took_ms[-1]:.1f} ms; "
        f"{granted} grants for {len(bodies)} payments, drift {len(drift)}",
        soft_wrap=True,
    )
    return p99 < GOAL_MS and granted == len(bodies) and not drift


async def _ready(api: Api) -> bool:
    try:
        return (await api.http.get(f"{api.url}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


@asynccontextmanager
async def _process(settings: Settings, command: str) -> AsyncGenerator[None]:
    """A server or a worker in a process of its own, as in any house but a test's."""
    if settings.database_url is None or settings.redis_url is None or settings.secret is None:
        raise ValueError("settings without servers")
    given = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "STORYCANVAS_SECRET": settings.secret.get_secret_value(),
        "STORYCANVAS_DATA": str(settings.data),
        "STORYCANVAS_PORT": str(settings.port),
        "STORYCANVAS_ADDRESS_TRIES": "1000000",
        "STORYCANVAS_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "api", command, env={**os.environ, **given})
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _paid(api: Api, count: int, folder: Path) -> list[bytes]:
    """So many packs that are paid, and the events that say so."""
    shop = OfflinePayments(Books(folder / "payments"), api.url, _Silence(api.url, ""))
    parents = [await api.as_somebody() for _ in range(10)]
    urls = {"successUrl": f"{api.url}/", "cancelUrl": f"{api.url}/"}
    bodies: list[bytes] = []
    for number in range(count):
        answer = await parents[number % 10].verb("startCheckout", "url", packKey="pack_100", **urls)
        id = answer["url"].rpartition("/")[2]
        await shop.pay(id)
        about = {"object": {"id": id, "object": "checkout.session"}}
        bodies.append(orjson.dumps({"id": f"evt_{number}", "type": "checkout.session.completed", "data": about}))
    return bodies


async def _tell(api: Api, told: list[bytes], secret: str) -> list[float]:
    """Sends each at its time, whatever has become of those before; gives how long each took, in milliseconds."""
    took_ms: list[float] = []

    async def send(http: httpx.AsyncClient, body: bytes, at: float) -> None:
        await asyncio.sleep(at - time.perf_counter())
        headers = signed(body.decode(), secret)
        began = time.perf_counter()
        answer = await http.post(f"{api.url}/webhooks/stripe", content=body, headers=headers)
        took_ms.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text

    async with httpx.AsyncClient(timeout=30) as http:
        start = time.perf_counter() + 0.2
        await asyncio.gather(*(send(http, body, start + number / PER_SECOND) for number, body in enumerate(told)))
    return took_ms


async def _granted(database: Database, awaited: int) -> int:
    async def count() -> int:
        async with database.reading() as session:
            packs = select(func.count()).where(col(LedgerEntry.cause) == Cause.PACK)
            return (await session.execute(packs)).scalar_one()

    async def all_there() -> bool:
        return await count() >= awaited

    await becomes(all_there)
    await asyncio.sleep(2)  # a second grant would come by now
    return await count()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
