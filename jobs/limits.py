"""How many calls of a vendor are under way over all workers, and whether the vendor answers at all.

Redis holds both. A slot is leased for some seconds and renewed by one task a process, so that a killed worker's slots
are free again soon. A breaker opens at once when a vendor shuts its door (no key, no quota), and after a run of
failures; while it is open nobody calls, then one tries, and what it finds decides. Redis may lose all of it or be away:
then each process keeps its own limits, and no story waits for Redis.

Vendors without a limit, the offline ones, are neither counted nor watched.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import cast
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorRefused, VendorStalled, VendorUnusable

_log = structlog.get_logger()

WAITS_S = 1.0
"""For Redis, at most: one that is silent is as one that is away."""
LEASE_S = 10.0
RENEWED_AFTER = 0.3
"""Of its lease."""
LONGEST_CALL_S = 900.0
"""A stream that never ends, and never pauses for long, holds no slot for ever."""
CLOSED_FOR_S = 30.0
"""After a vendor has shut its door, until somebody tries again."""
FAILING_FOR_S = 15.0
FAILURES = 10
FAILURES_WITHIN_S = 60
LOOK_AGAIN_S = (0.05, 0.25)

# Everything by Redis' own clock: workers' clocks need not agree.
_ENTER = """
local breaker, slots = KEYS[1], KEYS[2]
local token, limit, lease_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', breaker, 'open_until', 'probing_until')
if found[1] then
  if now < tonumber(found[1]) then return {0, tonumber(found[1]) - now} end
  if found[2] and now < tonumber(found[2]) then return {0, tonumber(found[2]) - now} end
end
redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
if redis.call('ZCARD', slots) >= limit then return {0, 0} end
if found[1] then redis.call('HSET', breaker, 'probing_until', now + lease_ms) end
redis.call('ZADD', slots, now + lease_ms, token)
redis.call('PEXPIRE', slots, lease_ms * 2)
return {1, 0}
"""

# ARGV[2]: 'well', 'failed', 'closed', or 'left' where nothing was learnt.
_LEAVE = """
local breaker, slots = KEYS[1], KEYS[2]
local token, outcome, closed_ms, failing_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local most, within_s = tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('ZREM', slots, token)
if outcome == 'well' then redis.call('DEL', breaker) return 0 end
if outcome == 'left' then redis.call('HDEL', breaker, 'probing_until') return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local open_for = closed_ms
if outcome == 'failed' then
  local failures = redis.call('HINCRBY', breaker, 'failures', 1)
  redis.call('EXPIRE', breaker, within_s)
  if failures < most and not redis.call('HGET', breaker, 'open_until') then return 0 end
  open_for = failing_ms
end
redis.call('HSET', breaker, 'open_until', now + open_for)
redis.call('HDEL', breaker, 'probing_until')
redis.call('EXPIRE', breaker, math.ceil(open_for / 1000) + within_s)
return open_for
"""

_RENEW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, token in ipairs(ARGV) do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(KEYS[2]), token) end
redis.call('PEXPIRE', KEYS[1], tonumber(KEYS[2]) * 2)
"""


class StillClosed(VendorClosed):
    """The vendor's breaker has been open for longer than whoever waits has patience."""


