"""A verb that is sent again under its key is answered as the first time, and nothing is made or charged twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.harness import CREDITS, Api, Stage, reason, shared_stage, stage, wrong_path

__all__ = ["shared_stage", "stage"]

Verb = Callable[[Api, dict[str, Any], str], Awaitable[dict[str, Any]]]
"""Sends a verb about a book under a key."""

PREMISE = "A mole who digs for the moon"
VERBS: dict[str, Verb] = {
    "createStory": lambda parent, book, key: parent.create_story(premise=PREMISE, pageCount=1, idempotencyKey=key),
    "resumeStory": lambda parent, book, key: parent.resume_story(book["id"], idempotencyKey=key),
    "redoPage": lambda parent, book, key: parent.redo_page(book["pages"][0]["id"], "IMAGE", idempotencyKey=key),
    "editPageText": lambda parent, book, key: parent.edit_page_text(
        book["pages"][0]["id"], "Page 1 by hand.", idempotencyKey=key
    ),
}
OTHERWISE: dict[str, Verb] = {
    "createStory": lambda parent, book, key: parent.create_story(premise=PREMISE, pageCount=2, idempotencyKey=key),
    "resumeStory": lambda parent, book, key: parent.resume_story(book["other"], idempotencyKey=key),
    "redoPage": lambda parent, book, key: parent.redo_page(book["pages"][0]["id"], "TEXT", idempotencyKey=key),
    "editPageText": lambda parent, book, key: parent.edit_page_text(
        book["pages"][0]["id"], "Page 1 otherwise.", idempotencyKey=key
    ),
}


@pytest_asyncio.fixture(loop_scope="session")
async def book(stage: Stage) -> dict[str, Any]:
    """A story of one page that was cancelled when all but its narration was there, and another one that was."""
    stage.script.shut("plan")
    other = await stage.parent.begin_story(1)
    await stage.parent.cancel_story(other)
    stage.script.let_go()
    stage.script.shut("audio:1")
    story = await stage.parent.begin_story(1)
    await stage.parent.until(story, lambda book: book["progress"]["done"] == 2)
    await stage.parent.cancel_story(story)
    await stage.rest()
    stage.script.forget()
    return {**await stage.parent.book(story), "other": other}


def about(answer: dict[str, Any]) -> tuple[str, str]:
    """Which member of its union, about which story or page."""
    return answer["__typename"], (answer.get("story") or answer["page"])["id"]


@pytest.mark.parametrize("verb", VERBS)
async def test_what_is_sent_again_is_answered_as_before_and_done_once(
    stage: Stage, book: dict[str, Any], verb: str
) -> None:
    parent = stage.parent

    first = await VERBS[verb](parent, book, "a key")
    credits = await parent.credits()
    meanwhile = await VERBS[verb](parent, book, "a key")
    story = first["story"]["id"] if verb == "createStory" else book["id"]
    await parent.ended(story)
    calls = list(stage.script.calls)
    later = await VERBS[verb](parent, book, "a key")

    assert first["__typename"] == f"{verb[0].upper()}{verb[1:]}Payload"
    assert about(meanwhile) == about(later) == about(first)
    assert await parent.credits() == (credits[0], 0)
    await stage.rest()
    assert stage.script.calls == calls


@pytest.mark.parametrize("verb", VERBS)
async def test_what_is_sent_many_times_at_once_is_done_once(stage: Stage, book: dict[str, Any], verb: str) -> None:
    before, _ = await stage.parent.credits()
    for call in ("plan", "audio:1", "image:1"):
        stage.script.shut(call)

    answers = await asyncio.gather(*[VERBS[verb](stage.parent, book, "a key") for _ in range(4)])

    assert len({about(answer) for answer in answers}) == 1, answers
    price = 2 if verb == "createStory" else 1
    assert await stage.parent.credits() == (before - price, price)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_key_that_comes_with_something_else_is_refused(stage: Stage, book: dict[str, Any], verb: str) -> None:
    parent = stage.parent
    await VERBS[verb](parent, book, "a key")
    await parent.ended(book["id"])
    stories = [edge["node"]["id"] for edge in await stories_of(parent)]
    for story in stories:
        await parent.ended(story)
    credits = await parent.credits()

    assert reason(await OTHERWISE[verb](parent, book, "a key")) == "IDEMPOTENCY_KEY_REUSED"
    for other in VERBS.keys() - {verb}:
        assert reason(await VERBS[other](parent, book, "a key")) == "IDEMPOTENCY_KEY_REUSED"

    assert await parent.credits() == credits
    assert [edge["node"]["id"] for edge in await stories_of(parent)] == stories


async def stories_of(parent: Api) -> list[dict[str, Any]]:
    return (await parent.ask("{ stories { edges { node { id } } } }"))["stories"]["edges"]


@pytest.mark.parametrize("verb", VERBS)
async def test_a_key_that_can_not_be_kept_is_refused(stage: Stage, book: dict[str, Any], verb: str) -> None:
    credits = await stage.parent.credits()

    for key in ("", "k" * 201, "a\0key"):
        assert wrong_path(await VERBS[verb](stage.parent, book, key)) == ["idempotencyKey"]

    assert await stage.parent.credits() == credits
    assert len(await stories_of(stage.parent)) == 2
    answer = await VERBS[verb](stage.parent, book, "🌙" * 200)
    assert answer["__typename"].endswith("Payload")


async def test_another_account_may_use_the_same_key(stage: Stage) -> None:
    other = await stage.api.as_somebody()
    wish = {"premise": PREMISE, "pageCount": 1, "narrated": False, "idempotencyKey": "a key"}

    first, second = await stage.parent.create_story(**wish), await other.create_story(**wish)

    assert first["story"]["id"] != second["story"]["id"]
    assert (await other.ended(second["story"]["id"]))["status"] == "READY"
    assert await other.credits() == (CREDITS - 1, 0)


async def test_the_key_of_something_that_was_refused_is_free_again(stage: Stage) -> None:
    parent = stage.parent
    for wish in (
        {"premise": PREMISE, "pageCount": 9},
        {"premise": "", "pageCount": 1},
        {"premise": "They murdered the mole", "pageCount": 1},
    ):
        answer = await parent.create_story(**wish, idempotencyKey="a key")
        assert answer["__typename"] in ("OutOfCredits", "InvalidInput", "ContentRejected")

    answer = await parent.create_story(premise=PREMISE, pageCount=1, idempotencyKey="a key")

    assert answer["__typename"] == "CreateStoryPayload"


async def test_a_key_is_kept_for_thirty_days(stage: Stage, book: dict[str, Any]) -> None:
    parent = stage.parent
    create = VERBS["createStory"]
    first = await create(parent, book, "a key")
    await parent.ended(first["story"]["id"])

    await age(stage, "a key", "29 days 23 hours")
    assert about(await create(parent, book, "a key")) == about(first)
    await age(stage, "a key", "2 hours")
    again = await create(parent, book, "a key")
    assert about(again) != about(first)
    assert about(await create(parent, book, "a key")) == about(again)


async def age(stage: Stage, key: str, by: str) -> None:
    """Lets a key grow older, as if the time had passed."""
    async with stage.house.database.session() as session:
        older = text(
            "UPDATE idempotency_keys SET created_at = created_at - CAST(CAST(:by AS text) AS interval) WHERE key = :key"
        )
        await session.execute(older, {"by": by, "key": key})
        await session.commit()


async def test_without_a_key_every_time_is_the_first(stage: Stage) -> None:
    asked = [await stage.parent.create_story(premise=PREMISE, pageCount=1, narrated=False) for _ in range(2)]

    assert asked[0]["story"]["id"] != asked[1]["story"]["id"]
    assert sum(await stage.parent.credits()) <= CREDITS
