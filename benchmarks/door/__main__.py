"""`python -m benchmarks.door [cost|attacks|passwords]`: prints one table, and writes nothing else."""

from __future__ import annotations

import argparse
import asyncio

from rich.console import Console

from benchmarks.__main__ import WIDTH_OF_A_FILE, table
from benchmarks.door.measures import MEASURES
from benchmarks.measures import Figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.door", description="The door, and who knocks at it.")
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


if __name__ == "__main__":
    main()
