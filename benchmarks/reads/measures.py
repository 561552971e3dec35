"""What is measured of the servers, beside each other: short rounds by turns, and of these the medians."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

import orjson

from benchmarks.reads import postgraphile
from benchmarks.reads.library import Reader
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


async def compared(
    makers: Sequence[Maker], ground: Ground, readers: Sequence[Reader], rounds: int, seconds: float, told: Told
) -> list[Result]:
    """Every screen of every server. Raises RuntimeError where one of them answers differently from the first."""
    results: list[Result] = []
    async with AsyncExitStack() as stack:
        servers: list[Served] = []
        for maker in makers:
            told(f"starting {maker.name}")
            servers.append(await stack.enter_async_context(started(maker, ground)))
        for screen in SCREENS:
            await check_answers(servers, screen, readers)
            results += await _screen(servers, screen, readers, rounds, seconds, told)
    return results


async def check_answers(servers: Sequence[Served], screen: Screen, readers: Sequence[Reader]) -> None:
    """Asks each server for a few readers' screens, three times over: a compiler may only begin at the second."""
    for reader in readers[:3]:
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


async def _screen(
    servers: Sequence[Served], screen: Screen, readers: Sequence[Reader], rounds: int, seconds: float, told: Told
) -> list[Result]:
    measured: dict[str, list[Round]] = {server.name: [] for server in servers}
    for number in range(-1, rounds):
        for server in servers:
            told(f"{screen.name}, {server.name}, round {number + 1} of {rounds}")
            one = await run(server, screen, readers, WARM_S if number < 0 else seconds)
            if number >= 0:
                measured[server.name].append(one)
    return [_result(server, screen, measured[server.name]) for server in servers]


async def run(server: Served, screen: Screen, readers: Sequence[Reader], seconds: float) -> Round:
    crowd = await Crowd.of(server.port, [server.ask(screen, reader) for reader in readers], CONNECTIONS)
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
