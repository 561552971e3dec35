"""What is measured of the servers, beside each other: short rounds by turns, and of these the medians."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any

import orjson

from benchmarks.reads import postgraphile
from benchmarks.reads.load import CONNECTIONS, Crowd, Round, asked
from benchmarks.reads.screens import SCREENS, Screen
from benchmarks.reads.servers import Ground, Maker, Served, started

WARM_S = 1.0
SETTLE_S = 0.2
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """Of one server on one screen: medians of its rounds. `rates` are those of all rounds, in order."""

    server: str
    screen: str
    rates: list[float]
    p50_ms: float
    p99_ms: float
    processor_us: float
    resident_mib: float

    @property
    def per_second(self) -> float:
        return median(self.rates)

    @property
    def per_core(self) -> float:
        """Answers for a second of its processor."""
        return 1e6 / self.processor_us


async def compared(makers: Sequence[tuple[Maker, Ground]], rounds: int, seconds: float, told: Told) -> list[Result]:
    """Every screen of every server.

    Raises RuntimeError where one of them answers differently from the first on the same ground.
    """
    results: list[Result] = []
    async with AsyncExitStack() as stack:
        servers: list[Served] = []
        for maker, ground in makers:
            told(f"starting {maker.name}")
            servers.append(await stack.enter_async_context(started(maker, ground)))
        for screen in SCREENS:
            for _, alike in groupby(servers, key=lambda server: id(server.readers)):
                await check_answers(list(alike), screen)
            results += await _screen(servers, screen, rounds, seconds, told)
    return results


async def check_answers(servers: Sequence[Served], screen: Screen) -> None:
    """Asks servers of one ground for a few screens, three times over: a compiler may only begin at the second."""
    for reader in servers[0].readers[:3]:
        first: Any = None
        for server in servers:
            for _ in range(3):
                data = orjson.loads(await asked(server.port, server.ask(screen, reader))).get("data")
                told, expected = data, first
                if server.shape == "postgraphile":
                    told, expected = postgraphile.ours(screen, data), postgraphile.comparable(first)
                if first is None:
                    first = data
                elif told != expected:
                    raise RuntimeError(f"{server.name} answers differently for {screen.name}")


async def _screen(servers: Sequence[Served], screen: Screen, rounds: int, seconds: float, told: Told) -> list[Result]:
    measured: dict[str, list[Round]] = {server.name: [] for server in servers}
    for number in range(-1, rounds):
        for server in servers:
            told(f"{screen.name}, {server.name}, round {number + 1} of {rounds}")
            one = await run(server, screen, WARM_S if number < 0 else seconds)
            if number >= 0:
                measured[server.name].append(one)
    return [_result(server, screen, measured[server.name]) for server in servers]


async def run(server: Served, screen: Screen, seconds: float) -> Round:
    crowd = await Crowd.of(server.port, [server.ask(screen, reader) for reader in server.readers], CONNECTIONS)
    try:
        await crowd.run(SETTLE_S)
        gc.collect()
        before = server.processor_s()
        wall, latencies = await crowd.run(seconds)
        return Round(len(latencies), wall, server.processor_s() - before, latencies)
    finally:
        crowd.close()
        await asyncio.sleep(0.05)  # the server hears that they are gone


def _result(server: Served, screen: Screen, rounds: Sequence[Round]) -> Result:
    return Result(
        server.name,
        screen.name,
        [each.per_second for each in rounds],
        median(each.latency_ms(0.5) for each in rounds),
        median(each.latency_ms(0.99) for each in rounds),
        median(each.processor_us for each in rounds),
        server.resident_mib(),
    )
