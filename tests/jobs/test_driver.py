"""How a story is driven to its end: by one worker or by the next, past failures, and what it says when it ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from jobs.events import PagePartFailed, PagePartRestarted, StoryEnded, StoryEvent
from jobs.ports import VendorBusy, VendorClosed, VendorRefused, VendorStalled, VendorUnusable
from jobs.worker import Workbench, open_workbench
from models import billing, generation, pages
from models.accounts import Account
from models.billing import Cause
from models.endings import status_at_end
from models.generation import Step, StepState
from models.pages import Page
from models.stories import Story, story_by_id
from models.vocabulary import PagePart, PartStatus, StoryStatus
from tests.harness import settings_for
from tests.stories import add_narrated
from tests.vendors import KeptMedia, Script, Vendors

Opens = Callable[[Vendors], AbstractAsyncContextManager[Workbench]]


@pytest.fixture
def opens(database_url: str, redis_url: str, tmp_path: Path) -> Opens:
    """Opens the bench of one worker process."""
    settings = settings_for(database_url, redis_url, tmp_path)

    @asynccontextmanager
    async def bench(vendors: Vendors) -> AsyncGenerator[Workbench]:
        async with open_workbench(settings, vendors.open) as opened:
            yield opened

    return bench


async def a_story(bench: Workbench, page_count: int = 2) -> UUID:
    account = Account(email="parent@example.com", password_hash="none")
    async with bench.transactions.begin() as work:
        work.session.add(account)
        await work.session.flush()
        story = await add_narrated(work.session, account.id, page_count)
        credits = billing.story_price(page_count, narrated=True)
        await billing.grant(work.session, account.id, credits, Cause.SIGN_UP, "sign-up")
        await billing.reserve(work.session, story, "image:1", 1, credits, Cause.STORY)
    return story.id


async def make(bench: Workbench, story_id: UUID) -> Story:
    """Lets this worker make the story for as long as it will; gives the story as it is then."""
    await bench.take(story_id)
    async with asyncio.timeout(30):
        await asyncio.gather(*bench.making.values())
    story, _, _ = await read(bench, story_id)
    return story


async def read(bench: Workbench, story_id: UUID) -> tuple[Story, list[Page], dict[str, Step]]:
    async with bench.transactions.database.session() as session:
        story = await story_by_id(session, story_id)
        assert story is not None
        return story, await pages.pages_of(session, story_id), await generation.latest_steps(session, story_id)


async def told(bench: Workbench, story_id: UUID) -> list[StoryEvent]:
    position = await bench.log.position(story_id)
    assert position is not None
    events = await bench.log.read(story_id, 0, position.sequence)
    assert events is not None
    return [event.event for event in events]


async def test_a_story_is_made_to_its_end_and_each_step_is_called_once(opens: Opens) -> None:
    vendors = Vendors()
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert (story.status, story.problem, story.title) == (StoryStatus.READY, None, "A title")
        _, made, steps = await read(bench, story_id)
        assert [page.text for page in made] == ["Page 1 is here. It ends.", "Page 2 is here. It ends."]
        assert {step.state for step in steps.values()} == {StepState.DONE}
        assert Counter(vendors.script.calls) == Counter(list(steps))
        assert isinstance((await told(bench, story_id))[-1], StoryEnded)


async def test_a_worker_that_leaves_midway_is_followed_by_one_that_does_only_the_rest(opens: Opens) -> None:
    first, second = Vendors(), Vendors()
    first.script.gates = {"text:2": asyncio.Event(), "image:2": asyncio.Event()}
    async with opens(first) as bench:
        story_id = await a_story(bench)
        await bench.take(story_id)
        async with asyncio.timeout(20):
            for call in ("text:2", "image:2"):
                await first.script.arrival(call).wait()
            while not await done(bench, story_id, "image:1", "audio:1", "text:1"):
                pass  # each look is a query, which is wait enough
        await bench.hand_over()
        story, _, _ = await read(bench, story_id)
        assert (story.status, story.lease_until, story.takeovers) == (StoryStatus.GENERATING, None, 0)

    second.media.kept = first.media.kept
    async with opens(second) as bench:
        story = await make(bench, story_id)

        assert (story.status, story.generation) == (StoryStatus.READY, 2)
        assert sorted(second.script.calls) == ["audio:2", "image:2", "text:2"]
        events = await told(bench, story_id)
        restarted = {(event.page_number, event.part) for event in events if isinstance(event, PagePartRestarted)}
        assert restarted == {(2, PagePart.TEXT), (2, PagePart.IMAGE)}
        assert sum(isinstance(event, StoryEnded) for event in events) == 1


async def done(bench: Workbench, story_id: UUID, *keys: str) -> bool:
    _, _, steps = await read(bench, story_id)
    return all(steps[key].state is StepState.DONE for key in keys)


async def test_a_story_that_somebody_makes_is_not_taken_by_another(opens: Opens) -> None:
    vendors = Vendors(Script(gates={"plan": asyncio.Event()}))
    async with opens(vendors) as bench, opens(Vendors()) as other:
        story_id = await a_story(bench)
        await bench.take(story_id)
        await vendors.script.arrival("plan").wait()

        await other.take(story_id)

        assert other.making == {}
        vendors.script.gates["plan"].set()
        assert (await make(bench, story_id)).status is StoryStatus.READY


@pytest.mark.parametrize("call", ["plan", "portrait:n1", "text:1", "text:2", "image:1", "audio:2"])
async def test_a_step_that_failed_is_tried_again(opens: Opens, call: str) -> None:
    vendors = Vendors(Script({call: [VendorBusy("busy", retry_after_s=0), VendorUnusable("broken")]}))
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.READY
        assert vendors.script.calls.count(call) == 3
        _, _, steps = await read(bench, story_id)
        assert steps[call].attempts == 2


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (VendorClosed("no key"), 1),
        (VendorRefused(), 2),
        (VendorUnusable("empty"), 3),
        (VendorBusy("busy", retry_after_s=0), 5),
    ],
)
async def test_a_page_that_can_not_be_made_leaves_the_story_incomplete(
    opens: Opens, error: Exception, tries: int
) -> None:
    vendors = Vendors(Script({"image:2": [error] * 9}))
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.INCOMPLETE
        assert story.problem
        assert vendors.script.calls.count("image:2") == tries
        _, made, _ = await read(bench, story_id)
        assert [page.image_status for page in made] == [PartStatus.READY, PartStatus.FAILED]
        failed = [event for event in await told(bench, story_id) if isinstance(event, PagePartFailed)]
        assert failed == [PagePartFailed(2, PagePart.IMAGE, story.problem)]


async def test_a_plan_that_can_not_be_made_fails_the_story(opens: Opens) -> None:
    vendors = Vendors(Script({"plan": [VendorClosed("no key")]}))
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert (story.status, vendors.script.calls) == (StoryStatus.FAILED, ["plan"])
        assert story.problem
        _, made, steps = await read(bench, story_id)
        assert {page.status_of(part) for page in made for part in PagePart} == {PartStatus.FAILED}
        assert {step.state for step in steps.values()} == {StepState.FAILED}


async def test_text_that_is_judged_unfit_is_not_kept_and_leaves_the_story_incomplete(opens: Opens) -> None:
    vendors = Vendors()
    vendors.moderator.refused = ("Page 2 is",)
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.INCOMPLETE
        assert story.problem == "This did not pass the safety check for children."
        _, made, _ = await read(bench, story_id)
        assert [page.text for page in made] == ["Page 1 is here. It ends.", None]
        assert [page.text_status for page in made] == [PartStatus.READY, PartStatus.FAILED]
        assert [page.audio_status for page in made] == [PartStatus.READY, PartStatus.FAILED]
        assert not any("Page 2" in str(event) for event in await told(bench, story_id))


class ForgetfulMedia(KeptMedia):
    """Is away when a key is put for the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.missed = set[str]()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        if key not in self.missed:
            self.missed.add(key)
            raise VendorBusy("the media store is away")
        await super().put(key, data, content_type)


