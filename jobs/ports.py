"""The shapes of vendors: what generation asks of them, in words that no vendor owns.

Writer, Painter, Narrator, Moderator and MediaStore are protocols (Payments, in jobs.payments, is another);
`jobs.providers` holds what implements them.
Every call either gives what is described here or raises one of the errors below, whatever the vendor's SDK throws:

    VendorError
    ├── VendorRefused      the vendor's policy says no: soften once, then fail the part
    ├── VendorBusy         429, 5xx, connection lost: try again, after `retry_after_s` where the vendor says so
    ├── VendorStalled      no answer in time after the request was sent: at most one more try
    ├── VendorUnusable     an answer that is not one (empty picture, broken JSON, wrong plan): try again
    └── VendorClosed       key refused, quota exhausted: nothing helps until an operator does
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from jobs.payments import Payments
from models.media import WordTiming
from models.vocabulary import AgeBand, TimeOfDay, Weather


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed, in the vendor's own units, and its price in millionths of a US dollar."""

    units: dict[str, int] = field(default_factory=dict[str, int])
    cost_micros: int = 0


class VendorError(Exception):
    """A vendor did not give what was asked for. `str()` is for the log: it holds no premise, text or name.

    `usage` is what the call cost all the same, where the vendor had answered and the answer was of no use.
    """

    usage = Usage()
    noticed = False
    """Whether the vendor that it came from is known; whoever called another one meanwhile has nothing to do with it."""

    def after(self, usage: Usage) -> Self:
        """The same error, of a call that has been paid for."""
        self.usage = usage
        return self


class VendorRefused(VendorError):
    def __init__(self, message: str = "refused by the vendor's policy", categories: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.categories = tuple(categories)


class VendorBusy(VendorError):
    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class VendorStalled(VendorError):
    pass


class VendorUnusable(VendorError):
    pass


class VendorClosed(VendorError):
    pass


class NotUsable(Exception):
    """A model that was asked for by name can't be had; `str()` says why and what to do, for an operator."""


class CastSheet(BaseModel):
    """One member of a story's cast: the same words go into plan, text and every picture.

    `key` is `c1`, `c2` … for the characters that were picked, `n1` … for those that the plan invents.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    appearance: str
    personality: str | None = None


class PlannedPage(BaseModel):
    """One page's beat. `cast` holds the keys of those who are seen in its picture, and nobody else is."""

    model_config = ConfigDict(frozen=True)

    beat: str = Field(description="What happens on this page, in one sentence.")
    place: str = Field(description="Where it happens, in a few words: 'a beach', 'the old bakery'.")
    time_of_day: TimeOfDay
    weather: Weather
    cast: tuple[str, ...] = Field(description="Keys of the cast members seen in the picture.")
    action: str = Field(description="What they are seen doing, in a few words.")
    picture: str = Field(description="What the picture shows, as a prompt for an illustrator, without style.")


class Plan(BaseModel):
    """A story before it is written. `cast` holds every picked member, unchanged, and those newly invented."""

    model_config = ConfigDict(frozen=True)

    title: str
    cast: tuple[CastSheet, ...]
    pages: tuple[PlannedPage, ...]


@dataclass(frozen=True, slots=True)
class StoryBrief:
    """What a parent asked for. `language` is BCP 47; `title` is None where the writer is to find one.

    `family` is an opaque word that stays the same for an account, for vendors who ask whose calls they are.
    """

    premise: str
    title: str | None
    age_band: AgeBand
    language: str
    page_count: int
    cast: tuple[CastSheet, ...]
    family: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    plan: Plan
    usage: Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Words to add to the end of a page's text. Pages come in order; a page is whole when a later one begins."""

    page: int
    text: str


class Writer(Protocol):
    """Plans and writes stories. `vendor` and `model` name it on the receipt."""

    vendor: str
    model: str

    async def plan(self, brief: StoryBrief) -> Planned: ...

    def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        """Writes pages `len(written) + 1` to the last, in order, continuing after `written`; ends with its Usage."""
        ...

    def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        """Writes one page anew, knowing the other pages' `texts` (empty where missing); ends with its Usage."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded picture bytes with what a client is told of them. `width` and `height` in pixels."""

    data: bytes
    width: int
    height: int
    content_type: str
    blurhash: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A rougher picture of the same scene, to show until the final one."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Painted:
    picture: Picture
    usage: Usage


@dataclass(frozen=True, slots=True)
class Reference:
    """A cast member's portrait, so that it looks the same on every page."""

    key: str
    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class PortraitBrief:
    """One character alone. `style` is an art style's key; `seed` makes the offline painter repeatable."""

    prompt: str
    style: str
    member: CastSheet
    seed: str


@dataclass(frozen=True, slots=True)
class PictureBrief:
    """One page's picture. `prompt` holds everything in words; the rest is the same, taken apart.

    `cast` are the sheets of those in the picture, `references` their portraits. `instruction` is the parent's wish
    when a picture is made again; with another `seed` the scene is composed differently.
    """

    prompt: str
    style: str
    page: PlannedPage
    cast: tuple[CastSheet, ...]
    references: tuple[Reference, ...]
    seed: str
    instruction: str | None = None


class Painter(Protocol):
    """Paints 1024x1024 pictures. Yields any number of Previews, then exactly one Painted."""

    vendor: str
    model: str

    def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]: ...

    def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]: ...


