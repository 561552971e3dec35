"""What an operation knows: the house, the caller, and loaders of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from models.characters import Character
from models.pages import Page
from models.stories import Story
from models.subscriptions import Subscription
from resolvers import pages, receipts, shop, stories
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.receipts import Receipt


@dataclass
class Context:
    """One per operation: operations of one socket share neither loaders nor what they loaded."""

    house: House
    caller: Caller
    request_id: str
    pages: DataLoader[UUID, list[Page]] = field(init=False)
    casts: DataLoader[UUID, list[Character]] = field(init=False)
    progress: DataLoader[UUID, tuple[int, int]] = field(init=False)
    stories: DataLoader[UUID, Story | None] = field(init=False)
    receipts: DataLoader[UUID, Receipt] = field(init=False)
    subscriptions: DataLoader[UUID, Subscription | None] = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begins with empty loaders: what an earlier batch of a subscription loaded is history."""
        self.pages = DataLoader(self._load_pages)
        self.casts = DataLoader(self._load_casts)
        self.progress = DataLoader(self._load_progress)
        self.stories = DataLoader(self._load_stories)
        self.receipts = DataLoader(self._load_receipts)
        self.subscriptions = DataLoader(self._load_subscriptions)

    def url(self, key: str) -> str:
        return self.house.ports.media.url(key)

    async def _load_pages(self, ids: Sequence[UUID]) -> Sequence[list[Page]]:
        return await pages.pages_of_stories(self.house, self.caller, ids)

    async def _load_casts(self, ids: Sequence[UUID]) -> Sequence[list[Character]]:
        return await pages.casts_of_stories(self.house, self.caller, ids)

    async def _load_progress(self, ids: Sequence[UUID]) -> Sequence[tuple[int, int]]:
        return await pages.progress_of_stories(self.house, self.caller, ids)

    async def _load_stories(self, ids: Sequence[UUID]) -> Sequence[Story | None]:
        return await stories.stories_by_id(self.house, self.caller, ids)

    async def _load_receipts(self, ids: Sequence[UUID]) -> Sequence[Receipt]:
        return await receipts.receipts_of_stories(self.house, self.caller, ids)

    async def _load_subscriptions(self, ids: Sequence[UUID]) -> Sequence[Subscription | None]:
        return await shop.subscriptions_of(self.house, ids)


Info = StrawberryInfo[Context, None]
