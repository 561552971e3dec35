"""A book being made, told in plain lines: for pipes, logs and terminals that can't move their cursor."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console

from api.client.book import Book
from api.client.lettering import counted, printable
from api.client.news import News, PageWritten, PartFinished, TitleFound


class PlainView:
    """One line for each thing that happened, however long, and nothing that is rewritten."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, book: Book, news: Sequence[News]) -> None:
        """Tells the news; `book` itself is not shown."""
        if self._is_away:
            self._line("connected again")
            self._is_away = False
        for item in news:
            self._line(_in_words(item))

    def reconnecting(self, reason: str) -> None:
        """Tells once that the connection is gone, however many attempts follow."""
        if not self._is_away:
            self._line(f"reconnecting: {reason}")
            self._is_away = True

    def _line(self, line: str) -> None:
        one_line = " ".join(line.split())
        self._console.out(printable(one_line, self._console.encoding), highlight=False)


def _in_words(item: News) -> str:
    match item:
        case TitleFound(title, page_count):
            return f"planned: {title}, {counted(page_count, 'page')}"
        case PageWritten(number, text):
            return f"page {number}: {text}"
        case PartFinished(line):
            return line
