"""Following a story, where moments meet that a busy machine brings together now and then."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

from jobs.events import PageTextAppended
from jobs.log import Message, Position, StoryLog, TextSoFar
from models import generation
from models.vocabulary import AgeBand, PagePart, PartStatus
from resolvers import accounts, creation
from resolvers.caller import identify
from resolvers.creation import Wish
from resolvers.house import House
from resolvers.progress import follow

WISH = Wish("A snail who wins a race", None, (), 1, AgeBand.AGES_3_5, "en", "watercolor", None, narrated=False)


class OvertakenLog(StoryLog):
    """Somebody begins to tell of the story after a follower has found no log, and before it opens one."""

    def __init__(self, house: House) -> None:
        super().__init__(house.log._redis)  # pyright: ignore[reportPrivateUsage]  # the same Redis as the house's own
        self._house = house

    async def position(self, story_id: UUID, *, begin: bool = False) -> Position | None:
        if begin:
            async with self._house.database.session() as session:
                await generation.set_part(session, story_id, 1, PagePart.TEXT, PartStatus.WORKING)
                await session.commit()
            event = PageTextAppended(1, 0, "Once upon")
            await self.publish(story_id, 1, [Message.now(event, text=TextSoFar(1, "Once upon"))])
        return await super().position(story_id, begin=begin)


async def test_a_snapshot_has_the_words_that_were_told_while_it_was_made(house: House) -> None:
    session = await accounts.sign_up(house, "somebody@example.com", "correct horse battery", None)
    caller = await identify(house, session.access_token)
    story = await creation.create(house, caller, WISH)

    following = await follow(replace(house, log=OvertakenLog(house)), caller, story.id, None)
    async with asyncio.timeout(20):
        batch = await anext(following)
    await following.aclose()

    assert batch.snapshot is not None
    assert [page.text for page in batch.snapshot.pages] == ["Once upon"]
