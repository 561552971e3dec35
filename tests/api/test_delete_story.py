"""Deleting a story: gone at once for everybody, its media soon after, and what was not made is refunded."""

from __future__ import annotations

import asyncio

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.harness import CREDITS, Api, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]


async def look(parent: Api, story_id: str, page_id: str) -> tuple[object, ...]:
    """What the API shows of a story, by every way there is."""
    query = """query($story: ID!, $page: ID!) {
        story(id: $story) { id } node(id: $story) { id } nodes(ids: [$story, $page]) { id } page(id: $page) { id }
        stories { totalCount edges { node { id } } } }"""
    data = await parent.ask(query, story=story_id, page=page_id)
    return tuple(data[name] for name in ("story", "node", "nodes", "page", "stories"))


async def follow_code(parent: Api, story_id: str) -> str:
    """The code with which a follower is refused."""
    async with asyncio.timeout(20):
        with pytest.raises(TransportQueryError) as refused:
            await anext(parent.follow(story_id, "events { __typename }"))
    (error,) = refused.value.errors or []
    return error["extensions"]["code"]


async def test_a_deleted_story_is_gone_by_every_way(stage: Stage) -> None:
    parent = stage.parent
    book = await parent.make_story()
    story, page = book["id"], book["pages"][0]["id"]

    assert await parent.delete_story(story) == {"__typename": "DeleteStoryPayload", "deletedId": story}

    assert await look(parent, story, page) == (None, None, [None, None], None, {"totalCount": 0, "edges": []})
    assert await follow_code(parent, story) == "NOT_FOUND"
    assert await parent.credits() == (CREDITS - 2, 0), "what was made has been paid for"


async def test_nothing_can_be_done_with_a_deleted_story(stage: Stage) -> None:
    parent = stage.parent
    book = await parent.make_story()
    story, page = book["id"], book["pages"][0]["id"]
    await parent.delete_story(story)

    for answer in (
        await parent.delete_story(story),
        await parent.cancel_story(story),
        await parent.resume_story(story),
    ):
        assert (answer["__typename"], answer["id"]) == ("NotFound", story)
    for answer in (await parent.redo_page(page, "IMAGE"), await parent.edit_page_text(page, "New words.")):
        assert (answer["__typename"], answer["id"]) == ("NotFound", page)
    assert await parent.credits() == (CREDITS - 2, 0)


async def test_a_story_deleted_while_it_is_made_is_made_no_further_and_refunded(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    for call in ("text:2", "image:2"):
        script.shut(call)
    story = await parent.begin_story(2)
    book = await parent.until(story, lambda book: book["progress"]["done"] == 3)
    async with asyncio.timeout(20):
        for call in ("text:2", "image:2"):
            await script.arrival(call).wait()
    called = list(script.calls)

    await parent.delete_story(story)

    assert await parent.credits() == (CREDITS - 2, 0)
    script.let_go()
    await stage.rest()
    assert script.calls == called
    assert (await look(parent, story, book["pages"][0]["id"]))[0] is None
    assert await parent.credits() == (CREDITS - 2, 0)


async def test_followers_of_a_story_that_is_deleted_learn_that_it_is_not_there(stage: Stage) -> None:
    stage.script.shut("plan")
    story = await stage.parent.begin_story()

    with pytest.raises(ExceptionGroup) as group:
        async with stage.parent.watching(story, "events { __typename }"):
            await stage.parent.delete_story(story)

    (refused,) = group.value.exceptions
    assert isinstance(refused, TransportQueryError)
    assert [error["extensions"]["code"] for error in refused.errors or []] == ["NOT_FOUND"]


async def test_a_deleted_story_makes_room_for_another(stage: Stage) -> None:
    parent = stage.parent
    stage.script.shut("plan")
    first, *_ = [await parent.begin_story() for _ in range(3)]

    await parent.delete_story(first)

    await parent.begin_story()
    assert await parent.credits() == (CREDITS - 6, 6)


async def test_of_many_deletions_at_once_one_is_answered(stage: Stage) -> None:
    stage.script.shut("plan")
    story = await stage.parent.begin_story()

    answers = await asyncio.gather(*[stage.parent.delete_story(story) for _ in range(3)])

    assert sorted(answer["__typename"] for answer in answers) == ["DeleteStoryPayload", "NotFound", "NotFound"]
    assert await stage.parent.credits() == (CREDITS, 0)