async def test_a_media_store_that_is_away_for_a_moment_has_nothing_paid_twice(opens: Opens) -> None:
    vendors = Vendors(media=ForgetfulMedia())
    async with opens(vendors) as bench:
        story_id = await a_story(bench)
        story = await make(bench, story_id)
        _, _, steps = await read(bench, story_id)
    assert story.status is StoryStatus.READY
    assert Counter(vendors.script.calls) == Counter(list(steps))
    assert {step.attempts for step in steps.values()} == {0}


async def test_an_unfit_plan_fails_the_story(opens: Opens) -> None:
    vendors = Vendors()
    vendors.moderator.refused = ("A title",)
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.FAILED
        assert story.problem == "This did not pass the safety check for children."
        assert story.title is None


async def test_a_step_that_breaks_in_an_unforeseen_way_costs_its_page_only(opens: Opens) -> None:
    vendors = Vendors(Script({"image:1": [ZeroDivisionError()]}))
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.INCOMPLETE
        assert story.problem


def _no_wait(least: float, most: float) -> float:
    return 0.0


async def test_a_stalled_step_is_tried_once_more(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.limits.random.uniform", _no_wait)
    vendors = Vendors(Script({"image:1": [VendorStalled("slow")] * 9}))
    async with opens(vendors) as bench:
        story_id = await a_story(bench)

        story = await make(bench, story_id)

        assert story.status is StoryStatus.INCOMPLETE
        assert vendors.script.calls.count("image:1") == 2


READY, FAILED, WAITING, SKIPPED = PartStatus.READY, PartStatus.FAILED, PartStatus.WAITING, PartStatus.SKIPPED


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([(READY, READY, READY)], StoryStatus.READY),
        ([(READY, READY, SKIPPED)] * 2, StoryStatus.READY),
        ([(READY, READY, READY), (READY, FAILED, READY)], StoryStatus.INCOMPLETE),
        ([(READY, WAITING, WAITING)], StoryStatus.INCOMPLETE),
        ([(FAILED, FAILED, FAILED), (FAILED, READY, FAILED)], StoryStatus.INCOMPLETE),
        ([(FAILED, FAILED, FAILED)], StoryStatus.FAILED),
        ([(FAILED, WAITING, SKIPPED)], StoryStatus.FAILED),
    ],
)
def test_the_state_at_the_end_says_what_there_is(
    parts: list[tuple[PartStatus, PartStatus, PartStatus]], status: StoryStatus
) -> None:
    made = [
        Page(story_id=uuid4(), number=1, text_status=text, image_status=image, audio_status=audio)
        for text, image, audio in parts
    ]
    assert status_at_end(made) is status


