"""How an experiment divides accounts among its arms: pure rules, which settings and tables share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

LONGEST_ARM = 120


def parse_weights(text: str) -> dict[str, int]:
    """Reads `arm=weight,arm=weight`; a weight of 0 keeps the accounts that an arm has, and gives it no more.

    Raises ValueError, in words for an operator, for what can't be read.
    """
    weights: dict[str, int] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        arm, _, weight = pair.partition("=")
        if not 1 <= len(arm) <= LONGEST_ARM or not (weight.isascii() and weight.isdigit() and len(weight) <= 6):
            raise ValueError(f"{pair!r} is not an arm and its weight, such as gpt-6-luna=3")
        if arm in weights:
            raise ValueError(f"{arm} is there twice")
        weights[arm] = int(weight)
    return weights


def arm_for(account_id: UUID, experiment: str, weights: Mapping[str, int]) -> str | None:
    """The arm in which an account is; None where every weight is 0.

    The account's place between 0 and the sum of all weights is a hash of it and of the experiment's name: the same at
    every try and in every process, spread evenly, and another one in every experiment.
    """
    total = sum(weights.values())
    if not total:
        return None
    digest = hashlib.sha256(f"{experiment}\x1f{account_id}".encode()).digest()
    place = int.from_bytes(digest[:8]) * total >> 64
    for arm, weight in sorted(weights.items()):
        if place < weight:
            return arm
        place -= weight
    raise AssertionError("a place below the sum of all weights lies in one of them")
