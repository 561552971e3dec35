"""Changing a page of a story that is there: making parts of it again, and writing its words by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from jobs.events import PageTextReady, StoryEnded
from jobs.ports import Plan
from jobs.reading import measure
from jobs.work import Work
from models import accounts, billing, endings, generation, idempotency
from models.billing import Cause
from models.database import Session
from models.errors import Conflict, ConflictReason, ContentRejected, NotFound
from models.generation import Step, StepState, step_key
from models.idempotency import Repeatable
from models.pages import Page, page_of, save_text
from models.stories import Story
from models.vocabulary import PagePart, PartStatus
from resolvers.again import ask_again, check_open, repeatable
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked
from resolvers.judging import judge
from resolvers.pages import page
from resolvers.stories import locked
from resolvers.stories import story as story_of

LONGEST_TEXT = 4000
"""Code points. Narrators take a little more than that in one call."""
LONGEST_INSTRUCTION = 500


async def redo(
    house: House,
    caller: Caller,
    page_id: UUID,
    parts: Sequence[PagePart],
    instruction: str | None,
    key: str | None = None,
) -> Page:
    """Has parts of a page made again; what is there stays until then. New words are read aloud anew as well.

    Raises InvalidInput, NotFound, ContentRejected, Conflict, OutOfCredits, Unavailable.
    """
    asked = repeatable(caller, key, "redoPage", page_id, sorted(parts), instruction)
    if (earlier := await _changed_before(house, caller, asked)) is not None:
        return earlier
    checked = Checked()
    wish = checked.optional("instruction", instruction, LONGEST_INSTRUCTION, "The instruction")
    if not parts or len(set(parts)) != len(parts):
        checked.problem("parts", "Name at least one part, each of them once.")
    checked.done()
    row = await _mine(house, caller, page_id)
    await _judge(house, caller, row, wish)
    await _check_open(house, caller, row)
    async with house.transactions.begin() as work:
        session = work.session
        story = await _locked(session, caller, row)
        if await idempotency.answer_to(session, asked) is None:
            steps = await generation.latest_steps(session, story.id)
            now = await page_of(session, story.id, row.number)
            prices = _prices(now, parts)
            _check_free(steps, prices)
            await ask_again(house, work, story, steps, prices, Cause.REDO, wish)
            await idempotency.remember(session, asked, page_id)
        return await page_of(session, story.id, row.number)


def _prices(row: Page, parts: Sequence[PagePart]) -> dict[str, int]:
    """What is to be made again, in the order of parts, and what each costs. Raises InvalidInput."""
    checked = Checked()
    silent = row.audio_status is PartStatus.SKIPPED
    if silent and PagePart.AUDIO in parts:
        checked.problem("parts", "This story is not read aloud, so there is no narration to make again.")
    if not row.text and PagePart.AUDIO in parts and PagePart.TEXT not in parts:
        checked.problem("parts", "This page has no words yet that could be read aloud.")
    checked.done()
    read_anew = PagePart.TEXT in parts and not silent
    wanted = [part for part in PagePart if part in parts or (part is PagePart.AUDIO and read_anew)]
    return {step_key(row.number, part): _price(row, part) for part in wanted}


def _price(row: Page, part: PagePart) -> int:
    """What was never made costs what it would have cost at first: a text is included in its page's picture."""
    return billing.REDONE if row.holds(part) else billing.step_price(step_key(row.number, part))


def _check_free(steps: Mapping[str, Step], keys: Mapping[str, int]) -> None:
    if any(steps[key].open for key in keys):
        raise Conflict(ConflictReason.PART_BUSY)


