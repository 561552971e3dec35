"""The API's door: reads settings, opens pools and ports, and closes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import overload

import structlog
from redis.asyncio import Redis

from jobs.listener import Listener
from jobs.log import StoryLog
from jobs.ports import Narrator, VendorError, VoiceSheet
from jobs.providers import Chosen, Model, choose, every_model, open_ports
from jobs.queue import Queue, open_arq, open_listening_redis, open_redis
from jobs.work import Transactions
from models.database import Database
from models.secrets import derive, load_secret
from models.settings import Settings
from resolvers.house import House

_log = structlog.get_logger()

VOICES_WITHIN_S = 5.0
ASKED_AGAIN_AFTER_S, ASKED_EVERY_S = 30.0, 3600.0

__all__ = ["Chosen", "Model", "Open", "choose", "every_model", "open_house", "open_ports"]


@dataclass(frozen=True, slots=True)
class Open:
    """The house, and what readiness is asked of."""

    house: House
    redis: Redis


class Voices(Sequence[VoiceSheet]):
    """All voices of all narrators, as far as these have told. One that does not answer keeps nobody from serving."""

    def __init__(self, narrators: Mapping[str, Narrator]) -> None:
        self._narrators = narrators
        self._told: dict[str, Sequence[VoiceSheet]] = {}
        self._all: list[VoiceSheet] = []

    @overload
    def __getitem__(self, index: int) -> VoiceSheet: ...
    @overload
    def __getitem__(self, index: slice) -> list[VoiceSheet]: ...
    def __getitem__(self, index: int | slice) -> VoiceSheet | list[VoiceSheet]:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)

    async def ask(self) -> None:
        """Asks every narrator, and waits for each at most so long. What one told before stays until it tells anew."""
        await asyncio.gather(*(self._ask(name, narrator) for name, narrator in self._narrators.items()))
        self._all = [voice for name in self._narrators for voice in self._told.get(name, ())]

    async def keep_asking(self) -> None:
        while True:
            missing = len(self._told) < len(self._narrators)
            await asyncio.sleep(ASKED_AGAIN_AFTER_S if missing else ASKED_EVERY_S)
            await self.ask()

    async def _ask(self, name: str, narrator: Narrator) -> None:
        try:
            async with asyncio.timeout(VOICES_WITHIN_S):
                self._told[name] = await narrator.voices()
        except (VendorError, TimeoutError) as error:
            _log.warning("voices.not_told", vendor=name, error=type(error).__name__)


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncGenerator[Open]:
    """Raises ValueError where the settings name no database or no Redis."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("the API needs DATABASE_URL and REDIS_URL")
    redis_url = settings.redis_url.get_secret_value()
    secret = load_secret(settings.secret, settings.data)
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url.get_secret_value(), settings.database_pool)
        stack.push_async_callback(database.close)
        redis = open_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        arq = open_arq(redis_url, patient=False)
        stack.push_async_callback(arq.aclose)
        listening = open_listening_redis(redis_url)
        stack.push_async_callback(listening.aclose)
        listener = await stack.enter_async_context(Listener(listening))
        ports = await stack.enter_async_context(open_ports(settings, media_secret=derive(secret, b"media")))
        voices = Voices(ports.narrators)
        await voices.ask()
        refreshing = asyncio.create_task(voices.keep_asking())
        stack.callback(refreshing.cancel)
        log = StoryLog(redis)
        transactions = Transactions(database, log, Queue(arq))
        stack.push_async_callback(transactions.left)
        yield Open(
            House(
                database=database,
                transactions=transactions,
                log=log,
                listener=listener,
                ports=ports,
                voices=voices,
                token_key=derive(secret, b"access tokens"),
                access_token_s=settings.access_token_s,
                refresh_token_s=settings.refresh_token_s,
                stories_at_once=settings.stories_at_once,
                signup_credits=settings.signup_credits,
            ),
            redis,
        )
