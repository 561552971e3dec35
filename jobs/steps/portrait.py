"""A cast member's portrait, which goes to the painter with every page it appears in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import stamina

from jobs.attempts import (
    MAX_REFUSALS,
    Call,
    StepFailed,
    StoryRun,
    attempt,
    finish_call,
    input_hash,
    outcome_of,
)
from jobs.judging import Judge
from jobs.keeping import keep
from jobs.ports import (
    OFFLINE,
    CastSheet,
    Painted,
    Painter,
    PortraitBrief,
    Ports,
    VendorClosed,
    VendorError,
    VendorRefused,
    VendorUnusable,
)
from jobs.prompts import portrait_prompt, softened
from jobs.work import Transactions, Work
from models import characters, generation, journal, leases
from models.characters import Character
from models.database import is_connection_lost
from models.generation import Step
from models.journal import CallOutcome, Subject
from models.leases import Lease
from models.media import Image
from models.vocabulary import PartStatus

LIBRARY_STYLE = "watercolor"
"""A character's own portrait is in one style; stories in other styles take its looks, not its brushwork."""
MAX_FAILURES = 3
LOOK_AGAIN_S = 0.25


async def portrait(run: StoryRun, step: Step, member: CastSheet) -> str:
    """Gives the media key of the member's portrait, painting it where nobody has or does. Raises StepFailed."""
    character_id = run.picked.get(member.key)
    if character_id is not None:
        image = await _of_library(run, character_id)
        await run.commit(lambda work: _finish(work, step, image))
        return image.key
    return (await _of_story(run, step, member)).key


async def _finish(work: Work, step: Step, image: Image) -> None:
    await generation.begin_step(work.session, step, "")
    await generation.finish_step(work.session, step, image.model_dump(mode="json"))


async def _of_story(run: StoryRun, step: Step, member: CastSheet) -> Image:
    painter = run.ports.painters[run.story.painter]
    brief = PortraitBrief(
        portrait_prompt(member, run.story.art_style), run.story.art_style, member, f"{run.seed}:{member.key}"
    )

    async def call(noted: Call) -> tuple[Image, Painted]:
        asked = replace(brief, prompt=softened(brief.prompt)) if noted.softened else brief
        painted = await _painted(painter, run.judge, asked, run.subject(step))
        key = f"stories/{run.story_id}/portrait-{member.key}-{noted.id.hex[:8]}.webp"
        return await _stored(run.ports, key, painted, member), painted

    async def save(work: Work, noted: Call, result: tuple[Image, Painted]) -> None:
        image, painted = result
        if await generation.finish_step(work.session, step, image.model_dump(mode="json"), painted.usage.cost_micros):
            await finish_call(work, noted, painted.usage)

    image, _ = await attempt(
        run, step, vendor=painter.vendor, model=painter.model, given=[brief.prompt], call=call, save=save
    )
    return image


async def _of_library(run: StoryRun, character_id: UUID) -> Image:
    while True:
        await paint_character(
            run.transactions, run.ports, run.judge, run.story.painter, character_id, run.lease.worker, run.lease
        )
        character = await _now(run.transactions, character_id)
        if character.portrait_status is PartStatus.READY and character.portrait is not None:
            return character.portrait
        if character.portrait_status is PartStatus.FAILED:
            raise StepFailed("The portrait of a character could not be painted.")
        # Somebody else is painting it; PostgreSQL is the one place where both of us look.
        await asyncio.sleep(LOOK_AGAIN_S)


async def paint_character(
    transactions: Transactions,
    ports: Ports,
    judge: Judge,
    painter_name: str,
    character_id: UUID,
    worker: str,
    lease: Lease | None = None,
) -> None:
    """Paints a character's portrait, unless it is done or somebody else is at it.

    Under a story's `lease` nothing is begun, and Fenced is raised, once the story is somebody else's. A sandbox key's
    character is painted by the offline painter, whoever is named.
    """
    if (await _now(transactions, character_id)).sandbox:
        painter_name, judge = OFFLINE, judge.by(ports.for_kind(sandbox=True).moderator)
    painter = ports.painters[painter_name]
    try:
        async with judge.limits.slot(painter.vendor):
            claimed = await _claim(transactions, character_id, painter, worker, lease)
            if claimed is not None:
                await _paint_claimed(transactions, ports, judge, painter, *claimed, worker)
    except VendorError:
        return  # it has been counted, or the vendor's breaker is open and the sweeper asks again


