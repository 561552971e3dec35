"""Makes text fit for a terminal: nothing that steers it, and only letters that it has."""

import unicodedata

# Marks that turn the direction of what follows them, beyond the text they came in.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_TYPEWRITER = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-", "…": "...", "·": "-", "×": "x"}
)


def printable(text: str, encoding: str) -> str:
    """`text` without control characters except line feeds; a near letter stands for what `encoding` can't write."""
    harmless = "".join(letter for letter in text if letter == "\n" or not _steers(letter))
    try:
        harmless.encode(encoding)
    except UnicodeEncodeError:
        return harmless.translate(_TYPEWRITER).encode(encoding, "replace").decode(encoding)
    return harmless


def can_write(glyphs: str, encoding: str) -> bool:
    """Whether every one of `glyphs` exists in `encoding`."""
    try:
        glyphs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def duration(seconds: float) -> str:
    """`seconds` in words that fit in a line, such as `0 s`, `47 s`, `2 min 05 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def counted(number: int, noun: str) -> str:
    """`1 page`, `8 pages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") or ord(letter) in _TURNING
