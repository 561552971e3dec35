"""One step, tried until it is done or given up: the journal before and after each call, and what each failure means.

Kinds of failure (VENDORS: calls): refused → once more, softened · busy → up to 5 tries, Retry-After or full jitter ·
stalled → one more try · unusable → up to 3 tries · closed → no more tries. A crash spends no try: tries are counted in
PostgreSQL, when a vendor has failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

import stamina
import structlog

from jobs.events import (
    PageAudioReady,
    PageImageReady,
    PagePartFailed,
    PagePartRestarted,
    PagePartStarted,
    PageTextReady,
    StoryEvent,
)
from jobs.judging import Judge
from jobs.limits import Limits, StillClosed, backoff_s
from jobs.log import StoryLog
from jobs.ports import (
    CastSheet,
    Plan,
    Ports,
    StoryBrief,
    Usage,
    VendorBusy,
    VendorClosed,
    VendorError,
    VendorRefused,
    VendorStalled,
    VendorUnusable,
)
from jobs.work import Transactions, Work
from models import generation, journal, leases
from models.database import is_connection_lost
from models.generation import Step, part_of
from models.journal import CallOutcome, Subject
from models.leases import Lease
from models.pages import Page
from models.stories import Story
from models.vocabulary import PagePart, PartStatus

R = TypeVar("R")

log = structlog.get_logger()

MAX_BUSY = 5
MAX_STALLS = 2
MAX_REFUSALS = 2
MAX_UNUSABLE = 3

PROBLEMS: dict[type[VendorError], str] = {
    VendorRefused: "This did not pass the safety check for children.",
    VendorBusy: "The service that makes this was too busy. Please try again later.",
    VendorStalled: "The service that makes this did not answer in time. Please try again later.",
    VendorUnusable: "What came back could not be used. Please try again.",
    VendorClosed: "The service that makes this is not available at present.",
}

OUTCOMES: dict[type[VendorError], CallOutcome] = {
    VendorRefused: CallOutcome.REFUSED,
    VendorBusy: CallOutcome.BUSY,
    VendorStalled: CallOutcome.STALLED,
    VendorUnusable: CallOutcome.UNUSABLE,
    VendorClosed: CallOutcome.CLOSED,
}

READY = {PagePart.TEXT: PageTextReady, PagePart.IMAGE: PageImageReady, PagePart.AUDIO: PageAudioReady}


class StepFailed(Exception):
    """A step is given up; `problem` is for the reader's parent."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(slots=True)
