"""How a story ends, is stopped, and begins again. Every ending gives back the credits that were not spent."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlmodel import col

from models import billing, journal, payments
from models.billing import Cause
from models.database import Session
from models.errors import Fenced
from models.generation import StepState, close_open_steps
from models.leases import Lease, held_by
from models.pages import Page, pages_of
from models.stories import Story
from models.vocabulary import PagePart, PartStatus, StoryStatus


def status_at_end(pages: list[Page], *, cancelled: bool = False) -> StoryStatus:
    """READY where every part is there or not wanted; else CANCELLED, FAILED where nothing is there, or INCOMPLETE."""
    parts = [page.status_of(part) for page in pages for part in PagePart]
    if all(part in (PartStatus.READY, PartStatus.SKIPPED) for part in parts):
        return StoryStatus.READY
    if cancelled:
        return StoryStatus.CANCELLED
    return StoryStatus.INCOMPLETE if PartStatus.READY in parts else StoryStatus.FAILED


async def end_story(session: Session, lease: Lease, problem: str) -> Story:
    """Ends a story for its maker. `problem` is for the reader's parent, and kept where something is missing.

    Raises Fenced where the story is somebody else's by now.
    """
    await close_open_steps(session, lease.story_id, StepState.FAILED, PartStatus.FAILED, problem)
    status = status_at_end(await pages_of(session, lease.story_id))
    said = None if status is StoryStatus.READY else problem
    story = await _set(session, held_by(lease), _ended(status, said))
    if story is None:
        raise Fenced
    await journal.abandon(session, story.id)
    await _give_back(session, story, Cause.END)
    return story


async def cancel_story(session: Session, story_id: UUID) -> Story:
    """Stops a story that the caller has locked. Its generation rises, so nothing that is still on its way is taken.

    Unfinished parts wait again, for a resume; what exists of them stays.
    """
    await close_open_steps(session, story_id, StepState.CANCELLED, PartStatus.WAITING)
    await journal.abandon(session, story_id)
    status = status_at_end(await pages_of(session, story_id), cancelled=True)
    return await _settled(session, story_id, status, None, Cause.CANCEL)


async def settle_story(session: Session, story: Story) -> Story:
    """Looks anew at how a story has ended that the caller has locked, after a change by hand."""
    status = status_at_end(await pages_of(session, story.id), cancelled=story.status is StoryStatus.CANCELLED)
    problem = None if status is StoryStatus.READY else story.problem
    return await _settled(session, story.id, status, problem, Cause.END)


async def reopen_story(session: Session, story_id: UUID) -> Story:
    """Queues a story again that the caller has locked, for what has been asked for of it since it ended."""
    values: dict[str, object] = {
        "status": StoryStatus.QUEUED,
        "problem": None,
        "lease_until": None,
        "worker": None,
        "takeovers": 0,
        "ended_at": None,
        "updated_at": func.now(),
    }
    return await _one(session, story_id, values)


async def _settled(session: Session, story_id: UUID, status: StoryStatus, problem: str | None, cause: Cause) -> Story:
    values = {**_ended(status, problem), "generation": col(Story.generation) + 1}
    story = await _one(session, story_id, values)
    await _give_back(session, story, cause)
    return story


async def _give_back(session: Session, story: Story, cause: Cause) -> None:
    released = await billing.release(session, story, cause)
    if released:
        await payments.take_what_was_held(session, story, released)


def _ended(status: StoryStatus, problem: str | None) -> dict[str, object]:
    return {
        "status": status,
        "problem": problem,
        "lease_until": None,
        "worker": None,
        "takeovers": 0,
        "updated_at": func.now(),
        "ended_at": func.now(),
        **({"whole_at": func.coalesce(col(Story.whole_at), func.now())} if status is StoryStatus.READY else {}),
    }


async def _one(session: Session, story_id: UUID, values: dict[str, object]) -> Story:
    story = await _set(session, (col(Story.id) == story_id,), values)
    if story is None:
        raise LookupError(f"there is no story {story_id}")
    return story


async def _set(
    session: Session, conditions: tuple[ColumnElement[bool], ...], values: dict[str, object]
) -> Story | None:
    found = await session.execute(
        update(Story).where(*conditions).values(values).returning(Story).execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()
