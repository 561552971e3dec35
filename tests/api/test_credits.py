"""What a parent pays: the price that was named, part by part as it is made, and nothing for what is not there."""

from __future__ import annotations

import asyncio

import pytest

from jobs.ports import VendorClosed, VendorRefused
from tests.harness import CREDITS, Api, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]


async def count_of_stories(parent: Api) -> int:
    return (await parent.ask("{ stories { totalCount } }"))["stories"]["totalCount"]


@pytest.mark.parametrize(("pages", "narrated", "price"), [(1, True, 2), (1, False, 1), (4, True, 8)])
async def test_a_story_reserves_the_price_that_was_named_and_spends_it(
    stage: Stage, pages: int, narrated: bool, price: int
) -> None:
    parent, gate = stage.parent, stage.script.shut("plan")
    query = "query($pages: Int!, $narrated: Boolean!) { storyPrice(pageCount: $pages, narrated: $narrated) }"
    assert await stage.api.ask(query, pages=pages, narrated=narrated) == {"storyPrice": price}
    assert await parent.credits() == (CREDITS, 0)

    story = await parent.begin_story(pages, narrated=narrated)

    assert await parent.credits() == (CREDITS - price, price)
    gate.set()
    assert (await parent.ended(story))["status"] == "READY"
    assert await parent.credits() == (CREDITS - price, 0)


async def test_a_story_that_costs_more_than_there_is_is_not_stored(stage: Stage) -> None:
    parent = stage.parent

    answer = await parent.create_story(premise="A mole who digs for the moon", pageCount=6)

    assert answer["__typename"] == "OutOfCredits"
    assert (answer["needed"], answer["available"]) == (12, CREDITS)
    assert answer["message"] == "This costs 12 credits, and 10 are available. Buy some, or ask for less."
    assert await parent.credits() == (CREDITS, 0)
    assert await count_of_stories(parent) == 0
    assert stage.script.calls == []


async def test_what_is_reserved_can_not_be_spent_on_something_else(stage: Stage) -> None:
    parent, gate = stage.parent, stage.script.shut("plan")
    first = await parent.begin_story(4)

    answer = await parent.create_story(premise="A mole who digs for the moon", pageCount=2)

    assert (answer["__typename"], answer["needed"], answer["available"]) == ("OutOfCredits", 4, 2)
    await parent.begin_story(1)
    assert await parent.credits() == (0, 10)
    gate.set()
    assert (await parent.ended(first))["status"] == "READY"


async def test_of_many_stories_at_once_only_what_can_be_paid_is_begun(stage: Stage) -> None:
    parent, gate = stage.parent, stage.script.shut("plan")

    asked = [parent.create_story(premise="A mole who digs", pageCount=4, narrated=False) for _ in range(3)]
    answers = sorted(answer["__typename"] for answer in await asyncio.gather(*asked))

    assert answers == ["CreateStoryPayload", "CreateStoryPayload", "OutOfCredits"]
    assert await parent.credits() == (2, 8)
    gate.set()


async def test_each_part_is_charged_when_it_is_there(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    gates = {call: script.shut(call) for call in ("image:1", "audio:1", "text:2", "image:2")}
    story = await parent.begin_story(2)

    written = await parent.until(story, lambda book: book["pages"][0]["textStatus"] == "READY")
    assert written["pages"][0]["imageStatus"] != "READY"
    assert await parent.credits() == (6, 4), "words are paid for with the picture"
    gates["image:1"].set()
    await parent.until(story, lambda book: book["pages"][0]["imageStatus"] == "READY")
    assert await parent.credits() == (6, 3)
    gates["audio:1"].set()
    await parent.until(story, lambda book: book["pages"][0]["audioStatus"] == "READY")
    assert await parent.credits() == (6, 2)
    for gate in gates.values():
        gate.set()
    assert (await parent.ended(story))["status"] == "READY"
    assert await parent.credits() == (6, 0)


@pytest.mark.parametrize(
    ("call", "spent"), [("image:1", 3), ("audio:2", 3), ("text:2", 3), ("portrait:n1", 4), ("plan", 0)]
)
async def test_what_could_not_be_made_costs_nothing(stage: Stage, call: str, spent: int) -> None:
    stage.script.failures[call] = [VendorClosed("no key")]
    story = await stage.parent.begin_story(2)

    book = await stage.parent.ended(story)

    ending = {0: "FAILED", 3: "INCOMPLETE", 4: "READY"}[spent]
    assert book["status"] == ending
    assert (book["problem"] is None) == (ending == "READY")
    assert await stage.parent.credits() == (CREDITS - spent, 0)


async def test_a_picture_that_the_vendor_refuses_costs_nothing(stage: Stage) -> None:
    stage.script.failures["image:1"] = [VendorRefused("no"), VendorRefused("no")]
    story = await stage.parent.begin_story(2)

    assert (await stage.parent.ended(story))["status"] == "INCOMPLETE"
    assert stage.script.calls.count("image:1") == 2, "it is asked once more, softened"
    assert await stage.parent.credits() == (CREDITS - 3, 0)


async def test_a_picture_that_is_judged_unfit_costs_nothing_and_is_not_shown(stage: Stage) -> None:
    stage.vendors.moderator.blind = True
    story = await stage.parent.begin_story(1)

    book = await stage.parent.ended(story)

    assert (book["status"], book["pages"][0]["image"]) == ("INCOMPLETE", None)
    assert await stage.parent.credits() == (CREDITS - 1, 0)


async def test_a_premise_that_is_refused_costs_nothing(stage: Stage) -> None:
    answer = await stage.parent.create_story(premise="A murderer in the woods", pageCount=1)

    assert answer["__typename"] == "ContentRejected"
    assert answer["categories"] == ["violence"]
    assert await stage.parent.credits() == (CREDITS, 0)


async def test_one_parents_credits_are_not_anothers(stage: Stage) -> None:
    other, gate = await stage.api.as_somebody(), stage.script.shut("plan")

    await stage.parent.begin_story(5)

    assert await stage.parent.credits() == (0, 10)
    assert await other.credits() == (CREDITS, 0)
    gate.set()
