"""The book as far as its events have told it. `apply` is a pure function: no clock, no network, no terminal.

However the log of a story is cut into batches, repeated, joined or begun anew with a snapshot, the same book comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce

from api.client.wire import Batch, Event, PageAnswer, Part, PartStatus, StoryAnswer, StoryStatus


class MissingText(Exception):
    """A delta begins after the end of the text held: something before it is missing. Only a snapshot helps."""


@dataclass(frozen=True, slots=True)
class Media:
    """A finished picture or recording. `duration_ms` is 0 for pictures."""

    key: str
    url: str
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """`preview` is a rougher picture, held until the picture is there; `failures` tells why a part failed.

    A part that is made again keeps its old version until the new one is there: `image` and `audio` stay, and the words
    that were read before are `former_text` while new ones grow in `text`.
    """

    number: int
    text: str = ""
    text_status: PartStatus = "WAITING"
    image: Media | None = None
    image_status: PartStatus = "WAITING"
    audio: Media | None = None
    audio_status: PartStatus = "WAITING"
    preview: Media | None = None
    former_text: str = ""
    failures: dict[Part, str] = field(default_factory=dict[Part, str])

    def status(self, part: Part) -> PartStatus:
        match part:
            case "TEXT":
                return self.text_status
            case "IMAGE":
                return self.image_status
            case "AUDIO":
                return self.audio_status


@dataclass(frozen=True, slots=True)
class Book:
    """A story and its pages in order. `title` is empty until one is found, `sequence` None before any event."""

    id: str
    title: str
    status: StoryStatus
    problem: str | None
    pages: tuple[Page, ...]
    sequence: int | None = None
    ended: bool = False

    @property
    def being_written(self) -> Page | None:
        """The page whose text is growing: the last one that has begun to."""
        writing = [page for page in self.pages if page.text_status == "WORKING"]
        return next((page for page in reversed(writing) if page.text), writing[0] if writing else None)

    @property
    def has_begun(self) -> bool:
        """Whether work on the pages has begun, for which the plan has to be there."""
        statuses = {status for page in self.pages for status in (page.text_status, page.image_status)}
        return not statuses <= {"WAITING", "SKIPPED"}

    @property
    def is_narrated(self) -> bool:
        return any(page.audio_status != "SKIPPED" for page in self.pages)

    @property
    def parts_planned(self) -> int:
        """A part is one page's text, picture or narration."""
        return sum(status != "SKIPPED" for status in self._statuses)

    @property
    def parts_done(self) -> int:
        return sum(status == "READY" for status in self._statuses)

    @property
    def _statuses(self) -> list[PartStatus]:
        return [status for page in self.pages for status in (page.text_status, page.image_status, page.audio_status)]

    @property
    def word_count(self) -> int:
        return sum(len(page.text.split()) for page in self.pages)

    @property
    def narration_ms(self) -> int:
        return sum(page.audio.duration_ms for page in self.pages if page.audio)


def book_of(story: StoryAnswer) -> Book:
    """The book that a story's fields describe, before any event."""
    pages = tuple(_page_of(page) for page in sorted(story["pages"], key=lambda page: page["number"]))
    return Book(story["id"], story["title"] or "", story["status"], story["problem"], pages)


def apply(book: Book, batch: Batch) -> Book:
    """`book` after `batch`. Events it has seen already change nothing. Raises MissingText."""
    start = replace(book, sequence=None, ended=False) if batch["reset"] else book
    return reduce(_apply_event, batch["events"], start)


def _apply_event(book: Book, event: Event) -> Book:
    if book.sequence is not None and event["sequence"] <= book.sequence:
        return book
    return replace(_changed(book, event), sequence=event["sequence"])


