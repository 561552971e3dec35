"""Having parts of a page made again: the old ones stay until the new ones are there, and for ever if none comes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from sqlmodel import col, select

from jobs.ports import VendorClosed
from models.generation import Step, StepState
from schema.ids import row_id
from tests.harness import CREDITS, Stage, reason, shared_stage, stage

__all__ = ["shared_stage", "stage"]

OLD = "Page 1 is here. It ends."
NEW = "Page 1 is here anew. It ends."
CALLS = {"TEXT": "text:1", "IMAGE": "image:1", "AUDIO": "audio:1"}


def content(page: dict[str, Any], part: str) -> str | None:
    """What a page has of a part: its words, or the key of its picture or recording."""
    field = page[part.lower()]
    return field if part == "TEXT" or field is None else field["key"]


async def snapshot(stage: Stage, story_id: str) -> dict[str, Any]:
    """What somebody who begins to follow now is shown."""
    selection = """events { ... on StorySnapshot { story { status pages {
        text textStatus image { key } imageStatus audio { key } audioStatus } } } }"""
    async with asyncio.timeout(20), aclosing(stage.parent.follow(story_id, selection)) as batches:
        batch = await anext(batches)
    return batch["events"][0]["story"]


async def history(stage: Stage, story_id: str, key: str) -> list[Step]:
    """Every version of a step, the oldest first."""
    async with stage.house.database.session() as session:
        found = await session.execute(
            select(Step)
            .where(col(Step.story_id) == row_id(story_id, "Story"), col(Step.key) == key)
            .order_by(col(Step.version))
        )
        return list(found.scalars())


@pytest.mark.parametrize("part", ["IMAGE", "AUDIO"])
async def test_the_old_version_is_shown_until_the_new_one_is_there(stage: Stage, part: str) -> None:
    parent, call = stage.parent, CALLS[part]
    before = await parent.make_story(2)
    page = before["pages"][0]
    credits, _ = await parent.credits()
    stage.script.calls.clear()
    gate = stage.script.shut(call)

    answer = await parent.redo_page(page["id"], part)

    assert answer["__typename"] == "RedoPagePayload"
    assert content(answer["page"], part) == content(page, part)
    assert await parent.credits() == (credits - 1, 1)
    await parent.until(before["id"], lambda book: book["pages"][0][f"{part.lower()}Status"] == "WORKING")
    meanwhile = await parent.book(before["id"])
    assert meanwhile["status"] in ("QUEUED", "GENERATING")
    assert content(meanwhile["pages"][0], part) == content(page, part)
    shown = (await snapshot(stage, before["id"]))["pages"][0]
    assert (content(shown, part), shown[f"{part.lower()}Status"]) == (content(page, part), "WORKING")
    gate.set()
    after = await parent.ended(before["id"])
    assert after["status"] == "READY"
    assert content(after["pages"][0], part) not in (None, content(page, part))
    assert after["pages"][1] == before["pages"][1]
    assert stage.script.calls == [call]
    assert await parent.credits() == (credits - 1, 0)


async def test_new_words_are_read_aloud_anew(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    stage.script.calls.clear()
    gate = stage.script.shut("text:1")

    await parent.redo_page(before["pages"][0]["id"], "TEXT", instruction="shorter, please")

    assert await parent.credits() == (CREDITS - 4, 2)
    meanwhile = await parent.until(before["id"], lambda book: book["pages"][0]["textStatus"] == "WORKING")
    assert meanwhile["pages"][0]["text"] == OLD
    assert meanwhile["pages"][0]["audio"] == before["pages"][0]["audio"]
    gate.set()
    (page,) = (await parent.ended(before["id"]))["pages"]
    assert (page["text"], page["image"]) == (NEW, before["pages"][0]["image"])
    assert page["audio"]["key"] != before["pages"][0]["audio"]["key"]
    assert stage.script.calls == ["text:1", "audio:1"]
    assert stage.script.asked["audio:1"][-1].texts == (NEW,)
    assert await parent.credits() == (CREDITS - 4, 0)


async def test_an_instruction_reaches_writer_and_painter(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story(2)

    await parent.redo_page(before["pages"][0]["id"], "IMAGE", "TEXT", instruction="  with more stars ")

    after = await parent.ended(before["id"])
    assert after["status"] == "READY"
    assert stage.script.asked["image:1"][-1].instruction == "with more stars"
    assert "with more stars" in stage.script.asked["image:1"][-1].texts[0]
    written = stage.script.asked["text:1"][-1]
    assert (written.instruction, written.texts[1]) == ("with more stars", before["pages"][1]["text"])
    assert [asked.instruction for asked in stage.script.asked["image:2"]] == [None]
    assert await parent.credits() == (CREDITS - 4 - 3, 0)


@pytest.mark.parametrize("part", ["TEXT", "IMAGE", "AUDIO"])
async def test_what_can_not_be_made_again_stays_as_it_was_and_costs_nothing(stage: Stage, part: str) -> None:
    parent, call = stage.parent, CALLS[part]
    before = await parent.make_story()
    credits = await parent.credits()
    stage.script.failures[call] = [VendorClosed("no key")]
    gate = stage.script.shut(call)
    await parent.redo_page(before["pages"][0]["id"], part)

    ready = {"TEXT": "PageTextReady", "IMAGE": "PageImageReady", "AUDIO": "PageAudioReady"}[part]
    selection = f"""events {{ __typename ... on PagePartFailed {{ part message }}
        ... on {ready} {{ page {{ text image {{ key }} audio {{ key }} }} }} }}"""
    async with parent.watching(before["id"], selection) as batches:
        gate.set()

    assert await parent.book(before["id"]) == before
    assert await parent.credits() == credits
    events = [event for batch in batches for event in batch["events"]]
    failed = next(place for place, event in enumerate(events) if event.get("part") == part and "message" in event)
    assert events[failed]["message"]
    kept = next(event for event in events[failed:] if event["__typename"] == ready)
    assert content(kept["page"], part) == content(before["pages"][0], part)


async def test_older_versions_are_kept_as_history(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    await parent.redo_page(before["pages"][0]["id"], "IMAGE", "TEXT", instruction="at night")
    after = await parent.ended(before["id"])

    pictures = await history(stage, before["id"], "image:1")
    assert [(step.version, step.state, step.instruction) for step in pictures] == [
        (1, StepState.DONE, None),
        (2, StepState.DONE, "at night"),
    ]
    keys = [content(book["pages"][0], "IMAGE") for book in (before, after)]
    assert [(step.output or {})["key"] for step in pictures] == keys
    assert all(key in stage.vendors.media.kept for key in keys)
    texts = await history(stage, before["id"], "text:1")
    assert [(step.output or {})["text"] for step in texts] == [OLD, NEW]


async def test_a_finished_part_made_again_meanwhile_joins_the_story_under_way(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    gates = [script.shut("image:2"), script.shut("audio:1")]
    story = await parent.begin_story(2)
    before = await parent.until(story, lambda book: book["pages"][0]["imageStatus"] == "READY")
    first, second = (page["id"] for page in before["pages"])

    assert reason(await parent.redo_page(second, "IMAGE")) == "PART_BUSY"
    assert reason(await parent.redo_page(first, "TEXT")) == "PART_BUSY", "its narration is being made"
    assert (await parent.redo_page(first, "IMAGE", instruction="bigger"))["__typename"] == "RedoPagePayload"
    async with parent.watching(story, "events { __typename }") as batches:
        for gate in gates:
            gate.set()

    names = [event["__typename"] for batch in batches for event in batch["events"]]
    assert names.count("StoryEnded") == 1
    after = await parent.book(story)
    assert after["status"] == "READY"
    assert content(after["pages"][0], "IMAGE") != content(before["pages"][0], "IMAGE")
    assert script.calls.count("image:1") == 2
    assert await parent.credits() == (CREDITS - 5, 0)


async def test_a_redo_that_is_cancelled_leaves_a_whole_book_whole(stage: Stage) -> None:
    parent = stage.parent
    before = await parent.make_story()
    stage.script.shut("image:1")
    stage.script.shut("text:1")
    await parent.redo_page(before["pages"][0]["id"], "IMAGE", "TEXT")
    async with asyncio.timeout(20):
        await stage.script.arrival("image:1").wait()

    answer = await parent.cancel_story(before["id"])

    assert answer["story"] == before
    assert await parent.credits() == (CREDITS - 2, 0)
    stage.script.let_go()
    await stage.rest()
    assert await parent.book(before["id"]) == before


async def test_a_part_of_a_cancelled_story_is_made_again_and_nothing_else(stage: Stage) -> None:
    parent, script = stage.parent, stage.script
    script.shut("image:2")
    story = await parent.begin_story(2)
    before = await parent.until(story, lambda book: book["progress"]["done"] == 5)
    await parent.cancel_story(story)
    await stage.rest()
    script.forget()

    await parent.redo_page(before["pages"][0]["id"], "IMAGE")

    after = await parent.ended(story)
    assert after["status"] == "INCOMPLETE"
    assert script.calls == ["image:1"]
    assert await parent.credits() == (CREDITS - 4, 0)
    await parent.resume_story(story)
    assert (await parent.ended(story))["status"] == "READY"
    assert script.calls == ["image:1", "image:2"]
