"""A book being made, shown live on a terminal.

Finished pages scroll up and read like a book; below them the page being written, the bars, and what happened last.
Fits any width and height; needs neither colours nor UTF-8.
"""

import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from api.client.bars import bars, glyphs_of
from api.client.book import Book
from api.client.lettering import duration, printable
from api.client.news import News, PageWritten, PartFinished, TitleFound
from api.client.typesetting import page_lines, title_lines

FRAMES_PER_SECOND = 12
# How many of the latest happenings stay in sight.
RECENT = 3


class LiveView:
    """A view for terminals, entered with `with`; what scrolled up remains when it is left."""

    def __init__(self, console: Console, book: Book) -> None:
        self._console = console
        self._glyphs = glyphs_of(console.encoding)
        self._book = book
        self._recent: deque[PartFinished] = deque(maxlen=RECENT)
        self._lost: str | None = None
        self._started_at = time.monotonic()
        self._live = Live(
            self, console=console, refresh_per_second=FRAMES_PER_SECOND, transient=True, vertical_overflow="crop"
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, book: Book, news: Sequence[News]) -> None:
        """Sets finished pages above, and draws the rest anew."""
        self._book, self._lost = book, None
        for item in news:
            match item:
                case TitleFound(title):
                    self._set(title_lines(self._letters(title), self._glyphs.ornament, self._console))
                case PageWritten(number, text):
                    self._set([*page_lines(number, self._letters(text), self._console), Text()])
                case PartFinished():
                    self._recent.append(item)
        self._live.refresh()

    def reconnecting(self, reason: str) -> None:
        """Says so beside the clock until the next `show`."""
        self._lost = reason

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What is drawn anew each time. Where it does not fit, the bars stay and older lines of text go."""
        width, height = options.max_width, options.size.height
        below = [*bars(self._book, width - 2, self._glyphs), self._now(), *self._happenings()][: height - 1]
        for line in below:
            line.pad_left(2)
        room_above = height - 1 - len(below)
        above = [*self._being_written(), Text()][-room_above:] if room_above > 1 else []
        for line in (*above, *below):
            line.no_wrap = True
            yield line

    def _set(self, lines: Sequence[Text]) -> None:
        self._console.print(*lines, sep="\n")

    def _being_written(self) -> list[Text]:
        page = self._book.being_written
        if page is None or not page.text:
            return []
        return page_lines(page.number, self._letters(page.text) + self._glyphs.cursor, self._console)

    def _now(self) -> Text:
        elapsed_s = time.monotonic() - self._started_at
        frames = self._glyphs.spinner
        line = Text(frames[int(elapsed_s * FRAMES_PER_SECOND) % len(frames)], style="yellow")
        if self._lost is not None:
            line.append(f" {duration(elapsed_s)}  reconnecting: {self._letters(self._lost)}")
        else:
            line.append(f" {duration(elapsed_s)}  {_doing(self._book)}", style="dim")
        return line

    def _happenings(self) -> list[Text]:
        return [
            Text(f"  {self._letters(item.line)}", style="red" if item.is_failure else "dim") for item in self._recent
        ]

    def _letters(self, text: str) -> str:
        return printable(text, self._console.encoding)


def _doing(book: Book) -> str:
    if book.being_written:
        return f"writing page {book.being_written.number}"
    if any(page.text_status == "WAITING" for page in book.pages):
        return "thinking the story up"
    return "painting and reading aloud" if book.is_narrated else "painting"