async def _paint_claimed(
    transactions: Transactions,
    ports: Ports,
    judge: Judge,
    painter: Painter,
    character: Character,
    call_id: UUID,
    worker: str,
) -> None:
    """Raises VendorError, once it has been counted."""
    character_id, version = character.id, character.portrait_version
    member = CastSheet(
        key="c1", name=character.name, appearance=character.appearance, personality=character.personality
    )
    prompt = portrait_prompt(member, LIBRARY_STYLE)
    if character.portrait_failures:  # it may have been refused
        prompt = softened(prompt)
    seed = input_hash([member]) if character.sandbox else str(character_id)
    brief = PortraitBrief(prompt, LIBRARY_STYLE, member, seed)
    try:
        subject = Subject("portrait", version, worker, character_id=character_id)
        painted = await _painted(painter, judge, brief, subject)
        key = f"characters/{character_id}/portrait-{version}-{uuid4().hex[:8]}.webp"
        image = await _stored(ports, key, painted, member)
    except VendorError as error:
        await _count_failure(transactions, character, call_id, error, waits=judge.limits.watches(painter.vendor))
        raise
    except asyncio.CancelledError:
        async with transactions.begin() as work:
            await characters.hand_back_portrait(work.session, character, failed=False)
            await journal.finish_call(work.session, call_id, CallOutcome.ABANDONED)
        raise
    else:
        await _keep(transactions, character, call_id, image, painted)


_patiently = stamina.retry(on=is_connection_lost, attempts=None, timeout=300, wait_initial=0.1, wait_max=2.0)
"""What has been painted is paid for, so it is not dropped because PostgreSQL restarts. Done twice, each of these does
what it did once: a portrait is settled by version and status."""


@_patiently
async def _now(transactions: Transactions, character_id: UUID) -> Character:
    async with transactions.database.session() as session:
        return (await characters.characters_by_id(session, [character_id]))[character_id]


@_patiently
async def _claim(
    transactions: Transactions, character_id: UUID, painter: Painter, worker: str, lease: Lease | None
) -> tuple[Character, UUID] | None:
    async with transactions.begin() as work:
        if lease is not None:
            await leases.hold(work.session, lease)
        character = await characters.claim_portrait(work.session, character_id)
        if character is None:
            return None
        await journal.abandon_portrait(work.session, character_id, character.portrait_version)
        return character, await journal.begin_portrait_call(
            work.session, character_id, character.portrait_version, painter.vendor, painter.model, worker
        )


@_patiently
async def _keep(
    transactions: Transactions, character: Character, call_id: UUID, image: Image, painted: Painted
) -> None:
    usage = painted.usage
    async with transactions.begin() as work:
        await characters.save_portrait(work.session, character, image)
        await journal.finish_call(work.session, call_id, CallOutcome.OK, usage.units, usage.cost_micros)


@_patiently
async def _count_failure(
    transactions: Transactions, character: Character, call_id: UUID, error: VendorError, *, waits: bool
) -> None:
    """A vendor that has shut its door is waited for where its breaker is watched, and counts for nothing."""
    closed = isinstance(error, VendorClosed)
    most = MAX_REFUSALS if isinstance(error, VendorRefused) else MAX_FAILURES
    hopeless = (closed and not waits) or character.portrait_failures + 1 >= most
    async with transactions.begin() as work:
        await journal.finish_call(work.session, call_id, outcome_of(error), error.usage.units, error.usage.cost_micros)
        if hopeless:
            await characters.give_up_portrait(work.session, character)
        else:
            await characters.hand_back_portrait(work.session, character, failed=not closed)


async def _painted(painter: Painter, judge: Judge, brief: PortraitBrief, subject: Subject) -> Painted:
    async for item in painter.portrait(brief):
        if isinstance(item, Painted):
            try:
                await judge.picture("the portrait", item.picture, subject)
            except VendorError as error:
                raise error.after(item.usage) from None
            return item
    raise VendorUnusable("the painter ended without a portrait")


async def _stored(ports: Ports, key: str, painted: Painted, member: CastSheet) -> Image:
    picture = painted.picture
    try:
        await keep(ports.media, key, picture.data, picture.content_type)
    except VendorError as error:
        raise error.after(painted.usage) from None
    return Image(
        key=key,
        width=picture.width,
        height=picture.height,
        content_type=picture.content_type,
        alt=f"Portrait of {member.name}: {member.appearance}"[:300],
        blurhash=picture.blurhash,
    )
