"""What a place is to those who compose: how to build it, and which rules hold in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..stage import Stage

Realm = Literal["outdoors", "indoors", "underwater", "space", "aloft", "afloat"]
Builder = Callable[[Stage], None]


def nothing(stage: Stage) -> None:
    """For places that have nothing in front of the cast."""


@dataclass(frozen=True, slots=True)
class Place:
    """`behind` is drawn before the cast and `before` after it. `land` is the colour that the cast is seen against."""

    behind: Builder
    before: Builder = nothing
    realm: Realm = "outdoors"
    land: int = 0x6FA565
