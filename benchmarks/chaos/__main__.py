"""`python -m benchmarks.chaos [--seed 1] [--small] [--break fence]`: prints a table, fails where that is not right."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from benchmarks.chaos.run import FULL, SMALL, run
from benchmarks.chaos.sabotage import Guard
from benchmarks.chaos.verdict import Finding

WIDTH_OF_A_FILE = 150


def table(found: list[Finding], title: str) -> Table:
    drawn = Table(title=title, title_justify="left")
    for heading in ("What", "Found", "Promised", ""):
        drawn.add_column(heading, justify="right" if heading == "Promised" else "left")
    for each in found:
        verdict = {True: "[green]right[/]", False: "[bold red]WRONG[/]", None: ""}[each.right]
        drawn.add_row(each.what, each.found, each.promised, verdict)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description="Makes books through storms.")
    parser.add_argument("--seed", type=int, default=1, help="decides what happens when")
    parser.add_argument("--small", action="store_true", help="12 books instead of 60, and 20 cancels")
    parser.add_argument("--break", dest="guard", type=Guard, choices=list(Guard), help="take this guard out first")
    given = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    began = time.monotonic()
    found = asyncio.run(run(SMALL if given.small else FULL, given.seed, given.guard, console.print))
    broken = f", without its {given.guard}" if given.guard else ""
    today = datetime.now(UTC).date().isoformat()
    took = f"{time.monotonic() - began:.0f} s on {os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})"
    console.print(table(found, f"StoryCanvas in storms{broken}, seed {given.seed}, {took}, {today}"))
    sys.exit(any(each.right is False for each in found))


if __name__ == "__main__":
    main()
