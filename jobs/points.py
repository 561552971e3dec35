"""Points: what a caller may ask for within an hour, over all processes. One bucket in Redis for each caller.

A bucket holds as many points as an hour brings, and is refilled evenly. Whoever finds it too empty is told when there
will be enough, and until then is refused by this process without asking Redis again. Where Redis is away or slow,
everybody is served: a limit that can't be kept is no reason to be closed.

Who asks again within a second is given a portion for this process, twice as large each time, so that a busy caller
costs few visits to Redis. What is left of a portion after a second goes back with the next visit; of a caller who never
comes back at most PORTION points stay away, and fewer the emptier the bucket is.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger()
T = TypeVar("T")
_Answer = tuple[int, int, int, int]
"""Whether the caller is served, what is left, milliseconds to wait, and points ahead."""

HOUR_MS = 3_600_000
WAITS_S = 0.25
"""For Redis, at most."""
APART_S = 1.0
"""After Redis was found away, so long nobody waits for it."""
PORTION, PORTION_S = 64, 1.0
"""Points that a process is given ahead at most, and for how long it may spend them."""
SPARED = 8
"""A portion is at most so many times smaller than what is left in the bucket."""
MOST_CALLERS = 10_000
"""Of whom a process remembers that they have to wait, or what they have ahead."""

_SPEND = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local most, cost, hour = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead, back, spared = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local held = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = most
if held[1] then left = math.min(most, held[1] + back + math.max(0, now - held[2]) * most / hour) end
local served, wait = 0, 0
if left >= cost then
  served = 1
  left = left - cost
  ahead = math.max(0, math.min(ahead, math.floor(left / spared)))
  left = left - ahead
else
  ahead, wait = 0, math.ceil((cost - left) * hour / most)
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((most - left) * hour / most) + 1000)
return {served, math.floor(left), wait, ahead}
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """`left` is None where Redis could not be asked. `wait_s` is 0 where the caller is served."""

    cost: int
    left: int | None
    wait_s: int = 0


@dataclass(slots=True)
class _Portion:
    """Points that this process may spend for a caller until then; `left` is what its bucket held beside them."""

    points: int
    size: int
    left: int
    until: float


class Points:
    """`an_hour` is what a bucket holds, and what an hour brings; with 0 nothing is counted."""

    def __init__(self, redis: Redis, an_hour: int, waits_s: float = WAITS_S) -> None:
        self.an_hour = an_hour
        self._waits_s = waits_s
        self._spend = redis.register_script(_SPEND)
        self._away_until = 0.0
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._portions: OrderedDict[str, _Portion] = OrderedDict()

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
        portion = self._portions.get(caller)
        if portion is not None and portion.points >= cost and now < portion.until:
            portion.points -= cost
            return Spent(cost, portion.left + portion.points)
        if now < self._away_until:
            return Spent(cost, None)
        return await self._visit(caller, cost, self._portions.pop(caller, None), now)

    async def _visit(self, caller: str, cost: int, before: _Portion | None, now: float) -> Spent:
        """Asks the bucket itself, and gives back what is left of the portion before."""
        size = 1 if before is None or now >= before.until else min(PORTION, 2 * before.size)
        ahead = size - 1  # nothing, for somebody who has not asked for a while
        back = 0 if before is None else before.points
        arguments = [self.an_hour, cost, HOUR_MS, ahead, back, SPARED]
        try:
            async with asyncio.timeout(self._waits_s):
                answer = cast(_Answer, await self._spend(keys=[f"sc:points:{caller}"], args=arguments))
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + APART_S
            _log.warning("points.uncounted", error=type(error).__name__)
            return Spent(cost, None)
        served, left, wait_ms, ahead = answer
        if served:
            _remember(self._portions, caller, _Portion(ahead, size, left, now + PORTION_S))
            return Spent(cost, left + ahead)
        _remember(self._refused, caller, (now + wait_ms / 1000, cost))
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


def _remember(kept: OrderedDict[str, T], caller: str, what: T) -> None:
    kept[caller] = what
    kept.move_to_end(caller)
    if len(kept) > MOST_CALLERS:
        kept.popitem(last=False)
