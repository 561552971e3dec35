"""Lists are walked by cursor: every story once, whatever the page size, the order and the titles."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col

from models.errors import BadUserInput
from models.stories import Story
from models.vocabulary import StoryOrder, StoryStatus
from resolvers import accounts, stories
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.stories import Filter
from tests.harness import Api, fresh_settings, serving
from tests.servers import Servers
from tests.stories import new_story

BIRTH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Shelf:
    """An account, and a way to put stories on its shelf."""

    house: House
    caller: Caller
    account_id: UUID

    async def holds(self, titles: list[tuple[str | None, int]]) -> list[Story]:
        """Replaces what is there; each story has a title and a time of birth in seconds."""
        made = [self.story(title, "A premise", seconds) for title, seconds in titles]
        async with self.house.database.session() as session:
            await session.execute(delete(Story).where(col(Story.account_id) == self.account_id))
            session.add_all(made)
            await session.commit()
        return made

    def story(self, title: str | None, premise: str, seconds: int = 0) -> Story:
        born_at = BIRTH + timedelta(seconds=seconds)
        return new_story(self.account_id, title=title, premise=premise, status=StoryStatus.READY, created_at=born_at)

    async def walked(self, order: StoryOrder, first: int) -> list[Story]:
        """All stories, page by page."""
        found: list[Story] = []
        after: str | None = None
        while True:
            page = await stories.stories(self.house, self.caller, first, after, Filter(), order)
            found += page.rows
            assert len(page.rows) == len(page.cursors) <= first
            assert page.has_previous is (after is not None)
            if not page.has_next:
                return found
            assert len(page.rows) == first
            after = page.cursors[-1]

    async def found(self, words: str) -> set[str | None]:
        rows = await stories.stories(self.house, self.caller, 100, None, Filter(search=words), StoryOrder.NEWEST)
        assert await stories.count(self.house, self.caller, Filter(search=words)) == len(rows.rows)
        return {story.title for story in rows.rows}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    async with fresh_settings(servers, folder) as of_its_own, serving(of_its_own) as (_, house):
        session = await accounts.sign_up(house, "reader@example.com", "correct horse battery", None)
        yield Shelf(house, Caller(session.account), session.account.id)


LETTERS = st.text(st.sampled_from("aAbBzZ éÉßİıΣσς🐌%_'\"\\"), max_size=6)
TITLES = st.lists(st.tuples(st.none() | LETTERS, st.integers(0, 3)), max_size=12)


@given(titles=TITLES, first=st.integers(1, 13))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_page_size_walks_all_stories_exactly_once(
    shelf: Shelf, titles: list[tuple[str | None, int]], first: int
) -> None:
    made = await shelf.holds(titles)
    by_birth = sorted((story.created_at, story.id) for story in made)

    oldest = await shelf.walked(StoryOrder.OLDEST, first)
    newest = await shelf.walked(StoryOrder.NEWEST, first)
    by_title = await shelf.walked(StoryOrder.TITLE, first)

    assert [(story.created_at, story.id) for story in oldest] == by_birth
    assert [(story.created_at, story.id) for story in newest] == by_birth[::-1]
    assert sorted(story.id for story in by_title) == sorted(story.id for story in made)
    assert by_title == await shelf.walked(StoryOrder.TITLE, 100)
    assert await stories.count(shelf.house, shelf.caller, Filter()) == len(made)


async def test_titles_are_ordered_whatever_their_case_and_those_without_come_first(shelf: Shelf) -> None:
    await shelf.holds([("banana", 0), ("Apple", 1), (None, 2), ("cherry", 3), ("apple pie", 4)])

    assert [story.title for story in await shelf.walked(StoryOrder.TITLE, 2)] == [
        None,
        "Apple",
        "apple pie",
        "banana",
        "cherry",
    ]


async def test_a_story_that_is_added_or_removed_meanwhile_shifts_nobody(shelf: Shelf) -> None:
    made = await shelf.holds([(str(number), number) for number in range(6)])
    page = await stories.stories(shelf.house, shelf.caller, 2, None, Filter(), StoryOrder.NEWEST)
    async with shelf.house.database.session() as session:
        await session.execute(delete(Story).where(col(Story.id) == made[4].id))
        session.add(shelf.story("new", "A premise", 100))
        await session.commit()

    rest = await stories.stories(shelf.house, shelf.caller, 9, page.cursors[-1], Filter(), StoryOrder.NEWEST)

    assert [story.title for story in page.rows] == ["5", "4"]
    assert [story.title for story in rest.rows] == ["3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("100%", {"100% wool"}),
        ("%", {"100% wool"}),
        ("_", {"snake_case"}),
        ("'", {"It's raining"}),
        ('"', {'The "moon"'}),
        ("\\", {"back\\slash"}),
        ("/", {"either/or"}),
        ("WOOL", {"100% wool"}),
        ("été", {"L'ÉTÉ"}),
        ("  raining ", {"It's raining"}),
        ("nothing like it", set[str]()),
        ("'; DROP TABLE stories; --", set[str]()),
    ],
)
async def test_words_are_searched_as_they_are(shelf: Shelf, words: str, found: set[str]) -> None:
    titles = ["100% wool", "snake_case", "Its dry", 'The "moon"', "back\\slash", "either/or", "L'ÉTÉ", "It's raining"]
    if words == "'":
        titles.remove("L'ÉTÉ")
    await shelf.holds([(title, 0) for title in titles])

    assert await shelf.found(words) == found


async def test_a_premise_is_searched_too(shelf: Shelf) -> None:
    await shelf.holds([("One", 0)])

    assert await shelf.found("a PREMISE") == {"One"}


@pytest.mark.parametrize("first", [0, 101, -1])
async def test_a_length_out_of_range_is_refused(shelf: Shelf, first: int) -> None:
    with pytest.raises(BadUserInput):
        await stories.stories(shelf.house, shelf.caller, first, None, Filter(), StoryOrder.NEWEST)


async def test_stories_are_filtered_by_state_and_by_character(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    made = await parent.ask(
        'mutation { createCharacter(input: {name: "Mo", appearance: "a mole"}) {'
        " ... on CreateCharacterPayload { character { id } } } }"
    )
    mole = made["createCharacter"]["character"]["id"]
    starring = (await parent.create_story(premise="With a mole", characterIds=[mole]))["story"]["id"]
    other = (await parent.create_story(premise="Without anybody"))["story"]["id"]

    async def found(**filter: Any) -> list[str]:
        query = """query($filter: StoryFilter) { stories(filter: $filter) { totalCount edges { node { id } } } }"""
        page = (await parent.ask(query, filter=filter))["stories"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        assert page["totalCount"] == len(ids)
        return ids

    assert await found() == [other, starring]
    assert await found(characterId=mole) == [starring]
    assert await found(characterId=other) == []
    assert await found(status=["QUEUED", "READY"]) == [other, starring]
    assert await found(status=["READY"]) == []
    assert await found(status=[]) == []
    assert await found(status=["QUEUED"], search="MOLE", characterId=mole) == [starring]


async def test_characters_are_walked_and_counted(shared_app: Api) -> None:
    parent = await shared_app.as_somebody()
    names = [f"Mole {number}" for number in range(5)]
    for name in names:
        await parent.ask(
            'mutation($name: String!) { createCharacter(input: {name: $name, appearance: "a mole"}) { __typename } }',
            name=name,
        )
    query = """query($after: String) { characters(first: 2, after: $after) { totalCount
        edges { node { name } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""

    walked: list[str] = []
    after: str | None = None
    while True:
        page = (await parent.ask(query, after=after))["characters"]
        walked += [edge["node"]["name"] for edge in page["edges"]]
        assert page["totalCount"] == 5
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert walked == names[::-1]
