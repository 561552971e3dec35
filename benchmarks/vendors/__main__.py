"""`python -m benchmarks.vendors [book|fifty]`: prints one table, and writes nothing else.

A goal that is missed is told; only a wrong result, a book that is not whole, ends in an error.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from rich.console import Console

from benchmarks.__main__ import WIDTH_OF_A_FILE, table
from benchmarks.measures import Figure
from benchmarks.vendors.measures import MEASURES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vendors", description="Books at real vendors' pace.")
    parser.add_argument("only", nargs="*", choices=[*MEASURES, []], help="these measures only")
    chosen: list[str] = parser.parse_args().only or list(MEASURES)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    figures: list[tuple[int, Figure]] = []
    for number, name in enumerate(chosen, start=1):
        with console.status(f"{name}: {MEASURES[name].__doc__}"):
            figures += [(number, figure) for figure in asyncio.run(MEASURES[name]())]
    console.print(table(figures))
    sys.exit(any(figure.wrong for _, figure in figures))


if __name__ == "__main__":
    main()
