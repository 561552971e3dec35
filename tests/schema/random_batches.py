"""Random batches of what happened to a story, for hypothesis: right ones, and ones that no type would take."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from jobs import events
from jobs.events import LoggedEvent
from models.media import Audio, Image, WordTiming
from models.pages import Page
from models.stories import Story
from models.styles import ART_STYLES
from models.vocabulary import AgeBand, PagePart, PartStatus, StoryStatus
from resolvers.progress import Batch, Snapshot

Anything = SearchStrategy[Any]  # these are values for fields that would not take them


class Words(str):
    """A text that is not quite one."""

    __slots__ = ()


class Moment(datetime):
    """A time that is not quite one."""


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WRONG: list[object] = [
    None,
    True,
    0,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**64,
    1.0,
    1.5,
    float("nan"),
    b"bytes",
    "READY",
    "ready",
    "7",
    Words("words"),
    NOON.replace(tzinfo=None),
    Moment(2026, 1, 1, tzinfo=UTC),
    date(2026, 1, 1),
    PartStatus.READY,
    StoryStatus.CANCELLED,
    PagePart.TEXT,
    [],
    (),
    {},
    ["a"],
    object(),
    int,
    ValueError("an error for a value"),
    float("nan"),
    float("inf"),
    Image(key="k", width=1, height=2, content_type="image/webp", alt="", blurhash=""),
]

ODD_TEXTS = ["", "\u2028", "\u2029 \x00 \x7f", '"\\/', "</script>", "👩\u200d👩\u200d👧", "\U0010ffff", "é\u0301", "ﷺ"]
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 24)
LEVELS = st.floats(3, 20) | st.sampled_from([0.0, -0.0, 1e22, 1e-7, 5.0])
TIMES = st.datetimes(timezones=st.just(UTC)) | st.datetimes() | st.just(NOON)
IDS = st.integers(0, 3).map(lambda number: UUID(int=number))


class _Maker:
    """Draws rows and events; where `wrong`, one value in so many is none that its type takes."""

    def __init__(self, draw: DrawFn, *, wrong: bool) -> None:
        self._draw = draw
        self._wrong = wrong

    def take(self, values: Anything) -> Any:
        if self._wrong and self._draw(st.integers(0, 12)) == 0:
            return self._draw(st.sampled_from(WRONG))
        return self._draw(values)

    def perhaps(self, make: Any) -> Any:
        """None, or what is made; sometimes something wrong."""
        return self.take(st.none()) if self._draw(st.booleans()) else make()

    def image(self) -> Image:
        return Image.model_construct(
            key=self.take(TEXTS),
            width=self.take(NUMBERS),
            height=self.take(NUMBERS),
            content_type=self.take(TEXTS),
            alt=self.take(TEXTS),
            blurhash=self.take(TEXTS),
        )

    def audio(self) -> Audio:
        return Audio.model_construct(
            key=self.take(TEXTS), duration_ms=self.take(NUMBERS), content_type=self.take(TEXTS)
        )

    def word(self) -> WordTiming:
        times = {name: self.take(NUMBERS) for name in ("start_ms", "end_ms", "start", "end")}
        return WordTiming.model_construct(word=self.take(TEXTS), **times)

    def words(self) -> list[WordTiming]:
        return [self.word() for _ in range(self._draw(st.integers(0, 2)))]

    def status(self) -> Any:
        return self.take(st.sampled_from(PartStatus))

    def page(self) -> Page:
        return Page(
            id=self.take(IDS),
            story_id=self.take(IDS),
            number=self.take(NUMBERS),
            text=self.take(st.none() | TEXTS),
            text_status=self.status(),
            reading_level=self.perhaps(lambda: self.take(LEVELS)),
            image=self.perhaps(self.image),
            image_status=self.status(),
            audio=self.perhaps(self.audio),
            words=self.perhaps(self.words),
            audio_status=self.status(),
        )

    def story(self) -> Story:
        return Story(
            id=self.take(IDS),
            account_id=UUID(int=0),
            title=self.take(st.none() | TEXTS),
            premise=self.take(TEXTS),
            status=self.take(st.sampled_from(StoryStatus)),
            age_band=self.take(st.sampled_from(AgeBand)),
            language=self.take(st.sampled_from(["en", "de-CH"])),
            art_style=self.take(st.sampled_from(list(ART_STYLES))),
            voice=self.take(st.sampled_from([None, "anna", "nobody"])),
            narrated=True,
            page_count=self.take(NUMBERS),
            problem=self.take(st.none() | TEXTS),
            created_at=self.take(TIMES),
            updated_at=self.take(TIMES),
            writer="offline",
            painter="offline",
            narrator="offline",
        )

    def event(self) -> Any:
        part = st.sampled_from(PagePart)
        kind = self.take(st.sampled_from(KINDS))
        if kind is events.StoryPlanned:
            return events.StoryPlanned(self.take(TEXTS), self.take(NUMBERS))
        if kind in (events.PagePartStarted, events.PagePartRestarted):
            return kind(self.take(NUMBERS), self.take(part))
        if kind is events.PagePartFailed:
            return events.PagePartFailed(self.take(NUMBERS), self.take(part), self.take(TEXTS))
        if kind is events.PageTextAppended:
            return events.PageTextAppended(self.take(NUMBERS), self.take(NUMBERS), self.take(TEXTS))
        if kind is events.PageImagePreviewed:
            return events.PageImagePreviewed(self.take(NUMBERS), self.image())
        if kind in (events.PageTextReady, events.PageImageReady, events.PageAudioReady):
            return kind(self.page())
        return events.StoryEnded() if kind is events.StoryEnded else kind

    def logged(self) -> LoggedEvent:
        return LoggedEvent(self.take(NUMBERS), self.take(TIMES), self.event())

    def snapshot(self) -> Snapshot:
        pages = [self.page() for _ in range(self._draw(st.integers(0, 2)))]
        return Snapshot(self.take(NUMBERS), self.take(TIMES), self.story(), pages)


KINDS: list[Any] = [  # classes without a common parent
    events.StoryPlanned,
    events.PagePartStarted,
    events.PagePartRestarted,
    events.PagePartFailed,
    events.PageTextAppended,
    events.PageTextReady,
    events.PageImagePreviewed,
    events.PageImageReady,
    events.PageAudioReady,
    events.StoryEnded,
]


@st.composite
def batches(draw: DrawFn, *, wrong: bool) -> Batch:
    """Batches with up to four events; where not `wrong`, all of them as their types say."""
    make = _Maker(draw, wrong=wrong)
    told = tuple(make.logged() for _ in range(draw(st.integers(0, 4))))
    ended = any(isinstance(logged.event, events.StoryEnded) for logged in told)
    return Batch(
        make.take(TEXTS),
        make.take(st.none() | TEXTS),
        make.snapshot() if draw(st.integers(0, 3)) == 0 else None,
        told,
        make.story() if ended else None,
    )
