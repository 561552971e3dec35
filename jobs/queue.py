"""Asking for work by name. arq is the doorbell only: what is to be done stands in PostgreSQL, and an ask that is lost
is asked again by the sweeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson
from arq import ArqRedis
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from jobs.connection import heed

QUEUE = "storycanvas:asks"


@dataclass(frozen=True, slots=True)
class MakeStory:
    """Make what is missing of a story. One ask per generation, so that a dead worker's ask blocks nobody."""

    name: ClassVar = "make_story"
    story_id: UUID
    generation: int

    @property
    def key(self) -> str:
        return f"story:{self.story_id}:{self.generation}"

    def arguments(self) -> list[str]:
        return [str(self.story_id)]


@dataclass(frozen=True, slots=True)
class MakePortrait:
    """Paint a character of a library that has no portrait of its present looks."""

    name: ClassVar = "make_portrait"
    character_id: UUID
    version: int

    @property
    def key(self) -> str:
        return f"portrait:{self.character_id}:{self.version}"

    def arguments(self) -> list[str]:
        return [str(self.character_id)]


@dataclass(frozen=True, slots=True)
class RemoveStory:
    """Remove what a deleted story has left behind."""

    name: ClassVar = "remove_story"
    story_id: UUID

    @property
    def key(self) -> str:
        return f"remove:{self.story_id}"

    def arguments(self) -> list[str]:
        return [str(self.story_id)]


@dataclass(frozen=True, slots=True)
class RunErrand:
    """Send a letter, delete an account, export its data, settle a payment, compare the books."""

    name: ClassVar = "run_errand"
    errand_id: UUID

    @property
    def key(self) -> str:
        return f"errand:{self.errand_id}"

    def arguments(self) -> list[str]:
        return [str(self.errand_id)]


Ask = MakeStory | MakePortrait | RemoveStory | RunErrand


def dump(value: dict[str, Any]) -> bytes:
    """arq pickles unless told otherwise, and unpickling runs whatever somebody put into Redis."""
    return orjson.dumps(value)


def load(raw: bytes) -> dict[str, Any]:
    return orjson.loads(raw)


class Queue:
    def __init__(self, arq: ArqRedis) -> None:
        self._arq = arq

    async def send(self, name: str, arguments: list[str], key: str) -> None:
        """Rings once per `key` while the ask is waiting. Raises redis' errors where Redis is away."""
        await self._arq.enqueue_job(name, *arguments, _job_id=key)

    async def ask(self, ask: Ask) -> None:
        await self.send(ask.name, ask.arguments(), ask.key)


def open_redis(url: str) -> Redis:
    """For requests: fails fast, so that a request without Redis is slower or refused, never stuck."""
    return Redis.from_pool(_pool(BlockingConnectionPool, url, max_connections=64, timeout=2, **_options(retries=1)))


def open_listening_redis(url: str) -> Redis:
    """For the listener: waits for messages as long as it takes, and says when its connection is gone."""
    return Redis.from_pool(_pool(ConnectionPool, url, socket_connect_timeout=2, health_check_interval=5))


def open_arq(url: str, *, patient: bool) -> ArqRedis:
    """`patient` is for workers: a Redis that is away for half a minute is waited for, about a minute in all."""
    pool = _pool(ConnectionPool, url, **_options(retries=60 if patient else 1))
    arq = ArqRedis(pool, job_serializer=dump, job_deserializer=load, default_queue_name=QUEUE)
    arq.auto_close_connection_pool = True  # or closing it would leave its connections open
    return arq


def _pool(kind: type[ConnectionPool], url: str, **options: Any) -> ConnectionPool:
    return heed(kind.from_url(url, **options))  # pyright: ignore[reportUnknownMemberType]  # redis-py types no options


def _options(retries: int) -> dict[str, Any]:
    return {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "retry": Retry(ExponentialBackoff(cap=1, base=0.05), retries),
        "retry_on_error": [ConnectionError, TimeoutError, OSError],
    }
