"""MP3 by LAME: 64 kbit/s, mono, 22.05 kHz."""

from __future__ import annotations

from typing import Protocol, cast

import lameenc

from jobs.providers.speech.sound import RATE, Samples

KBITS_A_SECOND = 64

_DELAY_MS = (576 + 529) * 1000 / RATE  # LAME puts silence before our first sample, and every decoder more.
_QUALITY = 2  # Of LAME's 0 (slow) to 9; a page takes 30 ms.


class _Encoder(Protocol):
    def silence(self) -> None: ...
    def set_channels(self, channels: int) -> None: ...
    def set_bit_rate(self, kbits_a_second: int) -> None: ...
    def set_quality(self, quality: int) -> None: ...
    def set_in_sample_rate(self, rate: int) -> None: ...
    def set_out_sample_rate(self, rate: int) -> None: ...
    def encode(self, pcm: bytes) -> bytearray: ...
    def flush(self) -> bytearray: ...


def encode(samples: Samples, rate: int) -> tuple[bytes, int]:
    """MP3 bytes of samples that are `rate` a second, and how many milliseconds they play."""
    encoder = cast(_Encoder, lameenc.Encoder())  # pyright: ignore[reportUnknownMemberType] - compiled, without types
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_bit_rate(KBITS_A_SECOND)
    encoder.set_quality(_QUALITY)
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(RATE)
    data = bytes(encoder.encode((samples * 32767).astype("<i2").tobytes()) + encoder.flush())
    return data, round(len(data) * 8 / KBITS_A_SECOND)  # The bit rate is constant.


def heard_at_ms(sample: float, rate: int) -> int:
    """When a player of the MP3 is at one of the samples that were encoded."""
    return round(_DELAY_MS + sample * 1000 / rate)
