"""When parts of a page are not made again: what is refused changes nothing, and costs nothing."""

from __future__ import annotations

import asyncio

import pytest

from jobs.ports import VendorClosed, VendorRefused
from tests.harness import CREDITS, Stage, reason, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

CALLS = {"TEXT": "text:1", "IMAGE": "image:1", "AUDIO": "audio:1"}


@pytest.mark.parametrize(
    ("first", "second", "busy"),
    [
        ("IMAGE", "IMAGE", True),
        ("TEXT", "TEXT", True),
        ("TEXT", "AUDIO", True),
        ("AUDIO", "TEXT", True),
        ("IMAGE", "TEXT", False),
        ("AUDIO", "IMAGE", False),
    ],
)
async def test_a_part_that_is_being_made_again_is_busy(stage: Stage, first: str, second: str, busy: bool) -> None:
    parent = stage.parent
    before = await parent.make_story()
    stage.script.shut(CALLS[first])
    page = before["pages"][0]["id"]
    await parent.redo_page(page, first)
    credits = await parent.credits()

    answer = await parent.redo_page(page, second)

    if busy:
        assert reason(answer) == "PART_BUSY"
        assert await parent.credits() == credits
    else:
        assert answer["__typename"] == "RedoPagePayload"
    stage.script.let_go()
    assert (await parent.ended(before["id"]))["status"] == "READY"


async def test_of_many_redos_of_a_part_at_once_one_is_taken(stage: Stage) -> None:
    before = await stage.parent.make_story()
    stage.script.shut("image:1")

    asked = [stage.parent.redo_page(before["pages"][0]["id"], "IMAGE") for _ in range(4)]
    answers = sorted(answer["__typename"] for answer in await asyncio.gather(*asked))

    assert answers == ["Conflict"] * 3 + ["RedoPagePayload"]
    assert await stage.parent.credits() == (CREDITS - 3, 1)


async def test_a_redo_that_makes_no_sense_is_refused(stage: Stage) -> None:
    silent = await stage.parent.make_story(narrated=False)
    page = silent["pages"][0]["id"]

    for parts in ([], ["IMAGE", "IMAGE"], ["AUDIO"], ["TEXT", "AUDIO"]):
        assert wrong_path(await stage.parent.redo_page(page, *parts)) == ["parts"], parts
    for instruction in ("x" * 501, "a star\0"):
        answer = await stage.parent.redo_page(page, "IMAGE", instruction=instruction)
        assert wrong_path(answer) == ["instruction"], instruction

    assert await stage.parent.book(silent["id"]) == silent
    assert await stage.parent.credits() == (CREDITS - 1, 0)


async def test_an_instruction_that_is_unfit_for_children_is_refused(stage: Stage) -> None:
    before = await stage.parent.make_story()

    answer = await stage.parent.redo_page(before["pages"][0]["id"], "IMAGE", instruction="They murdered him")

    assert (answer["__typename"], answer["categories"]) == ("ContentRejected", ["violence"])
    assert await stage.parent.book(before["id"]) == before
    assert await stage.parent.credits() == (CREDITS - 2, 0)


async def test_a_redo_has_to_be_paid_for_and_takes_a_place_among_the_stories_being_made(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    page = before["pages"][0]["id"]
    stage.script.shut("plan")
    others = [await parent.begin_story(1, narrated=False) for _ in range(3)]
    assert reason(await parent.redo_page(page, "IMAGE")) == "TOO_MANY_STORIES"
    for other in others:
        await parent.cancel_story(other)
    last = await parent.begin_story(7, narrated=False)

    answer = await parent.redo_page(page, "TEXT")

    assert (answer["__typename"], answer["needed"], answer["available"]) == ("OutOfCredits", 2, 1)
    assert await parent.book(before["id"]) == before
    assert await parent.credits() == (1, 7)
    await parent.cancel_story(last)


@pytest.mark.parametrize(("narrated", "price"), [(False, 0), (True, 1)])
async def test_words_that_were_never_made_are_paid_for_with_the_picture(
    stage: Stage, narrated: bool, price: int
) -> None:
    parent = stage.parent
    stage.script.failures["text:1"] = [VendorClosed("no key")]
    before = await parent.make_story(narrated=narrated)
    assert before["status"] == "INCOMPLETE"
    assert await parent.credits() == (CREDITS - 1, 0)
    gate = stage.script.shut("text:1")

    await parent.redo_page(before["pages"][0]["id"], "TEXT")

    assert await parent.credits() == (CREDITS - 1 - price, price)
    gate.set()
    after = await parent.ended(before["id"])
    assert (after["status"], after["pages"][0]["text"]) == ("READY", "Page 1 is here. It ends.")
    assert await parent.credits() == (CREDITS - 1 - price, 0)


async def test_words_that_the_vendor_refuses_to_make_again_keep_no_other_page_from_its_own(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    before = await parent.make_story(2)
    script.calls.clear()
    gate = script.shut("image:1")
    await parent.redo_page(before["pages"][0]["id"], "IMAGE")
    async with asyncio.timeout(20):
        await script.arrival("image:1").wait()
    script.failures["text:1"] = [VendorRefused(), VendorRefused()]

    for page in before["pages"]:  # while the picture is out, so that one run finds both
        await parent.redo_page(page["id"], "TEXT", instruction="with more stars")
    gate.set()

    after = await parent.ended(before["id"])
    assert after["status"] == "READY"
    old, new = zip(before["pages"], after["pages"], strict=True)
    assert old[1] == {**old[0], "image": old[1]["image"]}
    assert old[1]["image"] != old[0]["image"]
    assert new[1]["text"] == "Page 2 is here anew. It ends."
    assert new[1]["audio"]["key"] != new[0]["audio"]["key"]
    assert script.calls == ["image:1", "text:1", "text:1", "text:2", "audio:2"]
    assert await parent.credits() == (CREDITS - 4 - 1 - 2, 0), "the words that were refused cost nothing"
