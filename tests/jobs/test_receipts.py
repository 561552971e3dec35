"""The journal as a receipt: what a vendor has delivered is paid for, also where we had no use for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, select

from jobs.ports import (
    Narration,
    NarrationBrief,
    Painted,
    PictureBrief,
    Planned,
    PortraitBrief,
    Ports,
    Preview,
    StoryBrief,
    Usage,
)
from jobs.worker import Workbench, open_workbench
from models.characters import Character
from models.journal import CallOutcome, VendorCall
from models.stories import Story
from models.vocabulary import PartStatus, StoryStatus
from tests.harness import settings_for
from tests.jobs.worker_process import ask_for_story, finished, story_now
from tests.vendors import KeptMedia, ScriptedNarrator, ScriptedPainter, ScriptedWriter, Vendors

Opens = Callable[[Vendors], AbstractAsyncContextManager[Workbench]]

PAID = Usage({"tokens": 1200}, 40_000)
"""What every call of these vendors costs."""


@dataclass
class PricedWriter(ScriptedWriter):
    title: str = "A title"

    async def plan(self, brief: StoryBrief) -> Planned:
        planned = await super().plan(brief)
        return Planned(planned.plan.model_copy(update={"title": self.title}), PAID)


@dataclass
class PricedPainter(ScriptedPainter):
    async def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        async for item in super().portrait(brief):
            yield replace(item, usage=PAID) if isinstance(item, Painted) else item

    async def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        async for item in super().paint(brief):
            yield replace(item, usage=PAID) if isinstance(item, Painted) else item


@dataclass
class PricedNarrator(ScriptedNarrator):
    sound: bytes = b"sound"

    async def narrate(self, brief: NarrationBrief) -> Narration:
        return replace(await super().narrate(brief), data=self.sound, usage=PAID)


@dataclass
class PricedVendors(Vendors):
    """Each of their answers costs `PAID`; a plan takes `title`, a recording is `sound`."""

    title: str = "A title"
    sound: bytes = b"sound"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Ports]:
        async with super().open() as ports:
            yield replace(
                ports,
                writers={"offline": PricedWriter(self.script, title=self.title)},
                painters={"offline": PricedPainter(self.script)},
                narrators={"offline": PricedNarrator(self.script, sound=self.sound)},
            )


class FullMedia(KeptMedia):
    """A store that takes nothing."""

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        raise OSError("no space left on the store")


@pytest.fixture
def opens(database_url: str, redis_url: str, tmp_path: Path) -> Opens:
    """Opens a worker's bench with these vendors."""
    settings = settings_for(database_url, redis_url, tmp_path)
    return lambda vendors: open_workbench(settings, vendors.open)


async def make(bench: Workbench) -> Story:
    """A narrated story of one page, made to its end."""
    story_id = await ask_for_story(bench.transactions, pages=1)
    await bench.take(story_id)
    await finished(bench)
    story = await story_now(bench.transactions, story_id)
    assert story.ended_at is not None
    return story


async def receipts(bench: Workbench, story_id: UUID) -> dict[str, list[VendorCall]]:
    """The story's calls by step, the first first."""
    async with bench.transactions.database.session() as session:
        found = await session.execute(
            select(VendorCall).where(col(VendorCall.story_id) == story_id).order_by(col(VendorCall.started_at))
        )
        calls: dict[str, list[VendorCall]] = {}
        for call in found.scalars():
            calls.setdefault(call.step_key, []).append(call)
        return calls


def unfit_plan() -> Vendors:
    vendors = PricedVendors()
    vendors.moderator.refused = ("A title",)
    return vendors


def unfit_pictures() -> Vendors:
    vendors = PricedVendors()
    vendors.moderator.blind = True
    return vendors


def plan_without_a_title() -> Vendors:
    return PricedVendors(title=" ")


def silent_narration() -> Vendors:
    return PricedVendors(sound=b"")


@pytest.mark.parametrize(
    ("vendors", "step", "outcome", "tries"),
    [
        (unfit_plan(), "plan", CallOutcome.REFUSED, 2),
        (plan_without_a_title(), "plan", CallOutcome.UNUSABLE, 3),
        (unfit_pictures(), "portrait:n1", CallOutcome.REFUSED, 2),
        (unfit_pictures(), "image:1", CallOutcome.REFUSED, 2),
        (silent_narration(), "audio:1", CallOutcome.UNUSABLE, 3),
    ],
)
async def test_what_was_delivered_and_not_taken_is_on_the_receipt(
    opens: Opens, vendors: Vendors, step: str, outcome: CallOutcome, tries: int
) -> None:
    async with opens(vendors) as bench:
        story = await make(bench)

        calls = (await receipts(bench, story.id))[step]

    assert [(call.outcome, call.usage, call.cost_micros) for call in calls] == [
        (outcome, PAID.units, PAID.cost_micros)
    ] * tries


async def test_a_portrait_of_the_library_that_was_not_taken_is_on_the_receipt(opens: Opens) -> None:
    async with opens(unfit_pictures()) as bench:
        character_id = await a_character(bench)

        bench.paint(character_id, "offline")
        async with asyncio.timeout(20):
            await asyncio.gather(*bench.portraits)

        async with bench.transactions.database.session() as session:
            assert (await session.get_one(Character, character_id)).portrait_status is PartStatus.WAITING
            (call,) = (await session.execute(select(VendorCall))).scalars()
    assert (call.character_id, call.outcome) == (character_id, CallOutcome.REFUSED)
    assert (call.usage, call.cost_micros) == (PAID.units, PAID.cost_micros)


async def a_character(bench: Workbench) -> UUID:
    story_id = await ask_for_story(bench.transactions, pages=1)
    account_id = (await story_now(bench.transactions, story_id)).account_id
    async with bench.transactions.begin() as work:
        character = Character(account_id=account_id, name="Mo", appearance="a mole")
        work.session.add(character)
    return character.id


async def test_no_call_of_a_story_that_has_ended_is_still_in_flight(opens: Opens) -> None:
    """Nobody foresaw a store that takes nothing, so no step said what became of its call."""
    async with opens(PricedVendors(media=FullMedia())) as bench:
        story = await make(bench)

        calls = await receipts(bench, story.id)

    assert story.status is StoryStatus.INCOMPLETE
    done, left = CallOutcome.OK, CallOutcome.ABANDONED
    assert {key: [call.outcome for call in of_step] for key, of_step in calls.items()} == {
        "plan": [done],
        "text:1": [done],
        "portrait:n1": [left],
        "image:1": [left],
        "audio:1": [left],
    }
    assert all(call.finished_at for of_step in calls.values() for call in of_step)
