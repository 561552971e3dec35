"""What real vendors' formats cost us, and how soon a family sees something, at the vendors' own pace.

The vendors are stand-ins of ours over real HTTP, in a process of their own (VENDORS; issue 5: verdict 0.3 s, plan 4 s,
first token 0.6 s, text 8 s, portrait 12 s, picture 12 s with two previews, speech 2.5 s).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select
from sqlmodel import col

from api.preflight import free_port
from benchmarks.effort import in_words, processor_seconds, spent_between
from benchmarks.measures import Figure
from benchmarks.stage import HOST, Stage, process, staged
from models.generation import Step, StepState
from models.journal import CallOutcome, VendorCall
from schema.ids import row_id

PREMISE = "A small red bird who looks for the long way home"
PARTS = {"PageTextReady", "PageImageReady", "PageAudioReady"}
ASKING = asyncio.Semaphore(5)
"""So many ask at a time: a crowd at the door is measured elsewhere."""
BOOKS = 50
OURS = ("serve", "worker", "engines")
EVENTS = """events { __typename
    ... on PageTextReady { page { number } } ... on PageImageReady { page { number } }
    ... on PageAudioReady { page { number } } ... on StoryEnded { story { status } } }"""

HERO = """mutation { createCharacter(input: {name: "Pip", appearance: "a small red bird with a yellow beak"}) {
    ... on CreateCharacterPayload { character { id } } } }"""


@dataclass
class Seen:
    """When a follower saw something for the first time, in seconds since createStory was asked."""

    words: float = 0.0
    preview: float = 0.0
    end: float = 0.0
    status: str = ""
    parts: dict[tuple[int, str], float] = field(default_factory=dict[tuple[int, str], float])

    @property
    def first_page(self) -> float:
        """When the first page that has all three parts has the last of them."""
        pages = {page for page, _ in self.parts}
        whole = [page for page in pages if all((page, part) in self.parts for part in PARTS)]
        return min((max(self.parts[page, part] for part in PARTS) for page in whole), default=0.0)


@dataclass(frozen=True)
class Standing:
    """The house, and the vendors that stand in."""

    stage: Stage
    url: str

    async def received(self) -> Counter[str]:
        async with httpx.AsyncClient() as client:
            return Counter((await client.get(f"{self.url}/received")).json())


@asynccontextmanager
async def standing() -> AsyncGenerator[Standing]:
    port = free_port(HOST, 0)
    url = f"http://{HOST}:{port}"
    settings: Mapping[str, str] = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": f"{url}/v1",
        "ELEVENLABS_API_KEY": "k",
        "ELEVENLABS_BASE_URL": url,
        "STORYCANVAS_NARRATORS": "eleven_flash_v2_5",
        "STORYCANVAS_STORIES_AT_ONCE": "1000",
    }
    command = [sys.executable, "-m", "benchmarks.vendors.server", str(port)]
    async with process(command, {}), httpx.AsyncClient() as client:
        async with asyncio.timeout(60):
            while True:
                try:
                    await client.get(f"{url}/received")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        async with staged(more=settings) as stage:
            yield Standing(stage, url)


async def watch(stage: Stage, *, pages: int, cast: tuple[str, ...] = ()) -> tuple[str, Seen]:
    """Asks for a narrated story and follows it to its end; gives its id and what was seen when."""
    async with ASKING:
        began, seen = time.monotonic(), Seen()
        answer = await stage.parent.create_story(
            premise=PREMISE, pageCount=pages, narrated=True, characterIds=list(cast)
        )
    if answer["__typename"] != "CreateStoryPayload":
        raise RuntimeError(f"the story was not taken: {answer}")
    story_id = str(answer["story"]["id"])
    async with aclosing(stage.parent.follow(story_id, EVENTS)) as batches:
        async for batch in batches:
            now = time.monotonic() - began
            for event in batch["events"]:
                match event["__typename"]:
                    case "PageTextAppended":
                        seen.words = seen.words or now
                    case "PageImagePreviewed":
                        seen.preview = seen.preview or now
                    case "StoryEnded":
                        seen.end, seen.status = now, event["story"]["status"]
                    case kind if kind in PARTS:
                        seen.parts[event["page"]["number"], kind] = now
                    case _:
                        pass
    if seen.status != "READY":
        raise RuntimeError(f"the story ended as {seen.status or 'nothing'}")
    return story_id, seen


async def a_book() -> list[Figure]:
    """A 10-page narrated book, with its portraits to be painted first, and another one whose hero has a portrait."""
    async with standing() as standing_:
        stage = standing_.stage
        await watch(stage, pages=1)  # the first one imports the SDKs and starts the engine
        hero = await painted_hero(stage)
        asked, before = await standing_.received(), processor_seconds(stage)
        story_id, new = await watch(stage, pages=10)
        spent = spent_between(before, processor_seconds(stage))
        calls = Counter(await standing_.received()) - asked
        order = await journal(stage, story_id)
        _, known = await watch(stage, pages=10, cast=(hero,))
    ours = sum(spent.get(name, 0.0) for name in OURS)
    return [
        Figure("time to first words", f"{new.words:.1f} s", "6.5 s", new.words <= 6.5, f"{known.words:.1f} s again"),
        Figure("first preview", f"{new.preview:.1f} s", detail=f"{known.preview:.1f} s where the portraits exist"),
        Figure("first page complete", f"{new.first_page:.1f} s", "35 s", new.first_page <= 35),
        Figure("  where the portraits exist", f"{known.first_page:.1f} s", "20 s", known.first_page <= 20),
        Figure("10-page narrated book", f"{new.end:.1f} s", "60 s", new.end <= 60, f"{known.end:.1f} s with portraits"),
        Figure("  processor time of our own", f"{ours:.2f} s", "1.5 s", ours <= 1.5, in_words(spent)),
        Figure("  calls over HTTP", str(sum(calls.values())), detail=", ".join(f"{n} {p}" for p, n in calls.items())),
        Figure("  in the journal", str(sum(count for _, count in order)), detail=in_order(order)),
    ]


async def painted_hero(stage: Stage) -> str:
    """A character whose portrait is there; gives its id."""
    answer = await stage.parent.ask(HERO)
    hero = str(answer["createCharacter"]["character"]["id"])
    query = "query($id: ID!) { character(id: $id) { portrait { url } } }"
    async with asyncio.timeout(60):
        while not (await stage.parent.ask(query, id=hero))["character"]["portrait"]:  # noqa: ASYNC110  the API's answer
            await asyncio.sleep(0.2)
    return hero


async def journal(stage: Stage, story_id: str) -> list[tuple[str, int]]:
    """A story's vendor calls in the order in which they left, runs of one kind counted."""
    async with stage.database.session() as session:
        found = await session.execute(
            select(col(VendorCall.step_key))
            .where(col(VendorCall.story_id) == row_id(story_id, "Story"))
            .order_by(col(VendorCall.started_at))
        )
        kinds = [key.partition(":")[0] for key in found.scalars()]
    return [(kind, len(list(run))) for kind, run in groupby(kinds)]


