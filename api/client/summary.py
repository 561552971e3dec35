"""The last word about a book: what it became, and where to look at it."""

from rich.console import Console
from rich.style import Style
from rich.text import Text

from api.client.book import Book
from api.client.lettering import counted, duration, printable


def print_summary(book: Book, *, elapsed_s: float | None, console: Console) -> None:
    """Title, figures, and each picture's address on an unbroken line of its own.

    `elapsed_s` is how long it took to make; None where nobody measured that.
    """

    def line(*parts: tuple[str, str | Style]) -> None:
        lettered = ((printable(text, console.encoding), style) for text, style in parts)
        console.print(Text.assemble(*lettered), soft_wrap=True)

    line((book.title or "A story without a title", "bold magenta"))
    line((", ".join(_figures(book, elapsed_s)), "dim"))
    if book.problem:
        line((book.problem, "yellow"))
    line()
    for page in book.pages:
        if page.image:
            line((f"page {page.number:>2}  ", "cyan"), (page.image.url, _link(page.image.url)))


def _link(address: str) -> Style:
    """Terminals that know links open the whole address, even where it is broken over lines."""
    return Style(link=printable(address, "ascii"))


def _figures(book: Book, elapsed_s: float | None) -> list[str]:
    figures = [counted(len(book.pages), "page"), counted(book.word_count, "word")]
    if book.narration_ms:
        figures.append(f"{duration(book.narration_ms / 1000)} of narration")
    if elapsed_s is not None:
        figures.append(f"made in {duration(elapsed_s)}")
    return figures
