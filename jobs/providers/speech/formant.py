"""Speech in many languages from espeak-ng's formant voices. Import it only in a process of its own (GPL)."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import espeakng_loader
import numpy as np

from jobs.providers.speech.sound import RATE, Spoken, last_heard
from jobs.providers.speech.words import Piece, speakable

# espeak-ng/speak_lib.h
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_POS_CHARACTER = 1
_CHARS_UTF8 = 1
_PARAMETER_RATE = 1
_EVENT_LIST_TERMINATED, _EVENT_WORD = 0, 1
_WORDS_A_MINUTE = 150


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT. `text_position` counts characters from 1, `sample` from the start of the text."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_OnSound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(slots=True)
class _Heard:
    """16-bit samples, and for every word event the character and the sample it begins at."""

    pcm: bytearray = field(default_factory=bytearray)
    events: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


def speak(text: str, pieces: Sequence[Piece], voice: str) -> Spoken:
    """Says `text` in one of espeak's voices, such as `de`. Raises ValueError for a voice that it does not have."""
    heard = _synthesize(speakable(text), voice)
    samples = np.frombuffer(heard.pcm, dtype=np.int16).astype(np.float32) / np.float32(32768)
    starts = [sample for _, sample in heard.events] + [len(samples)]
    spans: list[tuple[int, int] | None] = [None] * len(pieces)
    at = 0
    for number, (character, start) in enumerate(heard.events):
        while at < len(pieces) - 1 and pieces[at].end <= character:
            at += 1
        first, _ = spans[at] or (start, start)
        spans[at] = (first, last_heard(samples, start, starts[number + 1]))
    return Spoken(samples, spans)


def _synthesize(text: str, voice: str) -> _Heard:
    library = _library()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"espeak has no voice {voice!r}")
    library.espeak_SetParameter(_PARAMETER_RATE, _WORDS_A_MINUTE, 0)
    heard = _Heard()

    def on_sound(pcm: int | None, count: int, events: ctypes.Array[_Event]) -> int:
        if pcm:
            heard.pcm += ctypes.string_at(pcm, count * 2)
        at = 0
        while events[at].type != _EVENT_LIST_TERMINATED:
            if events[at].type == _EVENT_WORD:
                heard.events.append((events[at].text_position - 1, events[at].sample))
            at += 1
        return 0

    callback = _OnSound(on_sound)
    library.espeak_SetSynthCallback(callback)
    encoded = text.encode() + b"\0"
    library.espeak_Synth(encoded, len(encoded), 0, _POS_CHARACTER, 0, _CHARS_UTF8, None, None)
    library.espeak_SetSynthCallback(_OnSound(0))
    return heard


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Synth.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    data = espeakng_loader.get_data_path().encode()
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
    if rate != RATE:
        raise RuntimeError(f"espeak-ng did not start, or speaks at {rate} samples a second")
    return library
