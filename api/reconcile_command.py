"""`storycanvas reconcile`: what the shop was paid, beside what the ledger has."""

from __future__ import annotations

import secrets
from datetime import timedelta

from rich.console import Console

from api.client.lettering import counted
from api.preflight import CannotStart, database_answers
from jobs.log import StoryLog
from jobs.ports import VendorError
from jobs.providers import open_ports
from jobs.queue import Queue, open_arq, open_redis
from jobs.reconciling import Findings, reconcile
from jobs.work import Transactions
from models.database import Database
from models.logs import configure_logs
from models.settings import Settings


async def compare_books(settings: Settings, days: int, *, repair: bool) -> None:
    """Prints what is missing, and mends it with `repair`. Raises CannotStart, also where something stays missing."""
    if settings.database_url is None or settings.redis_url is None:
        raise CannotStart("DATABASE_URL and REDIS_URL say where the books are: set them")
    configure_logs("error")
    database_url, redis_url = settings.database_url.get_secret_value(), settings.redis_url.get_secret_value()
    await database_answers(database_url)
    database, redis, arq = Database(database_url, 2), open_redis(redis_url), open_arq(redis_url, patient=False)
    try:
        async with open_ports(settings, media_secret=secrets.token_bytes(32)) as ports:
            if ports.payments is None:
                raise CannotStart("nothing is sold here")
            transactions = Transactions(database, StoryLog(redis), Queue(arq))
            findings = await reconcile(transactions, ports.payments, timedelta(days=days), repair=repair)
            left = findings
            if repair and findings.missing:  # not everything can be mended: whoever reads this has to know
                left = await reconcile(transactions, ports.payments, timedelta(days=days), repair=False)
    except VendorError as error:
        raise CannotStart(f"the shop does not say what was paid: {error}") from error
    finally:
        await arq.aclose()
        await redis.aclose()
        await database.close()
    _print(findings, left, repair=repair)


def _print(findings: Findings, left: Findings, *, repair: bool) -> None:
    console = Console(highlight=False)
    for words in findings.missing:
        console.print(f"{'missing' if words in left.missing else 'mended '} {words}", soft_wrap=True)
    for words in left.drift:
        console.print(f"WRONG   {words}", soft_wrap=True)
    console.print(f"{counted(findings.looked_at, 'payment')} compared, {len(findings.missing)} out of step.")
    if left.drift:
        raise CannotStart("the ledger does not add up: this is not for a command to mend")
    if left.missing and repair:
        raise CannotStart("what is missing still is not for a command to mend")
    if left.missing:
        raise CannotStart("the ledger lacks what was paid: run `storycanvas reconcile --repair`")
