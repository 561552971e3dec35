"""What is measured, each against its goal. Every measure brings its own house and leaves nothing behind."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from statistics import median

from api.preflight import free_port
from api.supervisor import own_command
from benchmarks.effort import call_seconds, in_words, processor_seconds, resident_mib, spent_between
from benchmarks.stage import HOST, Stage, ask_for_story, folder, follow_to_the_end, process, staged, until_ready
from benchmarks.waiting import LONGEST_CHAIN_S
from tests.harness import Api

PREMISE = "A fox who is afraid of the dark looks for the moon"
WAITING_WORKER = [sys.executable, "-m", "benchmarks.waiting"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `met` is None where there is no goal; `wrong` is a result that may not be."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None
    detail: str = ""
    wrong: bool = False


async def first_event() -> list[Figure]:
    """createStory answered until the first event after the snapshot is here, the WebSocket's opening included."""
    async with staged() as stage:
        taken_ms: list[float] = []
        await _silent_story(stage)  # the first one starts the engines
        for _ in range(20):
            story_id = await ask_for_story(stage.parent, PREMISE, pages=1, narrated=False)
            answered = time.monotonic()
            async with aclosing(stage.parent.follow(story_id, "events { __typename }")) as batches:
                names = 0
                async for batch in batches:
                    names += len(batch["events"])
                    if names > 1:
                        taken_ms.append((time.monotonic() - answered) * 1000)
                        break
            await follow_to_the_end(stage.parent, story_id)
    middle = median(taken_ms)
    detail = f"20 stories, {min(taken_ms):.0f} to {max(taken_ms):.0f} ms"
    return [Figure("createStory answered → first event", f"{middle:.0f} ms", "150 ms", middle <= 150, detail)]


async def narrated_book() -> list[Figure]:
    """An 8-page narrated book by the offline vendors at pace 0, and where its time goes."""
    runs: list[tuple[float, str, dict[str, float]]] = []
    async with staged() as stage:
        for _ in range(3):
            before, began = processor_seconds(stage), time.monotonic()
            story_id = await ask_for_story(stage.parent, PREMISE, pages=8, narrated=True)
            await follow_to_the_end(stage.parent, story_id)
            wall = time.monotonic() - began
            runs.append((wall, story_id, spent_between(before, processor_seconds(stage))))
        wall, story_id, processors = sorted(runs)[1]
        calls = await call_seconds(stage, story_id)
    walls = ", ".join(f"{each[0]:.1f} s" for each in runs)
    return [
        Figure("8-page narrated book, offline, pace 0", f"{wall:.1f} s", "20 s", wall <= 20, walls),
        Figure("  in vendors' calls, summed", f"{sum(calls.values()):.1f} s", detail=in_words(calls)),
        Figure("  of processors", f"{sum(processors.values()):.1f} s", detail=in_words(processors)),
    ]


async def waiting_vendors() -> list[Figure]:
    """The wall time of stories whose vendors only wait, as a multiple of the longest chain of waits."""
    async with staged(WAITING_WORKER) as stage:
        return [await _waited_for(stage, 1), await _waited_for(stage, 20)]


async def _waited_for(stage: Stage, stories: int) -> Figure:
    """Asks for all at once, three an account: from the first question to the last story's end."""
    parents = [await stage.parent.as_somebody() for _ in range(-(-stories // 3))]

    async def make(parent: Api) -> float:
        await follow_to_the_end(parent, await ask_for_story(parent, PREMISE, pages=8, narrated=True))
        return time.monotonic() - began

    before, began = processor_seconds(stage), time.monotonic()
    walls = await asyncio.gather(*(make(parents[number // 3]) for number in range(stories)))
    processors = spent_between(before, processor_seconds(stage))
    ratio = max(walls) / LONGEST_CHAIN_S
    return Figure(
        f"Waiting vendors, {stories} {'story' if stories == 1 else 'stories at once'}",
        f"{ratio:.3f} x",
        "1.10 x",
        ratio <= 1.10,
        f"{max(walls):.2f} s for a chain of {LONGEST_CHAIN_S:.0f} s; {in_words(processors)}",
    )


async def second_start() -> list[Figure]:
    """`storycanvas up` until /readyz answers 200, on a data folder that is there already."""
    taken_s: list[float] = []
    async with folder() as data:
        for _ in range(4):
            port = free_port(HOST, 0)
            command = [*own_command("up"), "--port", str(port), "--data", str(data)]
            began = time.monotonic()
            async with process(command, {}):
                await until_ready(port)
                taken_s.append(time.monotonic() - began)
    first, *later = taken_s
    middle = median(later)
    detail = f"{', '.join(f'{each:.2f} s' for each in later)}; the very first {first:.2f} s"
    return [Figure("`up` → /readyz, second start", f"{middle:.2f} s", "5 s", middle <= 5, detail)]


async def memory() -> list[Figure]:
    """Resident memory of server and worker after 20 one-page silent stories."""
    async with staged() as stage:
        for _ in range(20):
            await _silent_story(stage)
        server, worker = (resident_mib(each, children=False) for each in (stage.server, stage.worker))
        with_engines = resident_mib(stage.worker, children=True)
        engines = len(stage.worker.children(recursive=True))
    return [
        Figure("Memory of `serve` after 20 stories", f"{server:.0f} MiB"),
        Figure(
            "Memory of `worker` after 20 stories",
            f"{worker:.0f} MiB",
            detail=f"{with_engines:.0f} MiB with its {engines} engine processes",
        ),
    ]


async def _silent_story(stage: Stage) -> None:
    await follow_to_the_end(stage.parent, await ask_for_story(stage.parent, PREMISE, pages=1, narrated=False))


MEASURES: dict[int, Callable[[], Awaitable[list[Figure]]]] = {
    1: first_event,
    2: narrated_book,
    3: waiting_vendors,
    4: second_start,
    5: memory,
}
TAKES_AT_MOST_S = 600.0
