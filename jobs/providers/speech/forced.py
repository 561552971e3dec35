"""Word times of a recording that came without any, by forced alignment. Runs in an OfflinePool's child.

English is aligned by PocketSphinx, whose acoustic model and dictionary come with its wheel; a word that the dictionary
lacks is spelled by rule. In other languages, and where the alignment fails, the words share the time by their lengths.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from jobs.providers.speech.heard import RATE, Sound, check_length, decode_mp3
from jobs.providers.speech.timing import Interval, settle
from jobs.providers.speech.words import Piece, find_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES_A_SECOND = 100
Times = tuple[tuple[int, int, int, int], ...]
"""(start, end) in the text, in code points, and (start, end) in milliseconds, for every word in order."""

# ARPAbet, as in the CMU Pronouncing Dictionary; the longest spelling that fits is taken.
_SOUNDS = {
    "igh": "AY", "tch": "CH", "sch": "SH", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "ai": "EY",
    "ay": "EY", "oi": "OY", "oy": "OY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "EY", "ue": "UW", "sh": "SH",
    "ch": "CH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "kn": "N", "wr": "R", "a": "AE",
    "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L",
    "m": "M", "n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W",
    "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_SPELLING = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))


class _Segment(Protocol):
    """A stretch of PocketSphinx's alignment; the package has no types."""

    word: str
    start_frame: int
    end_frame: int


class _Decoder(Protocol):
    """The part of PocketSphinx's Decoder that is used here."""

    def lookup_word(self, word: str) -> str | None: ...

    def add_word(self, word: str, phones: str, update: bool) -> int: ...

    def set_align_text(self, text: str) -> None: ...

    def start_utt(self) -> None: ...

    def process_raw(self, data: bytes, no_search: bool, full_utt: bool) -> int: ...

    def end_utt(self) -> None: ...

    def seg(self) -> Iterator[_Segment]: ...


def word_times(text: str, mp3: bytes, language: str) -> tuple[int, Times]:
    """The recording's length in milliseconds, and when each word of `text` is said in it.

    Raises VendorUnusable for a recording that can't be one of this text.
    """
    sound = decode_mp3(mp3)
    pieces = find_pieces(text)
    check_length(sound, len(pieces))
    known: list[Interval | None] = [None] * len(pieces)
    if language.lower().startswith("en"):
        known = _aligned(text, pieces, sound)
    intervals = settle(known, [piece.end - piece.start for piece in pieces], float(sound.duration_ms))
    return sound.duration_ms, tuple(
        (piece.start, piece.end, round(start), round(end))
        for piece, (start, end) in zip(pieces, intervals, strict=True)
        if piece.is_word
    )


def _aligned(text: str, pieces: list[Piece], sound: Sound) -> list[Interval | None]:
    decoder = _decoder()
    spoken = [(place, word) for place, piece in enumerate(pieces) for word in _plain(text[piece.start : piece.end])]
    said = [(place, word) for place, word in spoken if _is_known(decoder, word)]
    times: list[Interval | None] = [None] * len(pieces)
    if not said:
        return times
    decoder.set_align_text(" ".join(word for _, word in said))
    decoder.start_utt()
    decoder.process_raw(sound.samples, no_search=False, full_utt=True)
    try:
        decoder.end_utt()
        segments = [segment for segment in decoder.seg() if not segment.word.startswith(("<", "["))]
    except (RuntimeError, TypeError):  # no alignment was found: TypeError is what seg() gives then
        return times
    if len(segments) != len(said):
        return times
    milliseconds = 1000 / FRAMES_A_SECOND
    for (place, _), segment in zip(said, segments, strict=True):
        before = times[place]
        start = segment.start_frame * milliseconds if before is None else before[0]
        times[place] = (start, (segment.end_frame + 1) * milliseconds)
    return times


@cache
def _decoder() -> _Decoder:
    from pocketsphinx import Decoder  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    return cast(_Decoder, Decoder(lm=None, samprate=RATE, loglevel="FATAL", bestpath=False))


def _is_known(decoder: _Decoder, word: str) -> bool:
    """Whether the decoder can say the word; one that it lacks is taught, spelled by rule."""
    if decoder.lookup_word(word) is not None:
        return True
    phones = " ".join(_SOUNDS[found] for found in _SPELLING.findall(word))
    if not phones:
        return False
    decoder.add_word(word, phones, True)
    return True


def _plain(word: str) -> list[str]:
    """The word as the dictionary writes it: small ASCII letters and apostrophes, a hyphenated one in its parts."""
    letters = unicodedata.normalize("NFKD", word.replace("’", "'").lower())
    return [part.strip("'") for part in re.split(r"[^a-z']+", letters) if part.strip("'")]


def warm_up() -> None:
    """Loads the acoustic model in a child that has just started."""
    _decoder()
