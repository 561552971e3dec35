"""What of a text is spoken, and which of it are words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# An engine spells out a longer run of letters for minutes; the tail of a scream is not missed.
LONGEST_WORD = 80
LONGEST_SENTENCE = 400

_APOSTROPHES = "'’ʼ"
_HYPHENS = "-‐‑"
_SPOKEN_SYMBOLS = "&+=%@$€£°"
# Punctuation that engines understand, and what theirs is for what they don't: one character for one.
_PUNCTUATION = {
    **{mark: mark for mark in ".,;:!?…'’\"“”„«»()-–—\n"},
    **dict(zip("‐‑。，、！？：；¡¿", "--.,,!?:;  ", strict=True)),
}
_SENTENCE_END = re.compile(r"[.!?…]+[’'\"”»)\]]*\s+|[。！？]+[」』”]*\s*|\n+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof)\.(?=\s)")
_SUSPENSE = re.compile(r"(?:…|\.(?=\.))[.…]*")

_WRITTEN_WITHOUT_SPACES = (
    ("\u3040", "\u30ff"),  # hiragana, katakana
    ("\u3400", "\u9fff"),  # Chinese characters
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U000323af"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is said: `text[start:end]`. It is a word, or a symbol such as & that is read out."""

    start: int
    end: int
    is_word: bool


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of the text that is spoken in one breath, and what is said in it."""

    start: int
    end: int
    pieces: tuple[Piece, ...]


def find_pieces(text: str) -> list[Piece]:
    """Words and spoken symbols in order. A contraction or a hyphenated word is one, as is a number with its point."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        end = _end_of_word(text, at)
        if end > at:
            pieces.append(Piece(at, end, is_word=True))
        elif text[at] in _SPOKEN_SYMBOLS:
            end = at + 1
            pieces.append(Piece(at, end, is_word=False))
        at = max(end, at + 1)
    return pieces


def speakable(text: str) -> str:
    """The text as engines are given it, character for character: a space stands for what is not to be spoken."""
    spoken = [_PUNCTUATION.get(character, " ") for character in text]
    for piece in find_pieces(text):
        said = text[piece.start : min(piece.end, piece.start + LONGEST_WORD)]
        spoken[piece.start : piece.start + len(said)] = [_inside_a_word(character) for character in said]
    without_dots = _ABBREVIATION.sub(lambda match: match.group()[:-1] + " ", "".join(spoken))
    return _SUSPENSE.sub(_pause, without_dots)


def find_sentences(text: str) -> list[Sentence]:
    """Cuts a text into sentences with something to say; one over LONGEST_SENTENCE characters is cut between words."""
    pieces = find_pieces(text)
    sentences: list[Sentence] = []
    for start, end in _spans_of_sentences(text):
        inside = tuple(piece for piece in pieces if start <= piece.start < end)
        sentences += _cut_to_length(start, end, inside)
    return sentences


def _end_of_word(text: str, start: int) -> int:
    if not _is_letter(text[start]):
        return start
    if _stands_alone(text[start]):
        return start + 1
    at = start + 1
    while at < len(text):
        if _is_mark(text[at]) or (_is_letter(text[at]) and not _stands_alone(text[at])):
            at += 1
        elif at + 1 < len(text) and _joins(text[at - 1], text[at], text[at + 1]):
            at += 2
        else:
            break
    return at


def _joins(before: str, joint: str, after: str) -> bool:
    if joint in ".,:":
        return before.isdigit() and after.isdigit()
    return joint in _APOSTROPHES + _HYPHENS and _is_letter(after) and not _stands_alone(after)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _stands_alone(character: str) -> bool:
    """Chinese characters and kana are written without spaces: each is taken for a word."""
    return any(low <= character <= high for low, high in _WRITTEN_WITHOUT_SPACES)


def _inside_a_word(character: str) -> str:
    """Leaves out the marks that only say how an emoji is drawn: enclosing ones, and variation selectors."""
    if unicodedata.category(character) == "Me" or "\ufe00" <= character <= "\ufe0f":
        return " "
    return _PUNCTUATION.get(character, character)


def _pause(dots: re.Match[str]) -> str:
    """Engines run over dots of suspense: a comma where the sentence goes on, and a full stop where it does not."""
    goes_on = dots.string[dots.end() :].lstrip()[:1].islower()
    return ("," if goes_on else ".").ljust(len(dots.group()))


def _spans_of_sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group() and _goes_on(text, start, match):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _goes_on(text: str, start: int, end: re.Match[str]) -> bool:
    """Where a small letter follows, as in `“Look!” said Bo`, and after `Mr.`, the sentence is not over."""
    if text[end.end() : end.end() + 1].islower():
        return True
    return any(match.end() > end.start() for match in _ABBREVIATION.finditer(text, start, end.end()))


def _cut_to_length(start: int, end: int, pieces: tuple[Piece, ...]) -> Iterator[Sentence]:
    first = 0
    for at, piece in enumerate(pieces):
        if at > first and piece.end - start > LONGEST_SENTENCE:
            yield Sentence(start, piece.start, pieces[first:at])
            start, first = piece.start, at
    if pieces[first:]:
        yield Sentence(start, end, pieces[first:])
