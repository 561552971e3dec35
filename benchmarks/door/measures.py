"""The measures: what the door costs, who waits while it is attacked, and who waits while passwords are hashed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine
from statistics import median, quantiles
from uuid import uuid4

from benchmarks.door.doors import Asker, Doors, doors
from benchmarks.measures import Figure
from tests.api.test_attacks import AT_ONCE, Bystander, answer_to, flood, pour
from tests.hostile import HOSTILE, STREAMS

MORE_AT_MOST = 15.0
"""Percent, of a small query's time."""
ROUNDS = 40
EACH_ROUND = 100
SOON_MS = 250.0
SIGN_INS = 20
WAVES = 5
PASSWORD = "correct horse battery"  # noqa: S105  accounts of a database that lives for seconds
PLENTY = 1_000_000_000


async def cost() -> list[Figure]:
    """A small query with limits and without them, in turns."""
    async with doors(PLENTY) as opened:
        askers = {port: Asker(port, opened.parent.token) for port in (opened.limited, opened.without)}
        for asker in askers.values():
            await asyncio.to_thread(asker.ask, 300)
        medians: dict[int, list[float]] = {port: [] for port in askers}
        for turn in range(ROUNDS):
            for port in sorted(askers, reverse=turn % 2 == 1):
                medians[port].append(median(await asyncio.to_thread(askers[port].ask, EACH_ROUND)))
    limited, without = medians[opened.limited], medians[opened.without]
    more = (median(a / b for a, b in zip(limited, without, strict=True)) - 1) * 100
    of = f"medians of {ROUNDS} alternating rounds of {EACH_ROUND}, one connection"
    return [
        Figure("a small query with limits", f"{median(limited):.2f} ms", detail=of),
        Figure("a small query without limits", f"{median(without):.2f} ms", detail=of),
        Figure("what limits cost", f"{more:+.0f} %", f"<= {MORE_AT_MOST:.0f} %", more <= MORE_AT_MOST),
    ]


async def attacks() -> list[Figure]:
    """Waits for /healthz, asked every 5 ms, while 8 clients at once send each hostile input."""
    figures: list[Figure] = []
    async with doors(0) as opened:
        for _ in range(25):
            await opened.parent.create_story(premise="A snail who wins a race", pageCount=24)
        calm = Bystander(opened.limited)
        await calm.during(asyncio.sleep(1))
        figures.append(_healthz("nothing", calm))
        for hostile in HOSTILE:
            await answer_to(opened.parent, hostile, 0)
        before = opened.server.memory_info().rss
        figures += [await _attacked(opened, each.name, flood(opened.parent, each)) for each in HOSTILE]
        for stream in STREAMS:
            poured = asyncio.gather(*(pour(opened.limited, stream) for _ in range(AT_ONCE)))
            figures.append(await _attacked(opened, stream.name, poured))
        grown = (opened.server.memory_info().rss - before) / 2**20
    return [*figures, Figure("memory that all of it left behind", f"{grown:.0f} MiB")]


async def _attacked(opened: Doors, name: str, attack: Awaitable[object]) -> Figure:
    bystander = Bystander(opened.limited)
    await bystander.during(attack)
    return _healthz(name, bystander)


def _healthz(name: str, bystander: Bystander) -> Figure:
    waits_ms = [wait * 1000 for wait in bystander.waits_s]
    worst, detail = max(waits_ms), f"median {median(waits_ms):.1f} ms of {len(waits_ms)}"
    return Figure(f"worst /healthz during: {name}", f"{worst:.0f} ms", f"< {SOON_MS:.0f} ms", worst < SOON_MS, detail)


async def passwords() -> list[Figure]:
    """A small query while 20 accounts sign in at once, again and again, and while nobody does."""
    async with doors(PLENTY) as opened:
        emails = [f"{uuid4().hex}@example.com" for _ in range(SIGN_INS)]
        for email in emails:
            await _enter(opened, "signUp", email)
        await asyncio.to_thread(Asker(opened.limited, opened.parent.token).ask, 300)
        quiet, busy = list[float](), list[float]()
        for _ in range(WAVES):
            quiet += await _asked_during(opened, asyncio.sleep(1))
            busy += await _asked_during(opened, asyncio.gather(*(_enter(opened, "signIn", email) for email in emails)))
    return [
        Figure("p99 of a small query, nobody signs in", f"{_p99(quiet):.1f} ms", detail=f"of {len(quiet)}"),
        Figure(f"p99 of a small query, {SIGN_INS} sign in at once", f"{_p99(busy):.1f} ms", detail=f"of {len(busy)}"),
    ]


async def _enter(opened: Doors, verb: str, email: str) -> None:
    """Every account from an address of its own, as far as the door knows: nobody is to be refused here."""
    kind = verb[0].upper() + verb[1:]
    query = f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ __typename }} }}"
    body = {"query": query, "variables": {"input": {"email": email, "password": PASSWORD}}}
    address = ".".join(["10", *(str(byte) for byte in bytes.fromhex(email[:6]))])
    answer = await opened.parent.http.post(
        f"{opened.parent.url}/graphql", json=body, headers={"X-Forwarded-For": address}, timeout=60
    )
    if "SessionPayload" not in answer.text:
        raise RuntimeError(f"{verb} was refused: {json.dumps(answer.json())[:300]}")


async def _asked_during(opened: Doors, event: Awaitable[object]) -> list[float]:
    asker, enough, taken_ms = Asker(opened.limited, opened.parent.token), threading.Event(), list[float]()

    def ask() -> None:
        while not enough.is_set():
            taken_ms.extend(asker.ask(1))

    asking = asyncio.create_task(asyncio.to_thread(ask))
    try:
        await event
    finally:
        enough.set()
        await asking
    return taken_ms


def _p99(taken_ms: list[float]) -> float:
    return quantiles(taken_ms, n=100)[98]


Measure = Callable[[], Coroutine[object, object, list[Figure]]]
MEASURES: dict[str, Measure] = {"cost": cost, "attacks": attacks, "passwords": passwords}
