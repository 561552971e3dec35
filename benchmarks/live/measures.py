"""What is measured, each against its goal, on one PostgreSQL and one Valkey."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.live.crowd import FOLLOWERS, Crowd, gathered
from benchmarks.live.publisher import Publisher
from benchmarks.live.servers import Ground, Server, ground
from benchmarks.live.stalled import CLIENTS, stalled
from benchmarks.live.storm import weathered
from benchmarks.live.throughput import Run, measured, sample
from benchmarks.measures import Figure

STORIES = 100
CROWDED_STORIES = 20
ROUNDS = 3
RUN_S = 2.0
CROWDED_S = 6.0
LONG_WORDS = " and over the little hill" * 80
TAKES_AT_MOST_S = 240.0

Runs = dict[str, list[Run]]


@dataclass(frozen=True, slots=True)
class Play:
    """The ground, and stories nobody works on."""

    ground: Ground
    publisher: Publisher
    stories: list[str]


@asynccontextmanager
async def opened(core: int) -> AsyncGenerator[Play]:
    """Servers run on `core`."""
    async with ground(core) as below:
        stories = await below.stories(STORIES + 1)
        publisher = Publisher(below.log())
        for story in stories:
            await publisher.meet(story)
        yield Play(below, publisher, stories)


async def throughput(play: Play) -> list[Figure]:
    """Messages a second of processor time, beside Node's graphql-ws and uvicorn with prepared messages."""
    many: Runs = {}
    each: Runs = {}
    async with AsyncExitStack() as stack:
        servers = await _side_by_side(play, stack)
        for _ in range(ROUNDS):
            for name, server in servers.items():
                many.setdefault(name, []).append(await _run(play, server, 1))
                if name != "prepared":
                    each.setdefault(name, []).append(await _run(play, server, STORIES))
    return [
        *_runs("100 followers of one story", many),
        _ratio("  ours over Node, many of one", many, "node", 2.0),
        _ratio("  ours over uvicorn alone", many, "prepared", 0.5),
        *_runs("one follower each of 100 stories", each),
        _ratio("  ours over Node, one each", each, "node", 1.0),
    ]


async def _side_by_side(play: Play, stack: AsyncExitStack) -> dict[str, Server]:
    ours = await stack.enter_async_context(play.ground.ours())
    node = await stack.enter_async_context(play.ground.node())
    spare = play.stories[-1]
    message, theirs = await sample(ours, play.publisher, spare), await sample(node, play.publisher, spare)
    if abs(len(message) - len(theirs)) > 4:  # a sequence or an offset may be a digit longer
        raise RuntimeError(f"the servers say different things: {message} {theirs}")
    return {"ours": ours, "node": node, "prepared": await stack.enter_async_context(play.ground.prepared(message))}


async def _run(play: Play, server: Server, stories: int) -> Run:
    return await measured(server, play.publisher, play.stories[:stories], STORIES // stories, RUN_S)


def _per_core(runs: list[Run]) -> float:
    return median(run.per_core for run in runs)


def _runs(what: str, runs: Runs) -> list[Figure]:
    return [_throughput(f"{what}, {name}", of) for name, of in runs.items()]


def _throughput(what: str, runs: list[Run]) -> Figure:
    middle = sorted(runs, key=lambda run: run.per_core)[len(runs) // 2]
    spread = f"{min(run.per_core for run in runs):,.0f} to {max(run.per_core for run in runs):,.0f}"
    late = f"p50 {middle.latency_ms(0.5):.1f} ms, p99 {middle.latency_ms(0.99):.1f} ms"
    detail = f"{spread}; {middle.per_wall:,.0f}/s on the wall, {late}"
    return Figure(what, f"{_per_core(runs):,.0f}/s a core", detail=detail)


def _ratio(what: str, runs: Runs, other: str, goal: float) -> Figure:
    ratio = _per_core(runs["ours"]) / _per_core(runs[other])
    return Figure(what, f"{ratio:.2f}", f"{goal:g}", ratio >= goal, f"medians of {ROUNDS} interleaved runs")


async def crowd(play: Play) -> list[Figure]:
    """A thousand followers of one process, at 10 events a second for every story."""
    spread = await gathered(play.ground, play.publisher, play.stories[:CROWDED_STORIES], CROWDED_S)
    one = await gathered(play.ground, play.publisher, play.stories[:1], CROWDED_S)
    shape = f"{CROWDED_STORIES} stories, {FOLLOWERS // CROWDED_STORIES} followers each"
    return [_memory(shape, spread), *_lateness(shape, spread), *_lateness(f"one story, {FOLLOWERS} followers", one)]


def _memory(shape: str, found: Crowd) -> Figure:
    each = found.bytes_each / 1024
    return Figure("memory of a connection", f"{each:.1f} KiB", "50 KiB", each <= 50, f"{shape}; resident, {FOLLOWERS}")


def _lateness(shape: str, found: Crowd) -> list[Figure]:
    middle, late = found.latency_ms(0.5), found.latency_ms(0.99)
    detail = f"10 events/s a story, {found.processor_share:.0%} of a core, {found.lost} lost"
    return [
        Figure(f"publish → client p50, {shape}", f"{middle:.1f} ms", "50 ms", middle <= 50 and not found.lost, detail),
        Figure(f"publish → client p99, {shape}", f"{late:.1f} ms", "250 ms", late <= 250 and not found.lost),
    ]


async def stuck(play: Play) -> list[Figure]:
    """Clients that stop reading while events of 2 KB flow."""
    publisher = Publisher(play.ground.log(), LONG_WORDS)
    story = play.stories[-1]  # the others have a publisher, who counts on being the only one
    await publisher.meet(story)
    found = await stalled(play.ground, publisher, story)
    mib = 2**20
    each = (found.worst - found.before + found.kernel) / CLIENTS / 1000
    memory = f"{found.before / mib:.0f} → {found.worst / mib:.0f} → {found.after / mib:.0f} MiB"
    kernel = f"and {found.kernel / mib:.1f} MiB in the kernel"
    gone = "not all gone" if found.all_gone_s is None else f"all gone after {found.all_gone_s:.0f} s"
    left = max(found.sockets, found.subscribed)
    return [
        Figure(f"{CLIENTS} clients that stop reading: memory", memory, detail=f"before, worst, after 20 s; {kernel}"),
        Figure("  of each at the worst moment", f"{each:.0f} KB", "200 KB", each <= 200, "process and kernel"),
        Figure("  connections or listeners left after 20 s", str(left), "0", left == 0, gone),
    ]


async def resumed(play: Play) -> list[Figure]:
    """One of two processes is killed with a thousand followers."""
    found = await weathered(play.ground, play.publisher, play.stories[:CROWDED_STORIES])
    last, middle = found.again_s[-1], median(found.again_s)
    detail = f"median {middle:.1f} s; {found.broken} lost their place, {found.refused} attempts refused"
    met = last <= 10 and not found.broken
    return [Figure(f"kill -9 → all {FOLLOWERS} follow again", f"{last:.1f} s", "10 s", met, detail)]


MEASURES: dict[int, Callable[[Play], Awaitable[list[Figure]]]] = {1: throughput, 2: crowd, 3: stuck, 4: resumed}
