"""How many tries somebody has left: at a password, at signing up, at a refresh token.

A bucket of tries that comes back evenly, kept in Redis as the one moment at which it will be full again (the generic
cell rate algorithm, ITU-T I.371), so that all processes count together. Where Redis is away or silent, each process
counts by itself: signing in goes on, and guessing is still slow.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger()

MOST_KEPT = 20_000
"""Buckets that a process keeps while Redis is away; of more, those that are fullest are forgotten."""

WAITS_S = 1.0
"""For Redis, at most."""
APART_S = 1.0
"""After Redis was found away or silent, so long nobody waits for it."""

# Looks at all buckets before it takes from any: who is refused by one has lost nothing in another.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local moments, wait = {}, 0
for i, key in ipairs(KEYS) do
  local each, whole = tonumber(ARGV[i * 2 - 1]), tonumber(ARGV[i * 2])
  local full_at = math.max(tonumber(redis.call('GET', key) or '0'), now) + each
  moments[i] = full_at
  wait = math.max(wait, full_at - whole - now)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', moments[i]), 'PXAT', string.format('%.0f', moments[i]))
end
return 0
"""
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
  local full_at = redis.call('GET', key)
  if full_at then
    local earlier = string.format('%.0f', tonumber(full_at) - tonumber(ARGV[i * 2 - 1]))
    redis.call('SET', key, earlier, 'PXAT', earlier)
  end
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`tries` at once for whoever `name` is about; one comes back every `within_s / tries` seconds."""

    name: str
    tries: int
    within_s: int

    @property
    def key(self) -> str:
        """Names and addresses stand in Redis as digests only."""
        return f"sc:tries:{hashlib.sha256(self.name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"

    @property
    def each_ms(self) -> int:
        return max(1, self.within_s * 1000 // self.tries)

    @property
    def whole_ms(self) -> int:
        return self.each_ms * self.tries


class Tries:
    """`clock` gives Unix milliseconds, for the buckets that a process keeps itself."""

    def __init__(self, redis: Redis, clock: Callable[[], float] = lambda: time.time() * 1000) -> None:
        self._take = redis.register_script(_TAKE)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._here = TriesOfOneProcess(clock)
        self._away_until = 0.0

    async def take(self, buckets: Sequence[Bucket]) -> int:
        """Takes one try of each, or none of any; gives the seconds to wait, 0 where they were taken."""
        try:
            wait_ms = int(cast(int, await self._run(self._take, buckets)))
        except (RedisError, OSError) as error:
            _log.warning("tries.counted_alone", error=type(error).__name__)
            wait_ms = self._here.take(buckets)
        return math.ceil(wait_ms / 1000)

    async def give_back(self, buckets: Sequence[Bucket]) -> None:
        """The tries did not count after all: they came from whom they should."""
        try:
            await self._run(self._give_back, buckets)
        except (RedisError, OSError):
            self._here.give_back(buckets)

    async def _run(self, script: Any, buckets: Sequence[Bucket]) -> object:  # redis-py types scripts loosely
        if time.monotonic() < self._away_until:
            raise ConnectionError
        given = [number for bucket in buckets for number in (bucket.each_ms, bucket.whole_ms)]
        try:
            async with asyncio.timeout(WAITS_S):
                return await script(keys=[bucket.key for bucket in buckets], args=given)
        except (RedisError, OSError):
            self._away_until = time.monotonic() + APART_S
            raise


class TriesOfOneProcess:
    """The same count, in this process's memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def take(self, buckets: Sequence[Bucket]) -> int:
        """As `Tries.take`, in milliseconds."""
        now = self._clock()
        moments = {bucket.key: max(self._full_at.get(bucket.key, 0), now) + bucket.each_ms for bucket in buckets}
        wait = max(moments[bucket.key] - bucket.whole_ms - now for bucket in buckets)
        if wait > 0:
            return math.ceil(wait)
        self._full_at |= moments
        if len(self._full_at) > MOST_KEPT:
            emptiest = sorted(self._full_at, key=self._full_at.__getitem__, reverse=True)[: MOST_KEPT // 2]
            self._full_at = {key: self._full_at[key] for key in emptiest}
        return 0

    def give_back(self, buckets: Sequence[Bucket]) -> None:
        for bucket in buckets:
            if bucket.key in self._full_at:
                self._full_at[bucket.key] -= bucket.each_ms
