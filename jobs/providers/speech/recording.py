"""A page's recording, made in an OfflinePool's child: the engine speaks, the words get their times, LAME encodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.providers.speech.timing import settle
from jobs.providers.speech.words import Piece, find_pieces

if TYPE_CHECKING:
    from jobs.providers.speech.sound import Spoken

_SILENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Engine:
    """How to speak. `espeak` names a formant voice; without it the neural voice speaks.

    `slowness` stretches what the neural voice says; `pitch` raises a voice (above 1) or lowers it.
    """

    espeak: str | None = None
    slowness: float = 1.0
    pitch: float = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """MP3 bytes, 64 kbit/s mono; `words` are (start, end) in the text with (start, end) in milliseconds."""

    data: bytes
    duration_ms: int
    words: tuple[tuple[int, int, int, int], ...]


def warm_up() -> None:
    """Loads the neural voice in a child that has just started."""
    from jobs.providers.speech import neural

    neural.load()


def record(text: str, engine: Engine) -> Recording:
    """Speaks `text`. Where there is nothing to speak, gives half a second of silence without words."""
    from jobs.providers.speech import mp3
    from jobs.providers.speech.sound import RATE, Spoken, last_heard, level, silence

    pieces = find_pieces(text)
    spoken = _speak(text, pieces, engine) if pieces else Spoken(silence(0.0), ())
    samples = level(spoken.samples)
    heard = last_heard(samples, 0, len(samples))
    if not heard:
        return Recording(*mp3.encode(silence(_SILENCE_S), RATE), words=())
    rate = round(RATE * engine.pitch)
    intervals = settle(spoken.spans, [piece.end - piece.start for piece in pieces], heard)
    words = tuple(
        (piece.start, piece.end, mp3.heard_at_ms(start, rate), mp3.heard_at_ms(end, rate))
        for piece, (start, end) in zip(pieces, intervals, strict=True)
        if piece.is_word
    )
    return Recording(*mp3.encode(samples[:heard], rate), words)


def _speak(text: str, pieces: Sequence[Piece], engine: Engine) -> Spoken:
    if engine.espeak is not None:
        from jobs.providers.speech import formant

        return formant.speak(text, pieces, engine.espeak)
    from jobs.providers.speech import neural

    # Played faster, a voice is higher and quicker: it speaks slower by as much beforehand.
    return neural.speak(text, pieces, engine.slowness * engine.pitch)
