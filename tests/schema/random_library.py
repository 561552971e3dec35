"""Random rows in a real database: what a library may hold after anything that can happen to one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select

from models.accounts import Account
from models.characters import Character
from models.database import Session
from models.media import Audio, Image, WordTiming
from models.pages import Page
from models.stories import Story, StoryCharacter
from models.styles import ART_STYLES
from models.vocabulary import AgeBand, PartStatus, StoryStatus
from resolvers.listing import cursor

BIRTH = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ["", "Once.", "Grüße, Σσς 🐌", 'a "quoted" \\ word\nand a line', "x" * 300, "\u2028\x7f"]
T = TypeVar("T")


@dataclass
class Ids:
    """Ids of the reader's own rows and of others', that a query may ask for; and cursors of lists."""

    story: list[UUID] = field(default_factory=list[UUID])
    page: list[UUID] = field(default_factory=list[UUID])
    character: list[UUID] = field(default_factory=list[UUID])
    cursors: list[str] = field(default_factory=list[str])


class Library:
    """Puts rows into a session; the same for the same seed."""

    def __init__(self, session: Session, seed: int) -> None:
        self.ids = Ids()
        self._session = session
        self._random = random.Random(seed)

    async def fill(self, stories: int = 12) -> UUID:
        """Fills the library of a new account, and another's beside it; gives the first account's id."""
        mine, theirs = await self._account(), await self._account()
        for account in (mine, theirs):
            cast = [await self._character(account) for _ in range(4)]
            for _ in range(stories if account == mine else 2):
                await self._story(account, cast)
        await self._session.commit()
        return mine

    async def shelf(self, email: str, *, stories: int, pages: int) -> tuple[UUID, UUID]:
        """Finished stories for an account that is there; gives the ids of the last one and of its first page."""
        account = (await self._session.execute(select(Account.id).where(col(Account.email) == email))).scalar_one()
        cast = [await self._character(account) for _ in range(3)]
        for _ in range(stories):
            story = self._a_story(account)
            story.status, story.deleted_at = StoryStatus.READY, None
            await self._put(story, cast, pages)
        await self._session.commit()
        return self.ids.story[-1], self.ids.page[-pages]

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def _one(self, *choices: T) -> T:
        return self._random.choice(choices)

    def _moment(self) -> datetime:
        return BIRTH + timedelta(seconds=self._random.randint(0, 3), microseconds=self._one(0, 0, 1, 120_000))

    async def _account(self) -> UUID:
        account = Account(id=self._uuid(), email=f"{self._uuid()}@example.com", password_hash="-")
        self._session.add(account)
        await self._session.flush()
        return account.id

    async def _character(self, account: UUID) -> UUID:
        character = Character(
            id=self._uuid(),
            account_id=account,
            name=self._one(*TEXTS)[:80],
            appearance=self._one(*TEXTS),
            personality=self._one(None, *TEXTS),
            portrait=self._image(),
            portrait_status=self._one(*PartStatus),
            created_at=self._moment(),
            deleted_at=self._one(None, None, BIRTH),
        )
        self.ids.character.append(character.id)
        self.ids.cursors.append(cursor("Character:newest", character.created_at.isoformat(), character.id))
        self._session.add(character)
        await self._session.flush()
        return character.id

    async def _story(self, account: UUID, characters: list[UUID]) -> None:
        cast = self._random.sample(characters, self._one(0, 1, 3))
        await self._put(self._a_story(account), cast, self._one(0, 1, 4))

    def _a_story(self, account: UUID) -> Story:
        return Story(
            id=self._uuid(),
            account_id=account,
            title=self._one(None, "", "Apple", "apple", "Σσς", "ΣΣΣ", "The mole"),
            premise=self._one(*TEXTS),
            status=self._one(*StoryStatus),
            age_band=self._one(*AgeBand),
            language=self._one("en", "de-CH"),
            art_style=self._one(*ART_STYLES),
            voice=self._one(None, "offline:nobody", self._one(*VOICES)),
            narrated=self._one(True, False),
            page_count=4,
            writer="offline",
            painter="offline",
            narrator="offline",
            problem=self._one(None, *TEXTS),
            rating=self._one(None, 1, 5),
            created_at=self._moment(),
            updated_at=self._moment(),
            deleted_at=self._one(None, None, None, BIRTH),
        )

    async def _put(self, story: Story, cast: list[UUID], pages: int) -> None:
        self.ids.story.append(story.id)
        place = story.created_at.isoformat()
        self.ids.cursors += [cursor(name, place, story.id) for name in ("Story:newest", "Story:oldest")]
        self.ids.cursors.append(cursor("Story:title", story.title or "", story.id))
        self._session.add(story)
        await self._session.flush()
        for position, character in enumerate(cast):
            self._session.add(StoryCharacter(story_id=story.id, character_id=character, position=position))
        for number in range(1, pages + 1):
            self._page(story.id, number)
        await self._session.flush()

    def _page(self, story: UUID, number: int) -> None:
        audio = self._one(None, Audio(key=f"a/{number}.mp3", duration_ms=9000, content_type="audio/mpeg"))
        word = WordTiming(word="Grüße", start_ms=0, end_ms=300, start=0, end=5)
        page = Page(
            id=self._uuid(),
            story_id=story,
            number=number,
            text=self._one(None, *TEXTS),
            text_status=self._one(*PartStatus),
            reading_level=self._one(None, 3.5, 0.1 + 0.2, 7.0, float("nan")),
            image=self._image(),
            image_status=self._one(*PartStatus),
            audio=audio,
            words=self._one(None, list[WordTiming](), [word, word]),
            audio_status=self._one(*PartStatus),
        )
        self.ids.page.append(page.id)
        self._session.add(page)

    def _image(self) -> Image | None:
        alt = self._one(*TEXTS)
        key = f"i/{self._random.randint(0, 9)}.webp"
        image = Image(key=key, width=1536, height=1024, content_type="image/webp", alt=alt, blurhash="LEHV6nWB2yk8")
        return self._one(None, image)


VOICES = ("offline:joe", "offline:emil")