async def calls_abandoned(stage: Stage) -> int:
    """How many calls ended with nobody there for their answer, and so were made again.

    Verdicts on previews are none of them: one that is still out when the final picture is here is not waited for.
    """
    async with stage.database.session() as session:
        of_story = ~col(VendorCall.step_key).startswith("judge:")
        abandoned = (col(VendorCall.outcome) == CallOutcome.ABANDONED) & of_story
        return (await session.execute(select(func.count()).select_from(VendorCall).where(abandoned))).scalar_one()


async def steps_failed(stage: Stage) -> int:
    """How many pieces of work were given up."""
    async with stage.database.session() as session:
        failed = col(Step.state) == StepState.FAILED
        return (await session.execute(select(func.count()).select_from(Step).where(failed))).scalar_one()


def in_order(order: list[tuple[str, int]]) -> str:
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in order)


async def fifty_at_once() -> list[Figure]:
    """Fifty 10-page narrated books at once on one worker: how much it holds at its peak, and what each costs."""
    async with standing() as standing_:
        stage = standing_.stage
        await watch(stage, pages=1)
        resting = stage.worker.memory_info().rss / 2**20
        before, began = processor_seconds(stage), time.monotonic()
        ended = await asyncio.gather(*(watch(stage, pages=10) for _ in range(BOOKS)), return_exceptions=True)
        wall = time.monotonic() - began
        spent = spent_between(before, processor_seconds(stage))
        abandoned, failed = await calls_abandoned(stage), await steps_failed(stage)
        peak = peak_mib(stage.worker)
        engines = sum(peak_mib(each) for each in stage.worker.children(recursive=True))
    each = sum(spent.get(name, 0.0) for name in OURS) / BOOKS
    books = [book for book in ended if not isinstance(book, BaseException)]
    missing = Counter(str(book) for book in ended if isinstance(book, BaseException))
    words = [seen.words for _, seen in books] or [0.0]
    return [
        Figure("50 books at once, whole", str(len(books)), "50", not missing, ", ".join(missing), bool(missing)),
        Figure("  steps that failed", str(failed), "0", failed == 0, wrong=failed > 0),
        Figure("  peak memory of the worker", f"{peak:.0f} MiB", detail=f"{resting:.0f} MiB at rest"),
        Figure("  its engines, beside", f"{engines:.0f} MiB"),
        Figure("  processor time of our own per book", f"{each:.2f} s", "1.5 s", each <= 1.5, in_words(spent)),
        Figure("  calls abandoned, to be paid again", str(abandoned), "0", abandoned == 0),
        Figure("  all of them made", f"{wall:.0f} s", detail=f"words after {min(words):.1f} to {max(words):.1f} s"),
    ]


def peak_mib(process: psutil.Process) -> float:
    """The most that was resident so far: proc(5), `VmHWM`."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


MEASURES = {"book": a_book, "fifty": fifty_at_once}
