"""Where time goes: processor seconds by process, and how long vendors' calls took, by kind."""

from __future__ import annotations

import psutil
from sqlalchemy import select
from sqlmodel import col

from benchmarks.stage import Stage
from models.journal import VendorCall
from schema.ids import row_id


def processor_seconds(stage: Stage) -> dict[str, float]:
    """Seconds of processor time so far, by what spent them: all processes below this one, and this one."""
    spent: dict[str, float] = {}
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        try:
            times = process.cpu_times()
            name = _role(process, stage)
        except psutil.NoSuchProcess:
            continue  # it ended while we looked
        spent[name] = spent.get(name, 0.0) + times.user + times.system
    return spent


def _role(process: psutil.Process, stage: Stage) -> str:
    if process.pid == psutil.Process().pid:
        return "follower"
    if process == stage.server:
        return "serve"
    if process == stage.worker:
        return "worker"
    if stage.worker in process.parents():
        return "engines"
    return "valkey" if process.name().startswith("valkey") else "postgres"


def spent_between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What grew, biggest first."""
    grown = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    return dict(sorted(grown.items(), key=lambda item: -item[1]))


async def call_seconds(stage: Stage, story_id: str) -> dict[str, float]:
    """The journal's durations of a story's vendor calls, summed by kind of step; parallel calls count side by side."""
    async with stage.database.session() as session:
        calls = (
            await session.execute(select(VendorCall).where(col(VendorCall.story_id) == row_id(story_id, "Story")))
        ).scalars()
        spent: dict[str, float] = {}
        for call in calls:
            if call.finished_at is not None:
                kind = call.step_key.partition(":")[0]
                spent[kind] = spent.get(kind, 0.0) + (call.finished_at - call.started_at).total_seconds()
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def in_words(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items() if spent >= 0.05)


def resident_mib(process: psutil.Process, *, children: bool) -> float:
    """Resident memory in MiB, of the process alone or with all below it."""
    processes = [process, *(process.children(recursive=True) if children else [])]
    return sum(each.memory_info().rss for each in processes) / 2**20
