"""Verbs that meet each other, or the worker, at one moment: each race ends in one state, and the credits fit it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from jobs.removal import remove_story
from models.database import Database
from schema.ids import row_of
from tests.harness import CREDITS, Api, Stage, shared_stage, stage
from tests.vendors import KeptMedia

__all__ = ["shared_stage", "stage"]

ROUNDS = 6
PATIENCE_S = 20

Answer = dict[str, Any]
Verb = Callable[[Api, Answer], Awaitable[Answer]]
"""A verb of an account on a story, which is given as a reader sees it."""


async def ask_for(parent: Api, pages: int = 2, key: str | None = None) -> Answer:
    """createStory's answer."""
    return await parent.create_story(premise="A mole who digs for the moon", pageCount=pages, idempotencyKey=key)


async def begun(parent: Api, pages: int = 2) -> Answer:
    """A story that has just been asked for."""
    answer = await ask_for(parent, pages)
    assert answer["__typename"] == "CreateStoryPayload", answer
    return answer["story"]


async def made(parent: Api, pages: int = 2) -> Answer:
    """A story that is there from cover to cover."""
    story = await parent.ended((await begun(parent, pages))["id"])
    assert story["status"] == "READY"
    return story


async def cancelled_at(stage: Stage, call: str) -> Answer:
    """A story that was cancelled when its maker had come to `call`."""
    gate = stage.script.shut(call)
    story = await begun(stage.parent)
    await reached(stage, call)
    answer = await stage.parent.cancel_story(story["id"])
    gate.set()
    await stage.rest()
    return answer["story"]


