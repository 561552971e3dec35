"""Rating a story: by its owner, when it has ended, as often as they like."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import Api, Stage, reason, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]


async def rating(parent: Api, id: str) -> int | None:
    story: dict[str, Any] = (await parent.ask("query($id: ID!) { story(id: $id) { rating } }", id=id))["story"]
    return story["rating"]


async def test_a_story_has_the_rating_that_was_given_last(stage: Stage) -> None:
    story = (await stage.parent.make_story())["id"]
    assert await rating(stage.parent, story) is None
    for stars in (5, 1, 1):
        answer = await stage.parent.rate_story(story, stars)
        assert answer["__typename"] == "RateStoryPayload"
        assert answer["story"] == {"id": story, "rating": stars}
        assert await rating(stage.parent, story) == stars


@pytest.mark.parametrize("stars", [0, 6, -1, 2_147_483_647])
async def test_there_are_one_to_five_stars(stage: Stage, stars: int) -> None:
    story = (await stage.parent.make_story())["id"]
    assert wrong_path(await stage.parent.rate_story(story, stars)) == ["stars"]
    assert await rating(stage.parent, story) is None


async def test_a_story_is_rated_only_when_it_has_ended(stage: Stage) -> None:
    stage.script.shut("text:1")
    story = await stage.parent.begin_story()
    async with asyncio.timeout(20):
        await stage.script.arrival("text:1").wait()
    assert reason(await stage.parent.rate_story(story, 5)) == "STORY_NOT_ENDED"
    assert (await stage.parent.cancel_story(story))["__typename"] == "CancelStoryPayload"
    assert (await stage.parent.rate_story(story, 2))["story"]["rating"] == 2


async def test_a_rating_outlasts_a_page_that_is_made_again(stage: Stage) -> None:
    book = await stage.parent.make_story()
    await stage.parent.rate_story(book["id"], 4)
    await stage.parent.redo_page(book["pages"][0]["id"], "IMAGE")
    await stage.parent.ended(book["id"])
    assert await rating(stage.parent, book["id"]) == 4


async def test_nobody_rates_the_story_of_somebody_else(stage: Stage) -> None:
    story = (await stage.parent.make_story())["id"]
    stranger = await stage.api.as_somebody()
    assert (await stranger.rate_story(story, 1))["__typename"] == "NotFound"
    assert await rating(stage.parent, story) is None
