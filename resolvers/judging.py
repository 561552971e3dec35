"""The verdict on what a caller wrote, before anything is made of it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from jobs.limits import Limits, for_verdicts
from jobs.ports import Moderator, VendorError, VendorStalled, Verdict
from models.errors import Unavailable

PATIENCE_S = 3.0


async def judge(limits: Limits, moderator: Moderator, text: str) -> Verdict:
    """Raises Unavailable where no verdict comes within three seconds: nothing unjudged goes on.

    The moderator is asked within its limits, as workers ask it, and not at all while its breaker is open.
    """
    slot = for_verdicts(moderator.vendor)
    wait_s = await limits.open_for_s(slot)
    if wait_s:
        raise _silent(wait_s)
    until = asyncio.get_running_loop().time() + PATIENCE_S
    try:
        async with AsyncExitStack() as calling:
            async with asyncio.timeout_at(until):
                await calling.enter_async_context(limits.slot(slot))
            try:
                async with asyncio.timeout_at(until):
                    return await moderator.judge_text(text)
            except TimeoutError:  # which its breaker is to hear of
                raise VendorStalled(f"{moderator.vendor} did not judge in time") from None
    except (TimeoutError, VendorError):
        raise _silent(10.0) from None


def _silent(wait_s: float) -> Unavailable:
    return Unavailable("The safety check does not answer at present.", retry_after_ms=round(wait_s * 1000))
