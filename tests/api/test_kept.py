"""Pages of finished stories that are kept in memory are never older than the last write that was answered."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlmodel import col, select

from models.accounts import Account
from models.pages import save_text
from models.stories import Story
from models.vocabulary import StoryStatus
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.kept import OVERHEAD, Kept
from schema.apart import Apart
from schema.context import Context
from schema.documents import read
from schema.ids import global_id
from schema.plans import plan_of
from tests.harness import Api, fresh_settings, serving
from tests.schema.random_library import Library
from tests.servers import Servers

BOOK = "query($id: ID!) { story(id: $id) { status pages { id number text image { url } } } }"
LIBRARY = "{ stories(first: 3) { edges { node { id pages { number text } } } } }"


@dataclass
class Stage:
    api: Api
    house: House
    story: UUID

    async def texts(self) -> list[str | None]:
        data = await self.api.ask(BOOK, id=global_id("Story", self.story))
        return [page["text"] for page in data["story"]["pages"]]

    async def on_the_shelf(self) -> list[str | None]:
        data = await self.api.ask(LIBRARY)
        own = global_id("Story", self.story)
        (node,) = [edge["node"] for edge in data["stories"]["edges"] if edge["node"]["id"] == own]
        return [page["text"] for page in node["pages"]]

    async def write(self, number: int, text: str, status: StoryStatus) -> None:
        """As every writer does: the story is taken in hand, and changed with its page."""
        async with self.house.database.session() as session:
            await session.execute(select(Story).where(col(Story.id) == self.story).with_for_update())
            await save_text(session, self.story, number, text, None)
            await session.execute(update(Story).where(col(Story.id) == self.story).values(status=status))
            await session.commit()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder = tmp_path_factory.mktemp("kept")
    async with fresh_settings(servers, folder) as settings, serving(settings) as (api, house):
        parent = await api.as_somebody()
        me = await parent.ask("{ me { email } }")
        async with house.database.session() as session:
            story, _ = await Library(session, 3).shelf(me["me"]["email"], stories=1, pages=4)
        yield Stage(parent, house, story)


async def test_finished_pages_are_asked_for_once(stage: Stage) -> None:
    for _ in range(3):
        await stage.texts()
    before = stage.house.readers.asked
    await stage.texts()

    assert stage.house.readers.asked - before == 2  # the session and the story


async def test_what_was_written_is_read_by_whoever_asks_after(stage: Stage) -> None:
    chance = random.Random(5)
    for turn in range(40):
        number, text = chance.randint(1, 4), f"turn {turn}"
        await stage.write(number, text, chance.choice([StoryStatus.READY, StoryStatus.READY, StoryStatus.GENERATING]))
        for _ in range(chance.randint(1, 3)):
            assert (await stage.texts())[number - 1] == text
            assert (await stage.on_the_shelf())[number - 1] == text


async def test_readers_beside_a_writer_never_go_back(stage: Stage) -> None:
    """Each page's text is a number that rises; whoever has been told one is never told a smaller one."""
    for number in range(1, 5):
        await stage.write(number, "0", StoryStatus.READY)
    done = asyncio.Event()
    answered = [0] * 4
    reads = 0

    async def write() -> None:
        turn = 0
        while turn < 60 or reads < 40:
            turn += 1
            number = turn % 4
            await stage.write(number + 1, str(turn), StoryStatus.READY)
            answered[number] = turn
        done.set()

    async def read() -> None:
        nonlocal reads
        while not done.is_set():
            least = list(answered)
            found = [int(text or "0") for text in await stage.texts()]
            assert all(have >= want for have, want in zip(found, least, strict=True))
            reads += 1

    async with asyncio.timeout(120):
        await asyncio.gather(write(), *(read() for _ in range(4)))


async def test_a_deleted_story_is_gone(stage: Stage) -> None:
    for _ in range(3):
        await stage.texts()
    await stage.api.delete_story(global_id("Story", stage.story))

    assert (await stage.api.ask(BOOK, id=global_id("Story", stage.story)))["story"] is None


async def test_a_piece_keeps_nothing_of_the_plan_that_has_made_it(stage: Stage) -> None:
    """Whoever sends another document each time would have as many plans kept as there are pieces."""
    kept, plans = len(stage.house.kept), _plans()
    async with stage.house.database.session() as session:
        story = await session.get_one(Story, stage.story)
        caller = Caller(await session.get_one(Account, story.account_id))
    plan = plan_of(read(BOOK, None), keeping=True)
    assert plan is not None
    await plan.read({"id": global_id("Story", stage.story)}, Context(stage.house, caller, "request"))
    assert _plans() > plans
    del plan

    assert len(stage.house.kept) == kept + 1
    assert _plans() == plans


def _plans() -> int:
    """How many selections of pages are in memory."""
    gc.collect()
    return sum(isinstance(each, Apart) for each in gc.get_objects())


def test_no_more_is_kept_than_was_allowed() -> None:
    kept = Kept(3 * (100 + OVERHEAD))
    for number in range(5):
        kept.put((number,), b"x" * 100)
    kept.get((2,))
    kept.put((5,), b"x" * 100)

    assert [kept.get((number,)) is not None for number in range(6)] == [False, False, True, False, True, True]


def test_what_is_counted_for_a_piece_is_what_it_takes() -> None:
    """Names as schema.apart has them: a selection, a window that all have in common, a story and its version."""
    kept, selection, window = Kept(2**40), object(), "https://media.example.com/window.webp"
    pieces = [b"x" * 100 + str(number).encode() for number in range(2000)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number, piece in enumerate(pieces):
            kept.put((selection, window, uuid4(), str(10_000_000 + number)), piece)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (after - before) / len(pieces) < OVERHEAD
