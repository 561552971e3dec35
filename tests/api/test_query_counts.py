"""How many statements each screen takes, however many stories, pages and characters are on it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from benchmarks.reads.screens import BOOK, LIBRARY, PAGE, SHELF
from resolvers.house import House
from schema.ids import global_id
from tests.harness import Api, fresh_settings, serving
from tests.schema.random_library import Library
from tests.servers import Servers

SESSION = 1
"""The statement that every request of somebody begins with."""


@dataclass
class Counted:
    """The texts of SQLAlchemy's statements, and the number of those that only read."""

    texts: list[str] = field(default_factory=list[str])
    read: int = 0


@dataclass
class Stage:
    api: Api
    house: House
    story: str
    page: str

    @contextmanager
    def counting(self) -> Generator[Counted]:
        counted = Counted()

        def note(_: object, __: object, text: str, *___: object) -> None:
            counted.texts.append(text)

        engine = self.house.database.engine.sync_engine
        before = self.house.readers.asked
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield counted
        finally:
            event.remove(engine, "before_cursor_execute", note)
            counted.read = self.house.readers.asked - before


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    folder = tmp_path_factory.mktemp("counts")
    async with fresh_settings(servers, folder) as settings, serving(settings) as (api, house):
        parent = await api.as_somebody()
        me = await parent.ask("{ me { email } }")
        async with house.database.session() as session:
            library = Library(session, 7)
            story, page = await library.shelf(me["me"]["email"], stories=25, pages=10)
        yield Stage(parent, house, global_id("Story", story), global_id("Page", page))


async def taken(stage: Stage, query: str, **variables: Any) -> tuple[Counted, dict[str, Any]]:
    """What an operation takes once its document is known."""
    await stage.api.ask(query, **variables)
    await stage.api.ask(query, **variables)
    with stage.counting() as counted:
        data = await stage.api.ask(query, **variables)
    return counted, data


async def test_a_whole_library_takes_one_statement(stage: Stage) -> None:
    counted, data = await taken(stage, LIBRARY)

    stories = [edge["node"] for edge in data["stories"]["edges"]]
    assert [len(story["pages"]) for story in stories] == [10] * 20
    assert (counted.read, counted.texts) == (SESSION + 1, [])


async def test_a_shelf_takes_one_statement(stage: Stage) -> None:
    counted, data = await taken(stage, SHELF)

    assert len(data["stories"]["edges"]) == 20
    assert (counted.read, counted.texts) == (SESSION + 1, [])


async def test_a_book_takes_one_statement(stage: Stage) -> None:
    counted, data = await taken(stage, BOOK, id=stage.story)

    assert len(data["story"]["pages"]) == 10
    assert (counted.read, counted.texts) == (SESSION + 1, [])


async def test_a_page_takes_one_statement(stage: Stage) -> None:
    counted, data = await taken(stage, PAGE, id=stage.page)

    assert data["page"]["number"] == 1
    assert (counted.read, counted.texts) == (SESSION + 1, [])


async def test_stories_are_counted_only_where_that_is_selected(stage: Stage) -> None:
    counted, data = await taken(stage, "{ stories(first: 2) { totalCount edges { node { id } } } }")

    assert data["stories"]["totalCount"] == 25
    assert len(counted.texts) == 1
    assert "count(" in counted.texts[0]


async def test_what_is_not_read_in_one_go_takes_a_statement_for_each_table(stage: Stage) -> None:
    """A filter, or a directive, is the normal executor's."""
    query = """{ stories(filter: {status: [READY]}) { edges { node {
        title characters { name } pages { number } cover { key } progress { done } } } } }"""
    counted, data = await taken(stage, query)

    assert len(data["stories"]["edges"]) == 20
    assert counted.read == SESSION
    tables = [text.split("FROM")[1].split()[0] for text in counted.texts]
    assert sorted(tables) == ["pages", "pages", "stories", "story_characters"]


async def test_nothing_takes_no_statement_but_the_sessions(stage: Stage) -> None:
    counted, _ = await taken(stage, "{ __typename }")

    assert (counted.read, counted.texts) == (SESSION, [])


async def test_catalogs_take_no_statement(stage: Stage) -> None:
    query = """{ artStyles { key } voices { id name } plans { key } creditPacks { key }
        storyPrice(pageCount: 3) }"""
    counted, data = await taken(stage, query)

    assert all(data.values())
    assert (counted.read, counted.texts) == (SESSION, [])


async def test_an_account_takes_no_statement_beside_the_sessions(stage: Stage) -> None:
    counted, data = await taken(stage, "{ me { id email displayName createdAt credits { available reserved } } }")

    assert data["me"]["credits"]["available"] > 0
    assert (counted.read, counted.texts) == (SESSION, [])


async def test_plan_and_subscription_share_a_statement(stage: Stage) -> None:
    counted, data = await taken(stage, "{ me { plan { key } subscription { state } } }")

    assert data["me"]["plan"]
    assert counted.read == SESSION
    assert len(counted.texts) == 1
