"""What an engine gives back: samples, and when each piece of the text is heard in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
"""Samples a second, of both engines."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono, in -1 to 1."""

_QUIET = 0.005
_LOUDEST = 0.9
_FRAME = RATE // 200


@dataclass(frozen=True, slots=True)
class Spoken:
    """`spans` holds, for every piece asked for, where it starts and ends in samples; None where that is unknown."""

    samples: Samples
    spans: Sequence[tuple[int, int] | None]


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def level(samples: Samples) -> Samples:
    """The same, as loud as every other recording."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    return samples if peak == 0.0 else (samples * (_LOUDEST / peak)).astype(np.float32)


def first_heard(samples: Samples, start: int, end: int) -> int:
    """Where the sound between `start` and `end` begins, to 5 ms; `start` where there is none."""
    loud = np.flatnonzero(np.abs(samples[start:end]) > _QUIET)
    return start if loud.size == 0 else max(start, start + int(loud[0]) - _FRAME)


def last_heard(samples: Samples, start: int, end: int) -> int:
    """Where the sound between `start` and `end` has died away, to 5 ms; `start` where there is none."""
    loud = np.flatnonzero(np.abs(samples[start:end]) > _QUIET)
    if loud.size == 0:
        return start
    return min(end, start + int(loud[-1]) + _FRAME)
