"""A worker with the vendors of the chaos run: `python -m benchmarks.chaos.worker CALL_BOOK SEED [GUARD]`.

With the name of a guard, that guard is taken out of it first.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

from benchmarks.chaos.callbook import CallBook
from benchmarks.chaos.sabotage import Guard, break_worker
from benchmarks.chaos.vendors import Desk, chaos_ports
from jobs.worker import open_workbench, work
from models.logs import configure_logs
from models.settings import Settings


async def main(path: str, seed: str, guard: str | None = None) -> None:
    break_worker(None if guard is None else Guard(guard))
    settings = Settings()  # pyright: ignore[reportCallIssue]  every field has a default, given by position
    configure_logs(settings.log_level)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    desk = Desk(CallBook(Path(path)), int(seed))
    async with open_workbench(settings, partial(chaos_ports, settings, desk)) as bench:
        await work(settings, bench, stop)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
