"""The painter that needs no key and no network: scenes made of shapes, in eight styles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

from jobs.ports import Painted, Picture, PictureBrief, PortraitBrief, Preview, Usage
from jobs.providers.offline_pool import OfflinePool

from .papercut.render import PREVIEW_SIZE, paint_page, paint_portrait

BEFORE_PREVIEW_S = 1.2
BEFORE_FINAL_S = 1.5

Brief = TypeVar("Brief", PictureBrief, PortraitBrief)


class OfflinePainter:
    """Implements Painter. `pace` multiplies its waits, which let a reader see a picture become clear; 0 means none.

    Drawing runs in `pool`: resvg holds the GIL. Give the pool `papercut.render.warm_up` where the first picture must
    be as quick as the later ones.
    """

    vendor = "offline"
    model = "papercut-1"

    def __init__(self, pool: OfflinePool, pace: float) -> None:
        self._pool = pool
        self._pace = pace

    def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        return self._paint(paint_portrait, brief)

    def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        # Portraits are not looked at: the same sheet gives the same look anyway, so they need not cross to a child.
        return self._paint(paint_page, replace(brief, references=()))

    async def _paint(self, draw: Callable[[Brief, int], Picture], brief: Brief) -> AsyncIterator[Preview | Painted]:
        await asyncio.sleep(BEFORE_PREVIEW_S * self._pace)
        yield Preview(await self._pool.run(draw, brief, PREVIEW_SIZE))
        await asyncio.sleep(BEFORE_FINAL_S * self._pace)
        yield Painted(await self._pool.run(draw, brief, 1024), Usage(units={"pictures": 1}))
