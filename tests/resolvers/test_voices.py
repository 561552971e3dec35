"""Voices whose vendors are slow, away or broken when the process starts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from jobs.ports import Narration, NarrationBrief, VendorBusy, VoiceSheet
from models.accounts import Account
from models.errors import InvalidInput, Unavailable
from models.stories import Story
from models.vocabulary import AgeBand
from resolvers import creation, voices
from resolvers.caller import Caller
from resolvers.creation import Wish
from resolvers.house import House
from resolvers.voices import Voices, told_voices


@dataclass
class Teller:
    """A narrator who tells `sheets`, once nothing is wrong any more."""

    sheets: list[VoiceSheet]
    wrong: list[Exception] = field(default_factory=list[Exception])
    gate: asyncio.Event | None = None
    told: asyncio.Event = field(default_factory=asyncio.Event)
    vendor: str = "teller"
    model: str = "teller-1"

    async def voices(self) -> Sequence[VoiceSheet]:
        if self.gate is not None:
            await self.gate.wait()
        if self.wrong:
            raise self.wrong.pop()
        self.told.set()
        return self.sheets

    async def narrate(self, brief: NarrationBrief) -> Narration:
        raise NotImplementedError


def sheet(id: str, language: str) -> VoiceSheet:
    return VoiceSheet(id, id.title(), language, "A voice")


GRAND, GRANDE = sheet("grand:ann", "en-GB"), sheet("grand:béa", "fr")
PLAIN = sheet("plain:bob", "en-US")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "WITHIN_S", 0.05)
    monkeypatch.setattr(voices, "ASKED_AGAIN_S", (0.01,))


async def test_all_that_answer_are_known_at_once_and_in_order() -> None:
    async with told_voices({"grand": Teller([GRAND, GRANDE]), "plain": Teller([PLAIN])}) as known:
        assert list(known) == [GRAND, GRANDE, PLAIN]


async def test_a_silent_narrator_keeps_nobody_waiting_and_is_known_later() -> None:
    grand = Teller([GRAND], gate=asyncio.Event())
    async with told_voices({"grand": grand, "plain": Teller([PLAIN])}) as known:
        assert list(known) == [PLAIN]
        assert grand.gate is not None
        grand.gate.set()
        await grand.told.wait()
        assert list(known) == [GRAND, PLAIN]


@pytest.mark.parametrize("error", [VendorBusy("away"), RuntimeError("a bug")])
async def test_a_narrator_that_fails_is_asked_again(error: Exception) -> None:
    grand = Teller([GRAND], wrong=[error, error])
    async with told_voices({"grand": grand}) as known:
        assert list(known) == []
        await grand.told.wait()
        assert list(known) == [GRAND]


async def begin(house: House, known: Voices, voice: str | None = None, language: str = "en") -> Story:
    async with house.database.session() as session:
        account = Account(email=f"{uuid4().hex}@example.com", password_hash="none", granted=100, available=100)
        session.add(account)
        await session.commit()
        caller = Caller(account)
    wish = Wish("A mole who digs", None, (), 1, AgeBand.AGES_3_5, language, "watercolor", voice, narrated=True)
    return await creation.create(replace(house, voices=known), caller, wish)


async def test_a_book_is_not_read_by_the_second_choice_because_the_first_was_silent(house: House) -> None:
    grand = Teller([GRAND, GRANDE], wrong=[VendorBusy("away")])
    known = Voices({"grand": grand, "plain": Teller([PLAIN])})
    await known.ask()
    for voice, language in ((None, "en"), (None, "fr"), (GRAND.id, "en")):
        with pytest.raises(Unavailable):
            await begin(house, known, voice, language)
    assert (await begin(house, known, PLAIN.id)).voice == PLAIN.id
    await known.ask()
    assert (await begin(house, known)).voice == GRAND.id
    with pytest.raises(InvalidInput):
        await begin(house, known, language="de")
    with pytest.raises(InvalidInput):
        await begin(house, known, "grand:nobody")
