"""The verdict on what a caller wrote, before anything is made of it."""

from __future__ import annotations

import asyncio

from jobs.ports import Moderator, VendorError, Verdict
from models.errors import Unavailable

PATIENCE_S = 3.0


async def judge(moderator: Moderator, text: str) -> Verdict:
    """Raises Unavailable where no verdict comes within three seconds: nothing unjudged goes on."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await moderator.judge_text(text)
    except (TimeoutError, VendorError):
        raise Unavailable("The safety check does not answer at present.", retry_after_ms=10_000) from None
