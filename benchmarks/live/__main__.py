"""`python -m benchmarks.live [--only 1,3]`: prints one table, and writes nothing else. Takes about three minutes."""

from __future__ import annotations

import asyncio

import uvloop
from rich.console import Console

from benchmarks.__main__ import asked_for, table, wide_console
from benchmarks.live.measures import MEASURES, TAKES_AT_MOST_S, Play, opened
from benchmarks.live.servers import take_apart
from benchmarks.measures import Figure


async def measure(chosen: list[int], console: Console, core: int, figures: list[tuple[int, Figure]]) -> None:
    """Adds to `figures` as they come."""
    async with asyncio.timeout(TAKES_AT_MOST_S), opened(core) as play:
        for number in chosen:
            figures += [(number, figure) for figure in await _one(number, console, play)]


async def _one(number: int, console: Console, play: Play) -> list[Figure]:
    with console.status(f"Measure {number} of {len(MEASURES)}: {MEASURES[number].__doc__}"):
        return await MEASURES[number](play)


def main() -> None:
    chosen = asked_for("benchmarks.live", "Measures how followers are served.", MEASURES)
    console = wide_console()
    core = take_apart()
    figures: list[tuple[int, Figure]] = []
    try:
        uvloop.run(measure(chosen, console, core, figures))
    finally:  # of one that failed, what was measured before is worth knowing
        console.print(table(figures))


if __name__ == "__main__":
    main()
