"""Vendors that note every call in the call book and then wait a short while, each time another one.

How long a call takes follows from the seed and from what it is for, so the same run waits the same times again.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial

from benchmarks.chaos.callbook import CallBook
from benchmarks.river_walk import a_meadow, instead_of_offline, river_walk
from jobs.ports import (
    Narration,
    NarrationBrief,
    Painted,
    PictureBrief,
    Plan,
    Planned,
    PortraitBrief,
    Ports,
    Preview,
    StoryBrief,
    TextDelta,
    Usage,
    VoiceSheet,
)
from models.media import WordTiming
from models.settings import Settings

TAKES_S = {"plan": (0.5, 1.5), "portrait": (0.5, 1.5), "text": (0.4, 1.0), "image": (1.0, 3.0), "audio": (0.5, 1.5)}
"""The shortest and the longest wait by kind of step; `text` is for each page."""

PAGE = re.compile(r"Page (\d+) of (\S+) begins\.")


def tale_of(premise: str) -> str:
    """The word that a premise of this run begins with; no other tale's does."""
    return premise.split()[0]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where every vendor notes its calls and waits."""

    book: CallBook
    seed: int

    async def work(self, subject: str, key: str) -> None:
        """Notes a call and takes its time."""
        self.book.note(subject, key)
        await self.wait(subject, key)

    async def wait(self, subject: str, key: str) -> None:
        times = random.Random(f"{self.seed}:{subject}:{key}")
        await asyncio.sleep(times.uniform(*TAKES_S[key.partition(":")[0]]))


class ChaosWriter:
    vendor = "offline"
    model = "chaos"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def plan(self, brief: StoryBrief) -> Planned:
        await self._desk.work(tale_of(brief.premise), "plan")
        return river_walk(brief)

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        tale = tale_of(brief.premise)
        first = len(written) + 1
        self._desk.book.note(tale, f"text:{first}")
        for page in range(first, brief.page_count + 1):
            async for delta in self._page(tale, page):
                yield delta
        yield Usage()

    async def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        tale = tale_of(brief.premise)
        self._desk.book.note(tale, f"text:{page}")
        async for delta in self._page(tale, page):
            yield delta
        yield Usage()

    async def _page(self, tale: str, page: int) -> AsyncIterator[TextDelta]:
        yield TextDelta(page, f"Page {page} of {tale} begins. ")
        await self._desk.wait(tale, f"text:{page}")
        yield TextDelta(page, "Hilla walks along the river.")


class ChaosPainter:
    vendor = "offline"
    model = "chaos"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._picture = a_meadow()

    async def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        story_id, _, member = brief.seed.partition(":")
        await self._desk.work(story_id, f"portrait:{member}")
        yield Painted(self._picture, Usage())

    async def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        story_id, number, _ = brief.seed.split(":")
        await self._desk.work(story_id, f"image:{number}")
        yield Painted(self._picture, Usage())


class ChaosNarrator:
    vendor = "offline"
    model = "chaos"

    def __init__(self, desk: Desk, voices: Sequence[VoiceSheet]) -> None:
        self._desk = desk
        self._voices = voices

    async def voices(self) -> Sequence[VoiceSheet]:
        return self._voices

    async def narrate(self, brief: NarrationBrief) -> Narration:
        found = PAGE.match(brief.text)
        if found is None:
            raise ValueError(f"these are not words of this run: {brief.text}")
        await self._desk.work(found[2], f"audio:{found[1]}")
        word = WordTiming(word="Page", start=0, end=4, start_ms=0, end_ms=100)
        return Narration(b"a sound", "audio/mpeg", 100, (word,), Usage())


def chaos_ports(settings: Settings, desk: Desk) -> AbstractAsyncContextManager[Ports]:
    """These vendors, all at one desk."""
    return instead_of_offline(settings, ChaosWriter(desk), ChaosPainter(desk), partial(ChaosNarrator, desk))