class Limits:
    """`concurrency` is the most calls at once, by vendor; `patience_s` is how long a call waits for an open breaker.

    A slot is leased for `lease_s`; a vendor that has shut its door is tried again after `closed_for_s`.
    """

    def __init__(
        self,
        redis: Redis,
        concurrency: Mapping[str, int],
        patience_s: float,
        *,
        lease_s: float = LEASE_S,
        closed_for_s: float = CLOSED_FOR_S,
    ) -> None:
        self._lease_ms = int(lease_s * 1000)
        self._closed_for_s = closed_for_s
        self._redis = redis
        self._concurrency = concurrency
        self._patience_s = patience_s
        self._here = {vendor: asyncio.Semaphore(most) for vendor, most in concurrency.items()}
        self._held: dict[str, set[str]] = {vendor: set() for vendor in concurrency}
        self._shut_until: dict[str, float] = {}
        """What this process knows by itself of vendors that shut their door, in monotonic seconds."""
        self._shut_since: dict[str, float] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._enter = redis.register_script(_ENTER)
        self._leave = redis.register_script(_LEAVE)
        self._renew = redis.register_script(_RENEW)

    def watches(self, vendor: str) -> bool:
        return vendor in self._concurrency

    @asynccontextmanager
    async def slot(self, vendor: str) -> AsyncGenerator[None]:
        """Waits for a slot, and holds it while the body calls. What the body raises tells how the vendor is.

        Raises VendorStalled for a body that is not done after LONGEST_CALL_S, whatever trickles in, and StillClosed
        where the vendor's breaker stays open for too long.
        """
        if vendor not in self._concurrency:
            yield
            return
        async with self._here[vendor]:
            token = uuid4().hex
            await self._come_in(vendor, token)
            outcome = "left"
            try:
                try:
                    async with asyncio.timeout(LONGEST_CALL_S):
                        yield
                except TimeoutError:
                    raise VendorStalled(f"{vendor} came to no end") from None
                outcome = "well"
            except VendorError as error:
                outcome = "well" if error.noticed else _outcome(error)
                error.noticed = True
                if outcome == "closed":
                    self._shut(vendor, error)
                raise
            finally:
                await self._go(vendor, token, outcome)

    def _shut(self, vendor: str, error: VendorError) -> None:
        now = time.monotonic()
        self._shut_until[vendor] = now + self._closed_for_s
        if self._shut_since.setdefault(vendor, now) == now:
            _log.error("vendor.closed", vendor=vendor, error=str(error))

    async def open_for_s(self, vendor: str) -> float:
        """For how many seconds more nobody will call the vendor; 0 where it is called, or where Redis does not say."""
        if vendor not in self._concurrency:
            return 0.0
        here = max(0.0, self._shut_until.get(vendor, 0.0) - time.monotonic())
        try:
            async with asyncio.timeout(WAITS_S):
                until = await self._redis.hget(_breaker(vendor), "open_until")  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]  # redis-py types an Awaitable or its value
                seconds, micros = cast("tuple[int, int]", await self._redis.time())  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError):
            return here
        return 0.0 if until is None else max(0.0, float(cast(bytes, until)) / 1000 - seconds - micros / 1e6)

    async def _come_in(self, vendor: str, token: str) -> None:
        waited_since: float | None = None
        while True:
            entered, wait_s = await self._ask(vendor, token)
            if entered:
                self._held[vendor].add(token)
                self._keep()
                return
            now = time.monotonic()
            if wait_s:
                waited_since = waited_since or self._shut_since.get(vendor, now)
                if now - waited_since >= self._patience_s:
                    closed = StillClosed(f"{vendor} does not answer at present")
                    closed.noticed = True  # known already, and none of the vendor's on whose behalf it was to be called
                    raise closed
            await asyncio.sleep(min(max(wait_s, random.uniform(*LOOK_AGAIN_S)), 1.0))  # noqa: S311  # no secret

    async def _ask(self, vendor: str, token: str) -> tuple[bool, float]:
        """Whether there is a slot, and else for how many seconds the breaker is open."""
        shut_s = self._shut_until.get(vendor, 0.0) - time.monotonic()
        keys, arguments = [_breaker(vendor), _slots(vendor)], [token, self._concurrency[vendor], self._lease_ms]
        try:
            async with asyncio.timeout(WAITS_S):
                entered, wait_ms = cast("tuple[int, int]", await self._enter(keys=keys, args=arguments))
        except (RedisError, OSError) as error:
            _log.warning("limits.without_redis", error=type(error).__name__)
            return shut_s <= 0, max(0.0, shut_s)
        return bool(entered), wait_ms / 1000

    async def _go(self, vendor: str, token: str, outcome: str) -> None:
        self._held[vendor].discard(token)
        if outcome == "well":
            self._shut_until.pop(vendor, None)
            self._shut_since.pop(vendor, None)
        waits_ms = [int(self._closed_for_s * 1000), int(FAILING_FOR_S * 1000)]
        arguments: list[str | int] = [token, outcome, *waits_ms, FAILURES, FAILURES_WITHIN_S]
        # Whoever was calling may have been cancelled; the slot is given back all the same.
        await asyncio.shield(asyncio.create_task(self._give_back(vendor, outcome, arguments)))

    async def _give_back(self, vendor: str, outcome: str, arguments: list[str | int]) -> None:
        with suppress(RedisError, OSError):  # the slot's lease ends by itself
            async with asyncio.timeout(WAITS_S):
                opened_ms = cast(int, await self._leave(keys=[_breaker(vendor), _slots(vendor)], args=arguments))
            if opened_ms and outcome == "failed":
                _log.error("vendor.failing", vendor=vendor, for_s=opened_ms / 1000)

    def _keep(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_all(), name="vendors' slots")

    async def _renew_all(self) -> None:
        while any(self._held.values()):
            await asyncio.sleep(self._lease_ms / 1000 * RENEWED_AFTER)
            for vendor, tokens in self._held.items():
                if tokens:
                    with suppress(RedisError, OSError):
                        await self._renew(keys=[_slots(vendor), str(self._lease_ms)], args=list(tokens))

    async def close(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()


def for_verdicts(vendor: str) -> str:
    """Verdicts are asked for while a painter of the same vendor holds a slot, so they have slots of their own."""
    return f"{vendor}/moderation"


def backoff_s(attempts: int, error: VendorError) -> float:
    """Seconds before the next try: what the vendor asked for, else full jitter up to 20 s."""
    if isinstance(error, VendorBusy) and error.retry_after_s is not None:
        return min(error.retry_after_s, 120.0)
    if isinstance(error, VendorRefused | VendorUnusable):
        return 0.0
    return random.uniform(0, min(20.0, 0.5 * 2**attempts))  # noqa: S311  # jitter, not a secret


def _outcome(error: VendorError) -> str:
    match error:
        case VendorClosed():
            return "closed"
        case VendorBusy() | VendorStalled():
            return "failed"
        case _:  # whoever refuses, or answers nonsense, is there
            return "well"


def _breaker(vendor: str) -> str:
    return f"sc:vendor:{{{vendor}}}:breaker"


def _slots(vendor: str) -> str:
    return f"sc:vendor:{{{vendor}}}:slots"