async def reached(stage: Stage, call: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await stage.script.arrival(call).wait()


async def spent(parent: Api) -> int:
    available, reserved = await parent.credits()
    return CREDITS - available - reserved


def outcome(answer: Answer) -> str:
    """The reason of a conflict, else the member of the union."""
    return answer.get("reason") or answer["__typename"]


async def count_of_stories(parent: Api) -> int:
    return (await parent.ask("{ stories { totalCount } }"))["stories"]["totalCount"]


async def pause(database: Database, queries: int) -> None:
    """As long as that many queries take: so that each round of a race begins a little later than the one before."""
    for _ in range(queries):
        await database.ping()


# ---------------------------------------------------------------- creating


@pytest.mark.parametrize("times", [2, 10])
async def test_a_story_that_is_asked_for_under_one_key_at_once_is_made_and_paid_once(stage: Stage, times: int) -> None:
    parent = stage.parent

    answers = await asyncio.gather(*(ask_for(parent, 5, "one key") for _ in range(times)))

    assert {answer["__typename"] for answer in answers} == {"CreateStoryPayload"}
    (story,) = {answer["story"]["id"] for answer in answers}
    assert (await parent.ended(story))["status"] == "READY"
    assert await count_of_stories(parent) == 1
    assert await parent.credits() == (0, 0)
    assert max(Counter(stage.script.calls).values()) == 1


async def test_of_ten_stories_at_once_that_one_can_be_paid_of_one_is_begun(stage: Stage) -> None:
    parent = stage.parent
    gate = stage.script.shut("plan")

    answers = await asyncio.gather(*(ask_for(parent, 5, f"key {number}") for number in range(10)))

    assert Counter(outcome(answer) for answer in answers) == {"CreateStoryPayload": 1, "OutOfCredits": 9}
    refusals = [answer for answer in answers if answer["__typename"] == "OutOfCredits"]
    assert {(answer["needed"], answer["available"]) for answer in refusals} == {(CREDITS, 0)}
    assert await parent.credits() == (0, CREDITS)
    assert await count_of_stories(parent) == 1
    gate.set()


async def test_two_wishes_under_one_key_at_once_are_one_story_and_one_refusal(stage: Stage) -> None:
    parent = stage.parent

    answers = await asyncio.gather(ask_for(parent, 1, "one key"), ask_for(parent, 2, "one key"))

    assert Counter(map(outcome, answers)) == {"CreateStoryPayload": 1, "IDEMPOTENCY_KEY_REUSED": 1}
    (story,) = [answer["story"] for answer in answers if "story" in answer]
    assert (await parent.ended(story["id"]))["status"] == "READY"
    assert await spent(parent) == 2 * len(story["pages"])


# ---------------------------------------------------------------- against the end of the making


async def test_a_cancellation_against_the_last_parts_leaves_a_whole_book_or_a_refund(stage: Stage) -> None:
    for number in range(ROUNDS):
        parent = await stage.api.as_somebody()
        gates = [stage.script.shut(call) for call in ("image:1", "audio:1")]
        story = await begun(parent, 1)
        for call in ("image:1", "audio:1"):
            await reached(stage, call)

        for gate in gates:
            gate.set()
        await pause(stage.house.database, number)
        answer = await parent.cancel_story(story["id"])
        await stage.rest()

        left = await parent.book(story["id"])
        ready = [left["pages"][0][part] for part in ("imageStatus", "audioStatus")].count("READY")
        if outcome(answer) == "STORY_ENDED":
            assert left["status"] == "READY"
        else:
            assert left == answer["story"]
        assert left["status"] == ("READY" if ready == 2 else "CANCELLED")
        assert await parent.credits() == (CREDITS - ready, 0)


@pytest.mark.parametrize("first", ["cancel", "finish"])
async def test_who_comes_first_decides_between_cancellation_and_end(stage: Stage, first: str) -> None:
    parent = stage.parent
    gate = stage.script.shut("image:1")
    story = await begun(parent, 1)
    await reached(stage, "image:1")

    if first == "finish":
        gate.set()
        await parent.ended(story["id"])
    answer = await parent.cancel_story(story["id"])
    gate.set()
    await stage.rest()

    assert outcome(answer) == ("CancelStoryPayload" if first == "cancel" else "STORY_ENDED")
    left = await parent.book(story["id"])
    assert left["status"] == ("CANCELLED" if first == "cancel" else "READY")
    assert (left["pages"][0]["image"] is None) == (first == "cancel")
    assert await spent(parent) == sum(left["pages"][0][f"{part}Status"] == "READY" for part in ("image", "audio"))


async def test_a_redo_against_the_end_of_the_making_is_made_all_the_same(stage: Stage) -> None:
    for number in range(ROUNDS):
        parent = await stage.api.as_somebody()
        gate = stage.script.shut("audio:2")
        story = await begun(parent)
        await parent.until(story["id"], lambda book: book["progress"]["done"] == 5)
        first_picture = (await parent.book(story["id"]))["pages"][0]["image"]

        gate.set()
        await pause(stage.house.database, number)
        answer = await parent.redo_page(story["pages"][0]["id"], "IMAGE")

        assert outcome(answer) == "RedoPagePayload"
        left = await rested(parent, story["id"])
        assert left["status"] == "READY"
        assert left["pages"][0]["image"] != first_picture
        assert await parent.credits() == (CREDITS - 5, 0)


async def rested(parent: Api, story_id: str) -> Answer:
    """The story when it is not under way any more; one that has ended and was queued again is under way."""
    async with asyncio.timeout(PATIENCE_S):
        while (story := await parent.ended(story_id))["status"] in ("QUEUED", "GENERATING"):
            pass  # following it waits for its end
    return story


# ---------------------------------------------------------------- against each other


async def cancel(parent: Api, story: Answer) -> Answer:
    return await parent.cancel_story(story["id"])


async def resume(parent: Api, story: Answer) -> Answer:
    return await parent.resume_story(story["id"])


async def delete(parent: Api, story: Answer) -> Answer:
    return await parent.delete_story(story["id"])


async def edit(parent: Api, story: Answer) -> Answer:
    return await parent.edit_page_text(story["pages"][0]["id"], "Page 1 was dug by a mole.")


def redo(*parts: str) -> Verb:
    async def redo_first_page(parent: Api, story: Answer) -> Answer:
        return await parent.redo_page(story["pages"][0]["id"], *parts)

    return redo_first_page


@pytest.mark.parametrize(
    ("one", "other", "prices"),
    [
        pytest.param(redo("IMAGE"), redo("IMAGE"), {1}, id="picture and picture"),
        pytest.param(redo("TEXT"), redo("AUDIO"), {2, 1}, id="words and the narration that follows them"),
        pytest.param(redo("TEXT", "IMAGE"), redo("IMAGE"), {3, 1}, id="words with the picture and the picture"),
        pytest.param(redo("TEXT"), edit, {2, 1}, id="words anew and words by hand"),
        pytest.param(edit, edit, {1}, id="words by hand, twice the same"),
    ],
)
async def test_of_two_that_change_the_same_part_at_once_one_does_and_is_paid(
    stage: Stage, one: Verb, other: Verb, prices: set[int]
) -> None:
    parent = stage.parent
    story = await made(parent)
    gates = [stage.script.shut(f"{part}:1") for part in ("text", "image", "audio")]

    answers = await asyncio.gather(one(parent, story), other(parent, story))

    payloads = [answer for answer in answers if "page" in answer]
    busy = [answer for answer in answers if outcome(answer) == "PART_BUSY"]
    assert len(payloads) + len(busy) == 2
    assert len(busy) == 1 or one is other is edit  # the same words again are no change, and so no conflict
    assert (await parent.credits())[1] in prices
    for gate in gates:
        gate.set()
    assert (await rested(parent, story["id"]))["status"] == "READY"
    assert await spent(parent) - 4 in prices


async def test_two_that_change_different_parts_at_once_both_do(stage: Stage) -> None:
    parent = stage.parent
    story = await made(parent)

    answers = await asyncio.gather(redo("IMAGE")(parent, story), redo("AUDIO")(parent, story))

    assert [answer["__typename"] for answer in answers] == ["RedoPagePayload"] * 2
    left = await rested(parent, story["id"])
    assert left["status"] == "READY"
    assert all(left["pages"][0][part] != story["pages"][0][part] for part in ("image", "audio"))
    assert await spent(parent) == 6


async def test_of_two_cancellations_at_once_one_refunds(stage: Stage) -> None:
    parent = stage.parent
    gate = stage.script.shut("plan")
    story = await begun(parent)

    answers = await asyncio.gather(cancel(parent, story), cancel(parent, story))

    assert Counter(map(outcome, answers)) == {"CancelStoryPayload": 1, "STORY_ENDED": 1}
    assert await parent.credits() == (CREDITS, 0)
    gate.set()


async def test_of_two_resumptions_at_once_one_reserves(stage: Stage) -> None:
    parent = stage.parent
    story = await cancelled_at(stage, "plan")
    assert await parent.credits() == (CREDITS, 0)
    gate = stage.script.shut("plan")

    answers = await asyncio.gather(resume(parent, story), resume(parent, story))

    assert Counter(map(outcome, answers)) == {"ResumeStoryPayload": 1, "STORY_NOT_ENDED": 1}
    assert await parent.credits() == (CREDITS - 4, 4)
    gate.set()
    assert (await rested(parent, story["id"]))["status"] == "READY"
    assert await parent.credits() == (CREDITS - 4, 0)


async def test_a_resumption_under_one_key_at_once_is_answered_twice_and_paid_once(stage: Stage) -> None:
    parent = stage.parent
    story = await cancelled_at(stage, "plan")

    answers = await asyncio.gather(*(parent.resume_story(story["id"], idempotencyKey="one key") for _ in range(5)))

    assert {answer["__typename"] for answer in answers} == {"ResumeStoryPayload"}
    assert (await rested(parent, story["id"]))["status"] == "READY"
    assert await parent.credits() == (CREDITS - 4, 0)


async def test_a_redo_under_one_key_at_once_is_answered_twice_and_paid_once(stage: Stage) -> None:
    parent = stage.parent
    story = await made(parent)

    page = story["pages"][0]["id"]
    answers = await asyncio.gather(*(parent.redo_page(page, "IMAGE", idempotencyKey="one key") for _ in range(5)))

    assert {answer["__typename"] for answer in answers} == {"RedoPagePayload"}
    assert (await rested(parent, story["id"]))["status"] == "READY"
    assert await parent.credits() == (CREDITS - 5, 0)


# ---------------------------------------------------------------- deleting


@pytest.mark.parametrize("verb", [cancel, redo("IMAGE"), redo("TEXT"), edit, delete], ids=lambda verb: verb.__name__)
async def test_whatever_meets_a_deletion_of_a_story_under_way_the_story_is_gone_and_the_rest_refunded(
    stage: Stage, verb: Verb
) -> None:
    for number in range(2):
        parent = await stage.api.as_somebody()
        gate = stage.script.shut("image:2")
        story = await begun(parent)
        await parent.until(story["id"], lambda book: book["progress"]["done"] == 5)

        await asyncio.gather(delete(parent, story), after(stage, number, verb(parent, story)))

        assert await parent.book(story["id"]) is None
        assert await parent.credits() == (CREDITS - 3, 0)
        gate.set()
        await stage.rest()
        assert await parent.credits() == (CREDITS - 3, 0)


async def test_a_resumption_that_meets_a_deletion_leaves_nothing_reserved(stage: Stage) -> None:
    for number in range(2):
        story = await cancelled_at(stage, "plan")

        await asyncio.gather(delete(stage.parent, story), after(stage, number, resume(stage.parent, story)))

        assert await stage.parent.book(story["id"]) is None
        assert (await stage.parent.credits())[1] == 0


async def after(stage: Stage, queries: int, doing: Awaitable[Answer]) -> Answer:
    await pause(stage.house.database, queries)
    return await doing


async def test_a_story_that_is_deleted_while_it_is_made_leaves_nothing_but_what_was_paid(stage: Stage) -> None:
    parent = stage.parent
    stage.script.shut("image:2")
    story = await begun(parent)
    await parent.until(story["id"], lambda book: book["progress"]["done"] == 5)
    assert kept(stage, story)

    assert (await parent.delete_story(story["id"]))["deletedId"] == story["id"]

    assert await parent.credits() == (CREDITS - 3, 0)
    assert await parent.book(story["id"]) is None
    assert await count_of_stories(parent) == 0
    for node in (story["id"], *(page["id"] for page in story["pages"])):
        assert await parent.ask("query($id: ID!) { node(id: $id) { id } }", id=node) == {"node": None}
    async with asyncio.timeout(PATIENCE_S):
        while kept(stage, story):
            await stage.house.database.ping()


async def test_what_a_frozen_worker_puts_after_a_deletion_is_removed_with_the_rows(stage: Stage) -> None:
    parent, database = stage.parent, stage.house.database
    story = await made(parent)
    id = row_of(story["id"], "Story")
    await parent.delete_story(story["id"])
    async with asyncio.timeout(PATIENCE_S):
        while kept(stage, story):
            await database.ping()

    await stage.vendors.media.put(f"stories/{id}/1/image-late.webp", b"late", "image/webp")
    async with database.session() as session:
        long_ago = text("UPDATE stories SET deleted_at = deleted_at - interval '6 minutes' WHERE id = :id")
        await session.execute(long_ago, {"id": id})
        await session.commit()

    async with asyncio.timeout(PATIENCE_S):
        while await rows(database, id) or kept(stage, story):
            pass  # each look is a query, which is wait enough
    assert await parent.credits() == (CREDITS - 4, 0)


@dataclass
class SlowlyRemoved(KeptMedia):
    """A store whose removals are followed by `meanwhile`, before anybody hears that they are done."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def delete(self, prefix: str) -> None:
        await super().delete(prefix)
        if self.meanwhile is not None:
            await self.meanwhile()


async def test_rows_stay_while_media_may_be_put_after_they_were_removed(stage: Stage) -> None:
    """A removal that began when others could still put media, and went on when they could not any more."""
    parent, database = stage.parent, stage.house.database
    story = await made(parent, pages=1)
    id = row_of(story["id"], "Story")
    async with database.session() as session:  # deleted, and nobody is asked to remove it
        await session.execute(text("UPDATE stories SET deleted_at = now() WHERE id = :id"), {"id": id})
        await session.commit()
    store = SlowlyRemoved()
    late = f"stories/{id}/1/image-late.webp"

    async def five_minutes() -> None:
        await store.put(late, b"late", "image/webp")
        stage.vendors.media.kept[late] = b"late"
        async with database.session() as session:
            long_ago = text("UPDATE stories SET deleted_at = now() - interval '6 minutes' WHERE id = :id")
            await session.execute(long_ago, {"id": id})
            await session.commit()

    store.meanwhile = five_minutes
    await remove_story(stage.house.transactions, stage.house.log, store, id)

    async with asyncio.timeout(PATIENCE_S):  # the worker's sweeper does the rest, with all that has come
        while await rows(database, id) or kept(stage, story):
            pass  # each look is a query, which is wait enough


def kept(stage: Stage, story: Answer) -> list[str]:
    """The keys of a story's media in the store."""
    return [key for key in stage.vendors.media.kept if key.startswith(f"stories/{row_of(story['id'], 'Story')}")]


async def rows(database: Database, id: UUID) -> int:
    """How many rows of a story, its pages and its steps there are."""
    counted = """SELECT (SELECT count(*) FROM stories WHERE id = :id)
        + (SELECT count(*) FROM pages WHERE story_id = :id) + (SELECT count(*) FROM steps WHERE story_id = :id)"""
    async with database.session() as session:
        return (await session.execute(text(counted), {"id": id})).scalar_one()
