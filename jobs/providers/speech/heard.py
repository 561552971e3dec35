"""Reading an MP3 that somebody else has made: is it one, how long is it, and what is heard in it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import cast

import miniaudio

from jobs.ports import VendorUnusable

RATE = 16_000
SLOWEST_S, LONGEST_PAUSE_S = 1.2, 5.0
"""A word takes at most so long on average, and there may be so much silence beside."""


@dataclass(frozen=True, slots=True)
class Sound:
    """16-bit mono samples at RATE a second."""

    samples: bytes

    @property
    def duration_ms(self) -> int:
        return len(self.samples) // 2 * 1000 // RATE


MOST_BYTES = 16 * 1024 * 1024
"""Of one page's recording; a quarter of an hour has as many."""


def decode_mp3(data: bytes) -> Sound:
    """Raises VendorUnusable for what is no MP3, or holds no sound."""
    try:
        decoded = miniaudio.decode(data, miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE)
    except miniaudio.MiniaudioError:
        raise VendorUnusable("a narration that is no MP3") from None
    samples = cast("array[int]", decoded.samples)  # pyright: ignore[reportUnknownMemberType]  # an array of what it is
    sound = Sound(samples.tobytes())
    if not sound.duration_ms or not any(sound.samples):
        raise VendorUnusable("a narration without a sound")
    return sound


def check_length(sound: Sound, words: int) -> None:
    """Raises VendorUnusable where `words` words can't have been spoken in that time, or would have taken far less."""
    seconds = sound.duration_ms / 1000
    if seconds < words * 0.08 or seconds > words * SLOWEST_S + LONGEST_PAUSE_S:
        raise VendorUnusable(f"a narration of {seconds:.1f} s for {words} words")
