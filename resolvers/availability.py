"""Whether new work can be begun at all: are its vendors there, and is there money left for today."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime

from jobs.limits import Limits
from jobs.ports import Ports
from models import journal
from models.database import Database
from models.errors import Unavailable
from models.stories import Story

LOOKED_AT_FOR_S = 5.0


class Spending:
    """What vendors' calls have cost today (UTC), against a ceiling in millionths of a US dollar; 0 is no ceiling.

    It is looked up every few seconds, and knows nothing of calls in flight and of stories under way: those go on.
    """

    def __init__(self, database: Database, ceiling_micros: int) -> None:
        self._database = database
        self._ceiling_micros = ceiling_micros
        self._spent_micros = 0
        self._looked_at = float("-inf")

    async def check(self) -> None:
        """Raises Unavailable where the ceiling has been reached; at midnight there is money again."""
        if not self._ceiling_micros:
            return
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if time.monotonic() - self._looked_at >= LOOKED_AT_FOR_S:
            async with self._database.reading() as session:
                self._spent_micros = await journal.spent_since(session, midnight)
            self._looked_at = time.monotonic()
        if self._spent_micros >= self._ceiling_micros:
            left_s = 24 * 3600 - (now - midnight).total_seconds()
            raise Unavailable("No more can be made today.", retry_after_ms=round(left_s * 1000))


async def check_vendors(limits: Limits, ports: Ports, story: Story) -> None:
    """Raises Unavailable where a vendor that would make the story has shut its door, or fails all the time."""
    vendors = {ports.writers[story.writer].vendor, ports.painters[story.painter].vendor}
    if story.narrated and story.narrator in ports.narrators:
        vendors.add(ports.narrators[story.narrator].vendor)
    wait_s = await _longest_wait_s(limits, vendors)
    if wait_s:
        raise Unavailable(
            "A service that makes stories does not answer at present.", retry_after_ms=round(wait_s * 1000)
        )


async def _longest_wait_s(limits: Limits, vendors: Collection[str]) -> float:
    return max([await limits.open_for_s(vendor) for vendor in vendors], default=0.0)
