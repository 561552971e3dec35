"""Stopping a story and going on with it: what exists stays, and only what is missing is made and paid for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jobs.ports import VendorClosed
from tests.harness import CREDITS, Stage, reason, shared_stage, stage
from tests.vendors import Asked

__all__ = ["shared_stage", "stage"]

FIRST = "Page 1 is here. It ends."


async def begin_first_page(stage: Stage) -> str:
    """A story of two pages whose first is there and whose second is being made; gives its id."""
    for call in ("text:2", "image:2"):
        stage.script.shut(call)
    story = await stage.parent.begin_story(2)
    await stage.parent.until(story, lambda book: book["progress"]["done"] == 3)
    async with asyncio.timeout(20):
        for call in ("text:2", "image:2"):
            await stage.script.arrival(call).wait()
    return story


def statuses(page: dict[str, Any]) -> tuple[str, str, str]:
    return page["textStatus"], page["imageStatus"], page["audioStatus"]


async def test_what_exists_of_a_cancelled_story_stays_and_the_rest_is_refunded_at_once(stage: Stage) -> None:
    parent = stage.parent
    story = await begin_first_page(stage)
    assert await parent.credits() == (6, 2)

    answer = await parent.cancel_story(story)

    assert await parent.credits() == (8, 0)
    assert answer["__typename"] == "CancelStoryPayload"
    assert (answer["story"]["status"], answer["story"]["problem"]) == ("CANCELLED", None)
    assert answer["story"] == await parent.book(story)
    first, second = answer["story"]["pages"]
    assert (first["text"], *statuses(first)) == (FIRST, "READY", "READY", "READY")
    assert first["image"]["key"]
    assert first["audio"]["key"]
    assert statuses(second) == ("WAITING", "WAITING", "WAITING")


async def test_a_result_that_comes_after_the_cancellation_changes_nothing(stage: Stage) -> None:
    parent = stage.parent
    story = await begin_first_page(stage)
    cancelled = (await parent.cancel_story(story))["story"]
    called = list(stage.script.calls)

    stage.script.let_go()
    await stage.rest()

    assert await parent.book(story) == cancelled
    assert stage.script.calls == called, "a vendor was called after the cancellation"
    assert await parent.credits() == (8, 0)


async def test_a_cancellation_ends_what_followers_are_told(stage: Stage) -> None:
    story = await begin_first_page(stage)
    selection = "events { __typename ... on StoryEnded { story { status pages { imageStatus } } } }"

    async with stage.parent.watching(story, selection) as batches:
        await stage.parent.cancel_story(story)

    assert batches[-1]["events"][-1] == {
        "__typename": "StoryEnded",
        "story": {"status": "CANCELLED", "pages": [{"imageStatus": "READY"}, {"imageStatus": "WAITING"}]},
    }
    late = await stage.parent.until_ended(story)
    assert [event["__typename"] for batch in late for event in batch["events"]] == ["StorySnapshot", "StoryEnded"]
    assert late[-1]["cursor"] == batches[-1]["cursor"]


async def test_a_story_that_nobody_has_begun_is_cancelled_with_nothing_made(stage: Stage) -> None:
    stage.script.shut("plan")
    story = await stage.parent.begin_story(2)

    answer = await stage.parent.cancel_story(story)

    assert answer["story"]["status"] == "CANCELLED"
    assert answer["story"]["progress"] == {"done": 0, "total": 6}
    assert await stage.parent.credits() == (CREDITS, 0)
    stage.script.let_go()
    await stage.rest()
    assert set(stage.script.calls) <= {"plan"}


async def test_what_has_ended_can_not_be_cancelled(stage: Stage) -> None:
    story = await stage.parent.begin_story(1)
    before = await stage.parent.ended(story)
    credits = await stage.parent.credits()

    assert reason(await stage.parent.cancel_story(story)) == "STORY_ENDED"
    assert await stage.parent.book(story) == before
    assert await stage.parent.credits() == credits

    other = await begin_first_page(stage)
    answers = await asyncio.gather(*[stage.parent.cancel_story(other) for _ in range(3)])
    assert sorted(answer["__typename"] for answer in answers) == ["CancelStoryPayload", "Conflict", "Conflict"]


async def test_a_resumed_story_makes_and_charges_only_what_is_missing(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    story = await begin_first_page(stage)
    first = (await parent.cancel_story(story))["story"]["pages"][0]
    await stage.rest()
    script.forget()
    gate = script.shut("image:2")

    answer = await parent.resume_story(story)

    assert answer["__typename"] == "ResumeStoryPayload"
    assert answer["story"]["status"] == "QUEUED"
    assert answer["story"]["pages"][0] == first
    assert await parent.credits() == (6, 2)
    gate.set()
    book = await parent.ended(story)
    assert (book["status"], book["problem"], book["pages"][0]) == ("READY", None, first)
    assert sorted(script.calls) == ["audio:2", "image:2", "text:2"]
    assert script.asked["write"] == [Asked((FIRST,))], "the writer goes on after the page that is there"
    assert await parent.credits() == (6, 0)


async def test_a_story_resumed_before_its_old_maker_has_noticed_is_made_once(stage: Stage) -> None:
    parent = stage.parent
    story = await begin_first_page(stage)
    await parent.cancel_story(story)

    await parent.resume_story(story)
    stage.script.let_go()

    assert (await parent.ended(story))["status"] == "READY"
    await stage.rest()
    assert stage.script.calls.count("audio:2") == 1
    assert await parent.credits() == (6, 0)


async def test_a_follower_of_a_resumed_story_sees_it_through_to_its_new_end(stage: Stage) -> None:
    parent = stage.parent
    story = await begin_first_page(stage)
    await parent.cancel_story(story)
    stood = (await parent.until_ended(story))[-1]["cursor"]
    stage.script.forget()
    await parent.resume_story(story)

    async with asyncio.timeout(30):
        selection = "events { __typename ... on StoryEnded { story { status } } }"
        events = [event async for batch in parent.follow(story, selection, stood) for event in batch["events"]]

    names = [event["__typename"] for event in events]
    assert names.count("StoryEnded") == 1
    assert "StorySnapshot" not in names, "the cursor of the first end is still good"
    assert events[-1] == {"__typename": "StoryEnded", "story": {"status": "READY"}}


@pytest.mark.parametrize(
    ("failing", "again", "price"),
    [
        ("plan", {"plan", "portrait:n1", "text:1", "image:1", "audio:1", "text:2", "image:2", "audio:2"}, 4),
        ("image:1", {"image:1"}, 1),
        ("audio:2", {"audio:2"}, 1),
        ("text:2", {"text:2", "audio:2"}, 1),
        ("text:1", {"text:1", "text:2", "audio:1", "audio:2"}, 2),
    ],
)
async def test_what_failed_is_made_when_the_story_is_resumed(
    stage: Stage, failing: str, again: set[str], price: int
) -> None:
    parent, script = stage.parent, stage.script
    script.failures[failing] = [VendorClosed("no key")]
    story = await parent.begin_story(2)
    assert (await parent.ended(story))["status"] == ("FAILED" if failing == "plan" else "INCOMPLETE")
    assert await parent.credits() == (CREDITS - 4 + price, 0)
    script.calls.clear()

    await parent.resume_story(story)

    assert (await parent.ended(story))["status"] == "READY"
    assert sorted(script.calls) == sorted(again)
    assert await parent.credits() == (CREDITS - 4, 0)


async def test_only_an_ended_story_with_something_missing_is_resumed(stage: Stage) -> None:
    parent, gate = stage.parent, stage.script.shut("plan")
    story = await parent.begin_story(1)

    assert reason(await parent.resume_story(story)) == "STORY_NOT_ENDED"
    assert await parent.credits() == (8, 2)
    gate.set()
    await parent.ended(story)
    assert reason(await parent.resume_story(story)) == "STORY_COMPLETE"
    assert await parent.credits() == (8, 0)


async def test_a_story_resumed_twice_at_once_goes_on_once(stage: Stage) -> None:
    parent = stage.parent
    stage.script.shut("plan")
    story = await parent.begin_story(2)
    await parent.cancel_story(story)

    answers = await asyncio.gather(*[parent.resume_story(story) for _ in range(3)])

    assert sorted(answer["__typename"] for answer in answers) == ["Conflict", "Conflict", "ResumeStoryPayload"]
    assert await parent.credits() == (6, 4)


async def test_what_is_missing_has_to_be_paid_for(stage: Stage) -> None:
    parent = stage.parent
    stage.script.shut("plan")
    story = await parent.begin_story(5)
    await parent.cancel_story(story)
    other = await parent.begin_story(1)
    before = await parent.book(story)

    answer = await parent.resume_story(story)

    assert (answer["__typename"], answer["needed"], answer["available"]) == ("OutOfCredits", 10, 8)
    assert await parent.book(story) == before
    assert await parent.credits() == (8, 2)
    await parent.cancel_story(other)


async def test_a_fourth_story_at_once_is_neither_begun_nor_resumed(stage: Stage) -> None:
    parent, gate = stage.parent, stage.script.shut("plan")
    stopped = await parent.begin_story(1)
    await parent.cancel_story(stopped)
    for _ in range(3):
        await parent.begin_story(1, narrated=False)

    assert reason(await parent.resume_story(stopped)) == "TOO_MANY_STORIES"
    assert reason(await parent.create_story(premise="A fourth mole", pageCount=1)) == "TOO_MANY_STORIES"
    assert (await parent.book(stopped))["status"] == "CANCELLED"
    assert await parent.credits() == (7, 3)
    gate.set()
