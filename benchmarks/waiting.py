"""Vendors that only wait, and a worker with them: `python -m benchmarks.waiting`.

What such a story takes beyond their waiting is our own doing.
"""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial

import numpy as np

from benchmarks.river_walk import a_meadow, instead_of_offline, river_walk
from jobs.ports import (
    Narration,
    NarrationBrief,
    Painted,
    PictureBrief,
    Plan,
    Planned,
    PortraitBrief,
    Preview,
    StoryBrief,
    TextDelta,
    Usage,
    VoiceSheet,
)
from jobs.providers.speech import mp3
from jobs.worker import open_workbench, work
from models.media import WordTiming
from models.settings import Settings

PLAN_S = 2.0
PORTRAIT_S = 5.0
TEXT_S = 6.0
PICTURE_S = 5.0
NARRATION_S = 2.0
LONGEST_CHAIN_S = PLAN_S + max(PORTRAIT_S + PICTURE_S, TEXT_S + NARRATION_S)
"""Plan, portrait, picture: every page shows the one cast member that the plan invents."""

PAGE_TEXT = (
    "The little hedgehog packed a warm blanket and set out along the river. "
    "The wind sang in the reeds, and every step made the moon a little rounder. "
    "By the old bridge she stopped and listened to the quiet water."
)


class WaitingWriter:
    vendor = "offline"
    model = "waiting"

    async def plan(self, brief: StoryBrief) -> Planned:
        await asyncio.sleep(PLAN_S)
        return river_walk(brief)

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        pages = range(len(written) + 1, brief.page_count + 1)
        async for delta in _streamed([TextDelta(page, words) for page in pages for words in _pieces()], TEXT_S):
            yield delta
        yield Usage()

    async def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        seconds = TEXT_S / brief.page_count
        async for delta in _streamed([TextDelta(page, words) for words in _pieces()], seconds):
            yield delta
        yield Usage()


def _pieces() -> list[str]:
    return re.findall(r"\s*\S+", PAGE_TEXT)


async def _streamed(deltas: Sequence[TextDelta], seconds: float) -> AsyncIterator[TextDelta]:
    """Each delta when it is due: a vendor's clock does not stop while we are busy."""
    began = time.monotonic()
    for number, delta in enumerate(deltas, start=1):
        await asyncio.sleep(max(0.0, began + seconds * number / len(deltas) - time.monotonic()))
        yield delta


class WaitingPainter:
    vendor = "offline"
    model = "waiting"

    def __init__(self) -> None:
        self._picture = a_meadow()

    async def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        await asyncio.sleep(PORTRAIT_S)
        yield Painted(self._picture, Usage())

    async def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        await asyncio.sleep(PICTURE_S)
        yield Painted(self._picture, Usage())


class WaitingNarrator:
    """Gives a second of silence, and says that each word takes a quarter of one."""

    vendor = "offline"
    model = "waiting"

    def __init__(self, voices: Sequence[VoiceSheet]) -> None:
        self._voices = voices
        self._sound, _ = mp3.encode(np.zeros(22050, dtype=np.float32), 22050)

    async def voices(self) -> Sequence[VoiceSheet]:
        return self._voices

    async def narrate(self, brief: NarrationBrief) -> Narration:
        await asyncio.sleep(NARRATION_S)
        words = tuple(
            WordTiming(
                word=found[0], start=found.start(), end=found.end(), start_ms=number * 250, end_ms=number * 250 + 250
            )
            for number, found in enumerate(re.finditer(r"\S+", brief.text))
        )
        return Narration(self._sound, "audio/mpeg", words[-1].end_ms, words, Usage())


async def main() -> None:
    settings = Settings()  # pyright: ignore[reportCallIssue]  every field has a default, given by position
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_workbench(
        settings, partial(instead_of_offline, settings, WaitingWriter(), WaitingPainter(), WaitingNarrator)
    ) as bench:
        await work(settings, bench, stop)


if __name__ == "__main__":
    asyncio.run(main())
