"""What happens to a story, told in the past tense: the events that followers see, and how they are written down.

Events are frozen dataclasses. In Redis each is a small JSON object, `{"k": kind, "at": milliseconds, …}`; its sequence
is the number that the log gave it. A page in an event is the page as it was when the event was noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson

from models.media import Audio, Image, WordTiming
from models.pages import Page
from models.vocabulary import PagePart, PartStatus

Fields = dict[str, Any]  # decoded JSON: its values are checked by the constructors that take them


@dataclass(frozen=True, slots=True)
class StoryPlanned:
    kind: ClassVar = "planned"
    title: str
    page_count: int

    def fields(self) -> Fields:
        return {"title": self.title, "pages": self.page_count}

    @classmethod
    def of(cls, fields: Fields) -> StoryPlanned:
        return cls(fields["title"], fields["pages"])


@dataclass(frozen=True, slots=True)
class _OfPart:
    page_number: int
    part: PagePart

    def fields(self) -> Fields:
        return {"page": self.page_number, "part": self.part.value}

    @classmethod
    def of(cls, fields: Fields) -> Self:
        return cls(fields["page"], PagePart(fields["part"]))


@dataclass(frozen=True, slots=True)
class PagePartStarted(_OfPart):
    kind: ClassVar = "started"


@dataclass(frozen=True, slots=True)
class PagePartRestarted(_OfPart):
    kind: ClassVar = "restarted"


@dataclass(frozen=True, slots=True)
class PagePartFailed:
    kind: ClassVar = "failed"
    page_number: int
    part: PagePart
    message: str

    def fields(self) -> Fields:
        return {"page": self.page_number, "part": self.part.value, "message": self.message}

    @classmethod
    def of(cls, fields: Fields) -> PagePartFailed:
        return cls(fields["page"], PagePart(fields["part"]), fields["message"])


@dataclass(slots=True, unsafe_hash=True)  # one for every event: frozen ones are made four times slower
class PageTextAppended:
    """`offset` is the length of the page's text before `delta`, in code points."""

    kind: ClassVar = "delta"
    page_number: int
    offset: int
    delta: str

    def fields(self) -> Fields:
        return {"page": self.page_number, "offset": self.offset, "delta": self.delta}

    @classmethod
    def of(cls, fields: Fields) -> PageTextAppended:
        return cls(fields["page"], fields["offset"], fields["delta"])


@dataclass(frozen=True, slots=True)
class PageImagePreviewed:
    kind: ClassVar = "preview"
    page_number: int
    image: Image

    def fields(self) -> Fields:
        return {"page": self.page_number, "image": self.image.model_dump(mode="json")}

    @classmethod
    def of(cls, fields: Fields) -> PageImagePreviewed:
        return cls(fields["page"], Image.model_validate(fields["image"]))


@dataclass(frozen=True, slots=True)
class _OfPage:
    page: Page

    def fields(self) -> Fields:
        return {"page": self.page.model_dump(mode="json")}

    @classmethod
    def of(cls, fields: Fields) -> Self:
        return cls(page_from(fields["page"]))


@dataclass(frozen=True, slots=True)
class PageTextReady(_OfPage):
    kind: ClassVar = "text"


@dataclass(frozen=True, slots=True)
class PageImageReady(_OfPage):
    kind: ClassVar = "image"


@dataclass(frozen=True, slots=True)
class PageAudioReady(_OfPage):
    kind: ClassVar = "audio"


@dataclass(frozen=True, slots=True)
class StoryEnded:
    """The last event of a generation. The story itself is read where the event is told."""

    kind: ClassVar = "ended"

    def fields(self) -> Fields:
        return {}

    @classmethod
    def of(cls, fields: Fields) -> StoryEnded:
        return cls()


StoryEvent = (
    StoryPlanned
    | PagePartStarted
    | PagePartRestarted
    | PagePartFailed
    | PageTextAppended
    | PageTextReady
    | PageImagePreviewed
    | PageImageReady
    | PageAudioReady
    | StoryEnded
)

_KINDS: dict[str, type[StoryEvent]] = {
    kind.kind: kind
    for kind in (
        StoryPlanned,
        PagePartStarted,
        PagePartRestarted,
        PagePartFailed,
        PageTextAppended,
        PageTextReady,
        PageImagePreviewed,
        PageImageReady,
        PageAudioReady,
        StoryEnded,
    )
}


@dataclass(slots=True, unsafe_hash=True)  # one for every event: frozen ones are made four times slower
class LoggedEvent:
    """An event with the number and the time under which the log holds it."""

    sequence: int
    at: datetime
    event: StoryEvent


def finished_text(event: StoryEvent) -> int | None:
    """The number of the page whose unfinished text is history after this event."""
    if isinstance(event, PageTextReady):
        return event.page.number
    if isinstance(event, PagePartRestarted) and event.part is PagePart.TEXT:
        return event.page_number
    return None


def encode(event: StoryEvent, at: datetime) -> bytes:
    return orjson.dumps({"k": event.kind, "at": int(at.timestamp() * 1000), **event.fields()})


def decode(sequence: int, raw: bytes) -> LoggedEvent:
    fields: Fields = orjson.loads(raw)
    at = datetime.fromtimestamp(fields["at"] / 1000, UTC)
    event = _KINDS[fields["k"]].of(fields)
    return LoggedEvent(sequence, at, event)


def page_from(fields: Fields) -> Page:
    """The page that `Page.model_dump(mode="json")` wrote."""
    return Page(
        id=UUID(fields["id"]),
        story_id=UUID(fields["story_id"]),
        number=fields["number"],
        text=fields["text"],
        text_status=PartStatus(fields["text_status"]),
        reading_level=fields.get("reading_level"),  # events from before it was measured have none
        image=None if fields["image"] is None else Image.model_validate(fields["image"]),
        image_status=PartStatus(fields["image_status"]),
        audio=None if fields["audio"] is None else Audio.model_validate(fields["audio"]),
        words=None if fields["words"] is None else [WordTiming.model_validate(word) for word in fields["words"]],
        audio_status=PartStatus(fields["audio_status"]),
    )


def joined(events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """The same story in fewer events: adjacent deltas of a page become one, and only the newest preview is kept.

    What is joined carries the sequence and time of the last of its parts.
    """
    newest = {
        logged.event.page_number: logged.sequence for logged in events if isinstance(logged.event, PageImagePreviewed)
    }
    shown: list[LoggedEvent] = []
    for logged in events:
        event = logged.event
        if isinstance(event, PageImagePreviewed) and newest[event.page_number] != logged.sequence:
            continue
        last = shown[-1].event if shown else None
        if (
            isinstance(event, PageTextAppended)
            and isinstance(last, PageTextAppended)
            and last.page_number == event.page_number
            and last.offset + len(last.delta) == event.offset
        ):
            shown[-1] = LoggedEvent(
                logged.sequence,
                logged.at,
                PageTextAppended(event.page_number, last.offset, last.delta + event.delta),
            )
        else:
            shown.append(logged)
    return shown
