"""Taking an account away with everything that is stored about its person, and the receipt for it.

In two rounds. The first stops what is being made and removes all media at once. A worker that was frozen meanwhile may
still put a picture under a story's name, so rows stay until nobody can (REMOVED_AFTER); the second round removes the
media once more, and then the rows.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from jobs.events import StoryEnded
from jobs.log import StoryLog
from jobs.ports import MediaStore
from jobs.work import Transactions
from models import endings, errands, personal, stories
from models.errands import Errand
from models.stories import REMOVED_AFTER, lock_story

BETWEEN_ROUNDS = REMOVED_AFTER + timedelta(seconds=5)


async def erase_account(transactions: Transactions, log: StoryLog, media: MediaStore, errand: Errand) -> None:
    """Does what is to be done now; run again when it is due, it does the rest. Each round may be run twice.

    Raises LostErrand where somebody else does it by now.
    """
    account_id = errand.account_id
    if account_id is None:
        raise LookupError("a deletion of nobody")
    async with transactions.database.reading() as session:
        of_stories = await personal.story_ids(session, account_id)
        of_characters = await personal.character_ids(session, account_id)
        counts = await personal.counted(session, account_id)
    for story_id in of_stories:
        await _stop(transactions, errand, story_id)
    for story_id in of_stories:
        await media.delete(f"stories/{story_id}")
        await log.delete(story_id)
        await _keep(transactions, errand)
    for character_id in of_characters:
        await media.delete(f"characters/{character_id}")
        await _keep(transactions, errand)
    await media.delete(f"exports/{account_id}")
    receipt: dict[str, object] = errand.outcome or {
        "removed": counts,
        "media_removed_at": datetime.now(UTC).isoformat(),
    }
    async with transactions.begin() as work:
        if errand.outcome is None:
            await errands.drop_errands(work.session, account_id)
            await errands.postpone_errand(work.session, errand, BETWEEN_ROUNDS, receipt)
        else:
            await personal.erase(work.session, account_id)
            await errands.finish_errand(work.session, errand, receipt)


async def _keep(transactions: Transactions, errand: Errand) -> None:
    """However much there is to remove, nobody else begins at it meanwhile. Raises LostErrand."""
    async with transactions.begin() as work:
        await errands.keep_errand(work.session, errand)


async def _stop(transactions: Transactions, errand: Errand, story_id: UUID) -> None:
    """Ends a story that is being made, gives back what it had reserved, and takes it out of everybody's sight."""
    async with transactions.begin() as work:
        await errands.keep_errand(work.session, errand)
        story = await lock_story(work.session, story_id)
        if story is None:
            return
        if not story.status.ended:
            story = await endings.cancel_story(work.session, story_id)
            work.tell(story.id, story.generation, StoryEnded(), f"ended:{story.generation}")
        if story.deleted_at is None:
            await stories.delete_story(work.session, story_id)
