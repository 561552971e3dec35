"""Intervals of time for words, from what an engine told about some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from models.media import WordTiming

Interval = tuple[float, float]


def settle(known: Sequence[Interval | None], weights: Sequence[int], total: float) -> list[Interval]:
    """Gives every word an interval: in order, never overlapping, within 0 and `total`, in the unit of `known`.

    A word that the engine told nothing of shares the interval of the last one that it did (it was spoken as one with
    it), by `weights`, the words' lengths; words before the first known one share with that.
    """
    settled: list[Interval] = []
    for first, end in _runs(known):
        inside = [interval for interval in known[first:end] if interval is not None]
        start, stop = inside[0] if inside else (0.0, total)
        floor = settled[-1][1] if settled else 0.0
        start = min(max(start, floor), total)
        settled += _share(start, min(max(stop, start), total), weights[first:end])
    return settled


def _runs(known: Sequence[Interval | None]) -> list[tuple[int, int]]:
    """Cuts the words so that each run holds one that is known, and those after it that are not."""
    firsts = [at for at, interval in enumerate(known) if interval is not None]
    if not firsts:
        return [(0, len(known))] if known else []
    return list(zip([0, *firsts[1:]], [*firsts[1:], len(known)], strict=True))


def _share(start: float, stop: float, weights: Sequence[int]) -> list[Interval]:
    whole = sum(weights)
    cuts = [start + (stop - start) * sum(weights[:at]) / whole for at in range(len(weights) + 1)]
    return list(pairwise(cuts))


def timings_of(text: str, times: Iterable[tuple[int, int, int, int]]) -> tuple[WordTiming, ...]:
    """Words as the ports want them, from (start, end) in the text and (start, end) in milliseconds."""
    return tuple(
        WordTiming(word=text[start:end], start_ms=start_ms, end_ms=end_ms, start=start, end=end)
        for start, end, start_ms, end_ms in times
    )