async def edit(house: House, caller: Caller, page_id: UUID, text: str, key: str | None = None) -> Page:
    """Changes a page's words, and has them read aloud again where the story is.

    Raises InvalidInput, NotFound, ContentRejected, Conflict, OutOfCredits, Unavailable.
    """
    asked = repeatable(caller, key, "editPageText", page_id, text)
    if (earlier := await _changed_before(house, caller, asked)) is not None:
        return earlier
    checked = Checked()
    words = checked.text("text", text, 1, LONGEST_TEXT, "The text")
    checked.done()
    row = await _mine(house, caller, page_id)
    await _judge(house, caller, row, words)
    if row.audio_status is not PartStatus.SKIPPED and (words != row.text or row.text_status is not PartStatus.READY):
        await _check_open(house, caller, row)
    async with house.transactions.begin() as work:
        session = work.session
        story = await _locked(session, caller, row)
        if await idempotency.answer_to(session, asked) is None:
            now = await page_of(session, story.id, row.number)
            if words != now.text or now.text_status is not PartStatus.READY:
                await _edit(house, work, story, now, words)
            await idempotency.remember(session, asked, page_id)
        return await page_of(session, story.id, row.number)


async def _edit(house: House, work: Work, story: Story, row: Page, words: str) -> None:
    session, number = work.session, row.number
    steps = await generation.latest_steps(session, story.id)
    read_aloud = row.audio_status is not PartStatus.SKIPPED
    audio = {step_key(number, PagePart.AUDIO): billing.REDONE} if read_aloud else {}
    text_step = steps[step_key(number, PagePart.TEXT)]
    _check_free(steps, {text_step.key: 0, **audio})
    version = await _keep_hand_written(session, text_step, words)
    read = await asyncio.to_thread(measure, words, story.language, _names(steps["plan"]))
    changed = await save_text(session, story.id, number, words, None if read is None else read.age)
    if audio:
        story = await ask_again(house, work, story, steps, audio, Cause.EDIT)
        changed = await page_of(session, story.id, number)
    elif story.status.ended:
        story = await endings.settle_story(session, story)
    work.tell(story.id, story.generation, PageTextReady(changed), f"{text_step.key}:{version}:ready")
    if story.status.ended:
        work.tell(story.id, story.generation, StoryEnded(), f"ended:{story.generation}")


def _names(plan: Step) -> list[str]:
    """The cast's, as far as it has been planned."""
    return [] if plan.output is None else [member.name for member in Plan.model_validate(plan.output).cast]


async def _keep_hand_written(session: Session, before: Step, words: str) -> int:
    """A version of the text that nobody has to make; gives its number."""
    version = before.version + 1
    session.add(
        Step(
            story_id=before.story_id,
            key=before.key,
            version=version,
            state=StepState.DONE,
            output={"text": words, "by_hand": True},
            finished_at=datetime.now(UTC),
        )
    )
    await session.flush()
    return version


async def _mine(house: House, caller: Caller, page_id: UUID) -> Page:
    row = await page(house, caller, page_id)
    if row is None:
        raise NotFound(page_id, "page")
    return row


async def _check_open(house: House, caller: Caller, row: Page) -> None:
    found = await story_of(house, caller, row.story_id)
    if found is not None:  # else it has gone meanwhile, which `_locked` tells
        await check_open(house, found)


async def _locked(session: Session, caller: Caller, row: Page) -> Story:
    """The page's story, and then its account, for this transaction alone."""
    try:
        story = await locked(session, caller, row.story_id)
    except NotFound:
        raise NotFound(row.id, "page") from None
    await accounts.lock_account(session, story.account_id)
    return story


async def _changed_before(house: House, caller: Caller, asked: Repeatable) -> Page | None:
    async with house.database.reading() as session:
        id = await idempotency.answer_to(session, asked)
    if id is None:
        return None
    row = await page(house, caller, id)
    if row is None:
        raise NotFound(id, "page")
    return row


async def _judge(house: House, caller: Caller, row: Page, words: str | None) -> None:
    """A story of the sandbox stays with its moderator, whoever changes it."""
    if words is None:
        return
    story = await story_of(house, caller, row.story_id)
    if story is None:
        raise NotFound(row.id, "page")
    verdict = await judge(house.limits, house.ports.for_kind(sandbox=story.sandbox).moderator, words)
    if not verdict.allowed:
        raise ContentRejected(verdict.categories)
