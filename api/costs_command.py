"""`storycanvas costs`: what vendors' calls have cost, from the journal."""

from __future__ import annotations

import csv as csv_format
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from api.preflight import CannotStart, database_answers
from models import journal
from models.database import Database
from models.journal import Cost, CostKey


async def show_costs(database_url: str, days: int, by: str, *, csv: bool) -> None:
    """Prints one line for each story, vendor, model or day. Raises CannotStart."""
    if by not in list(CostKey):
        raise CannotStart(f"--by takes {', '.join(CostKey)}, not {by}")
    await database_answers(database_url)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    database = Database(database_url, 1)
    try:
        async with database.reading() as session:
            found = await journal.costs(session, midnight - timedelta(days=days - 1), CostKey(by))
    finally:
        await database.close()
    (_print_csv if csv else _print_table)(found, by)


def _print_csv(found: Sequence[Cost], by: str) -> None:
    lines = csv_format.writer(sys.stdout)
    lines.writerow([by, "calls", "failed", "usd"])
    for cost in found:
        lines.writerow([cost.key, cost.calls, cost.failed, f"{cost.cost_micros / 1e6:.6f}"])


def _print_table(found: Sequence[Cost], by: str) -> None:
    table = Table(by, title="What vendors' calls have cost")
    for heading in ("calls", "failed", "US dollars"):
        table.add_column(heading, justify="right")
    for cost in found:
        table.add_row(cost.key, str(cost.calls), str(cost.failed), f"{cost.cost_micros / 1e6:.4f}")
    total = sum(cost.cost_micros for cost in found) / 1e6
    table.add_section()
    table.add_row(
        "all", str(sum(cost.calls for cost in found)), str(sum(cost.failed for cost in found)), f"{total:.4f}"
    )
    Console(highlight=False).print(table)
