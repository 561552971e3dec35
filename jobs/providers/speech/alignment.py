"""Which word a phoneme belongs to.

An engine speaks a sentence in one go: it joins some words ("of the"), reduces others ("a"), and spells numbers out in
several. Words spoken alone give nearly the same phonemes, and whose they are is known. So the two are laid side by
side with as few differences as possible, and the sentence's phonemes take their owners from the words'.
"""

from __future__ import annotations

from collections.abc import Sequence

SPACE = " "

_BAND = 48
_FAR = 1 << 30
_MATCH, _SKIP_REFERENCE, _SKIP_HEARD = 0, 1, 2


def find_owners(reference: Sequence[tuple[str, int]], heard: Sequence[str]) -> list[int | None]:
    """The owner of every phoneme in `heard`; None for a space, and for a group of phonemes that nobody said alone.

    `reference` holds the phonemes of the words spoken alone, each with its owner, with a SPACE between words. Owners
    never decrease in the result if they don't in `reference`.
    """
    owners: list[int | None] = [None] * len(heard)
    for at, position in _matches([phoneme for phoneme, _ in reference], heard):
        if heard[position] != SPACE and reference[at][0] != SPACE:
            owners[position] = reference[at][1]
    for start, end in _groups(heard):
        _fill(owners, start, end)
    return owners


def _matches(reference: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of positions that a cheapest alignment lays on each other, in order: Levenshtein within a diagonal band."""
    choices = _choices(reference, heard)
    pairs: list[tuple[int, int]] = []
    at, position = len(reference), len(heard)
    while at and position:
        low, row = choices[at]
        choice = row[position - low]
        if choice == _MATCH:
            at, position = at - 1, position - 1
            pairs.append((at, position))
        elif choice == _SKIP_REFERENCE:
            at -= 1
        else:
            position -= 1
    return pairs[::-1]


def _choices(reference: Sequence[str], heard: Sequence[str]) -> list[tuple[int, bytearray]]:
    """Row by row of the reference: the column that the row begins at, and the last step of the cheapest way there."""
    reach = _BAND + abs(len(reference) - len(heard))
    previous_low, previous = 0, list(range(min(len(heard), reach) + 1))
    choices = [(0, bytearray([_SKIP_HEARD] * len(previous)))]
    for at in range(1, len(reference) + 1):
        centre = at * len(heard) // len(reference)
        low, high = max(0, centre - reach), min(len(heard), centre + reach)
        costs: list[int] = []
        row = bytearray()
        for position in range(low, high + 1):
            above = position - previous_low
            cost, choice = _FAR, _SKIP_REFERENCE
            if 0 <= above < len(previous):
                cost = previous[above] + 1
            if position and 0 < above <= len(previous):
                both = previous[above - 1] + _difference(reference[at - 1], heard[position - 1])
                if both <= cost:
                    cost, choice = both, _MATCH
            if costs and costs[-1] + 1 < cost:
                cost, choice = costs[-1] + 1, _SKIP_HEARD
            costs.append(cost)
            row.append(choice)
        previous_low, previous = low, costs
        choices.append((low, row))
    return choices


def _difference(one: str, other: str) -> int:
    if one == other:
        return 0
    return 3 if SPACE in (one, other) else 1


def _groups(heard: Sequence[str]) -> list[tuple[int, int]]:
    """Where the runs between spaces begin and end."""
    groups: list[tuple[int, int]] = []
    start = 0
    for position in range(len(heard) + 1):
        if position == len(heard) or heard[position] == SPACE:
            if position > start:
                groups.append((start, position))
            start = position + 1
    return groups


def _fill(owners: list[int | None], start: int, end: int) -> None:
    """A phoneme without an owner goes to that of the one before it, or else after it, in its group."""
    for position in range(start + 1, end):
        if owners[position] is None:
            owners[position] = owners[position - 1]
    for position in range(end - 2, start - 1, -1):
        if owners[position] is None:
            owners[position] = owners[position + 1]
