"""Writing a page's words by hand: they are there at once, and only this page is read aloud anew."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from sqlmodel import col, select

from jobs.ports import VendorClosed
from models.generation import Step, StepState
from schema.ids import row_id
from tests.harness import CREDITS, Stage, reason, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

OLD = "Page 1 is here. It ends."
WORDS = "Page 1 by hand: Mo söhnt sich aus 🌙."


async def test_words_are_there_at_once_and_read_aloud_anew(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    before = await parent.make_story(2)
    script.calls.clear()
    gate = script.shut("audio:1")

    answer = await parent.edit_page_text(before["pages"][0]["id"], f"  {WORDS}\n")

    assert answer["__typename"] == "EditPageTextPayload"
    page = answer["page"]
    assert (page["text"], page["textStatus"]) == (WORDS, "READY")
    assert (page["audio"], page["audioStatus"]) == (None, "WAITING"), "the old word times do not fit these words"
    assert page["image"] == before["pages"][0]["image"]
    assert await parent.credits() == (CREDITS - 5, 1)
    assert (await parent.book(before["id"]))["status"] in ("QUEUED", "GENERATING")
    gate.set()
    after = await parent.ended(before["id"])
    assert after["status"] == "READY"
    assert after["pages"][1] == before["pages"][1]
    audio = after["pages"][0]["audio"]
    assert audio["key"] != before["pages"][0]["audio"]["key"]
    assert all(WORDS[word["start"] : word["end"]] == word["word"] for word in audio["words"])
    assert script.calls == ["audio:1"]
    assert script.asked["audio:1"][-1].texts == (WORDS,)
    assert await parent.credits() == (CREDITS - 5, 0)


async def test_a_follower_is_told_the_new_words(stage: Stage) -> None:
    before = await stage.parent.make_story()
    cursor = (await stage.parent.until_ended(before["id"]))[-1]["cursor"]

    await stage.parent.edit_page_text(before["pages"][0]["id"], WORDS)

    selection = """events { __typename ... on PageTextReady { page { text audio { key } } }
        ... on StoryEnded { story { status pages { text } } } }"""
    async with asyncio.timeout(20), aclosing(stage.parent.follow(before["id"], selection, cursor)) as batches:
        events = [event async for batch in batches for event in batch["events"]]
    assert [event["__typename"] for event in events] == [
        "PageTextReady",
        "PagePartRestarted",
        "PageAudioReady",
        "StoryEnded",
    ]
    assert events[0]["page"] == {"text": WORDS, "audio": None}
    assert events[-1]["story"] == {"status": "READY", "pages": [{"text": WORDS}]}


async def test_a_silent_story_stays_ready_with_its_new_words(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story(narrated=False)
    stage.script.calls.clear()

    answer = await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    assert (answer["page"]["text"], answer["page"]["audioStatus"]) == (WORDS, "SKIPPED")
    after = await parent.book(before["id"])
    assert (after["status"], after["pages"]) == ("READY", [{**before["pages"][0], "text": WORDS}])
    selection = "events { __typename ... on StorySnapshot { story { status pages { text } } } }"
    async with asyncio.timeout(20):
        (batch,) = [batch async for batch in parent.follow(before["id"], selection)]
    assert batch["events"] == [
        {"__typename": "StorySnapshot", "story": {"status": "READY", "pages": [{"text": WORDS}]}},
        {"__typename": "StoryEnded"},
    ]
    assert stage.script.calls == []
    assert await parent.credits() == (CREDITS - 1, 0)


async def test_the_same_words_again_change_nothing(stage: Stage) -> None:
    before = await stage.parent.make_story()
    stage.script.calls.clear()

    answer = await stage.parent.edit_page_text(before["pages"][0]["id"], f" {OLD} ")

    assert answer["page"] == before["pages"][0]
    assert await stage.parent.book(before["id"]) == before
    assert stage.script.calls == []
    assert await stage.parent.credits() == (CREDITS - 2, 0)


async def test_a_text_that_breaks_a_rule_is_refused(stage: Stage) -> None:
    before = await stage.parent.make_story(narrated=False)

    for text in ("", " \n ", "x" * 4001, "x" * 5000, "Mo\0"):
        answer = await stage.parent.edit_page_text(before["pages"][0]["id"], text)
        assert wrong_path(answer) == ["text"], text

    assert await stage.parent.book(before["id"]) == before
    assert await stage.parent.credits() == (CREDITS - 1, 0)


async def test_a_text_of_four_thousand_code_points_is_taken(stage: Stage) -> None:
    before = await stage.parent.make_story(narrated=False)

    answer = await stage.parent.edit_page_text(before["pages"][0]["id"], "🌙" * 4000)

    assert answer["page"]["text"] == "🌙" * 4000


async def test_a_text_that_is_unfit_for_children_is_refused(stage: Stage) -> None:
    before = await stage.parent.make_story()

    answer = await stage.parent.edit_page_text(before["pages"][0]["id"], "They murdered him.")

    assert (answer["__typename"], answer["categories"]) == ("ContentRejected", ["violence"])
    assert await stage.parent.book(before["id"]) == before
    assert await stage.parent.credits() == (CREDITS - 2, 0)


@pytest.mark.parametrize(("call", "busy"), [("text:1", True), ("audio:1", True), ("image:1", False)])
async def test_words_that_are_being_written_or_read_aloud_are_busy(stage: Stage, call: str, busy: bool) -> None:
    parent, gate = stage.parent, stage.script.shut(call)
    story = await parent.begin_story(1)
    made = "imageStatus" if call != "image:1" else "audioStatus"
    before = await parent.until(story, lambda book: book["pages"][0][made] == "READY")
    async with asyncio.timeout(20):
        await stage.script.arrival(call).wait()

    answer = await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    if busy:
        assert reason(answer) == "PART_BUSY"
    else:
        assert answer["page"]["text"] == WORDS
    gate.set()
    after = await parent.ended(story)
    assert (after["status"], after["pages"][0]["text"]) == ("READY", OLD if busy else WORDS)
    assert await parent.credits() == (CREDITS - (2 if busy else 3), 0)


async def test_words_by_hand_do_not_bring_a_cancelled_story_back(stage: Stage) -> None:
    parent = stage.parent
    stage.script.shut("text:2")
    story = await parent.begin_story(2, narrated=False)
    before = await parent.until(story, lambda book: book["progress"]["done"] == 3)
    await parent.cancel_story(story)

    answer = await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    assert answer["page"]["text"] == WORDS
    after = await parent.book(story)
    assert (after["status"], after["progress"]) == ("CANCELLED", {"done": 3, "total": 4})
    assert await parent.credits() == (CREDITS - 2, 0)


@pytest.mark.parametrize(("narrated", "spent"), [(False, 1), (True, 2)])
async def test_words_by_hand_complete_a_book_that_lacked_them(stage: Stage, narrated: bool, spent: int) -> None:
    parent = stage.parent
    stage.script.failures["text:1"] = [VendorClosed("no key")]
    before = await parent.make_story(narrated=narrated)
    assert before["status"] == "INCOMPLETE"
    assert await parent.credits() == (CREDITS - 1, 0)

    answer = await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    assert answer["page"]["textStatus"] == "READY"
    after = await parent.ended(before["id"])
    assert (after["status"], after["problem"]) == ("READY", None)
    assert await parent.credits() == (CREDITS - spent, 0)


async def test_a_narration_that_fails_costs_nothing_and_can_be_had_later(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    stage.script.failures["audio:1"] = [VendorClosed("no key")]

    await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    after = await parent.ended(before["id"])
    assert (after["status"], after["pages"][0]["text"], after["pages"][0]["audio"]) == ("INCOMPLETE", WORDS, None)
    assert await parent.credits() == (CREDITS - 2, 0)
    await parent.resume_story(before["id"])
    assert (await parent.ended(before["id"]))["status"] == "READY"
    assert await parent.credits() == (CREDITS - 3, 0)


async def test_a_narration_has_to_be_paid_for(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    stage.script.shut("plan")
    await parent.begin_story(4)

    answer = await parent.edit_page_text(before["pages"][0]["id"], WORDS)

    assert (answer["__typename"], answer["needed"], answer["available"]) == ("OutOfCredits", 1, 0)
    assert await parent.book(before["id"]) == before


async def test_the_words_that_were_there_before_are_kept_as_history(stage: Stage) -> None:
    before = await stage.parent.make_story(narrated=False)
    await stage.parent.edit_page_text(before["pages"][0]["id"], WORDS)

    async with stage.house.database.session() as session:
        mine = (col(Step.story_id) == row_id(before["id"], "Story")) & (col(Step.key) == "text:1")
        steps = list((await session.execute(select(Step).where(mine).order_by(col(Step.version)))).scalars())

    assert [(step.version, step.state, step.price) for step in steps] == [
        (1, StepState.DONE, 0),
        (2, StepState.DONE, 0),
    ]
    assert [(step.output or {})["text"] for step in steps] == [OLD, WORDS]
