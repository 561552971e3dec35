"""Sets title and pages in lines of a readable length, as `Text` that is already wrapped."""

from rich.console import Console
from rich.text import Text

# What typographers hold to be a comfortable line, in letters.
MEASURE = 66
# Where page numbers stand, left of the text; a terminal narrower than NARROW has them above it.
NUMBER_COLUMNS = 6
NARROW = 36


def page_lines(number: int, text: str, console: Console) -> list[Text]:
    """A page's text with its number beside the first line."""
    width = console.width
    if width < NARROW:
        return [Text(str(number), style="cyan"), *_wrapped(Text(text), console, width)]
    lines = _wrapped(Text(text), console, min(MEASURE, width - NUMBER_COLUMNS - 1))
    margins = [f"{number:>{NUMBER_COLUMNS - 2}}  ", *[" " * NUMBER_COLUMNS] * (len(lines) - 1)]
    return [Text(margin, style="cyan").append_text(line) for margin, line in zip(margins, lines, strict=True)]


def title_lines(title: str, ornament: str, console: Console) -> list[Text]:
    """The title as a title page has it: alone, in the middle, with space around it."""
    width = min(console.width, NUMBER_COLUMNS + MEASURE)
    lines = _wrapped(Text(f"{ornament} {title} {ornament}", style="bold magenta"), console, width)
    for line in lines:
        line.align("center", width)
        line.rstrip()
    return [Text(), *lines, Text()]


def _wrapped(text: Text, console: Console, width: int) -> list[Text]:
    lines = list(text.wrap(console, max(width, 1)))
    for line in lines:
        line.rstrip()
    return lines