@dataclass(frozen=True, slots=True)
class VoiceSheet:
    """A narrator's voice. `id` is `vendor:name` and stays the same for ever; `language` is BCP 47."""

    id: str
    name: str
    language: str
    description: str


@dataclass(frozen=True, slots=True)
class NarrationBrief:
    """A page's text to be spoken; neighbours' texts help some vendors with intonation. `voice` is a VoiceSheet.id."""

    text: str
    voice: str
    language: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Narration:
    """MP3 bytes. `words` lie in order, each exactly `text[start:end]` of the brief's text, in code points."""

    data: bytes
    content_type: str
    duration_ms: int
    words: tuple[WordTiming, ...]
    usage: Usage


class Narrator(Protocol):
    vendor: str
    model: str

    async def voices(self) -> Sequence[VoiceSheet]: ...

    async def narrate(self, brief: NarrationBrief) -> Narration: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether children may see it; `categories` says why not, in the moderator's standard words."""

    allowed: bool
    categories: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)


class Moderator(Protocol):
    """`paid` says whether verdicts on pictures cost something, and so belong in the journal."""

    vendor: str
    model: str
    paid: bool

    async def judge_text(self, text: str) -> Verdict: ...

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text to one address."""

    to: str
    subject: str
    text: str


class Mail(Protocol):
    async def send(self, letter: Letter) -> None:
        """Raises VendorBusy where it may be tried again, VendorUnusable where the server will not have it."""
        ...


class NoMail:
    """A house without mail: what is sent goes nowhere."""

    async def send(self, letter: Letter) -> None:
        return


class MediaStore(Protocol):
    """Keeps bytes under keys that are written once. Keys look like `stories/<story>/<page>/image-<version>.webp`."""

    async def put(self, key: str, data: bytes, content_type: str) -> None: ...

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """As `put`, for what is too large to be held in memory."""
        ...

    async def get(self, key: str) -> bytes:
        """Raises KeyError where there is nothing under `key`."""
        ...

    async def delete(self, prefix: str) -> None:
        """Removes everything below `prefix`; nothing there is no error."""
        ...

    def url(self, key: str) -> str:
        """An absolute signed URL: the same within a 6-hour window, and valid for at least 6 hours more."""
        ...


OFFLINE = "offline"
"""The vendors that are open in every house, whatever keys it has. They make what is made for sandbox keys."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Every vendor that is open in this process, by name; a story says by name which of them make it.

    `sandbox_moderator` judges what is made for sandbox keys, as free and as repeatable as the rest of it; None where
    the house's moderator is that already. Nothing is sold where `payments` is None.
    """

    writers: dict[str, Writer]
    painters: dict[str, Painter]
    narrators: dict[str, Narrator]
    moderator: Moderator
    media: MediaStore
    sandbox_moderator: Moderator | None = None
    mail: Mail = field(default_factory=NoMail)
    payments: Payments | None = None

    def for_kind(self, *, sandbox: bool) -> Ports:
        """What makes and judges a sandbox story, or a real one."""
        return replace(self, moderator=self.sandbox_moderator) if sandbox and self.sandbox_moderator else self

    def can_make(self, writer: str, painter: str, narrator: str | None) -> bool:
        """Whether the vendors of a story are all open; without a narrator where nobody reads it."""
        return writer in self.writers and painter in self.painters and (narrator is None or narrator in self.narrators)
