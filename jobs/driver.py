"""One story's generation: the lease is taken and kept, steps run as their inputs allow, and the story ends.

PostgreSQL holds the truth. Whatever happens to this process, the steps that are done stay done, and whoever takes the
lease next goes on with the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from uuid import UUID

import stamina
import structlog

from jobs.attempts import StepFailed, StoryRun, give_up
from jobs.events import StoryEnded
from jobs.judging import Judge
from jobs.leases import LeaseKeeper
from jobs.log import StoryLog
from jobs.ports import CastSheet, Plan, Ports, StoryBrief
from jobs.steps.narrate import narrate
from jobs.steps.paint import paint
from jobs.steps.plan import plan
from jobs.steps.portrait import portrait
from jobs.steps.write import write
from jobs.work import Transactions, Work
from models import endings, generation, journal, leases
from models.characters import Character
from models.database import is_connection_lost
from models.errors import Fenced
from models.generation import Step, StepState
from models.leases import MAX_TAKEOVERS, Lease
from models.pages import Page, pages_of
from models.stories import Story, cast_of
from models.vocabulary import PartStatus

_log = structlog.get_logger()

UNEXPECTED = "Something went wrong while this was being made. Please try again."
STILL_MISSING = "Some parts of this book are still missing. Resume it to have them made."


async def take_story(transactions: Transactions, story_id: UUID, worker: str) -> tuple[Lease, Story] | None:
    """Claims a story for this worker; None where there is nothing to do or somebody else does it."""
    async with transactions.begin() as work:
        claimed = await leases.claim(work.session, story_id, worker)
        if claimed is not None:
            await journal.abandon(work.session, story_id)
        return claimed


async def make_story(
    transactions: Transactions,
    log: StoryLog,
    ports: Ports,
    judge: Judge,
    keeper: LeaseKeeper,
    lease: Lease,
    story: Story,
) -> None:
    """Makes what is missing of a claimed story, to its end. Cancelled, it hands the story over at once."""
    try:
        async with keeper.kept(lease):
            while not await _make_what_is_asked(await _open(transactions, log, ports, judge, lease, story)):
                pass
    except Fenced:
        _log.info("story.fenced", story=str(lease.story_id), generation=lease.generation)
    except asyncio.CancelledError:
        await asyncio.shield(_hand_over(transactions, lease))
        raise
    except Exception:
        # The sweeper asks again when the lease has run out; MAX_TAKEOVERS bounds how often.
        _log.exception("story.failed_unexpectedly", story=str(lease.story_id))
    finally:
        await transactions.told(lease.story_id)
        log.forget(lease.story_id)


async def _make_what_is_asked(run: StoryRun) -> bool:
    """Makes what is open, and ends the story; False where more has been asked for meanwhile."""
    if run.story.takeovers > MAX_TAKEOVERS:
        return await _end(run, "This story could not be finished. Please try again later.")
    story = run.story
    if not run.ports.can_make(story.writer, story.painter, story.narrator if story.narrated else None):
        return await _end(run, "A service that this story was begun with is not available at present.")
    return await _end(run, await _run_steps(run))


async def _open(
    transactions: Transactions, log: StoryLog, ports: Ports, judge: Judge, lease: Lease, story: Story
) -> StoryRun:
    steps, pages, cast_rows = await _read(transactions, story.id)
    sheets = tuple(
        CastSheet(key=f"c{position}", name=row.name, appearance=row.appearance, personality=row.personality)
        for position, row in enumerate(cast_rows, start=1)
    )
    title = story.title
    family = sha256(story.account_id.bytes).hexdigest()[:32]
    brief = StoryBrief(story.premise, title, story.age_band, story.language, story.page_count, sheets, family)
    numbered = {page.number: page for page in pages}
    ports = ports.for_kind(sandbox=story.sandbox)
    run = StoryRun(lease, story, brief, ports, judge.by(ports.moderator), transactions, log, steps, numbered)
    for position, row in enumerate(cast_rows, start=1):
        run.picked[f"c{position}"] = row.id
        if row.portrait is not None and row.portrait_status is PartStatus.READY:
            run.portraits[f"c{position}"] = row.portrait.key
    return run


@stamina.retry(on=is_connection_lost, attempts=None, timeout=300, wait_max=2.0)
async def _read(transactions: Transactions, story_id: UUID) -> tuple[dict[str, Step], list[Page], list[Character]]:
    async with transactions.database.session() as session:
        return (
            await generation.latest_steps(session, story_id),
            await pages_of(session, story_id),
            await cast_of(session, story_id),
        )


async def _hand_over(transactions: Transactions, lease: Lease) -> None:
    try:
        async with asyncio.timeout(5), transactions.begin() as work:
            await leases.hand_over(work.session, lease)
    except Exception as error:
        _log.warning("story.not_handed_over", story=str(lease.story_id), error=type(error).__name__)


# ---------------------------------------------------------------- steps


async def _run_steps(run: StoryRun) -> str | None:
    """Runs what is open, as parallel as inputs allow; gives what went wrong first, for the reader's parent."""
    problems: list[str] = []
    if not await _plan(run, problems):
        return problems[0]
    work = _Workshop(run, problems)
    try:
        async with asyncio.TaskGroup() as group:
            for key in list(run.steps):
                if key.startswith("portrait:"):
                    work.portraits[key.removeprefix("portrait:")] = group.create_task(work.portrait(key))
            group.create_task(work.write())
            for number in range(1, run.story.page_count + 1):
                group.create_task(work.paint(number))
                group.create_task(work.narrate(number))
    except ExceptionGroup as errors:
        raise _first(errors) from None
    return problems[0] if problems else None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that tells most: Fenced, where there is one, explains all others."""
    leaves = [error for error in errors.exceptions if not isinstance(error, BaseExceptionGroup)]
    return next((error for error in leaves if isinstance(error, Fenced)), leaves[0] if leaves else errors)


async def _plan(run: StoryRun, problems: list[str]) -> bool:
    step = run.steps["plan"]
    if step.state is StepState.DONE:
        run.plan = Plan.model_validate(step.output)
        return True
    try:
        if not step.open:
            raise StepFailed(step.problem or UNEXPECTED)
        with _expected(run, "plan"):
            run.plan = await plan(run, step)
    except StepFailed as failed:
        problems.append(failed.problem)
        for open_step in [step for step in run.steps.values() if step.open]:
            await give_up(run, open_step, failed.problem)
        return False
    run.steps, _, _ = await _read(run.transactions, run.story_id)
    return True


class _Workshop:
    """The steps of one story side by side: who waits for whom."""

    def __init__(self, run: StoryRun, problems: list[str]) -> None:
        self.run = run
        self.problems = problems
        self.portraits: dict[str, asyncio.Task[None]] = {}
        loop = asyncio.get_running_loop()
        numbers = range(1, run.story.page_count + 1)
        self.texts: dict[int, str] = {}
        self.text_ready: dict[int, asyncio.Future[str | None]] = {number: loop.create_future() for number in numbers}
        for number in numbers:
            text = run.pages[number].text
            if text:
                self.texts[number] = text
            if not run.steps[f"text:{number}"].open:
                self.text_ready[number].set_result(text)

    async def portrait(self, step_key: str) -> None:
        key = step_key.removeprefix("portrait:")
        step = self.run.steps[step_key]
        if step.state is StepState.DONE:
            self.run.portraits[key] = str((step.output or {})["key"])
        elif step.open:
            # A picture can be painted from words alone: a missing portrait is no reason to fail pages.
            await self._tried(step_key, self._paint_portrait(step_key, key), counts=False)

    async def _paint_portrait(self, step_key: str, key: str) -> None:
        self.run.portraits[key] = await portrait(self.run, self.run.steps[step_key], self.run.sheet(key))

    async def write(self) -> None:
        try:
            with _expected(self.run, "write"):
                await write(self.run, self.texts, self._text_is_ready, self._text_failed)
        except StepFailed as failed:
            for number, future in self.text_ready.items():
                if not future.done():
                    await self._text_failed(number, failed.problem)

    def _text_is_ready(self, number: int, text: str) -> None:
        self.text_ready[number].set_result(text)

    async def _text_failed(self, number: int, problem: str) -> None:
        self.problems.append(problem)
        await give_up(self.run, self.run.steps[f"text:{number}"], problem)
        self.text_ready[number].set_result(None)

    async def paint(self, number: int) -> None:
        key = f"image:{number}"
        if not self.run.steps[key].open:
            return
        faces = [self.portraits[cast] for cast in self.run.planned.pages[number - 1].cast if cast in self.portraits]
        await asyncio.gather(*faces)
        await self._tried(key, paint(self.run, self.run.steps[key], number))

    async def narrate(self, number: int) -> None:
        key = f"audio:{number}"
        step = self.run.steps.get(key)
        if step is None or not step.open:
            return
        text = await self.text_ready[number]
        if text is None:
            await give_up(self.run, step, "There are no new words to read aloud.")
            return
        before, after = self.texts.get(number - 1, ""), self.texts.get(number + 1, "")
        await self._tried(key, narrate(self.run, step, number, text, before, after))

    async def _tried(self, key: str, doing: Coroutine[Any, Any, None], *, counts: bool = True) -> None:
        """Awaits a step; a failure of it is the step's, never the story's."""
        try:
            with _expected(self.run, key):
                await doing
        except StepFailed as failed:
            if counts:
                self.problems.append(failed.problem)
            await give_up(self.run, self.run.steps[key], failed.problem)


@contextmanager
def _expected(run: StoryRun, step: str) -> Generator[None]:
    """What nobody foresaw is a failure of the step, and told in the log; the story goes on without it."""
    try:
        yield
    except (StepFailed, Fenced):
        raise
    except Exception:
        _log.exception("step.failed_unexpectedly", story=str(run.story_id), step=step)
        raise StepFailed(UNEXPECTED) from None


# ---------------------------------------------------------------- the end


async def _end(run: StoryRun, problem: str | None) -> bool:
    async def end(work: Work) -> bool:
        latest = await generation.latest_steps(work.session, run.story_id)
        if any(step.open and not run.knows(step) for step in latest.values()):
            return False
        await endings.end_story(work.session, run.lease, problem or STILL_MISSING)
        run.tell(work, StoryEnded(), f"ended:{run.lease.generation}")
        return True

    return await run.commit(end)
