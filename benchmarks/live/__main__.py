"""`python -m benchmarks.live [--only 1,3]`: prints one table, and writes nothing else. Takes about three minutes."""

from __future__ import annotations

import argparse
import asyncio

import uvloop
from rich.console import Console

from benchmarks.__main__ import WIDTH_OF_A_FILE, table
from benchmarks.live.measures import MEASURES, TAKES_AT_MOST_S, Play, opened
from benchmarks.live.servers import take_apart
from benchmarks.measures import Figure


def numbers(words: str) -> list[int]:
    """`1,3` as measures' numbers. Raises argparse's error for any other."""
    chosen = words.split(",")
    unknown = [each for each in chosen if each not in map(str, MEASURES)]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such measure: {', '.join(unknown)} (there are 1 to {len(MEASURES)})")
    return [int(each) for each in chosen]


async def measure(chosen: list[int], console: Console, core: int, figures: list[tuple[int, Figure]]) -> None:
    """Adds to `figures` as they come."""
    async with asyncio.timeout(TAKES_AT_MOST_S), opened(core) as play:
        for number in chosen:
            figures += [(number, figure) for figure in await _one(number, console, play)]


async def _one(number: int, console: Console, play: Play) -> list[Figure]:
    with console.status(f"Measure {number} of {len(MEASURES)}: {MEASURES[number].__doc__}"):
        return await MEASURES[number](play)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description="Measures how followers are served.")
    parser.add_argument("--only", type=numbers, default=list(MEASURES), metavar="1,3", help="these measures only")
    chosen: list[int] = parser.parse_args().only
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    core = take_apart()
    figures: list[tuple[int, Figure]] = []
    try:
        uvloop.run(measure(chosen, console, core, figures))
    finally:  # of one that failed, what was measured before is worth knowing
        console.print(table(figures))


if __name__ == "__main__":
    main()
