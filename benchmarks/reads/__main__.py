"""`python -m benchmarks.reads`: prints tables, and draws docs/pictures/reads.svg where asked. About eight minutes."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from benchmarks.__main__ import WIDTH_OF_A_FILE
from benchmarks.live.servers import take_apart
from benchmarks.reads.library import fill
from benchmarks.reads.load import CONNECTIONS
from benchmarks.reads.measures import Result, compared
from benchmarks.reads.plot import drawn
from benchmarks.reads.screens import SCREENS
from benchmarks.reads.servers import MAKERS, OURS, Ground, install
from benchmarks.stage import folder
from models.migrations import upgrade

PLOTTED = ("library", "book", "shelf")
FEW, MANY = 30_000, 1_000_000


@asynccontextmanager
async def ground(stories: int, core: int, console: Console) -> AsyncGenerator[Ground]:
    """Servers of its own, filled."""
    async with folder() as data:
        postgres, valkey = EmbeddedPostgres(data, durable=False), EmbeddedValkey(data)
        async with running(postgres, valkey):
            await upgrade(postgres.url)
            with console.status(f"Writing {stories:,} stories"):
                readers = await fill(postgres.url, stories)
            yield Ground(data, postgres, valkey, core, readers)


async def measure(given: argparse.Namespace, core: int, console: Console) -> None:
    makers = [each for each in MAKERS if not given.only or any(name in each.name for name in given.only.split(","))]
    async with ground(given.stories, core, console) as place:
        with console.status("") as status:
            results = await compared([(maker, place) for maker in makers], given.rounds, given.seconds, status.update)
    console.print(table(results, f"{given.stories:,} stories, {given.rounds} rounds of {given.seconds:g} s"))
    if given.plot is not None:
        title = "Answers for a second of the server's processor"
        await asyncio.to_thread(given.plot.write_text, drawn(results, PLOTTED, title))


async def grow(given: argparse.Namespace, core: int, console: Console) -> None:
    """Our screens on a small database and on a large one, by turns."""
    async with ground(FEW, core, console) as few, ground(MANY, core, console) as many:
        makers = [(replace(OURS, name=f"{stories:,} stories"), on) for stories, on in ((FEW, few), (MANY, many))]
        with console.status("") as status:
            results = await compared(makers, given.rounds, given.seconds, status.update)
    console.print(growth(results))


def table(results: Sequence[Result], title: str) -> Table:
    now = datetime.now(UTC).date().isoformat()
    beginning = f"Screens on one of {os.cpu_count()} cores, {CONNECTIONS} connections, {now}"
    drawn = Table(title=f"{beginning}: {title}", title_justify="left")
    for name in ("Screen", "Server", "answers/s", "of ours", "p50 ms", "p99 ms", "CPU µs", "of ours", "MiB"):
        drawn.add_column(name, justify="left" if name in ("Screen", "Server") else "right")
    for screen in SCREENS:
        of = [each for each in results if each.screen == screen.name]
        ours = next((each for each in of if each.server == OURS.name), None)
        for each in of:
            share = "" if ours is None else f"{each.per_second / ours.per_second:.2f}"
            effort = "" if ours is None else f"{each.processor_us / ours.processor_us:.2f}"
            drawn.add_row(
                screen.name,
                each.server,
                f"{each.per_second:,.0f}",
                share,
                f"{each.p50_ms:.1f}",
                f"{each.p99_ms:.1f}",
                f"{each.processor_us:,.0f}",
                effort,
                f"{each.resident_mib:.0f}",
            )
        drawn.add_section()
    return drawn


def growth(results: Sequence[Result]) -> Table:
    drawn = Table(title="Screens as the database grows", title_justify="left")
    drawn.add_column("Screen")
    for stories in dict.fromkeys(each.server for each in results):
        drawn.add_column(f"{stories}: p50 ms", justify="right")
        drawn.add_column("CPU µs", justify="right")
    drawn.add_column("growth of p50", justify="right")
    for screen in SCREENS:
        of = [each for each in results if each.screen == screen.name]
        cells = [cell for each in of for cell in (f"{each.p50_ms:.2f}", f"{each.processor_us:,.0f}")]
        drawn.add_row(screen.name, *cells, f"{of[-1].p50_ms / of[0].p50_ms:.2f}")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reads", description="Measures how screens are read.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of one round")
    parser.add_argument("--stories", type=int, default=FEW, help="in the database")
    parser.add_argument("--only", default="", metavar="Yoga,Story", help="servers with these words in their names")
    parser.add_argument("--growth", action="store_true", help="ours alone, on 30,000 and on 1,000,000 stories")
    parser.add_argument("--plot", type=Path, help="an SVG to write")
    given = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    core = take_apart()
    if not given.growth:
        install()
    uvloop.run((grow if given.growth else measure)(given, core, console))


if __name__ == "__main__":
    main()
