"""The book as far as its events have told it: pure functions, no network, no clock.

However the log of a story is cut into batches, repeated, joined, or begun anew by a snapshot, the same book comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

# What the functions below read; add what your screens show.
STORY_PROGRESS = """
subscription StoryProgress($storyId: ID!, $after: String) {
  storyProgress(storyId: $storyId, after: $after) {
    cursor
    previousCursor
    reset
    events {
      kind: __typename
      sequence
      ... on StorySnapshot { story { title status problem pages { ...Parts } } }
      ... on StoryPlanned { title }
      ... on PagePartStarted { pageNumber part }
      ... on PageTextAppended { pageNumber offset delta }
      ... on PageTextReady { page { number text } }
      ... on PageImagePreviewed { pageNumber image { key url alt } }
      ... on PageImageReady { page { number image { key url alt } } }
      ... on PageAudioReady { page { number audio { key url durationMs } } }
      ... on PagePartRestarted { pageNumber part }
      ... on PagePartFailed { pageNumber part message }
      ... on StoryEnded { story { title status problem pages { number textStatus imageStatus audioStatus } } }
    }
  }
}
fragment Parts on Page {
  number
  text textStatus
  image { key url alt } imageStatus
  audio { key url durationMs } audioStatus
}
"""

Json = dict[str, Any]  # one JSON object of an answer, shaped by the document above


class Batch(TypedDict):
    cursor: str
    previousCursor: str | None
    reset: bool
    events: list[Json]


class MissingText(Exception):
    """A delta begins behind the end of the text held: something before it is missing, and only a snapshot helps."""


@dataclass(frozen=True)
class Page:
    """`status` and `failures` are by part: TEXT, IMAGE, AUDIO. `preview` stands in until the picture is there."""

    number: int
    text: str = ""
    preview: Json | None = None
    image: Json | None = None
    audio: Json | None = None
    status: dict[str, str] = field(default_factory=dict[str, str])
    failures: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Book:
    """`sequence` is that of the last event applied; it has a meaning only together with the cursor it came with."""

    title: str | None = None
    status: str | None = None
    problem: str | None = None
    pages: tuple[Page, ...] = ()
    sequence: int = -1
    ended: bool = False


def new_events(book: Book, batch: Batch) -> list[Json]:
    """The events of a batch that `book` does not have yet. A reset numbers them anew."""
    return [event for event in batch["events"] if batch["reset"] or event["sequence"] > book.sequence]


def apply(book: Book, batch: Batch) -> Book:
    """`book` after `batch`; what it has already changes nothing. Raises MissingText."""
    changed = Book() if batch["reset"] else book
    for event in new_events(book, batch):
        changed = replace(_changed(changed, event), sequence=event["sequence"])
    return changed


def _changed(book: Book, event: Json) -> Book:
    match event:
        case {"kind": "StorySnapshot", "story": story}:
            pages = tuple(_page(page) for page in story["pages"])
            return Book(story["title"], story["status"], story["problem"], pages)
        case {"kind": "StoryPlanned", "title": title}:
            return replace(book, title=title, status="GENERATING")
        case {"kind": "PagePartStarted", "pageNumber": number, "part": part}:
            return _on_page(book, number, lambda page: _begun(page, part))
        case {"kind": "PagePartRestarted", "pageNumber": number, "part": part}:
            # Text is told anew from offset 0. The old picture and narration stay until the new ones are there.
            return _on_page(
                book, number, lambda page: replace(_begun(page, part), text="" if part == "TEXT" else page.text)
            )
        case {"kind": "PagePartFailed", "pageNumber": number, "part": part, "message": message}:
            return _on_page(
                book,
                number,
                lambda page: replace(_with(page, part, "FAILED"), failures={**page.failures, part: message}),
            )
        case {"kind": "PageTextAppended", "pageNumber": number, "offset": offset, "delta": delta}:
            return _on_page(book, number, lambda page: _with(page, "TEXT", "WORKING", text=_text(page, offset, delta)))
        case {"kind": "PageImagePreviewed", "pageNumber": number, "image": image}:
            return _on_page(book, number, lambda page: replace(page, preview=image))
        case {"kind": "PageTextReady", "page": ready}:
            return _on_page(book, ready["number"], lambda page: _with(page, "TEXT", "READY", text=ready["text"] or ""))
        case {"kind": "PageImageReady", "page": ready}:
            image = ready["image"]
            return _on_page(
                book, ready["number"], lambda page: _with(page, "IMAGE", "READY", image=image, preview=None)
            )
        case {"kind": "PageAudioReady", "page": ready}:
            return _on_page(book, ready["number"], lambda page: _with(page, "AUDIO", "READY", audio=ready["audio"]))
        case {"kind": "StoryEnded", "story": story}:
            statuses = {page["number"]: _statuses(page) for page in story["pages"]}
            pages = tuple(replace(page, status=statuses[page.number]) for page in book.pages)
            return Book(story["title"], story["status"], story["problem"], pages, ended=True)
        case _:
            return book  # a kind of event that a newer server has


def _page(page: Json) -> Page:
    return Page(page["number"], page["text"] or "", None, page["image"], page["audio"], _statuses(page))


def _statuses(page: Json) -> dict[str, str]:
    return {"TEXT": page["textStatus"], "IMAGE": page["imageStatus"], "AUDIO": page["audioStatus"]}


def _on_page(book: Book, number: int, change: Callable[[Page], Page]) -> Book:
    return replace(book, pages=tuple(change(page) if page.number == number else page for page in book.pages))


def _with(page: Page, part: str, status: str, **changes: object) -> Page:
    return replace(page, status={**page.status, part: status}, **changes)


def _begun(page: Page, part: str) -> Page:
    failures = {failed: why for failed, why in page.failures.items() if failed != part}
    return replace(_with(page, part, "WORKING"), failures=failures)


def _text(page: Page, offset: int, delta: str) -> str:
    """Offsets count code points, as Python's strings do."""
    held = len(page.text)
    if offset > held:
        raise MissingText(f"{held} code points are held, and these begin at {offset}")
    return page.text if offset + len(delta) <= held else page.text[:offset] + delta
