"""Luck that repeats: the same words give the same picture, in every process and on every machine."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of choices that is fixed by `words`. `branch` gives an independent stream, so that one part of a
    picture can change without shifting the luck of all others."""

    def __init__(self, *words: str) -> None:
        self._words = words
        digest = hashlib.sha256("\x1f".join(words).encode("utf-8", "replace")).digest()
        self._random = random.Random(digest)  # noqa: S311 - pictures need repeatable luck, not secrecy

    def branch(self, *words: str) -> Chance:
        return Chance(*self._words, *words)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def around(self, centre: float, spread: float) -> float:
        return self.between(centre - spread, centre + spread)

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def one_of(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def side(self) -> int:
        """-1 or 1."""
        return -1 if self._random.random() < 0.5 else 1