def _changed(book: Book, event: Event) -> Book:
    match event:
        case {"kind": "StorySnapshot", "story": story}:
            return book_of(story)
        case {"kind": "StoryEnded", "story": story}:
            return replace(_with_failures(book_of(story), book), ended=True)
        case {"kind": "StoryPlanned", "title": title}:
            return replace(book, title=title)
        case {"kind": "PagePartStarted", "pageNumber": number, "part": part}:
            return _on_page(book, number, lambda page: _begun(page, part))
        case {"kind": "PagePartRestarted", "pageNumber": number, "part": part}:
            return _on_page(book, number, lambda page: _restarted(page, part))
        case {"kind": "PagePartFailed", "pageNumber": number, "part": part, "message": message}:
            return _on_page(book, number, lambda page: _failed(page, part, message))
        case {"kind": "PageTextAppended", "pageNumber": number, "offset": offset, "delta": delta}:
            return _on_page(book, number, lambda page: _with_delta(page, offset, delta))
        case {"kind": "PageImagePreviewed", "pageNumber": number, "image": image}:
            preview = Media(image["key"], image["url"])
            return _on_page(book, number, lambda page: replace(page, preview=preview))
        case {"kind": "PageTextReady", "page": answer}:
            ready = _page_of(answer)
            return _on_page(book, ready.number, lambda page: _written(page, ready))
        case {"kind": "PageImageReady", "page": answer}:
            ready = _page_of(answer)
            return _on_page(
                book, ready.number, lambda page: replace(page, image=ready.image, image_status="READY", preview=None)
            )
        case {"kind": "PageAudioReady", "page": answer}:
            ready = _page_of(answer)
            return _on_page(book, ready.number, lambda page: replace(page, audio=ready.audio, audio_status="READY"))
        case _:
            # A kind of event that a newer server has and this client does not know.
            return book


def _on_page(book: Book, number: int, change: Callable[[Page], Page]) -> Book:
    return replace(book, pages=tuple(change(page) if page.number == number else page for page in book.pages))


def _with_status(page: Page, part: Part, status: PartStatus) -> Page:
    match part:
        case "TEXT":
            return replace(page, text_status=status)
        case "IMAGE":
            return replace(page, image_status=status)
        case "AUDIO":
            return replace(page, audio_status=status)


def _begun(page: Page, part: Part) -> Page:
    # Words that stand there although none were begun are the old version.
    fresh = _awaiting_words(page) if part == "TEXT" and page.text_status == "WAITING" else page
    return _with_status(_without_failure(fresh, part), part, "WORKING")


def _restarted(page: Page, part: Part) -> Page:
    """Half a text and a preview are dropped. A picture or a narration that exists stays until the new one is there."""
    if part == "TEXT":
        page = _awaiting_words(page)
    elif part == "IMAGE":
        page = replace(page, preview=None)
    return _with_status(_without_failure(page, part), part, "WAITING")


def _awaiting_words(page: Page) -> Page:
    is_whole = page.text_status in ("READY", "WAITING") and page.text
    return replace(page, text="", former_text=page.text if is_whole else page.former_text)


def _written(page: Page, ready: Page) -> Page:
    """New words have no narration yet, so what is ready tells of that too."""
    return replace(
        page,
        text=ready.text,
        text_status="READY",
        former_text="",
        audio=ready.audio,
        audio_status=ready.audio_status,
    )


def _without_failure(page: Page, part: Part) -> Page:
    return replace(page, failures={of: why for of, why in page.failures.items() if of != part})


def _failed(page: Page, part: Part, message: str) -> Page:
    if part == "TEXT" and page.former_text:
        page = replace(page, text=page.former_text, former_text="")
    return replace(_with_status(page, part, "FAILED"), failures={**page.failures, part: message})


def _with_delta(page: Page, offset: int, delta: str) -> Page:
    if offset > len(page.text):
        raise MissingText(f"page {page.number}: holds {len(page.text)} code points, the delta begins at {offset}")
    text = page.text[:offset] + delta
    # What is held already is ahead of the delta, unless it is the old version: then the new words take its place.
    return replace(page, text=page.text if page.text.startswith(text) else text, text_status="WORKING")


def _with_failures(book: Book, before: Book) -> Book:
    """The end tells which parts failed but not why; the reasons heard on the way are kept."""
    heard = {page.number: page.failures for page in before.pages}
    return replace(book, pages=tuple(replace(page, failures=heard.get(page.number, {})) for page in book.pages))


def _page_of(page: PageAnswer) -> Page:
    image, audio = page["image"], page["audio"]
    return Page(
        number=page["number"],
        text=page["text"] or "",
        text_status=page["textStatus"],
        image=Media(image["key"], image["url"]) if image else None,
        image_status=page["imageStatus"],
        audio=Media(audio["key"], audio["url"], audio["durationMs"]) if audio else None,
        audio_status=page["audioStatus"],
    )
