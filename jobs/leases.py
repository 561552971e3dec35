"""Keeping the leases of all stories that this process makes: one statement for all of them, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import structlog

from models import leases
from models.database import Database, is_connection_lost
from models.errors import Fenced
from models.leases import Lease

_log = structlog.get_logger()

LOOK_EVERY_S = 0.5
"""How soon the maker of a cancelled story stops what it is at. Whatever it begins meanwhile, the fence refuses."""
LOOKS_PER_RENEWAL = 4


@dataclass(slots=True)
class _Held:
    body: asyncio.Task[Any]
    lost: bool = False


class LeaseKeeper:
    """Renews every lease every 2 s, and looks every half second whether it is still this process's.

    `database` has a connection for this alone: whoever waits in a queue with the steps may come too late.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[Lease, _Held] = {}
        self._keeping: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def kept(self, lease: Lease) -> AsyncGenerator[None]:
        """Keeps a lease while the body runs; cancels the body, and raises Fenced, when it is somebody else's."""
        held = self._held[lease] = _Held(cast("asyncio.Task[Any]", asyncio.current_task()))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep(), name="leases")
        try:
            yield
        except asyncio.CancelledError:
            if held.lost:
                raise Fenced from None
            raise
        finally:
            del self._held[lease]

    async def _keep(self) -> None:
        looks = 0
        while self._held:
            await asyncio.sleep(LOOK_EVERY_S)
            looks += 1
            try:
                await self._look(renew=looks % LOOKS_PER_RENEWAL == 0)
            except Exception as error:
                if is_connection_lost(error):
                    _log.warning("leases.not_renewed", stories=len(self._held), error=type(error).__name__)
                else:
                    _log.exception("leases.failed")

    async def _look(self, *, renew: bool) -> None:
        looked_at = list(self._held)
        if not looked_at:
            return
        async with self._database.single(synchronised=False) as session:
            ours = await (leases.renew if renew else leases.still_held)(session, looked_at)
        for lease in looked_at:
            held = self._held.get(lease)
            if held is not None and lease not in ours:
                held.lost = True
                held.body.cancel()