class StoryRun:
    """What every step of one story works with, while one worker holds its lease."""

    lease: Lease
    story: Story
    brief: StoryBrief
    ports: Ports
    judge: Judge
    transactions: Transactions
    log: StoryLog
    steps: dict[str, Step]
    pages: dict[int, Page]
    plan: Plan | None = None
    portraits: dict[str, str] = field(default_factory=dict[str, str])
    """Media keys of the cast's portraits, by cast key."""
    picked: dict[str, UUID] = field(default_factory=dict[str, UUID])
    """Ids of the picked characters, by cast key."""
    first_words_s: float | None = None
    """When this run first showed words, by the monotonic clock."""
    references: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """Portraits that have been read from the store, by media key."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def story_id(self) -> UUID:
        return self.story.id

    @property
    def seed(self) -> str:
        """What the offline painter's luck follows: the story, or for a sandbox story the wish alone."""
        if not self.story.sandbox:
            return str(self.story_id)
        return input_hash([replace(self.brief, family=""), self.story.art_style])

    @property
    def planned(self) -> Plan:
        """The plan, which the driver sees to before anything that needs it."""
        if self.plan is None:
            raise RuntimeError("the story has not been planned")
        return self.plan

    def knows(self, step: Step) -> bool:
        """Whether this version of the step was there when the run looked; a later one has been asked for since."""
        known = self.steps.get(step.key)
        return known is not None and known.version == step.version

    @property
    def limits(self) -> Limits:
        return self.judge.limits

    def subject(self, step: Step) -> Subject:
        """Whom a verdict on what this step has made is noted for."""
        return Subject(step.key, step.version, self.lease.worker, self.lease.generation, self.story_id)

    def sheet(self, key: str) -> CastSheet:
        return next(member for member in self.planned.cast if member.key == key)

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Work]:
        """A transaction that holds the story. Raises Fenced where it is somebody else's by now.

        They all lock the story's row, so a story's transactions take turns here, where that keeps no connection from
        other stories.
        """
        async with self._turn, self.transactions.begin(synchronised=False) as work:
            await leases.hold(work.session, self.lease)
            yield work

    def tell(self, work: Work, event: StoryEvent, key: str) -> None:
        work.tell(self.story_id, self.lease.generation, event, key)

    async def commit(self, action: Callable[[Work], Awaitable[R]]) -> R:
        """Runs `action` in a transaction of its own, again for as long as the database is away.

        What a vendor has answered is paid for, so it is not dropped because PostgreSQL restarts.
        """
        async for attempt in stamina.retry_context(
            on=is_connection_lost, attempts=None, timeout=300, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                async with self.begin() as work:
                    return await action(work)
        raise AssertionError("stamina gives up by raising")


@dataclass(frozen=True, slots=True)
class Call:
    """A vendor call that has been noted in the journal. `softened`: an earlier one was refused."""

    id: UUID
    step: Step
    vendor: str
    softened: bool


async def begin_part(run: StoryRun, work: Work, step: Step, given: Sequence[object]) -> None:
    """Marks a step, and the part of a page that it makes, as being worked on, and says so.

    `given` is what the step's result depends on; its hash is kept with the step.
    """
    again = await generation.was_begun(work.session, step)
    await generation.begin_step(work.session, step, input_hash(given))
    place = part_of(step)
    if place is None:
        return
    number, part = place
    again = again or run.pages[number].holds(part)
    await generation.set_part(work.session, run.story_id, number, part, PartStatus.WORKING)
    event = PagePartRestarted(number, part) if again else PagePartStarted(number, part)
    run.tell(work, event, f"{step.key}:{step.version}:{run.lease.generation}:{step.attempts}")


def input_hash(given: Sequence[object]) -> str:
    """SHA-256 of what a step is made from, as hex."""
    return sha256("\x1f".join(str(thing) for thing in given).encode("utf-8", "surrogatepass")).hexdigest()


class Failed(Exception):
    """A noted call has failed, and its vendor's slot is free again."""

    def __init__(self, call: Call, error: VendorError) -> None:
        super().__init__()
        self.call = call
        self.error = error


@asynccontextmanager
async def calling(run: StoryRun, step: Step, vendor: str, model: str, given: Sequence[object]) -> AsyncGenerator[Call]:
    """A slot of the vendor's, and in it a call that is noted in the journal. Raises Failed, StepFailed, Fenced."""
    noted: Call | None = None
    try:
        async with run.limits.slot(vendor):
            noted = await begin_call(run, step, vendor, model, given)
            yield noted
    except VendorError as error:
        if noted is None:  # the breaker has been open for too long
            raise StepFailed(PROBLEMS[VendorClosed]) from None
        raise Failed(noted, error) from None


async def begin_call(run: StoryRun, step: Step, vendor: str, model: str, given: Sequence[object]) -> Call:
    """Notes a call that is about to leave. Raises Fenced, and notes nothing, where the lease is not ours."""

    async def note(work: Work) -> Call:
        call_id = await journal.begin_call(work.session, run.lease, step, vendor, model)
        await begin_part(run, work, step, (vendor, model, *given))
        return Call(call_id, step, vendor, softened=step.refusals > 0)

    return await run.commit(note)


async def finish_call(work: Work, call: Call, usage: Usage) -> None:
    await journal.finish_call(work.session, call.id, CallOutcome.OK, usage.units, usage.cost_micros)


async def after_failure(run: StoryRun, call: Call, error: VendorError) -> tuple[Step, float]:
    """Counts a failure; gives the step as it is now and the seconds to wait.

    A vendor that has shut its door spends no try: its breaker is open now, and whoever calls next waits for it. Raises
    StepFailed where it was the last try.
    """
    waits = isinstance(error, VendorClosed) and not isinstance(error, StillClosed) and run.limits.watches(call.vendor)

    async def count(work: Work) -> Step:
        usage = error.usage
        await journal.finish_call(work.session, call.id, outcome_of(error), usage.units, usage.cost_micros)
        if waits:
            return call.step
        return await generation.count_failure(
            work.session,
            call.step,
            stalled=isinstance(error, VendorStalled),
            refused=isinstance(error, VendorRefused),
        )

    step = await run.commit(count)
    log.warning(
        "vendor.failed", story=str(run.story_id), step=step.key, kind=type(error).__name__, attempt=step.attempts
    )
    if waits:
        return step, 0.0
    if is_last(step, error):
        raise StepFailed(problem_of(error))
    return step, backoff_s(step.attempts, error)


def problem_of(error: VendorError) -> str:
    """What the reader's parent is told."""
    return next(words for kind, words in PROBLEMS.items() if isinstance(error, kind))


def outcome_of(error: VendorError) -> CallOutcome:
    """How the journal calls it."""
    return next(outcome for kind, outcome in OUTCOMES.items() if isinstance(error, kind))


def is_last(step: Step, error: VendorError) -> bool:
    match error:
        case VendorClosed():
            return True
        case VendorRefused():
            return step.refusals >= MAX_REFUSALS
        case VendorStalled():
            return step.stalls >= MAX_STALLS
        case VendorUnusable():
            return step.attempts >= MAX_UNUSABLE
        case _:
            return step.attempts >= MAX_BUSY


async def attempt(
    run: StoryRun,
    step: Step,
    *,
    vendor: str,
    model: str,
    given: Sequence[object],
    call: Callable[[Call], Awaitable[R]],
    save: Callable[[Work, Call, R], Awaitable[None]],
) -> R:
    """Calls until it succeeds or the step is given up.

    `call` talks to the vendor, with no transaction open; `save` commits what came of it, the journal's row and the
    event in one transaction. Raises StepFailed, Fenced.
    """
    while True:
        try:
            async with calling(run, step, vendor, model, given) as noted:
                result = await call(noted)
        except Failed as failed:
            step, wait_s = await after_failure(run, failed.call, failed.error)
            await asyncio.sleep(wait_s)
            continue
        await run.commit(lambda work, noted=noted, result=result: save(work, noted, result))
        return result


async def give_up(run: StoryRun, step: Step, problem: str) -> None:
    """Fails a step and the part of a page that it makes. What that page had before stays, and is told again."""

    async def fail(work: Work) -> None:
        await generation.fail_step(work.session, step, problem)
        place = part_of(step)
        if place is None:
            return
        number, part = place
        page = await generation.settle_part(work.session, run.story_id, number, part, PartStatus.FAILED)
        run.tell(work, PagePartFailed(number, part, problem), f"{step.key}:{step.version}:failed")
        if page.status_of(part) is PartStatus.READY:
            run.tell(work, READY[part](page), f"{step.key}:{step.version}:kept")

    await run.commit(fail)
