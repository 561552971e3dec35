"""The voices of every narrator, as far as their vendors have told them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager

import structlog

from jobs.ports import Narrator, VoiceSheet
from models.errors import Unavailable

WITHIN_S = 2.0
ASKED_AGAIN_S = (1.0, 5.0, 15.0, 60.0)

_log = structlog.get_logger()


class Voices:
    """Iterates over all that are known, those of the preferred narrator first.

    A narrator that does not answer when the process starts keeps nobody waiting: it is asked again in the background.
    """

    def __init__(self, narrators: Mapping[str, Narrator]) -> None:
        self._narrators = narrators
        self._known: dict[str, tuple[VoiceSheet, ...]] = {}

    def __iter__(self) -> Iterator[VoiceSheet]:
        for name in self._narrators:
            yield from self._known.get(name, ())

    def of(self, narrator: str) -> Voices:
        """The voices of one narrator alone, as far as it has told them."""
        alone = Voices({narrator: self._narrators[narrator]})
        alone._known = self._known
        return alone

    def by_id(self, id: str) -> VoiceSheet | None:
        """Raises Unavailable where there may be such a voice, but its narrator has not told its voices yet."""
        if id.partition(":")[0] in self._silent:
            raise _not_told()
        return next((voice for voice in self if voice.id == id), None)

    def for_language(self, primary: str) -> VoiceSheet | None:
        """The voice that reads where nobody has chosen one; `primary` is a language without its region.

        It is the preferred narrator's that speaks the language. Raises Unavailable where one that comes first has not
        told its voices yet: a book is not read by the second choice because it was begun in a bad moment.
        """
        for name in self._narrators:
            if name in self._silent:
                raise _not_told()
            for voice in self._known[name]:
                if _speaks(voice, primary):
                    return voice
        return None

    def speaking(self, primary: str) -> list[VoiceSheet]:
        """All that speak a language, as far as they are known."""
        return [voice for voice in self if _speaks(voice, primary)]

    async def ask(self) -> bool:
        """Asks every narrator that has not told its voices; whether all have now. Takes two seconds at most."""
        await asyncio.gather(*(self._ask(name) for name in self._silent))
        return not self._silent

    @property
    def _silent(self) -> list[str]:
        return [name for name in self._narrators if name not in self._known]

    async def _ask(self, name: str) -> None:
        try:
            async with asyncio.timeout(WITHIN_S):
                self._known[name] = tuple(await self._narrators[name].voices())
        except Exception as error:  # whatever it is: who reads a finished book needs no narrator
            _log.warning("voices.not_told", narrator=name, error=type(error).__name__)


def _speaks(voice: VoiceSheet, primary: str) -> bool:
    return voice.language.split("-")[0].lower() == primary


def _not_told() -> Unavailable:
    return Unavailable("The voices are not known at present.", retry_after_ms=10_000)


@asynccontextmanager
async def told_voices(narrators: Mapping[str, Narrator]) -> AsyncGenerator[Voices]:
    """The voices that are known within two seconds; the rest comes while the block lasts."""
    voices = Voices(narrators)
    if await voices.ask():
        yield voices
        return
    asking = asyncio.create_task(_ask_until_told(voices), name="voices")
    try:
        yield voices
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def _ask_until_told(voices: Voices) -> None:
    waits_s = iter(ASKED_AGAIN_S)
    while True:
        await asyncio.sleep(next(waits_s, ASKED_AGAIN_S[-1]))
        if await voices.ask():
            return
