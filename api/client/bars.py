"""Progress bars with one segment for each page, so that one sees which page waits for what."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from rich.text import Text

from api.client.book import Book, Page
from api.client.lettering import can_write
from api.client.wire import Part, PartStatus


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Without colours the kinds of segments still differ. `cursor` ends text that is growing; `spinner` has frames."""

    waiting: str
    working: str
    preview: str
    ready: str
    failed: str
    cursor: str
    ornament: str
    spinner: str


_DRAWN = Glyphs(
    waiting="┄", working="╍", preview="╼", ready="━", failed="╳", cursor="▌", ornament="❧", spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
)
_TYPED = Glyphs(waiting=".", working="-", preview="=", ready="#", failed="x", cursor="_", ornament="*", spinner="|/-\\")

PARTS: tuple[tuple[str, Part], ...] = (("text", "TEXT"), ("pictures", "IMAGE"), ("narration", "AUDIO"))
LABEL_COLUMNS, COUNT_COLUMNS, LONGEST_BAR = 11, 6, 46


def glyphs_of(encoding: str) -> Glyphs:
    """Drawn lines where `encoding` has them, else the signs of a typewriter."""
    every = "".join(astuple(_DRAWN))
    return _DRAWN if can_write(every, encoding) else _TYPED


def bars(book: Book, width: int, glyphs: Glyphs) -> list[Text]:
    """A line of at most `width` columns for each kind of part; none for a kind that this book does without."""
    return [
        _line(label, book.pages, part, width, glyphs)
        for label, part in PARTS
        if any(page.status(part) != "SKIPPED" for page in book.pages)
    ]


def _line(label: str, pages: Sequence[Page], part: Part, width: int, glyphs: Glyphs) -> Text:
    done = sum(page.status(part) == "READY" for page in pages)
    count = f"{done}/{len(pages)}"
    columns = min(width - LABEL_COLUMNS - COUNT_COLUMNS, LONGEST_BAR)
    line = Text().append(label.ljust(LABEL_COLUMNS), style="dim")
    if columns >= 4:
        line.append_text(_bar(pages, part, columns, glyphs))
    line.append(count.rjust(COUNT_COLUMNS), style="green" if done == len(pages) else "")
    line.truncate(width)
    return line


def _bar(pages: Sequence[Page], part: Part, columns: int, glyphs: Glyphs) -> Text:
    """Segments of equal length with gaps between them; where that can't be, pages share columns without gaps."""
    bar = Text()
    segment = columns // len(pages) - 1
    if segment >= 1:
        for page in pages:
            glyph, style = _mark(page, part, glyphs)
            bar.append(glyph * segment, style=style).append(" ")
    else:
        for column in range(columns):
            bar.append(*_mark(pages[column * len(pages) // columns], part, glyphs))
    return bar


def _mark(page: Page, part: Part, glyphs: Glyphs) -> tuple[str, str]:
    if part == "IMAGE" and page.preview and not page.image:
        return glyphs.preview, "magenta"
    marks: dict[PartStatus, tuple[str, str]] = {
        "WAITING": (glyphs.waiting, "dim"),
        "WORKING": (glyphs.working, "yellow"),
        "READY": (glyphs.ready, "green"),
        "FAILED": (glyphs.failed, "red"),
        "SKIPPED": (" ", "dim"),
    }
    return marks[page.status(part)]
