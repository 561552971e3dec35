"""Removing what a deleted story has left behind: its media, its log, and in the end its rows."""

from __future__ import annotations

from uuid import UUID

from jobs.log import StoryLog
from jobs.ports import MediaStore
from jobs.work import Transactions
from models import stories


async def remove_story(transactions: Transactions, log: StoryLog, media: MediaStore, story_id: UUID) -> None:
    """Removes media and log at once, and the rows when nobody can be putting media any more.

    Run twice, it does the rest: after the deletion, and from the sweeper once the story has been deleted long enough.
    Whether that is so is asked first: what others put while media are being removed is found again by the row alone.
    """
    async with transactions.database.reading() as session:
        long_ago = await stories.is_to_be_removed(session, story_id)
    await media.delete(f"stories/{story_id}")
    await log.delete(story_id)
    if long_ago:
        async with transactions.begin() as work:
            await stories.remove_story(work.session, story_id)
