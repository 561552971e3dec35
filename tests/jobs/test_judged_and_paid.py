"""What a story's making judges, pays for and says, where vendors answer badly."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlmodel import col, select

from jobs import judging
from jobs.limits import Limits, StillClosed
from jobs.ports import (
    Painted,
    Painter,
    Planned,
    PortraitBrief,
    Ports,
    Preview,
    StoryBrief,
    VendorBusy,
    VendorClosed,
    VendorRefused,
    Verdict,
    Writer,
)
from jobs.queue import open_redis
from jobs.worker import Workbench
from models.journal import CallOutcome, VendorCall
from models.vocabulary import PartStatus, StoryStatus
from tests.jobs.test_driver import Opens, a_story, make, opens, read
from tests.vendors import ScriptedModerator, ScriptedPainter, ScriptedWriter, Vendors

__all__ = ["opens"]


@dataclass
class Others(Vendors):
    """Vendors with another writer or painter among them."""

    writer: type[ScriptedWriter] = ScriptedWriter
    painter: type[ScriptedPainter] = ScriptedPainter

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Ports]:
        writers: dict[str, Writer] = {"offline": self.writer(self.script)}
        painters: dict[str, Painter] = {"offline": self.painter(self.script)}
        async with super().open() as ports:
            yield replace(ports, writers=writers, painters=painters)


async def calls_of(bench: Workbench, story_id: UUID) -> list[VendorCall]:
    async with bench.transactions.database.session() as session:
        query = select(VendorCall).where(col(VendorCall.story_id) == story_id)
        return list((await session.execute(query)).scalars())


async def test_a_plan_that_postgresql_can_not_keep_is_of_no_use_and_shows_no_name(
    opens: Opens, capfd: pytest.CaptureFixture[str]
) -> None:
    class Nul(ScriptedWriter):
        async def plan(self, brief: StoryBrief) -> Planned:
            planned = await super().plan(brief)
            pages = tuple(page.model_copy(update={"beat": "Mia Secretname\0 digs"}) for page in planned.plan.pages)
            return Planned(planned.plan.model_copy(update={"pages": pages}), planned.usage)

    vendors = Others(writer=Nul)
    async with opens(vendors) as bench:
        story_id = await a_story(bench)
        story = await make(bench, story_id)
        plans = await calls_of(bench, story_id)
    assert story.status is StoryStatus.FAILED
    assert [(call.outcome, call.cost_micros) for call in plans] == [(CallOutcome.UNUSABLE, 1)] * 3
    assert "Secretname" not in "".join(capfd.readouterr())


@dataclass
class BusyModerator(ScriptedModerator):
    """Answers 429 to every second question about a picture."""

    asked: int = 0
    paid: bool = True

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        self.asked += 1
        if self.asked % 2:
            raise VendorBusy("moderation answers 429", 0.0)
        return Verdict(True)


async def test_a_moderator_who_is_busy_is_asked_again_and_nothing_is_painted_twice(opens: Opens) -> None:
    vendors = Vendors(moderator=BusyModerator())
    async with opens(vendors) as bench:
        story = await make(bench, await a_story(bench, 1))
    assert story.status is StoryStatus.READY
    assert Counter(vendors.script.calls)["image:1"] == 1
    assert Counter(vendors.script.calls)["portrait:n1"] == 1


async def test_what_was_painted_and_never_judged_is_known_to_have_been_paid_for(
    opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(ScriptedModerator):
        async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
            raise VendorBusy("moderation answers 429", 0.0)

    monkeypatch.setattr(judging, "TRIES", 1)
    async with opens(Vendors(moderator=Away())) as bench:
        story_id = await a_story(bench, 1)
        await make(bench, story_id)
        pictures = [call for call in await calls_of(bench, story_id) if call.step_key == "image:1"]
    assert pictures
    assert all((call.outcome, call.cost_micros) == (CallOutcome.BUSY, 1) for call in pictures)


async def test_where_a_page_takes_place_is_judged_with_the_plan(opens: Opens) -> None:
    async with opens(Vendors(moderator=ScriptedModerator(refused=("a garden",)))) as bench:
        story_id = await a_story(bench, 1)
        story = await make(bench, story_id)
        _, pages, _ = await read(bench, story_id)
    assert story.status is StoryStatus.FAILED
    assert pages[0].image is None


async def test_a_portrait_that_is_refused_is_tried_once_more_and_softened(opens: Opens) -> None:
    prompts: list[str] = []

    class Prim(ScriptedPainter):
        async def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
            prompts.append(brief.prompt)
            if len(prompts) == 1:
                raise VendorRefused
            async for item in super().portrait(brief):
                yield item

    async with opens(Others(painter=Prim)) as bench:
        story_id = await a_story(bench, 1)
        story = await make(bench, story_id)
        _, pages, _ = await read(bench, story_id)
    assert (story.status, pages[0].image_status) == (StoryStatus.READY, PartStatus.READY)
    first, second = prompts
    assert first != second


async def test_a_moderators_shut_door_is_not_the_painters(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        limits = Limits(redis, {"anthropic": 5, "openai/moderation": 5}, patience_s=0.1, closed_for_s=30)
        with pytest.raises(VendorClosed):
            async with limits.slot("openai/moderation"):
                raise VendorClosed("openai answers 401")
        with pytest.raises(StillClosed):
            async with limits.slot("anthropic"), limits.slot("openai/moderation"):
                pass
        assert await limits.open_for_s("openai/moderation") > 0
        assert await limits.open_for_s("anthropic") == 0
        await limits.close()
