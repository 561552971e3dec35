"""What there is to tell about a book that has not been told yet.

It looks at the book and not at single events: so a reconnection or a snapshot neither repeats nor swallows anything.
"""

from dataclasses import dataclass

from api.client.book import Book, Page
from api.client.lettering import duration
from api.client.wire import Part


@dataclass(frozen=True, slots=True)
class TitleFound:
    title: str
    page_count: int


@dataclass(frozen=True, slots=True)
class PageWritten:
    """Told in the order of the pages, so that what was told reads as the book."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class PartFinished:
    """`line` is like `page 3 picture ready`."""

    line: str
    is_failure: bool = False


News = TitleFound | PageWritten | PartFinished

_NAMES: dict[Part, str] = {"TEXT": "text", "IMAGE": "picture", "AUDIO": "narration"}


class Told:
    """Remembers what was told."""

    def __init__(self, title: str) -> None:
        """`title` is what the story was called when it was asked for, which may be the person's own wish."""
        self._wished_title = title
        self._title: str | None = None
        self._told: set[tuple[int, Part, str]] = set()

    def news(self, book: Book) -> list[News]:
        """What is new in `book`, told from now on."""
        return [*self._new_title(book), *self._new_pages(book), *self._new_parts(book)]

    def _new_title(self, book: Book) -> list[News]:
        is_found = book.has_begun or book.title != self._wished_title
        if not is_found or book.title == self._title:
            return []
        self._title = book.title
        return [TitleFound(book.title, len(book.pages))]

    def _new_pages(self, book: Book) -> list[News]:
        found: list[News] = []
        for page in book.pages:
            if page.text_status == "READY":
                if self._is_new(page, "TEXT", page.text):
                    found.append(PageWritten(page.number, page.text))
            elif page.text_status in ("WAITING", "WORKING") and not book.ended:
                break
        return found

    def _new_parts(self, book: Book) -> list[News]:
        found: list[News] = []
        for page in book.pages:
            if page.image and self._is_new(page, "IMAGE", page.image.key):
                found.append(PartFinished(f"page {page.number} picture ready"))
            if page.audio and self._is_new(page, "AUDIO", page.audio.key):
                length = duration(page.audio.duration_ms / 1000)
                found.append(PartFinished(f"page {page.number} narration ready, {length}"))
            for part, name in _NAMES.items():
                has_failed = part in page.failures or page.status(part) == "FAILED"
                if has_failed and self._is_new(page, part, "failed"):
                    found.append(PartFinished(f"page {page.number} {name} failed{_why(page, part)}", is_failure=True))
        return found

    def _is_new(self, page: Page, part: Part, what: str) -> bool:
        fact = (page.number, part, what)
        if fact in self._told:
            return False
        self._told.add(fact)
        return True


def _why(page: Page, part: Part) -> str:
    why = f": {page.failures[part]}" if part in page.failures else ""
    # Ready although it failed: what failed was another version, and the one before is kept.
    return f"{why} The old one stays." if page.status(part) == "READY" else why
