"""What an operation knows: the house, the caller, and loaders of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar
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

L = TypeVar("L")


@dataclass
class Context:
    """One per operation: operations of one socket share neither loaders nor what they loaded.

    A loader is made when it is first used: most operations use one or none.
    """

    house: House
    caller: Caller
    request_id: str
    _loading: set[asyncio.Task[object]] = field(default_factory=set[asyncio.Task[object]])

    @cached_property
    def pages(self) -> DataLoader[UUID, list[Page]]:
        return self._loader(self._load_pages)

    @cached_property
    def casts(self) -> DataLoader[UUID, list[Character]]:
        return self._loader(self._load_casts)

    @cached_property
    def progress(self) -> DataLoader[UUID, tuple[int, int]]:
        return self._loader(self._load_progress)

    @cached_property
    def stories(self) -> DataLoader[UUID, Story | None]:
        return self._loader(self._load_stories)

    @cached_property
    def receipts(self) -> DataLoader[UUID, Receipt]:
        return self._loader(self._load_receipts)

    @cached_property
    def subscriptions(self) -> DataLoader[UUID, Subscription | None]:
        return self._loader(self._load_subscriptions)

    def forget(self) -> None:
        """Begins with empty loaders: what an earlier batch of a subscription loaded is history."""
        for name in _LOADERS:
            self.__dict__.pop(name, None)

    def abandon(self) -> None:
        """Stops what loaders still wait for. They load in tasks of their own, which outlive an operation that ends."""
        for task in self._loading:
            task.cancel()

    def _loader(self, load: Callable[[Sequence[UUID]], Awaitable[Sequence[L]]]) -> DataLoader[UUID, L]:
        async def loaded(ids: Sequence[UUID]) -> Sequence[L]:
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("loaders load in tasks")
            self._loading.add(task)
            try:
                return await load(ids)
            finally:
                self._loading.discard(task)

        return DataLoader(loaded)

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


_LOADERS = ("pages", "casts", "progress", "stories", "receipts", "subscriptions")
Info = StrawberryInfo[Context, None]