async def test_an_answer_that_comes_after_a_takeover_is_nobodys(opens: Opens) -> None:
    first = Vendors()
    second = Vendors(media=first.media)
    for vendors in (first, second):
        vendors.script.gates = {"image:1": asyncio.Event()}
    async with opens(first) as frozen, opens(second) as bench, asyncio.timeout(30):
        story_id = await a_story(frozen, page_count=1)
        await frozen.take(story_id)
        while not await done(frozen, story_id, "audio:1"):
            pass  # each look is a query, which is wait enough
        await run_out(frozen, story_id)
        await bench.take(story_id)
        await second.script.arrival("image:1").wait()

        first.script.gates["image:1"].set()
        await asyncio.gather(*frozen.making.values())

        _, (page,), steps = await read(bench, story_id)
        assert (page.image, steps["image:1"].state) == (None, StepState.WORKING)
        second.script.gates["image:1"].set()
        await asyncio.gather(*bench.making.values())
        story, (page,), _ = await read(bench, story_id)
        assert story.status is StoryStatus.READY
        assert page.image is not None


async def run_out(bench: Workbench, story_id: UUID) -> None:
    late = "UPDATE stories SET lease_until = clock_timestamp() - interval '1 second' WHERE id = :id"
    async with bench.transactions.begin() as work:
        await work.session.execute(text(late), {"id": story_id})
