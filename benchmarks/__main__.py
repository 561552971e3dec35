"""`python -m benchmarks [--only 1,3]`: prints one table, and writes nothing else."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from benchmarks.measures import MEASURES, TAKES_AT_MOST_S, Figure

WIDTH_OF_A_FILE = 170


def asked_for(program: str, description: str, measures: Mapping[int, object]) -> list[int]:
    """The command line of measures that have numbers: all of them, or those that `--only 1,3` names."""

    def numbers(words: str) -> list[int]:
        chosen = words.split(",")
        unknown = [each for each in chosen if each not in map(str, measures)]
        if unknown:
            raise argparse.ArgumentTypeError(f"no such measure: {', '.join(unknown)} (there are 1 to {len(measures)})")
        return [int(each) for each in chosen]

    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--only", type=numbers, default=list(measures), metavar="1,3", help="these measures only")
    return parser.parse_args().only


def wide_console() -> Console:
    """A console that breaks no table where it is a file."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    return console


async def measure(chosen: list[int], console: Console) -> list[tuple[int, Figure]]:
    figures: list[tuple[int, Figure]] = []
    for number in chosen:
        with console.status(f"Measure {number} of {len(MEASURES)}: {MEASURES[number].__doc__}"):
            async with asyncio.timeout(TAKES_AT_MOST_S):
                figures += [(number, figure) for figure in await MEASURES[number]()]
    return figures


def table(figures: list[tuple[int, Figure]]) -> Table:
    now = datetime.now(UTC).date().isoformat()
    drawn = Table(title=f"StoryCanvas on {os.cpu_count()} cores, {now}", title_justify="left")
    for heading in ("", "What", "Measured", "Goal", "", "Of what"):
        drawn.add_column(heading, justify="right" if heading in ("Measured", "Goal") else "left")
    for number, figure in figures:
        verdict = {True: "[green]met[/]", False: "[bold red]MISSED[/]", None: ""}[figure.met]
        verdict = "[bold red]WRONG[/]" if figure.wrong else verdict
        drawn.add_row(str(number), figure.what, figure.measured, figure.goal, verdict, f"[dim]{figure.detail}[/]")
    return drawn


def tell(program: str, description: str, measures: Mapping[str, Callable[[], Awaitable[list[Figure]]]]) -> None:
    """The command line of measures that have names: takes those that are asked for, and prints their table.

    A goal that is missed is told in it; only a result that is wrong ends in an error.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("only", nargs="*", choices=[*measures, []], help="these measures only")
    chosen: list[str] = parser.parse_args().only or list(measures)
    console = wide_console()
    figures: list[tuple[int, Figure]] = []
    for number, name in enumerate(chosen, start=1):
        with console.status(f"{name}: {measures[name].__doc__}"):
            figures += [(number, figure) for figure in asyncio.run(_taken(measures[name]))]
    console.print(table(figures))
    sys.exit(any(figure.wrong for _, figure in figures))


async def _taken(measure: Callable[[], Awaitable[list[Figure]]]) -> list[Figure]:
    async with asyncio.timeout(TAKES_AT_MOST_S):
        return await measure()


def main() -> None:
    chosen = asked_for("benchmarks", "Measures what the README claims.", MEASURES)
    console = wide_console()
    console.print(table(asyncio.run(measure(chosen, console))))


if __name__ == "__main__":
    main()
