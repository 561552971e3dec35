"""Points: what a caller may ask for within an hour, over all processes. One bucket in Redis for each caller.

A bucket holds as many points as an hour brings, and is refilled evenly. Whoever finds it too empty is told when there
will be enough, and until then is refused by this process without asking Redis again. Where Redis is away or slow,
everybody is served: a limit that can't be kept is no reason to be closed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger()

HOUR_MS = 3_600_000
WAITS_S = 0.25
"""For Redis, at most."""
APART_S = 1.0
"""After Redis was found away, so long nobody waits for it."""
MOST_REFUSED = 10_000
"""Callers of which a process remembers that they have to wait."""

_SPEND = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local most, cost, hour = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = most
if held[1] then left = math.min(most, held[1] + math.max(0, now - held[2]) * most / hour) end
if left < cost then return {0, math.floor(left), math.ceil((cost - left) * hour / most)} end
left = left - cost
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((most - left) * hour / most) + 1000)
return {1, math.floor(left), 0}
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """`left` is None where Redis could not be asked. `wait_s` is 0 where the caller is served."""

    cost: int
    left: int | None
    wait_s: int = 0


class Points:
    """`an_hour` is what a bucket holds, and what an hour brings; with 0 nothing is counted."""

    def __init__(self, redis: Redis, an_hour: int) -> None:
        self.an_hour = an_hour
        self._spend = redis.register_script(_SPEND)
        self._away_until = 0.0
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()

    @property
    def restored_a_second(self) -> float:
        return round(self.an_hour / 3600, 3)

    async def spend(self, caller: str, cost: int) -> Spent | None:
        """Takes `cost` points, or says how long to wait for them. None where nothing is counted."""
        if not self.an_hour:
            return None
        cost = min(cost, self.an_hour)
        refused = self._still_refused(caller, cost)
        if refused is not None:
            return refused
        now = time.monotonic()
        if now < self._away_until:
            return Spent(cost, None)
        try:
            async with asyncio.timeout(WAITS_S):
                arguments = [self.an_hour, cost, HOUR_MS]
                served, left, wait_ms = cast(
                    tuple[int, int, int], await self._spend(keys=[f"sc:points:{caller}"], args=arguments)
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + APART_S
            _log.warning("points.uncounted", error=type(error).__name__)
            return Spent(cost, None)
        if served:
            return Spent(cost, left)
        self._refused[caller] = (now + wait_ms / 1000, cost)
        if len(self._refused) > MOST_REFUSED:
            self._refused.popitem(last=False)
        return Spent(cost, left, math.ceil(wait_ms / 1000))

    def _still_refused(self, caller: str, cost: int) -> Spent | None:
        """Who could not have so many points a moment ago can't have as many, or more, before the time that was told."""
        known = self._refused.get(caller)
        if known is None:
            return None
        until, refused_cost = known
        wait_s = until - time.monotonic()
        if wait_s <= 0:
            del self._refused[caller]
            return None
        if cost < refused_cost:
            return None
        more_s = (cost - refused_cost) * 3600 / self.an_hour
        return Spent(cost, 0, math.ceil(wait_s + more_s))
