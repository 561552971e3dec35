"""Vendors that have shut their door, money that is spent for today, and what a story has cost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import replace
from typing import cast
from uuid import uuid4

import pytest

from api.costs_command import show_costs
from jobs.judging import Judge
from jobs.limits import Limits
from jobs.ports import VendorBusy, VendorClosed
from jobs.work import Transactions
from models import journal
from models.errors import Unavailable
from models.journal import CallOutcome, CostKey, Subject, VendorCall
from models.pages import page_of
from models.vocabulary import AgeBand, PagePart, StoryStatus
from resolvers import accounts, creation, revision, stories
from resolvers.availability import Spending
from resolvers.caller import Caller, identify
from resolvers.creation import Wish
from resolvers.house import House
from schema.ids import row_id
from tests.harness import CREDITS, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]

WISH = Wish("A snail who wins a race", None, (), 1, AgeBand.AGES_3_5, "en", "watercolor", None, narrated=False)
RECEIPT = """query($id: ID!) { story(id: $id) {
    receipt { setAside spent returned reserved parts { pageNumber part version credits } } } }"""


async def caller_of(house: House) -> Caller:
    session = await accounts.sign_up(house, f"{uuid4().hex}@example.com", "correct horse battery", None)
    return await identify(house, session.access_token)


async def test_a_story_waits_for_a_vendor_that_has_shut_its_door(stage: Stage) -> None:
    """Nothing fails, nothing is counted, and the book is whole when the vendor is there again."""
    bench, before = stage.bench, stage.bench.judge
    limits = Limits(stage.house.limits._redis, {"scripted": 20}, 60, closed_for_s=0.3)  # pyright: ignore[reportPrivateUsage]  # the house's own Redis
    bench.judge = Judge(bench.ports.moderator, limits, bench.transactions.database)
    try:
        for call in ("plan", "image:1"):
            stage.script.failures[call] = [VendorClosed("no quota"), VendorClosed("no quota")]
        book = await stage.parent.make_story(2)
    finally:
        bench.judge = before
        await limits.close()
    assert book["status"] == "READY"
    assert [stage.script.calls.count(call) for call in ("plan", "image:1", "image:2")] == [3, 3, 1]
    assert await stage.parent.credits() == (CREDITS - 4, 0)


async def test_a_vendor_that_stays_away_fails_its_part_in_the_end(stage: Stage) -> None:
    bench, before = stage.bench, stage.bench.judge
    limits = Limits(stage.house.limits._redis, {"scripted": 20}, 0.5, closed_for_s=0.2)  # pyright: ignore[reportPrivateUsage]
    bench.judge = Judge(bench.ports.moderator, limits, bench.transactions.database)
    try:
        stage.script.failures["plan"] = [VendorClosed("no quota") for _ in range(50)]
        story = await stage.parent.begin_story()
        book = await stage.parent.ended(story)
    finally:
        bench.judge = before
        await limits.close()
    assert book["status"] == "FAILED"
    assert "not available" in book["problem"]
    assert await stage.parent.credits() == (CREDITS, 0)


async def test_nothing_new_is_begun_with_a_vendor_whose_breaker_is_open(house: House) -> None:
    limits = Limits(house.limits._redis, {"offline": 5}, 60)  # pyright: ignore[reportPrivateUsage]
    with contextlib.suppress(VendorClosed):
        async with limits.slot("offline"):
            raise VendorClosed("no quota")
    caller = await caller_of(house)
    with pytest.raises(Unavailable) as refused:
        await creation.create(replace(house, limits=limits), caller, WISH)
    assert 0 < (refused.value.retry_after_ms or 0) <= 30_000
    await creation.create(house, caller, WISH)


async def test_nothing_more_is_asked_of_it_either_and_no_transaction_waits_for_redis_to_say_so(house: House) -> None:
    caller = await caller_of(house)
    story = await creation.create(house, caller, WISH)
    await stories.cancel(house, caller, story.id)
    limits = Limits(house.limits._redis, {"offline": 5}, 60)  # pyright: ignore[reportPrivateUsage]
    with contextlib.suppress(VendorClosed):
        async with limits.slot("offline"):
            raise VendorClosed("no quota")
    no_transactions = cast(Transactions, None)
    closed = replace(house, limits=limits, transactions=no_transactions)
    async with house.database.reading() as session:
        page = await page_of(session, story.id, 1)
    with pytest.raises(Unavailable):
        await stories.resume(closed, caller, story.id)
    with pytest.raises(Unavailable):
        await revision.redo(closed, caller, page.id, [PagePart.IMAGE], None)
    assert (await stories.resume(house, caller, story.id)).status is StoryStatus.QUEUED


async def test_no_story_is_begun_when_todays_money_is_spent(house: House) -> None:
    async with house.database.session() as session:
        subject = Subject("image:1", 1, "a worker")
        call = await journal.begin_verdict(session, subject, "openai", "gpt-6-luna")
        await journal.finish_call(session, call, CallOutcome.OK, {"input_tokens": 5}, 2_000_000)
        await session.commit()
    caller = await caller_of(house)
    with pytest.raises(Unavailable) as refused:
        await creation.create(replace(house, spending=Spending(house.database, 2_000_000)), caller, WISH)
    assert 0 < (refused.value.retry_after_ms or 0) <= 24 * 3600 * 1000
    for ceiling in (2_000_001, 0):
        await creation.create(replace(house, spending=Spending(house.database, ceiling)), caller, WISH)


async def test_a_receipt_has_every_part_that_was_paid_for_and_what_came_back(stage: Stage) -> None:
    parent = stage.parent
    stage.script.failures["image:2"] = [VendorBusy("503", retry_after_s=0)] * 9
    story = await parent.begin_story(2)
    book = await parent.ended(story)
    assert book["status"] == "INCOMPLETE"
    receipt = (await parent.ask(RECEIPT, id=story))["story"]["receipt"]
    parts = receipt.pop("parts")
    assert receipt == {"setAside": 4, "spent": 3, "returned": 1, "reserved": 0}
    assert sorted((part["pageNumber"], part["part"], part["version"], part["credits"]) for part in parts) == [
        (1, "AUDIO", 1, 1),
        (1, "IMAGE", 1, 1),
        (2, "AUDIO", 1, 1),
    ]
    await parent.redo_page(book["pages"][0]["id"], "IMAGE")
    await parent.ended(story)
    again = (await parent.ask(RECEIPT, id=story))["story"]["receipt"]
    assert (again["spent"], again["parts"][-1]["version"]) == (4, 2)


async def test_a_paid_verdict_is_a_call_in_the_journal(stage: Stage) -> None:
    stage.vendors.moderator.paid = True
    try:
        book = await stage.parent.make_story()
    finally:
        stage.vendors.moderator.paid = False
    async with stage.house.database.session() as session:
        from sqlmodel import col, select

        story_id = row_id(book["id"], "Story")
        found = await session.execute(select(VendorCall).where(col(VendorCall.story_id) == story_id))
        keys = [call.step_key for call in found.scalars()]
    assert keys.count("judge:image:1") >= 1
    assert "judge:portrait:n1" in keys


async def test_an_operator_sees_what_calls_have_cost(
    house: House, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.database.session() as session:
        for model, cost in (("gpt-6-luna", 300), ("gpt-image-2.6-flare", 48_600), ("gpt-image-2.6-flare", 1_400)):
            call = await journal.begin_verdict(session, Subject("image:1", 1, "w"), "openai", model)
            await journal.finish_call(session, call, CallOutcome.OK, {}, cost)
        await session.commit()
    await show_costs(database_url, 1, CostKey.MODEL, csv=True)
    assert capsys.readouterr().out.splitlines() == [
        "model,calls,failed,usd",
        "gpt-image-2.6-flare,2,0,0.050000",
        "gpt-6-luna,1,0,0.000300",
    ]
    for by in CostKey:
        await show_costs(database_url, 1, by, csv=False)
        assert "0.0503" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"STORYCANVAS_PAINTERS": "midjourney"}, "no official public API"),
        ({"STORYCANVAS_PAINTERS": "dall-e-3", "OPENAI_API_KEY": "k"}, "retired on 2026-05-12"),
        ({"STORYCANVAS_WRITERS": "claude-haiku-5-5"}, "needs ANTHROPIC_API_KEY"),
        ({"STORYCANVAS_WRITERS": "gpt-99"}, "there is no writer"),
    ],
)
def test_nothing_starts_with_a_model_that_cant_be_had(variables: dict[str, str], words: str) -> None:
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", **variables}
    for command in ("vendors", "serve", "worker"):
        ran = subprocess.run(
            [sys.executable, "-m", "api", command], env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 1
        assert words in ran.stderr
        assert ran.stderr.count("\n") == 1


def test_the_database_url_is_asked_for() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "api", "costs"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "DATABASE_URL" in ran.stderr) == (1, True)
