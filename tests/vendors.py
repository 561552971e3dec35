"""Small vendors behind the real ports, which fail or wait exactly when a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.ports import (
    CastSheet,
    Letter,
    Narration,
    NarrationBrief,
    Painted,
    Picture,
    PictureBrief,
    Plan,
    Planned,
    PlannedPage,
    PortraitBrief,
    Ports,
    Preview,
    StoryBrief,
    TextDelta,
    Usage,
    Verdict,
    VoiceSheet,
)
from models.media import WordTiming
from models.vocabulary import TimeOfDay, Weather

PICTURE = Picture(b"a picture", 1024, 1024, "image/webp", "LEHV6nWB2yk8pyo0adR*.7kCMdnj")


@dataclass(frozen=True)
class Asked:
    """What a vendor was given: the texts or the prompt, and the parent's wish."""

    texts: tuple[str, ...]
    instruction: str | None = None


@dataclass
class Script:
    """What happens at each call, in order; a call beyond its end just works. Calls are named as steps are.

    A page that is written anew pauses after its first sentence where there is one of `pauses`.
    """

    failures: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    gates: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    calls: list[str] = field(default_factory=list[str])
    reached: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    asked: dict[str, list[Asked]] = field(default_factory=dict[str, list[Asked]])
    pauses: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    def shut(self, call: str) -> asyncio.Event:
        """Has that call wait from now on; gives the gate that lets it go."""
        self.reached.pop(call, None)
        gate = self.gates[call] = asyncio.Event()
        return gate

    def let_go(self) -> None:
        """Opens every gate and ends every pause."""
        for gate in (*self.gates.values(), *self.pauses.values()):
            gate.set()

    def forget(self) -> None:
        """Begins anew: nothing fails, nothing waits, nothing has been called."""
        for held in (self.failures, self.gates, self.calls, self.reached, self.asked, self.pauses):
            held.clear()

    def note(self, call: str, texts: Sequence[str], instruction: str | None = None) -> None:
        """Keeps what the call is given."""
        self.asked.setdefault(call, []).append(Asked(tuple(texts), instruction))

    def arrival(self, call: str) -> asyncio.Event:
        """Set once the call has been made."""
        return self.reached.setdefault(call, asyncio.Event())

    async def __call__(self, call: str) -> None:
        self.calls.append(call)
        self.arrival(call).set()
        if (gate := self.gates.get(call)) is not None:
            await gate.wait()
        if failures := self.failures.get(call):
            raise failures.pop(0)


@dataclass
class ScriptedWriter:
    script: Script
    vendor: str = "scripted"
    model: str = "writer"

    async def plan(self, brief: StoryBrief) -> Planned:
        await self.script("plan")
        cast = brief.cast or (CastSheet(key="n1", name="Mo", appearance="a mole"),)
        pages = [
            PlannedPage(
                beat=f"Beat {number}",
                place="a garden",
                time_of_day=TimeOfDay.DAY,
                weather=Weather.CLEAR,
                cast=(cast[0].key,),
                action="digging",
                picture=f"picture {number}",
            )
            for number in range(1, brief.page_count + 1)
        ]
        return Planned(Plan(title="A title", cast=cast, pages=tuple(pages)), Usage(cost_micros=1))

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        self.script.note("write", written, instruction)
        for page in range(len(written) + 1, brief.page_count + 1):
            yield TextDelta(page, "Page ")  # with its first word the page before is whole
            await self.script(f"text:{page}")
            for word in (f"{page} ", "is here. ", "It ends."):
                yield TextDelta(page, word)
        yield Usage(cost_micros=1)

    async def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        call = f"text:{page}"
        self.script.note(call, texts, instruction)
        await self.script(call)
        yield TextDelta(page, f"Page {page} is here{' anew' if instruction else ''}. ")
        if (pause := self.script.pauses.get(call)) is not None:
            await pause.wait()
        yield TextDelta(page, "It ends.")
        yield Usage(cost_micros=1)


@dataclass
class ScriptedPainter:
    script: Script
    vendor: str = "scripted"
    model: str = "painter"

    async def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        await self.script(f"portrait:{brief.member.key}")
        yield Painted(PICTURE, Usage(cost_micros=1))

    async def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        yield Preview(PICTURE)
        call = f"image:{brief.page.beat.removeprefix('Beat ')}"
        self.script.note(call, [brief.prompt], brief.instruction)
        await self.script(call)
        yield Painted(PICTURE, Usage(cost_micros=1))


@dataclass
class ScriptedNarrator:
    script: Script
    vendor: str = "scripted"
    model: str = "narrator"

    async def voices(self) -> Sequence[VoiceSheet]:
        return [VoiceSheet("scripted:mo", "Mo", "en", "A mole's voice")]

    async def narrate(self, brief: NarrationBrief) -> Narration:
        call = f"audio:{brief.text.split()[1]}"
        self.script.note(call, [brief.text])
        await self.script(call)
        word = brief.text.split()[0]
        timing = WordTiming(word=word, start_ms=0, end_ms=100, start=0, end=len(word))
        return Narration(b"sound", "audio/mpeg", 100, (timing,), Usage(cost_micros=1))


@dataclass
class ScriptedModerator:
    """Refuses texts that hold one of `refused`, and every picture where `blind`."""

    refused: tuple[str, ...] = ()
    blind: bool = False
    vendor: str = "scripted"
    model: str = "moderator"
    paid: bool = False

    async def judge_text(self, text: str) -> Verdict:
        found = any(words in text for words in self.refused)
        return Verdict(not found, ("violence",) if found else ())

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        return Verdict(not self.blind, ("violence",) if self.blind else ())


@dataclass
class KeptMedia:
    """A MediaStore in memory."""

    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        self.kept[key] = data

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        self.kept[key] = await asyncio.to_thread(path.read_bytes)

    async def get(self, key: str) -> bytes:
        return self.kept[key]

    async def delete(self, prefix: str) -> None:
        for key in [key for key in self.kept if key.startswith(prefix)]:
            del self.kept[key]

    def url(self, key: str) -> str:
        return f"http://media.example/{key}"


@dataclass
class KeptMail:
    """A letter box: what was sent, in order."""

    letters: list[Letter] = field(default_factory=list[Letter])
    failures: list[Exception] = field(default_factory=list[Exception])
    come: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, letter: Letter) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(letter)
        self.come.set()

    async def to(self, address: str) -> Letter:
        """The newest letter to an address, as soon as there is one."""
        async with asyncio.timeout(30):
            while True:
                found = [letter for letter in self.letters if letter.to == address]
                if found:
                    return found[-1]
                self.come.clear()
                await self.come.wait()


@dataclass
class Vendors:
    """All of them at once, under the name that stories of the offline set carry."""

    script: Script = field(default_factory=Script)
    moderator: ScriptedModerator = field(default_factory=ScriptedModerator)
    media: KeptMedia = field(default_factory=KeptMedia)
    mail: KeptMail = field(default_factory=KeptMail)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Ports]:
        """What `open_workbench` takes as `make_ports`."""
        yield Ports(
            writers={"offline": ScriptedWriter(self.script)},
            painters={"offline": ScriptedPainter(self.script)},
            narrators={"offline": ScriptedNarrator(self.script)},
            moderator=self.moderator,
            media=self.media,
            mail=self.mail,
        )
