"""The writer that needs no key: a grammar of our own, seeded by the premise, at the pace of somebody reading aloud."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence

from jobs.ports import Plan, Planned, StoryBrief, TextDelta, Usage
from jobs.providers.grammar.book import names_of, open_book, plan_of, retell_page, tell_pages

_WORDS_PER_SECOND = 8
_PLAN_S = 1.0
_PIECE = re.compile(r"\s*\S+|\s+$")


class OfflineWriter:
    """Plans and writes without a network. `pace` multiplies every deliberate wait; 0 never waits."""

    vendor = "offline"
    model = "grammar-1"

    def __init__(self, pace: float) -> None:
        self._pace = pace

    async def plan(self, brief: StoryBrief) -> Planned:
        plan = plan_of(open_book(brief))
        await asyncio.sleep(_PLAN_S * self._pace)
        words = sum(len(f"{page.beat} {page.picture}".split()) for page in plan.pages)
        return Planned(plan, Usage({"words": words}))

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        book = open_book(brief)
        texts = tell_pages(book, names_of(book, plan.cast), instruction)
        words = 0
        for number in range(len(written) + 1, len(texts) + 1):
            async for delta in self._stream(number, texts[number - 1]):
                yield delta
            words += len(texts[number - 1].split())
        yield Usage({"words": words})

    async def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        book = open_book(brief)
        text = retell_page(book, names_of(book, plan.cast), page - 1, texts, instruction)
        async for delta in self._stream(page, text):
            yield delta
        yield Usage({"words": len(text.split())})

    async def _stream(self, page: int, text: str) -> AsyncIterator[TextDelta]:
        """The page word by word, each with the space before it."""
        for found in _PIECE.finditer(text):
            await asyncio.sleep(self._pace / _WORDS_PER_SECOND)
            yield TextDelta(page, found[0])
