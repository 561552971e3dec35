"""Reading stories, and what can be asked of one that is there: stopping it, going on with it, deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from jobs.events import StoryEnded
from jobs.queue import RemoveStory
from jobs.work import Work
from models import accounts, billing, endings, generation, idempotency
from models.billing import Cause
from models.database import Session
from models.errors import BadUserInput, Conflict, ConflictReason, NotFound
from models.pages import pages_of
from models.stories import Story, StoryCharacter, delete_story, rate_story
from models.vocabulary import PagePart, PartStatus, StoryOrder, StoryStatus
from resolvers.again import ask_again, check_open, repeatable
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked, check_first, check_ids, is_storable
from resolvers.listing import Slice, count_of, slice_of, story_key

MOST_STARS = 5


@dataclass(frozen=True, slots=True)
class Filter:
    """`search` is found in title or premise, whatever its case."""

    statuses: Sequence[StoryStatus] | None = None
    character_id: UUID | None = None
    search: str | None = None


async def story(house: House, caller: Caller, id: UUID) -> Story | None:
    async with house.database.reading() as session:
        found = await session.execute(caller.stories().where(col(Story.id) == id))
        return found.scalar_one_or_none()


async def is_readable(house: House, caller: Caller, id: UUID) -> bool:
    """Whether the caller may read the story, without reading it."""
    async with house.database.reading() as session:
        mine = caller.stories().where(col(Story.id) == id).with_only_columns(col(Story.id))
        return (await session.execute(mine)).scalar_one_or_none() is not None


async def stories_by_id(house: House, caller: Caller, ids: Sequence[UUID]) -> list[Story | None]:
    async with house.database.reading() as session:
        found = await session.execute(caller.stories().where(col(Story.id).in_(ids)))
        rows = {row.id: row for row in found.scalars()}
    return [rows.get(id) for id in ids]


def selected(caller: Caller, wanted: Filter) -> Select[Story]:
    """The caller's stories that fit the filter."""
    rows = caller.stories()
    if wanted.statuses is not None:
        check_ids(wanted.statuses)
        rows = rows.where(col(Story.status).in_(wanted.statuses))
    if wanted.character_id is not None:
        cast = select(col(StoryCharacter.story_id)).where(col(StoryCharacter.character_id) == wanted.character_id)
        rows = rows.where(col(Story.id).in_(cast))
    if wanted.search is not None:
        if not is_storable(wanted.search) or len(wanted.search) > 200:
            raise BadUserInput("`search` takes up to 200 characters, and no NUL or lone surrogates.")
        if wanted.search.strip():
            words = wanted.search.strip()
            rows = rows.where(
                or_(
                    col(Story.title).icontains(words, autoescape=True),
                    col(Story.premise).icontains(words, autoescape=True),
                )
            )
    return rows


async def stories(
    house: House, caller: Caller, first: int, after: str | None, wanted: Filter, order: StoryOrder
) -> Slice[Story]:
    rows = selected(caller, wanted)
    async with house.database.reading() as session:
        return await slice_of(session, rows, story_key(order), check_first(first), after)


async def count(house: House, caller: Caller, wanted: Filter) -> int:
    async with house.database.reading() as session:
        return await count_of(session, selected(caller, wanted))


async def locked(session: Session, caller: Caller, id: UUID) -> Story:
    """The caller's story, which nobody else changes until this transaction ends. Raises NotFound."""
    found = await session.execute(
        caller.stories().where(col(Story.id) == id).with_for_update().execution_options(populate_existing=True)
    )
    row = found.scalar_one_or_none()
    if row is None:
        raise NotFound(id, "story")
    return row


async def cancel(house: House, caller: Caller, id: UUID) -> Story:
    """Stops a story; what was not made is refunded with the same commit. Raises NotFound, Conflict."""
    async with house.transactions.begin() as work:
        row = await locked(work.session, caller, id)
        if row.status.ended:
            raise Conflict(ConflictReason.STORY_ENDED)
        return await _stop(work, row)


async def _stop(work: Work, row: Story) -> Story:
    stopped = await endings.cancel_story(work.session, row.id)
    work.tell(stopped.id, stopped.generation, StoryEnded(), f"ended:{stopped.generation}")
    return stopped


async def resume(house: House, caller: Caller, id: UUID, key: str | None = None) -> Story:
    """Queues a story again for what is missing of it, and reserves what that costs.

    Raises NotFound, Conflict, OutOfCredits, Unavailable, and InvalidInput for an impossible `key`.
    """
    asked = repeatable(caller, key, "resumeStory", id)
    before = await story(house, caller, id)
    async with house.database.reading() as session:
        answered = await idempotency.answer_to(session, asked) is not None
    if before is not None and not answered:
        _check_resumable(before)
        await check_open(house, before)
    async with house.transactions.begin() as work:
        row = await locked(work.session, caller, id)
        await accounts.lock_account(work.session, row.account_id)
        if await idempotency.answer_to(work.session, asked) is None:
            _check_resumable(row)
            row = await _resume(house, work, row)
            await idempotency.remember(work.session, asked, row.id)
    return row


def _check_resumable(row: Story) -> None:
    if not row.status.ended:
        raise Conflict(ConflictReason.STORY_NOT_ENDED)
    if row.status is StoryStatus.READY:
        raise Conflict(ConflictReason.STORY_COMPLETE)


async def _resume(house: House, work: Work, row: Story) -> Story:
    session = work.session
    steps = await generation.latest_steps(session, row.id)
    missing = [
        generation.step_key(page.number, part)
        for page in await pages_of(session, row.id)
        for part in PagePart
        if page.status_of(part) not in (PartStatus.READY, PartStatus.SKIPPED)
    ]
    prices = {key: billing.step_price(key) for key in missing}
    return await ask_again(house, work, row, steps, prices, Cause.RESUME)


async def rate(house: House, caller: Caller, id: UUID, stars: int) -> Story:
    """Keeps how much its owner likes a story that has ended; said again, it is changed.

    Raises InvalidInput, NotFound, Conflict.
    """
    checked = Checked()
    checked.number("stars", stars, 1, MOST_STARS, "The number of stars")
    checked.done()
    async with house.transactions.begin() as work:
        row = await locked(work.session, caller, id)
        if not row.status.ended:
            raise Conflict(ConflictReason.STORY_NOT_ENDED)
        return await rate_story(work.session, row.id, stars)


async def delete(house: House, caller: Caller, id: UUID) -> None:
    """Takes a story away at once, from everybody, and has its media removed. Raises NotFound."""
    async with house.transactions.begin() as work:
        row = await locked(work.session, caller, id)
        if not row.status.ended:
            await _stop(work, row)
        await delete_story(work.session, id)
        work.ask(RemoveStory(id), id)
